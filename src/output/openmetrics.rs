//! A health check as metrics: OpenMetrics for who asks for it, Prometheus' older text for everybody else.
//! Knows no HTTP and no file.
//!
//! The older text has no type `info`, and `promtool` and node_exporter's textfile collector refuse a file that has
//! one; there it is a gauge. All else is the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::report::Outcome;
use crate::report::check::Check;

/// A way of writing metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus' text format 0.0.4, which node_exporter's textfile collector and `promtool` read.
    Text,
}

impl Exposition {
    /// The media type, as HTTP has it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// The whole document.
    pub fn of(self, check: &Arc<Check>) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Metrics { check: Arc::clone(check), exposition: self }));
        let mut document = String::new();
        // Writing to a `String` cannot fail.
        let _ = match self {
            Self::OpenMetrics => text::encode(&mut document, &registry),
            Self::Text => text::encode_registry(&mut document, &registry),
        };
        document
    }
}

#[derive(Debug)]
struct Metrics {
    check: Arc<Check>,
    exposition: Exposition,
}

/// The names of the outcomes, in the order of [`Counts`].
const OUTCOMES: [&str; 4] = ["pass", "fail", "skip", "error"];
type Counts = [u64; 4];

impl Collector for Metrics {
    fn encode(&self, mut out: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let check = &*self.check;
        self.info(
            &mut out,
            "pqcheck_build",
            "The pqcheck that made the check",
            &[("version", &check.version)],
        )?;
        let platform = &check.platform;
        let labels = [
            ("arch", platform.architecture.as_str()),
            ("cpu", platform.cpu.as_deref().unwrap_or("unknown")),
            ("emulated", if platform.emulated.is_empty() { "false" } else { "true" }),
        ];
        self.info(&mut out, "pqcheck_platform", "Where the check was made", &labels)?;
        let about =
            "1 if the last check found everything required at work, 0 if not or if there was none in time";
        gauge(&mut out, "pqcheck_healthy", about, check.verdict.healthy)?;
        let about = "1 if a library of the image answers with the draft of a standard under its name";
        gauge(&mut out, "pqcheck_draft_found", about, check.verdict.draft)?;
        let about = "How long the last check took";
        let (name, seconds) = ("pqcheck_check_duration", Unit::Seconds);
        out.encode_descriptor(name, about, Some(&seconds), MetricType::Gauge)?
            .encode_gauge(&check.seconds)?;

        let (mut cases, mut paths) = (BTreeMap::new(), BTreeMap::new());
        for case in check.verdict.report.iter().flat_map(|report| &report.cases) {
            let path = (case.backend.as_str(), case.path.as_str());
            let outcome = kind(&case.outcome);
            let of_operation: &mut Counts = cases.entry((path, case.algorithm, case.operation)).or_default();
            of_operation[outcome] += 1;
            let of_path: &mut Counts = paths.entry(path).or_default();
            of_path[outcome] += 1;
        }
        let about =
            "1 if every case that ran on the code path in the last check gave the published answer, 0 if not";
        let mut family = out.encode_descriptor("pqcheck_backend_up", about, None, MetricType::Gauge)?;
        for ((backend, path), [pass, fail, _, error]) in paths {
            // Of a path on which nothing ran, nothing is known.
            if pass + fail + error > 0 {
                let labels = [("backend", backend), ("path", path)];
                family.encode_family(&labels)?.encode_gauge(&u64::from(fail + error == 0))?;
            }
        }
        let about = "Known-answer cases of the last check by what came of them";
        let mut family = out.encode_descriptor("pqcheck_cases", about, None, MetricType::Gauge)?;
        for (((backend, path), algorithm, operation), counts) in cases {
            for (outcome, count) in OUTCOMES.into_iter().zip(counts) {
                let labels = [
                    ("backend", backend),
                    ("path", path),
                    ("algorithm", algorithm.name()),
                    ("operation", operation.name()),
                    ("outcome", outcome),
                ];
                family.encode_family(&labels)?.encode_gauge(&count)?;
            }
        }
        Ok(())
    }
}

