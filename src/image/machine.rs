//! What a measurement should know of the machine: what sets its speed, and who else uses it.
//!
//! Everything is optional, because /proc and /sys may be absent. Knows no measurement.

use std::fs;
use std::path::{Path, PathBuf};

/// What sets the processors' frequency, as the first of them says.
pub fn governor() -> Option<String> {
    line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
}

/// The kernel's release.
pub fn kernel() -> Option<String> {
    line("/proc/sys/kernel/osrelease")
}

/// The container runtime, by the marks that runtimes leave.
pub fn container() -> Option<String> {
    if let Some(name) = std::env::var("container").ok().filter(|name| !name.is_empty()) {
        return Some(name);
    }
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Some("kubernetes".to_owned());
    }
    [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")]
        .into_iter()
        .find(|(mark, _)| Path::new(mark).exists())
        .map(|(_, name)| name.to_owned())
}

/// How many processors' time the control group of this process allows, if it sets a limit.
pub fn quota() -> Option<f64> {
    let unified = own_group("").and_then(|group| text(group.join("cpu.max"))).and_then(|text| limit(&text));
    unified.or_else(|| {
        let group = own_group("cpu")?;
        let quota: f64 = text(group.join("cpu.cfs_quota_us"))?.trim().parse().ok()?;
        let period: f64 = text(group.join("cpu.cfs_period_us"))?.trim().parse().ok()?;
        (quota > 0.0 && period > 0.0).then(|| quota / period)
    })
}

/// The counters that are read before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// For how long the control group held its processes back, in nanoseconds.
    throttled: Option<u64>,
    /// Ticks of all processors: all, idle, and given to others by the hypervisor.
    ticks: Option<[u64; 3]>,
}

impl Meter {
    /// Reads them.
    pub fn read() -> Self {
        Self {
            throttled: ["", "cpu"]
                .iter()
                .find_map(|controller| throttled(&text(own_group(controller)?.join("cpu.stat"))?)),
            ticks: text("/proc/stat").and_then(|text| ticks(&text)),
        }
    }

    /// For how long the control group held its processes back since `before`, in nanoseconds.
    pub fn throttled_since(&self, before: &Self) -> Option<u64> {
        Some(self.throttled?.saturating_sub(before.throttled?))
    }

    /// The shares of all processors' time since `before` that the hypervisor gave to others, and that was not idle.
    pub fn shares_since(&self, before: &Self) -> Option<[f64; 2]> {
        let (now, then) = (self.ticks?, before.ticks?);
        let [all, idle, stolen] = [0, 1, 2].map(|at| now[at].saturating_sub(then[at]) as f64);
        (all > 0.0).then(|| [stolen / all, 1.0 - idle / all])
    }
}

/// The folder of this process's control group in the hierarchy of `controller`; the unified one has no name.
fn own_group(controller: &str) -> Option<PathBuf> {
    group_in(&text("/proc/self/cgroup")?, controller, Path::new("/sys/fs/cgroup"))
}

fn group_in(groups: &str, controller: &str, mounted: &Path) -> Option<PathBuf> {
    let path = groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        controllers.split(',').any(|name| name == controller).then(|| path.trim_start_matches('/'))
    })?;
    // In a container the group of the process is what is mounted, whatever its name outside.
    let mounted = if controller.is_empty() { mounted.to_owned() } else { mounted.join(controller) };
    let own = mounted.join(path);
    Some(if own.exists() { own } else { mounted })
}

/// `200000 100000` are two processors, `max 100000` is no limit.
fn limit(text: &str) -> Option<f64> {
    let (quota, period) = text.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (period > 0.0).then(|| quota / period)
}

/// `throttled_usec` of the unified hierarchy, `throttled_time` (nanoseconds) of the one before.
fn throttled(text: &str) -> Option<u64> {
    let value = |key: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
    };
    value("throttled_usec ").map(|time| time.saturating_mul(1000)).or_else(|| value("throttled_time "))
}

/// The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal.
fn ticks(text: &str) -> Option<[u64; 3]> {
    let numbers: Vec<u64> =
        text.lines().next()?.strip_prefix("cpu ")?.split_whitespace().flat_map(str::parse).collect();
    let numbers = numbers.first_chunk::<8>()?;
    Some([numbers.iter().sum(), numbers[3] + numbers[4], numbers[7]])
}

fn line(path: &str) -> Option<String> {
    Some(text(path)?.lines().next()?.trim().to_owned()).filter(|line| !line.is_empty())
}

fn text(path: impl AsRef<Path>) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_both_kinds_are_read() {
        assert_eq!(limit("150000 100000\n"), Some(1.5));
        assert_eq!(limit("max 100000\n"), None);
        assert_eq!(throttled("usage_usec 5\nnr_throttled 2\nthrottled_usec 7\n"), Some(7000));
        assert_eq!(throttled("nr_periods 1\nnr_throttled 2\nthrottled_time 9\n"), Some(9));
        assert_eq!(throttled("usage_usec 5\n"), None);
    }

    #[test]
    fn shares_are_those_of_the_time_between() {
        let meter = |text: &str| Meter { throttled: None, ticks: ticks(text) };
        let before = meter("cpu  100 0 0 100 0 0 0 0 0 0\ncpu0 …\n");
        let after = meter("cpu  150 0 0 135 5 0 0 10 0 0\n");
        assert_eq!(after.shares_since(&before), Some([0.1, 0.6]));
        assert_eq!(before.shares_since(&before), None);
        assert_eq!(meter("intr 5\n").shares_since(&before), None);
        assert_eq!(after.throttled_since(&before), None);
    }

    #[test]
    fn a_group_is_found_by_its_controller() {
        let mounted = Path::new("/nowhere");
        let old = "5:cpuacct,cpu:/docker/a\n1:name=systemd:/x\n0::/system\n";
        assert_eq!(group_in(old, "cpu", mounted), Some("/nowhere/cpu".into()));
        assert_eq!(group_in(old, "", mounted), Some("/nowhere".into()));
        assert_eq!(group_in("0::/\n", "cpu", mounted), None);
    }
}
