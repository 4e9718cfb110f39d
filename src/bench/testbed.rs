//! The machine that is measured on, and what about it makes the figures worse than they look. Knows no workload.

use crate::image::{machine, platform};
use crate::report::bench::Testbed;

/// The machine, and what happened on it between the two readings.
pub(super) fn testbed(after: &machine::Meter, before: &machine::Meter) -> Testbed {
    let shares = after.shares_since(before);
    Testbed {
        platform: platform::read(),
        processors: std::thread::available_parallelism().map_or(1, usize::from) as u64,
        governor: machine::governor(),
        kernel: machine::kernel(),
        container: machine::container(),
        quota: machine::quota(),
        throttled_ns: after.throttled_since(before),
        steal: shares.map(|[stolen, _]| stolen),
        busy: shares.map(|[_, busy]| busy),
        compiler: env!("PQCHECK_COMPILER").to_owned(),
    }
}

/// What makes these figures worse than they look, and what to do about it.
pub(super) fn warnings(testbed: &Testbed) -> Vec<String> {
    let mut warnings = Vec::new();
    if !testbed.platform.emulated.is_empty() {
        warnings.push(format!(
            "the processor is emulated ({}): these times say how fast the emulator is, and are never ranked",
            testbed.platform.emulated.join("; ")
        ));
    }
    if testbed.processors == 1 {
        warnings.push(
            "there is one processor: whatever else runs, runs in place of what is timed; give it two"
                .to_owned(),
        );
    }
    if let Some(throttled) = testbed.throttled_ns.filter(|time| *time > 0) {
        warnings.push(format!(
            "the control group held this run back for {:.2} s in all: raise its CPU limit, or compare the p5",
            throttled as f64 / 1e9
        ));
    }
    if let Some(steal) = testbed.steal.filter(|share| *share > 0.01) {
        warnings.push(format!(
            "the hypervisor gave {:.1} % of the processors' time to others: repeat the run when they are quiet",
            steal * 100.0
        ));
    }
    // This run itself keeps one processor busy.
    let others = testbed.busy.map(|busy| busy * testbed.processors as f64 - 1.0);
    if let Some(others) = others.filter(|others| *others > 0.2) {
        warnings
            .push(format!("other programs kept {others:.1} processors busy: stop them, or repeat the run"));
    }
    if let Some(governor) = testbed.governor.as_deref().filter(|governor| *governor != "performance") {
        warnings.push(format!(
            "the frequency governor is `{governor}`: `performance` keeps the frequency from changing with the load"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Platform;

    /// A machine on which there is nothing to warn of.
    fn quiet() -> Testbed {
        let platform = Platform {
            architecture: "amd64".to_owned(),
            cpu: None,
            features: Vec::new(),
            emulated: Vec::new(),
        };
        Testbed {
            platform,
            processors: 2,
            governor: Some("performance".to_owned()),
            kernel: None,
            container: None,
            quota: Some(2.0),
            throttled_ns: Some(0),
            steal: Some(0.0),
            busy: Some(0.5),
            compiler: String::new(),
        }
    }

    #[test]
    fn each_disturbance_has_its_warning_with_what_to_do() {
        assert_eq!(warnings(&quiet()), [""; 0]);
        let emulated = Platform { emulated: vec!["a sign".to_owned()], ..quiet().platform };
        for (testbed, expected) in [
            (Testbed { platform: emulated, ..quiet() }, "the processor is emulated (a sign)"),
            (Testbed { processors: 1, ..quiet() }, "there is one processor"),
            (
                Testbed { throttled_ns: Some(1_500_000_000), ..quiet() },
                "the control group held this run back for 1.50 s in all: raise its CPU limit",
            ),
            (Testbed { steal: Some(0.05), ..quiet() }, "the hypervisor gave 5.0 %"),
            (Testbed { busy: Some(1.0), ..quiet() }, "other programs kept 1.0 processors busy"),
            (
                Testbed { governor: Some("powersave".to_owned()), ..quiet() },
                "the frequency governor is `powersave`",
            ),
        ] {
            let said = warnings(&testbed);
            assert!(said.len() == 1 && said[0].contains(expected), "{expected}: {said:?}");
        }
    }

    #[test]
    fn what_the_kernel_does_not_say_is_no_disturbance() {
        let silent = Testbed { governor: None, throttled_ns: None, steal: None, busy: None, ..quiet() };
        assert_eq!(warnings(&silent), [""; 0]);
    }
}
