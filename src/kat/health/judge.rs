//! The report of a health check -> its verdict. Pure: knows no backend and no process.

use crate::kat::departure;
use crate::report::check::HealthVerdict;
use crate::report::{CaseResult, Library, Outcome, PathInfo, Report};
use crate::spec::Algorithm;

/// The verdict on `report`: healthy if nothing in it is wrong, a case of each `required` algorithm passed, and no
/// library has the draft of an algorithm in `no_draft`. `absent` would be required too, if any backend had it.
pub fn judge(
    report: &Report,
    required: &[Algorithm],
    absent: &[Algorithm],
    no_draft: &[Algorithm],
) -> HealthVerdict {
    let draft = report.paths.iter().filter_map(|path| path.library.as_ref()).any(|library| library.draft);
    let verdict =
        match wrong(report).or_else(|| drafts(report, no_draft)).or_else(|| unchecked(report, required)) {
            Some(why) => HealthVerdict::unhealthy(&(why + &warnings(report))),
            None => HealthVerdict::healthy(&(right(report, required, absent) + &warnings(report))),
        };
    HealthVerdict { draft, ..verdict }
}

/// The first wrong case, and how many more there are.
fn wrong(report: &Report) -> Option<String> {
    let mut wrong = report.cases.iter().filter_map(|case| match &case.outcome {
        Outcome::Fail { reason, .. } | Outcome::Suspect { reason, .. } | Outcome::Error { reason } => {
            Some((case, reason))
        }
        Outcome::Pass | Outcome::Skip { .. } => None,
    });
    let (case, reason) = wrong.next()?;
    let more = match wrong.count() {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    Some(format!(
        "{} ({}){more}; `pqcheck kat` shows every case",
        what_is_wrong(report, case, reason),
        case.id()
    ))
}

fn what_is_wrong(report: &Report, case: &CaseResult, reason: &str) -> String {
    let path = report.paths.iter().find(|path| case.is_of(path));
    // A reason that names the library says all that there is to say.
    let names_it = |it: &Library| reason.starts_with(&it.name) || reason.contains(&it.file);
    if path.and_then(|path| path.library.as_ref()).is_some_and(names_it) {
        return reason.to_owned();
    }
    let (title, operation) = (path.map(PathInfo::title).unwrap_or_default(), case.operation.name());
    // A reason that begins with its step already says the operation.
    let step = reason.strip_prefix(operation).and_then(|rest| rest.strip_prefix(": "));
    format!("{title} {} {operation}: {}", case.algorithm, step.unwrap_or(reason))
}

/// The first library with such a draft, whether it was asked or stands behind another.
fn drafts(report: &Report, no_draft: &[Algorithm]) -> Option<String> {
    let mut libraries = report.paths.iter().filter_map(|path| path.library.as_ref());
    libraries.find_map(|library| {
        let drafts = library.drafts.iter().filter(|it| no_draft.contains(it)).map(|it| it.name());
        let drafts: Vec<&str> = drafts.collect();
        (!drafts.is_empty()).then(|| {
            format!(
                "{} has the draft (ipd) under the name {}, in {}; remove it, or name what matters with --library \
                 or --require",
                library.name,
                listed(&drafts),
                library.file
            )
        })
    })
}

/// The other libraries of one kind that lack what is required.
fn beside(report: &Report, required: &[Algorithm]) -> String {
    let mut said = String::new();
    for path in report.paths.iter().filter(|path| has_twin(report, path)) {
        let Some(library) = &path.library else { continue };
        let lacks: Vec<&str> =
            required.iter().filter(|it| !library.offers.contains(it)).map(|it| it.name()).collect();
        let is_of_one_kind = report.paths.iter().any(|other| {
            other.backend == path.backend
                && other.library.as_ref().is_some_and(|it| required.iter().any(|of| it.offers.contains(of)))
        });
        if !lacks.is_empty() && is_of_one_kind {
            said += &format!("; beside it {}, which lacks {}", path.title(), listed(&lacks));
        }
    }
    said
}

/// Whether the image has another library of the kind.
fn has_twin(report: &Report, path: &PathInfo) -> bool {
    path.library.is_some() && report.paths.iter().filter(|other| other.backend == path.backend).count() > 1
}

/// The required algorithms of which no case passed, and what the image has instead.
fn unchecked(report: &Report, required: &[Algorithm]) -> Option<String> {
    let passed = |algorithm: &Algorithm| {
        report.cases.iter().any(|case| case.algorithm == *algorithm && case.outcome == Outcome::Pass)
    };
    let unchecked: Vec<String> = required.iter().filter(|it| !passed(it)).map(|it| it.title()).collect();
    let (was, it) = match unchecked.len() {
        0 => return None,
        1 => ("was", "it"),
        _ => ("were", "them"),
    };
    let has = |path: &PathInfo| {
        let library = path.library.as_ref()?;
        let mut has: Vec<String> = library.offers.iter().map(ToString::to_string).collect();
        let other = library.other_revision.iter().filter(|it| required.contains(it));
        has.extend(other.map(|it| format!("a revision of {it} that pqcheck does not test")));
        let mut but = String::new();
        if let Some(configuration) = &library.configuration {
            has.retain(|name| !configuration.lacks.iter().any(|it| it.name() == name));
            let lacks: Vec<&str> = configuration.lacks.iter().map(|it| it.name()).collect();
            but = format!("; {} out of reach {}", listed(&lacks), configuration.words());
        } else if let Some(release) = library.name.strip_prefix("OpenSSL ") {
            let needs = required
                .iter()
                .any(|it| *it != Algorithm::ChaCha20Poly1305 && !library.offers.contains(it) && !passed(it));
            if needs {
                but = format!("; ML-KEM and ML-DSA need OpenSSL 3.5, and this is {release}");
            }
        }
        let none = if but.is_empty() { "none of the tested algorithms" } else { "nothing to offer" };
        let has = if has.is_empty() { none.to_owned() } else { listed(&has) };
        Some(format!("; {} has {has}{but}", path.title()))
    };
    let instead: String = report.paths.iter().filter_map(has).collect();
    Some(format!("{} {was} not checked: no code path here can run {it}{instead}", listed(&unchecked)))
}

/// What works, where, and how far that was looked at.
fn right(report: &Report, required: &[Algorithm], absent: &[Algorithm]) -> String {
    let names: Vec<String> = required.iter().map(|algorithm| algorithm.title()).collect();
    let answer = if names.len() == 1 { "answers" } else { "answer" };
    let passed =
        |path: &PathInfo| report.cases.iter().any(|case| case.outcome == Outcome::Pass && case.is_of(path));
    let title = |path: &PathInfo| {
        let is_loaders = has_twin(report, path) && path.library.as_ref().is_some_and(|it| it.by_loader);
        path.title() + if is_loaders { ", the loader's choice" } else { "" }
    };
    let paths: Vec<String> = report.paths.iter().filter(|path| passed(path)).map(title).collect();
    let (count, checks) = (report.summary.pass, if report.summary.pass == 1 { "check" } else { "checks" });
    let absent: Vec<&str> = absent.iter().map(|algorithm| algorithm.name()).collect();
    let absent = match &absent[..] {
        [] => String::new(),
        absent => format!("; no library here provides {}, which is not required", listed(absent)),
    };
    let beside = beside(report, required);
    let in_process = match report.paths.iter().find_map(|path| path.not_isolated.as_ref()) {
        Some(why) => format!("; ran without isolation ({why})"),
        None => String::new(),
    };
    format!(
        "{} {answer} as published on {} ({count} {checks}){absent}{beside}; kernel randomness ok{in_process}",
        listed(&names),
        listed(&paths)
    )
}

/// What applications should know. Known departures are no news in a line.
fn warnings(report: &Report) -> String {
    departure::other_warnings(report).map(|text| format!("; warning: {text}")).collect()
}

/// `A`, `A and B`, `A, B and C`.
fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Configuration;
    use crate::report::sample;
    use crate::spec::Operation;

    const CORE: [Algorithm; 2] = [Algorithm::MlKem768, Algorithm::MlDsa87];

    /// A report of one case of each algorithm of the core on each of these paths; all pass.
    fn report(paths: &[PathInfo]) -> Report {
        let mut report = sample::green();
        let template = report.cases[0].clone();
        report.paths = paths.to_vec();
        report.cases.clear();
        for path in paths {
            for (algorithm, operation) in CORE.into_iter().zip([Operation::Decaps, Operation::Verify]) {
                report.cases.push(CaseResult {
                    suite: "s".to_owned(),
                    case: format!("tc{}", report.cases.len()),
                    backend: path.backend.clone(),
                    path: path.path.clone(),
                    algorithm,
                    operation,
                    ..template.clone()
                });
            }
        }
        counted(report)
    }

    fn counted(mut report: Report) -> Report {
        report.summary = crate::report::Summary::of(&report.cases);
        report
    }

    /// The report with these outcomes for its first cases.
    fn with(outcomes: &[Outcome], mut report: Report) -> Report {
        for (case, outcome) in report.cases.iter_mut().zip(outcomes) {
            case.outcome = outcome.clone();
        }
        counted(report)
    }

    fn linked(backend: &str) -> PathInfo {
        let template = sample::green().paths[0].clone();
        PathInfo { backend: backend.to_owned(), path: "auto".to_owned(), ..template }
    }

    fn installed(name: &str, offers: &[Algorithm]) -> PathInfo {
        let library = Library {
            name: name.to_owned(),
            file: "/usr/lib/liboqs.so.7".to_owned(),
            offers: offers.to_vec(),
            draft: false,
            by_loader: false,
            drafts: Vec::new(),
            other_revision: Vec::new(),
            configuration: None,
        };
        PathInfo { library: Some(library), ..linked("installed-liboqs") }
    }

    fn fail(reason: &str) -> Outcome {
        Outcome::Fail { reason: reason.to_owned(), expected: "1".to_owned(), got: "2".to_owned() }
    }

    fn skip(reason: &str) -> Outcome {
        Outcome::Skip { reason: reason.to_owned() }
    }

    fn check(report: &Report, line: &str) {
        let verdict = judge(report, &CORE, &[], &[]);
        assert_eq!(verdict.line, line);
        assert_eq!(verdict.healthy, line.starts_with("healthy: "));
    }

    #[test]
    fn what_answers_as_published_is_healthy() {
        check(
            &report(&[linked("a"), linked("b"), linked("c")]),
            "healthy: ML-KEM-768 and ML-DSA-87 answer as published on a/auto, b/auto and c/auto (6 checks); \
             kernel randomness ok",
        );
        let mut one = report(&[linked("a")]);
        one.cases.truncate(1);
        let line = judge(&counted(one), &CORE[..1], &[], &[]).line;
        assert_eq!(
            line,
            "healthy: ML-KEM-768 answers as published on a/auto (1 check); kernel randomness ok"
        );
        let line = judge(&report(&[linked("a")]), &CORE, &[Algorithm::ChaCha20Poly1305], &[]).line;
        let words =
            "; no library here provides ChaCha20-Poly1305, which is not required; kernel randomness ok";
        assert!(line.ends_with(words), "{line}");
    }

    #[test]
    fn a_wrong_case_is_named_with_its_path_and_its_step_once() {
        let paths = [linked("a"), linked("b")];
        for (outcome, words) in [
            (fail("decaps: shared_secret differs"), "decaps: shared_secret differs"),
            (fail("keygen: ek differs"), "decaps: keygen: ek differs"),
            (Outcome::Error { reason: "killed by SIGILL".to_owned() }, "decaps: killed by SIGILL"),
        ] {
            let line =
                format!("unhealthy: a/auto ML-KEM-768 {words} (s#tc0); `pqcheck kat` shows every case");
            check(&with(&[outcome], report(&paths)), &line);
        }
    }

    #[test]
    fn only_the_first_of_many_wrong_cases_is_named() {
        let line =
            "unhealthy: a/auto ML-DSA-87 verify: x (s#tc1), and 2 more; `pqcheck kat` shows every case";
        let outcomes = [Outcome::Pass, fail("x"), fail("y"), Outcome::Error { reason: "z".to_owned() }];
        check(&with(&outcomes, report(&[linked("a"), linked("b")])), line);
    }

    #[test]
    fn a_reason_that_names_the_library_does_not_name_it_twice() {
        let library = installed("liboqs 0.10.1", &CORE);
        let case = "(s#tc0); `pqcheck kat` shows every case";
        for (reason, words) in [
            ("liboqs 0.10.1 answers with the draft", "liboqs 0.10.1 answers with the draft"),
            ("cannot load /usr/lib/liboqs.so.7", "cannot load /usr/lib/liboqs.so.7"),
            ("x", "liboqs 0.10.1 (/usr/lib/liboqs.so.7) ML-KEM-768 decaps: x"),
        ] {
            let outcome = Outcome::Error { reason: reason.to_owned() };
            check(
                &with(&[outcome], report(std::slice::from_ref(&library))),
                &format!("unhealthy: {words} {case}"),
            );
        }
    }

    #[test]
    fn a_required_algorithm_that_nothing_ran_is_unhealthy() {
        let skipped = [Outcome::Pass, skip("not-offered: ML-DSA-87")];
        check(
            &with(&skipped, report(&[linked("a")])),
            "unhealthy: ML-DSA-87 was not checked: no code path here can run it",
        );
        let both = [skip("cpu-lacks: sha3"), skip("cpu-lacks: sha3")];
        check(
            &with(&both, report(&[installed("liboqs 0.8.0", &[])])),
            "unhealthy: ML-KEM-768 and ML-DSA-87 were not checked: no code path here can run them; \
             liboqs 0.8.0 (/usr/lib/liboqs.so.7) has none of the tested algorithms",
        );
        check(
            &report(&[]),
            "unhealthy: ML-KEM-768 and ML-DSA-87 were not checked: no code path here can run them",
        );
        let mceliece = Algorithm::ClassicMcEliece460896;
        let mut library = installed("liboqs 0.9.0", &CORE);
        library.library.as_mut().unwrap().other_revision.push(mceliece);
        let line = judge(&report(&[library.clone()]), &[mceliece], &[], &[]).line;
        assert!(
            line.ends_with(
                "has ML-KEM-768, ML-DSA-87 and a revision of Classic-McEliece-460896 that pqcheck does not test"
            ),
            "{line}"
        );
        assert!(judge(&report(&[library]), &CORE, &[], &[]).healthy);
    }

    #[test]
    fn what_an_openssl_lacks_is_said_with_what_helps() {
        let both = [skip("unsupported: algorithm"), skip("unsupported: algorithm")];
        check(
            &with(&both, report(&[installed("OpenSSL 3.0.19", &[Algorithm::ChaCha20Poly1305])])),
            "unhealthy: ML-KEM-768 and ML-DSA-87 were not checked: no code path here can run them; OpenSSL 3.0.19 \
             (/usr/lib/liboqs.so.7) has ChaCha20-Poly1305; ML-KEM and ML-DSA need OpenSSL 3.5, and this is 3.0.19",
        );
        let mut library = installed("OpenSSL 3.5.9", &CORE);
        library.library.as_mut().unwrap().configuration = Some(Configuration {
            file: Some("/etc/ssl/openssl.cnf".to_owned()),
            active: vec!["legacy".to_owned()],
            lacks: CORE.to_vec(),
            why: "the default provider is not active".to_owned(),
        });
        check(
            &with(&both, report(&[library])),
            "unhealthy: ML-KEM-768 and ML-DSA-87 were not checked: no code path here can run them; OpenSSL 3.5.9 \
             (/usr/lib/liboqs.so.7) has nothing to offer; ML-KEM-768 and ML-DSA-87 out of reach under \
             /etc/ssl/openssl.cnf (active providers: legacy): the default provider is not active",
        );
    }

    #[test]
    fn a_draft_is_found_whatever_the_verdict() {
        let mut library = installed("liboqs 0.10.1", &CORE);
        assert!(!judge(&report(&[library.clone()]), &CORE, &[], &[]).draft);
        library.library.as_mut().unwrap().draft = true;
        let report = report(&[linked("a"), library]);
        let verdict = judge(&report, &CORE, &[], &[]);
        assert!(verdict.draft && verdict.healthy);
        let verdict = judge(&with(&[fail("x")], report), &CORE, &[], &[]);
        assert!(verdict.draft && !verdict.healthy);
    }

    #[test]
    fn a_draft_of_what_matters_is_unhealthy_wherever_it_stands() {
        let mut library = installed("liboqs 0.10.1", &CORE);
        library.library.as_mut().unwrap().drafts = vec![Algorithm::MlKem512, Algorithm::MlDsa87];
        let report = report(&[linked("a"), library]);
        let judged = |no_draft: &[Algorithm]| judge(&report, &CORE, &[], no_draft);
        assert!(judged(&CORE[..1]).healthy);
        let verdict = judged(&Algorithm::STANDARDS);
        assert!(!verdict.healthy);
        let words =
            "unhealthy: liboqs 0.10.1 has the draft (ipd) under the name ML-KEM-512 and ML-DSA-87, in /usr/";
        assert!(verdict.line.starts_with(words), "{}", verdict.line);
    }

    #[test]
    fn a_library_beside_another_is_named_with_what_it_lacks() {
        let openssl = |name: &str, file: &str, offers: &[Algorithm], by_loader: bool| {
            let mut path = installed(name, offers);
            path.path = file.to_owned();
            let library = path.library.as_mut().unwrap();
            (library.file, library.by_loader) = (file.to_owned(), by_loader);
            path
        };
        let (new, old) = (
            openssl("OpenSSL 3.5.9", "/lib/c.so.3", &CORE, true),
            openssl("OpenSSL 1.1.1w", "/app/c.so.1.1", &[], false),
        );
        let mut both = report(&[new.clone(), old]);
        for case in &mut both.cases {
            if case.path == "/app/c.so.1.1" {
                case.outcome = skip("not-offered: x");
            }
        }
        check(
            &counted(both),
            "healthy: ML-KEM-768 and ML-DSA-87 answer as published on OpenSSL 3.5.9 (/lib/c.so.3), the loader's \
             choice (2 checks); beside it OpenSSL 1.1.1w (/app/c.so.1.1), which lacks ML-KEM-768 and ML-DSA-87; kernel \
             randomness ok",
        );
        let alone = judge(&report(&[new]), &CORE, &[], &[]).line;
        assert!(!alone.contains("loader") && !alone.contains("beside"), "{alone}");
    }

    #[test]
    fn warnings_come_last_and_change_no_verdict() {
        let mut warned = report(&[linked("a")]);
        warned.warnings = vec!["a warning".to_owned(), "another".to_owned()];
        assert!(
            judge(&warned, &CORE, &[], &[])
                .line
                .ends_with("; kernel randomness ok; warning: a warning; warning: another")
        );
        assert!(judge(&warned, &CORE, &[], &[]).healthy);
        let wrong = with(&[fail("x")], warned.clone());
        assert!(
            judge(&wrong, &CORE, &[], &[]).line.ends_with("every case; warning: a warning; warning: another")
        );
        let skipped = with(&[skip("x")], warned);
        assert!(
            judge(&skipped, &CORE, &[], &[])
                .line
                .ends_with("can run it; warning: a warning; warning: another")
        );
        // What was seen of known departures is in the report alone.
        let departed = skip(&departure::skip_reason(crate::backend::Departure::EkModulus));
        let mut departed =
            with(&[Outcome::Pass, Outcome::Pass, departed], report(&[linked("a"), linked("b")]));
        departed.warnings = departure::warnings(&departed.cases);
        assert_eq!(departed.warnings.len(), 1);
        assert!(judge(&departed, &CORE, &[], &[]).line.ends_with("; kernel randomness ok"));
    }

    #[test]
    fn a_run_without_isolation_says_so() {
        let path =
            PathInfo { not_isolated: Some("cannot start a child process: EAGAIN".to_owned()), ..linked("b") };
        let line = judge(&report(&[linked("a"), path]), &CORE, &[], &[]).line;
        assert!(
            line.ends_with(
                "; kernel randomness ok; ran without isolation (cannot start a child process: EAGAIN)"
            ),
            "{line}"
        );
    }
}
