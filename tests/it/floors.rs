//! The floors of ARCHITECTURE.md, read from the sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every module of the crate and the floor it stands on.
const FLOORS: &[(&str, u8)] = &[
    ("spec", 0),
    ("stats", 0),
    ("report", 1),
    ("entropy", 1),
    ("answers", 2),
    ("image", 2),
    ("backend", 3),
    ("isolate", 3),
    ("vector", 3),
    ("bench", 4),
    ("compare", 4),
    ("doctor", 4),
    ("explain", 4),
    ("kat", 4),
    ("output", 4),
    ("cli", 5),
];

/// Where `unsafe` may stand: the FFI adapters, what hosts the image's loader and calls its libraries, the faults that
/// are a way to die, isolation and the entropy seam.
const UNSAFE: &[&str] = &[
    "backend/broken/death.rs",
    "backend/installed/host/",
    "backend/installed/liboqs.rs",
    "backend/installed/library.rs",
    "backend/installed/openssl/",
    "backend/liboqs/",
    "backend/pqclean.rs",
    "entropy.rs",
    "isolate/",
];

/// Files that only tests compile.
const TESTS: &[&str] = &["tests.rs", "conformance.rs", "sample.rs"];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found.retain(|path| !TESTS.iter().any(|name| path.ends_with(name)));
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The code of a source file before its tests, which may look at any floor.
fn code(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that a text names as `crate::x` or `crate::{x, y::z}`.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let group = rest.strip_prefix('{').and_then(|group| group.split_once("};")).map(|(group, _)| group);
        let parts: Vec<&str> = group.map_or_else(|| vec![rest], |group| group.split(',').collect());
        for part in parts {
            let name: String = part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.push(name);
        }
    }
    names
}

#[test]
fn a_module_names_only_lower_floors() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    for (file, text) in sources() {
        let module = file.split(['/', '.']).next().unwrap();
        let Some(own) = floors.get(module) else {
            assert!(["main", "lib"].contains(&module), "{file} stands on no floor; add `{module}` to FLOORS");
            continue;
        };
        for name in named(&code(&text)) {
            let Some(floor) = floors.get(name.as_str()) else { continue };
            assert!(name == module || floor < own, "{file} (floor {own}) names {name} (floor {floor})");
        }
    }
}

#[test]
fn a_wrong_floor_is_noticed() {
    assert_eq!(named("use crate::kat::Plan;"), ["kat"]);
    assert_eq!(named("use crate::{cli, output::Style};"), ["cli", "output"]);
    assert!(code("a\n// crate::cli\n").find("cli").is_none());
}

#[test]
fn lib_declares_every_module() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (module, _) in FLOORS {
        assert!(lib.contains(&format!("pub mod {module};")), "{module}");
    }
}

#[test]
fn unsafe_stands_only_where_it_is_allowed() {
    for (file, text) in sources() {
        let allowed = UNSAFE.iter().any(|place| file.starts_with(place));
        let found =
            code(&text).split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
        assert!(allowed || !found, "{file} has `unsafe`");
    }
}

#[test]
fn only_cli_prints() {
    for (file, text) in sources() {
        let prints = ["println!", "eprintln!", "print!(", "eprint!(", "stdout()", "stderr()"];
        let found = prints.iter().find(|word| code(&text).contains(*word));
        // A child process writes to the stderr that its parent reads.
        let allowed = file.starts_with("cli/") || file.starts_with("isolate/");
        assert!(allowed || found.is_none(), "{file} has {found:?}");
    }
}

#[test]
fn every_file_says_its_duty_first() {
    for (file, text) in sources() {
        assert!(text.starts_with("//! "), "{file} does not open with `//!`");
    }
}
