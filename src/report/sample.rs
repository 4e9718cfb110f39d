//! One hand-built report with every outcome in it, for golden outputs. Never taken from a real run.

use super::{CaseResult, Outcome, PathInfo, Platform, RanNowhere, Report, SCHEMA, Summary, Timing};
use crate::spec::{Algorithm, Operation};

/// Every outcome, several backends and paths, emulation, warnings, and text that tries to break a renderer.
pub(crate) fn report() -> Report {
    let mut cases = Vec::new();
    native(&mut cases);
    portable(&mut cases);
    pqclean(&mut cases);
    rustcrypto(&mut cases);
    of_cases(cases)
}

/// A report in which everything that ran passed, and nothing else is to be said.
pub(crate) fn green() -> Report {
    let cases = report().cases.into_iter().filter(|case| case.path == "portable").map(|mut case| {
        case.outcome = Outcome::Pass;
        case
    });
    let mut report = of_cases(cases.collect());
    report.paths.retain(|path| path.path == "portable");
    report.platform.emulated.clear();
    report.warnings.clear();
    report.timing = None;
    report
}

fn of_cases(cases: Vec<CaseResult>) -> Report {
    Report {
        digests: Vec::new(),
        unmet: Vec::new(),
        ran_nowhere: RanNowhere::of(&cases),
        shard: None,
        schema: SCHEMA.to_owned(),
        version: "0.1.0".to_owned(),
        platform: Platform {
            architecture: "arm64".to_owned(),
            cpu: Some("Cortex-A53".to_owned()),
            features: vec!["neon".to_owned()],
            emulated: vec!["/proc/cpuinfo names an Intel processor".to_owned()],
        },
        corpus: vec!["embedded".to_owned()],
        paths: vec![
            path("liboqs", "native", "0.13.0 (oqs-sys 0.11.0)", true),
            path("liboqs", "portable", "0.13.0 (oqs-sys 0.11.0)", false),
            PathInfo {
                lacks: vec!["sha3".to_owned()],
                ..path("pqclean", "aarch64", "pqcrypto-mlkem 0.1.1, pqcrypto-mldsa 0.1.2", true)
            },
            PathInfo {
                not_isolated: Some("fork: Resource temporarily unavailable".to_owned()),
                ..path("rustcrypto", "portable", "ml-kem 0.3.4, ml-dsa 0.1.2, chacha20poly1305 0.11.0", true)
            },
        ],
        warnings: vec![
            "pqclean/aarch64: the library takes this path on this processor, which lacks sha3; \
             a program that uses it here dies with SIGILL"
                .to_owned(),
        ],
        summary: Summary::of(&cases),
        timing: Some(Timing { library_ns: 1_310_000_000, total_ns: 1_520_000_000, wall_ns: 803_000_000 }),
        cases,
    }
}

const KEYGEN: &str = "acvp/ML-KEM-keyGen-FIPS203";
const SIGVER: &str = "acvp/ML-DSA-sigVer-FIPS204";
const CHACHA: &str = "wycheproof/chacha20_poly1305_test";
const DRAFT: &str = "rsp/kat_MLKEM_768";

/// Wrong answers of one kind in number, some of another kind, and a crash.
fn native(cases: &mut Vec<CaseResult>) {
    let mut add = adder(cases, "liboqs", "native");
    for number in 26..=34 {
        let outcome = if number < 27 { Outcome::Pass } else { wrong_ek() };
        add(KEYGEN, &format!("tc{number}"), Algorithm::MlKem768, Operation::Keygen, outcome);
    }
    add(SIGVER, "tc1", Algorithm::MlDsa87, Operation::Verify, accepted("verify: a forgery is accepted"));
    let hostile =
        "verify: <![CDATA[ ]]> & \"quoted\" \u{1b}[31mred\u{1b}[0m\nsecond line \u{0}\u{fffe} µ‖é 署名";
    add(SIGVER, "tc2", Algorithm::MlDsa87, Operation::Verify, accepted(hostile));
    let reason = "killed by SIGSEGV in liboqs/native; the cases after it did not run".to_owned();
    add(SIGVER, "tc3", Algorithm::MlDsa87, Operation::Verify, Outcome::Error { reason: reason.clone() });
    add(SIGVER, "tc4", Algorithm::MlDsa87, Operation::Verify, Outcome::Error { reason });
    add(CHACHA, "tc1", Algorithm::ChaCha20Poly1305, Operation::Open, skip("not offered"));
    add(DRAFT, "count0", Algorithm::MlKem768, Operation::Decaps, suspect());
}

