//! The machine a report is made on, emulation included. Knows no verdict.
//!
//! Emulators hide, each in its own way, so several signs are looked for. Everything works where
//! /proc is absent; then there are fewer signs.

use std::fs;
use std::path::PathBuf;

use super::cpu::{self, Feature, field};
use crate::report::Platform;

/// The platform of this process.
pub fn read() -> Platform {
    let features = Feature::ALL.into_iter().filter(|feature| feature.is_present());
    Platform {
        architecture: architecture(std::env::consts::ARCH).to_owned(),
        cpu: cpu::model(),
        features: features.map(|feature| feature.name().to_owned()).collect(),
        emulated: Facts::read().signs(),
    }
}

/// The name that container platforms have for what the compiler calls `arch`.
fn architecture(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// What the signs are read from.
#[derive(Default)]
struct Facts {
    /// What this program is built for, as the compiler names it.
    arch: &'static str,
    /// /proc/cpuinfo, which older emulators pass on from the machine beneath.
    cpuinfo: Option<String>,
    /// /proc/sys/kernel/arch, since Linux 6.1, which no emulator is known to change.
    kernel: Option<String>,
    /// Where /proc/self/exe leads: what the program believes to be.
    program: Option<PathBuf>,
    /// Where /proc/thread-self/exe leads: the same file by a name that emulators do not watch.
    executed: Option<PathBuf>,
    /// /proc/thread-self/maps.
    maps: Option<String>,
    /// What CPUID calls the hypervisor, on x86.
    hypervisor: Option<[u8; 12]>,
}

impl Facts {
    fn read() -> Self {
        Self {
            arch: std::env::consts::ARCH,
            cpuinfo: fs::read_to_string("/proc/cpuinfo").ok(),
            kernel: fs::read_to_string("/proc/sys/kernel/arch").ok(),
            program: fs::read_link("/proc/self/exe").ok(),
            executed: fs::read_link("/proc/thread-self/exe").ok(),
            maps: fs::read_to_string("/proc/thread-self/maps").ok(),
            hypervisor: hypervisor(),
        }
    }

    /// The signs of emulation, each as a phrase.
    fn signs(&self) -> Vec<String> {
        [self.other_kernel(), self.other_processor(), self.other_program(), self.mapped(), self.hypervised()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn other_kernel(&self) -> Option<String> {
        let kernel = self.kernel.as_deref()?.trim();
        (architecture(kernel) != architecture(self.arch)).then(|| format!("the kernel runs on {kernel}"))
    }

    fn other_processor(&self) -> Option<String> {
        let cpuinfo = self.cpuinfo.as_deref()?;
        let (vendor, implementer) = (field(cpuinfo, "vendor_id"), field(cpuinfo, "CPU implementer"));
        match (self.arch, vendor, implementer) {
            (_, Some("VirtualApple"), _) => Some("/proc/cpuinfo names VirtualApple: Rosetta".to_owned()),
            ("aarch64", Some(vendor), None) => {
                Some(format!("/proc/cpuinfo describes an x86 processor ({vendor})"))
            }
            ("x86_64", None, Some(implementer)) => {
                Some(format!("/proc/cpuinfo describes an Arm processor (implementer {implementer})"))
            }
            // No maker has the number 0; it is that of qemu's processor `max`.
            ("aarch64", _, Some("0x00" | "0x0")) => {
                Some("/proc/cpuinfo names a processor without a maker (implementer 0x00)".to_owned())
            }
            _ => None,
        }
    }

    fn other_program(&self) -> Option<String> {
        let (program, executed) = (self.program.as_ref()?, self.executed.as_ref()?);
        (program != executed).then(|| format!("the kernel executes {}", executed.display()))
    }

    fn mapped(&self) -> Option<String> {
        let files =
            self.maps.as_deref()?.lines().filter_map(|line| line.split_once('/').map(|(_, path)| path));
        let mut names = files.filter_map(|path| path.rsplit('/').next());
        let name = names.find(|name| {
            *name == "rosetta"
                || ["qemu-aarch64", "qemu-x86_64", "box64", "FEX"].iter().any(|start| name.starts_with(start))
        })?;
        Some(format!("{name} is mapped into this process"))
    }

    fn hypervised(&self) -> Option<String> {
        (self.hypervisor? == *b"TCGTCGTCGTCG").then(|| "CPUID names qemu's translator (TCG)".to_owned())
    }
}

/// The vendor in CPUID leaf 0x4000_0000, if a hypervisor is announced.
#[cfg(target_arch = "x86_64")]
fn hypervisor() -> Option<[u8; 12]> {
    use std::arch::x86_64::__cpuid;
    let announced = __cpuid(1).ecx & (1 << 31) != 0;
    announced.then(|| {
        let leaf = __cpuid(0x4000_0000);
        let mut vendor = [0; 12];
        for (bytes, register) in vendor.chunks_exact_mut(4).zip([leaf.ebx, leaf.ecx, leaf.edx]) {
            bytes.copy_from_slice(&register.to_le_bytes());
        }
        vendor
    })
}

/// Arm has no such thing.
#[cfg(not(target_arch = "x86_64"))]
fn hypervisor() -> Option<[u8; 12]> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a native amd64 Debian presents it.
    fn native() -> Facts {
        Facts {
            arch: "x86_64",
            cpuinfo: Some("processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\n".to_owned()),
            kernel: Some("x86_64\n".to_owned()),
            program: Some("/usr/bin/pqcheck".into()),
            executed: Some("/usr/bin/pqcheck".into()),
            maps: Some(
                "7f31c3800000-7f31c3828000 r--p 00000000 fe:00 133 /usr/lib/x86_64-linux-gnu/libc.so.6\n\
                 7ffd1a9e5000-7ffd1aa06000 rw-p 00000000 00:00 0 [stack]\n"
                    .to_owned(),
            ),
            hypervisor: Some(*b"KVMKVMKVM\0\0\0"),
        }
    }

    /// As the kernel presents a program that `emulator` runs.
    fn under(emulator: &str) -> Facts {
        let maps = format!("555557a00000-555557a9d000 r--p 00000000 fe:00 7 {emulator}\n");
        Facts { executed: Some(emulator.into()), maps: Some(maps), ..native() }
    }

    /// As an Ampere or a Raspberry Pi presents it, with a kernel before 6.1.
    fn native_arm() -> Facts {
        Facts {
            arch: "aarch64",
            cpuinfo: Some(
                "processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd evtstrm aes\n\
                 CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n"
                    .to_owned(),
            ),
            program: Some("/pqcheck".into()),
            executed: Some("/pqcheck".into()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_native_machine_shows_no_sign() {
        assert_eq!(native().signs(), [""; 0]);
        assert_eq!(native_arm().signs(), [""; 0]);
    }

    #[test]
    fn without_proc_there_are_no_signs_and_no_fuss() {
        for arch in ["x86_64", "aarch64", "riscv64"] {
            assert_eq!(Facts { arch, ..Facts::default() }.signs(), [""; 0]);
        }
    }

    #[test]
    fn qemu_user_7_2_shows_four_signs_on_arm64() {
        // Captured from a static program under qemu-aarch64-static 7.2 on an amd64 machine.
        let facts = Facts { arch: "aarch64", ..under("/usr/bin/qemu-aarch64-static") };
        assert_eq!(
            facts.signs(),
            [
                "the kernel runs on x86_64",
                "/proc/cpuinfo describes an x86 processor (AuthenticAMD)",
                "the kernel executes /usr/bin/qemu-aarch64-static",
                "qemu-aarch64-static is mapped into this process",
            ]
        );
    }

    #[test]
    fn qemu_user_7_2_shows_itself_on_amd64() {
        // Captured from a static program under qemu-x86_64-static 7.2 on an amd64 machine.
        let facts = Facts { hypervisor: Some(*b"TCGTCGTCGTCG"), ..under("/usr/bin/qemu-x86_64-static") };
        assert_eq!(
            facts.signs(),
            [
                "the kernel executes /usr/bin/qemu-x86_64-static",
                "qemu-x86_64-static is mapped into this process",
                "CPUID names qemu's translator (TCG)",
            ]
        );
    }

    #[test]
    fn a_newer_qemu_that_writes_its_own_cpuinfo_is_seen() {
        let cpuinfo = native_arm().cpuinfo.map(|text| text.replace("0x41", "0x00"));
        assert_eq!(
            Facts { cpuinfo, ..native_arm() }.signs(),
            ["/proc/cpuinfo names a processor without a maker (implementer 0x00)"]
        );
    }

    #[test]
    fn rosetta_is_seen() {
        let facts = Facts {
            cpuinfo: native().cpuinfo.map(|text| text.replace("AuthenticAMD", "VirtualApple")),
            maps: Some("800000000000-80000004e000 r-xp 00000000 00:27 15 /run/rosetta/rosetta\n".to_owned()),
            ..native()
        };
        assert_eq!(
            facts.signs(),
            ["/proc/cpuinfo names VirtualApple: Rosetta", "rosetta is mapped into this process"]
        );
    }

    #[test]
    fn an_amd64_program_on_an_arm_machine_is_seen() {
        let facts = Facts {
            kernel: Some("aarch64\n".to_owned()),
            cpuinfo: native_arm().cpuinfo,
            hypervisor: None,
            ..native()
        };
        assert_eq!(
            facts.signs(),
            ["the kernel runs on aarch64", "/proc/cpuinfo describes an Arm processor (implementer 0x41)"]
        );
    }

    #[test]
    fn the_platform_is_named_as_containers_name_it() {
        let platform = read();
        let expected = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
        assert_eq!(platform.architecture, expected);
        assert!(platform.features.iter().all(|feature| Feature::ALL.iter().any(|f| f.name() == feature)));
    }
}