impl Metrics {
    /// What only its labels tell.
    fn info<const N: usize>(
        &self,
        out: &mut DescriptorEncoder<'_>,
        name: &str,
        about: &str,
        labels: &[(&str, &str); N],
    ) -> Result<(), fmt::Error> {
        let labels: &[(&str, &str)] = labels;
        match self.exposition {
            Exposition::OpenMetrics => {
                out.encode_descriptor(name, about, None, MetricType::Info)?.encode_info(&labels)
            }
            Exposition::Text => {
                let name = format!("{name}_info");
                let mut family = out.encode_descriptor(&name, about, None, MetricType::Gauge)?;
                family.encode_family(&labels)?.encode_gauge(&1_u64)
            }
        }
    }
}

fn gauge(out: &mut DescriptorEncoder<'_>, name: &str, about: &str, value: bool) -> Result<(), fmt::Error> {
    out.encode_descriptor(name, about, None, MetricType::Gauge)?.encode_gauge(&u64::from(value))
}

fn kind(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Pass => 0,
        Outcome::Fail { .. } | Outcome::Suspect { .. } => 1,
        Outcome::Skip { .. } => 2,
        Outcome::Error { .. } => 3,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::check::HealthVerdict;
    use crate::report::{CaseResult, Report, sample};
    use crate::spec::{Algorithm, Operation};

    fn check(report: Option<Report>) -> Arc<Check> {
        let platform = sample::report().platform;
        let verdict =
            HealthVerdict { draft: true, report, ..HealthVerdict::unhealthy("liboqs/native is wrong") };
        Arc::new(Check { verdict, seconds: 0.25, version: "0.1.0".to_owned(), platform })
    }

    #[test]
    fn every_outcome_is_counted() {
        let check = check(Some(sample::report()));
        expect_file!["openmetrics.txt"].assert_eq(&Exposition::OpenMetrics.of(&check));
    }

    #[test]
    fn the_older_text_differs_in_types_alone() {
        let check = check(Some(sample::report()));
        let new = Exposition::OpenMetrics.of(&check);
        let old = Exposition::Text.of(&check);
        let samples = |text: &str| {
            text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(samples(&new), samples(&old));
        assert!(new.contains("# TYPE pqcheck_build info\n") && new.ends_with("# EOF\n"));
        assert!(old.contains("# TYPE pqcheck_build_info gauge\n") && !old.contains("# EOF"));
    }

    #[test]
    fn a_path_on_which_nothing_ran_is_neither_up_nor_down() {
        let text = Exposition::Text.of(&check(Some(sample::report())));
        let up: Vec<_> = text.lines().filter(|line| line.starts_with("pqcheck_backend_up{")).collect();
        assert_eq!(
            up,
            [
                "pqcheck_backend_up{backend=\"liboqs\",path=\"native\"} 0",
                "pqcheck_backend_up{backend=\"liboqs\",path=\"portable\"} 1",
                "pqcheck_backend_up{backend=\"rustcrypto\",path=\"portable\"} 0",
            ]
        );
    }

    #[test]
    fn without_a_report_there_is_a_verdict_and_a_name_in_quotes_stays_one_label() {
        let mut failed = Check::clone(&check(None));
        failed.platform.cpu = Some("a \"b\"\\\n".to_owned());
        let text = Exposition::Text.of(&Arc::new(failed));
        assert!(text.contains("pqcheck_healthy 0\n") && !text.contains("pqcheck_cases{"), "{text}");
        assert!(text.contains(r#"cpu="a \"b\"\\\n","#), "{text}");
    }

    #[test]
    fn the_label_sets_are_closed() {
        // Of one path: every algorithm, operation and outcome at most, whatever the number of cases.
        let mut report = sample::report();
        let path = |case: &CaseResult| (case.backend.clone(), case.path.clone());
        let paths: std::collections::BTreeSet<_> = report.cases.iter().map(path).collect();
        for number in 0..1000 {
            let mut case = report.cases[number % 7].clone();
            case.case = format!("tc{number}");
            report.cases.push(case);
        }
        let text = Exposition::Text.of(&check(Some(report)));
        let most = paths.len() * Algorithm::ALL.len() * Operation::ALL.len() * OUTCOMES.len();
        let series = text.lines().filter(|line| line.starts_with("pqcheck_cases{")).count();
        assert!(series <= most, "{series}");
        let named =
            |line: &str| OUTCOMES.iter().any(|outcome| line.contains(&format!("outcome=\"{outcome}\"}} ")));
        assert!(text.lines().filter(|line| line.starts_with("pqcheck_cases{")).all(named));
    }
}
