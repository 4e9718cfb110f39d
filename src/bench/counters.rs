//! Instructions and cycles of this thread in user space, where the kernel counts them. Knows no workload.

use perf_event::events::Hardware;
use perf_event::{Builder, Counter, Group};

/// The counters of this thread, running.
pub(super) struct Counters {
    group: Group,
    instructions: Counter,
    cycles: Counter,
}

/// What was counted so far: instructions and cycles.
pub(super) type Counts = [u64; 2];

impl Counters {
    /// What the counters count, in words.
    pub(super) const WORDS: &str = "instructions and cycles in user space (perf_event_open)";

    /// Starts them.
    ///
    /// # Errors
    /// With the reason, where the kernel or the hypervisor does not let this process have them.
    pub(super) fn start() -> Result<Self, String> {
        let started = Group::new().and_then(|mut group| {
            // The kernel's own work is left out: without privileges it may not be counted.
            let instructions = group.add(&Builder::new(Hardware::INSTRUCTIONS))?;
            let cycles = group.add(&Builder::new(Hardware::CPU_CYCLES))?;
            group.enable()?;
            Ok(Self { group, instructions, cycles })
        });
        started.map_err(|error| {
            let hint = match error.raw_os_error() {
                Some(libc::ENOENT | libc::EOPNOTSUPP | libc::ENODEV) => {
                    "this machine shows no hardware counters, as most virtual ones do"
                }
                Some(libc::EPERM | libc::EACCES) => {
                    "a container's seccomp profile or kernel.perf_event_paranoid forbids it"
                }
                Some(libc::ENOSYS) => "the kernel or an emulator has no such call",
                _ => "the kernel refuses",
            };
            format!("not counted: perf_event_open: {error}: {hint}")
        })
    }

    /// What was counted since the start.
    pub(super) fn read(&mut self) -> Option<Counts> {
        let data = self.group.read().ok()?;
        Some([data.get(&self.instructions)?.value(), data.get(&self.cycles)?.value()])
    }
}