fn portable(cases: &mut Vec<CaseResult>) {
    let mut add = adder(cases, "liboqs", "portable");
    for number in 26..=34 {
        add(KEYGEN, &format!("tc{number}"), Algorithm::MlKem768, Operation::Keygen, Outcome::Pass);
    }
    for number in 1..=4 {
        let outcome = if number == 4 { skip("unsupported: pre-hash") } else { Outcome::Pass };
        add(SIGVER, &format!("tc{number}"), Algorithm::MlDsa87, Operation::Verify, outcome);
    }
    add(CHACHA, "tc1", Algorithm::ChaCha20Poly1305, Operation::Open, skip("not offered"));
    add(DRAFT, "count0", Algorithm::MlKem768, Operation::Decaps, skip("unsupported: seeded"));
}

/// A path that this processor cannot run.
fn pqclean(cases: &mut Vec<CaseResult>) {
    let mut add = adder(cases, "pqclean", "aarch64");
    let lacks = || skip("cpu-lacks: sha3");
    for number in 26..=34 {
        add(KEYGEN, &format!("tc{number}"), Algorithm::MlKem768, Operation::Keygen, lacks());
    }
    for number in 1..=4 {
        add(SIGVER, &format!("tc{number}"), Algorithm::MlDsa87, Operation::Verify, lacks());
    }
    add(CHACHA, "tc1", Algorithm::ChaCha20Poly1305, Operation::Open, skip("not offered"));
    add(DRAFT, "count0", Algorithm::MlKem768, Operation::Decaps, lacks());
}

/// One error with a very long reason among passes.
fn rustcrypto(cases: &mut Vec<CaseResult>) {
    let mut add = adder(cases, "rustcrypto", "portable");
    for number in 26..=34 {
        add(KEYGEN, &format!("tc{number}"), Algorithm::MlKem768, Operation::Keygen, Outcome::Pass);
    }
    for number in 1..=3 {
        add(SIGVER, &format!("tc{number}"), Algorithm::MlDsa87, Operation::Verify, Outcome::Pass);
    }
    let reason = format!("panicked: index out of bounds{}", ", and again".repeat(60));
    add(SIGVER, "tc4", Algorithm::MlDsa87, Operation::Verify, Outcome::Error { reason });
    add(CHACHA, "tc1", Algorithm::ChaCha20Poly1305, Operation::Open, Outcome::Pass);
    add(DRAFT, "count0", Algorithm::MlKem768, Operation::Decaps, suspect());
}

fn adder<'a>(
    cases: &'a mut Vec<CaseResult>,
    backend: &'a str,
    path: &'a str,
) -> impl FnMut(&str, &str, Algorithm, Operation, Outcome) + 'a {
    move |suite, case, algorithm, operation, outcome| {
        cases.push(CaseResult {
            suite: suite.to_owned(),
            case: case.to_owned(),
            backend: backend.to_owned(),
            path: path.to_owned(),
            algorithm,
            operation,
            outcome,
        });
    }
}

fn path(backend: &str, path: &str, version: &str, chosen: bool) -> PathInfo {
    PathInfo {
        backend: backend.to_owned(),
        path: path.to_owned(),
        version: version.to_owned(),
        chosen,
        lacks: Vec::new(),
        not_isolated: None,
        prehash_by_pqcheck: false,
        library: None,
    }
}

fn wrong_ek() -> Outcome {
    Outcome::Fail {
        reason: "keygen: ek differs".to_owned(),
        expected: "1184 bytes, differs at 4, [2..] a1b2c3d4e5f60718".to_owned(),
        got: "1184 bytes, differs at 4, [2..] a1b200d4e5f60718".to_owned(),
    }
}

fn suspect() -> Outcome {
    Outcome::Suspect {
        reason: "keygen: ek differs: 2 independent implementations agree on another answer: suspect the vectors, or \
                 this reading of them"
            .to_owned(),
        expected: "1184 bytes, differs at 0, [0..] f4ec637adc42afe6".to_owned(),
        got: "1184 bytes, differs at 0, [0..] bf29852dba8b9577".to_owned(),
    }
}

fn accepted(reason: &str) -> Outcome {
    Outcome::Fail { reason: reason.to_owned(), expected: "reject".to_owned(), got: "accept".to_owned() }
}

fn skip(reason: &str) -> Outcome {
    Outcome::Skip { reason: reason.to_owned() }
}
