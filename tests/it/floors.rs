//! The floors of ARCHITECTURE.md, read from the sources.

use std::collections::{BTreeMap, BTreeSet};
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

/// The code of a source file without its tests, which may look anywhere.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//")).peekable();
    while let Some(line) = lines.next() {
        match lines.peek() {
            Some(next) if line == "#[cfg(test)]" && next.contains("mod ") => match next.ends_with(';') {
                true => drop(lines.next()),
                false => break,
            },
            _ => code += &format!("{line}\n"),
        }
    }
    code
}

/// A path of modules, from the crate's root on.
type Module = Vec<String>;

/// Who names whom: each in a folder, both as children of it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    folder: String,
    from: String,
    to: String,
    file: String,
}

/// Every module, with the paths that its code names; of each, whether it stands in a `use`.
type Named = BTreeMap<Module, Vec<(Module, bool)>>;

/// What the modules of one folder name of each other, anywhere below them.
fn edges(sources: &[(String, String)]) -> BTreeSet<Edge> {
    let named: Named =
        sources.iter().map(|(file, text)| (module(file), paths(&tokens(&code(text))))).collect();
    let mut edges = BTreeSet::new();
    for (file, _) in sources {
        let own = module(file);
        for to in named[&own].iter().filter_map(|(path, _)| resolve(&named, &own, path, false)) {
            let common = own.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (own.get(common), to.get(common)) {
                let folder = own[..common].join("/");
                edges.insert(Edge { folder, from: from.clone(), to: to.clone(), file: file.clone() });
            }
        }
    }
    edges
}

/// The modules that name each other around a circle, in each folder: `vector: file open pair`.
fn circles(edges: &BTreeSet<Edge>) -> BTreeSet<String> {
    let mut next: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for Edge { folder, from, to, .. } in edges {
        next.entry((folder, from)).or_default().insert(to);
    }
    let reached_from = |folder, start| {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![start]);
        while let Some(from) = waiting.pop() {
            let named = next.get(&(folder, from)).into_iter().flatten().copied();
            waiting.extend(named.filter(|to| reached.insert(*to)));
        }
        reached
    };
    let around = |(folder, start)| {
        let reached = reached_from(folder, start).into_iter();
        let circle: Vec<&str> = reached.filter(|it| reached_from(folder, it).contains(start)).collect();
        (!circle.is_empty()).then(|| format!("{folder}: {}", circle.join(" ")))
    };
    next.keys().copied().filter_map(around).collect()
}

/// `vector/file/mod.rs` is `vector::file`.
fn module(file: &str) -> Module {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|part| !["lib", "main"].contains(part)).map(str::to_owned).collect()
}

/// The module that a path leads to from `own`, also through what a module on the way has taken in with `use`.
/// A `use` may begin with a child of its own module.
fn resolve(named: &Named, own: &[String], path: &[String], of_use: bool) -> Option<Module> {
    let child = |of: &[String], part: &str| {
        let child = [of, &[part.to_owned()]].concat();
        named.contains_key(&child).then_some(child)
    };
    let ups = path.iter().take_while(|part| *part == "super").count();
    let (mut at, rest) = match path.first()?.as_str() {
        "crate" => (Module::new(), &path[1..]),
        "self" => (own.to_vec(), &path[1..]),
        "super" => (own[..own.len().checked_sub(ups)?].to_vec(), &path[ups..]),
        first if of_use && child(own, first).is_some() => (own.to_vec(), path),
        _ => return None,
    };
    for part in rest {
        let Some(next) = child(&at, part) else {
            let is_taken_in =
                |(path, of_use): &&(Module, bool)| *of_use && path.len() > 1 && path.last() == Some(part);
            let taken_in = named.get(&at)?.iter().find(is_taken_in);
            let target = taken_in.and_then(|(path, _)| resolve(named, &at, path, true));
            return Some(target.unwrap_or(at));
        };
        at = next;
    }
    Some(at)
}

/// Words and the marks of paths; every other character ends a path.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// Every path of a text, with groups taken apart, and whether it stands in a `use`: `a::{b, c::d}` is `a::b` and
/// `a::c::d`.
fn paths(tokens: &[&str]) -> Vec<(Module, bool)> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut of_use = false;
    while at < tokens.len() {
        match tokens[at] {
            "use" => (of_use, at) = (true, at + 1),
            ";" => (of_use, at) = (false, at + 1),
            "::" => at += 2,
            token if token.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                path(tokens, &mut at, &[], &mut |path| found.push((path, of_use)));
            }
            _ => at += 1,
        }
    }
    found
}

/// The path or the group of paths at `at`, behind `before`.
fn path(tokens: &[&str], at: &mut usize, before: &[String], found: &mut dyn FnMut(Vec<String>)) {
    let mut path = before.to_vec();
    loop {
        match tokens.get(*at) {
            Some(&"{") => {
                *at += 1;
                while tokens.get(*at).is_some_and(|token| *token != "}") {
                    self::path(tokens, at, &path, found);
                    // A comma, or another name for what was named.
                    while tokens.get(*at).is_some_and(|token| *token != "}" && *token != ",") {
                        *at += 1;
                    }
                    *at += usize::from(tokens.get(*at) == Some(&","));
                }
                *at += 1;
                return;
            }
            Some(&"self") if !path.is_empty() => *at += 1,
            Some(token) if token.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                path.push((*token).to_owned());
                *at += 1;
            }
            _ => break,
        }
        if tokens.get(*at) != Some(&"::") {
            break;
        }
        *at += 1;
    }
    found(path);
}

#[test]
fn a_module_names_only_lower_floors() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let sources = sources();
    for (file, _) in &sources {
        let module = file.split(['/', '.']).next().unwrap();
        let known = floors.contains_key(module) || ["main", "lib"].contains(&module);
        assert!(known, "{file} stands on no floor; add `{module}` to FLOORS");
    }
    for Edge { from, to, file, .. } in edges(&sources).iter().filter(|edge| edge.folder.is_empty()) {
        let (own, floor) = (floors[from.as_str()], floors[to.as_str()]);
        assert!(floor < own, "{file} (floor {own}) names {to} (floor {floor})");
    }
}

#[test]
fn the_modules_of_a_folder_name_each_other_in_no_circle() {
    let edges = edges(&sources());
    let found = circles(&edges);
    let is_around = |edge: &&Edge| found.iter().any(|it| it.starts_with(&format!("{}: ", edge.folder)));
    assert!(found.is_empty(), "{found:?}: {:#?}", edges.iter().filter(is_around).collect::<Vec<_>>());
}

#[test]
fn the_page_the_root_and_this_test_say_the_same_floors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here: BTreeSet<(String, u8)> =
        FLOORS.iter().map(|&(module, floor)| (module.to_owned(), floor)).collect();

    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let row = |line: &str| {
        let (floor, module) = line.strip_prefix("| ")?.split_once(" | `")?;
        let module = module.split(['/', '.', '`']).next()?.to_owned();
        Some((module, floor.parse().ok()?))
    };
    assert_eq!(page.lines().filter_map(row).collect::<BTreeSet<_>>(), here, "ARCHITECTURE.md");

    let lib = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let mut declared = BTreeSet::new();
    let mut floor = None;
    for line in lib.lines() {
        if let Some(rest) = line.strip_prefix("// Floor ") {
            floor = rest.split(':').next().and_then(|number| number.parse().ok());
        } else if let Some(module) = line.strip_prefix("pub mod ") {
            declared.insert((module.trim_end_matches(';').to_owned(), floor.expect(line)));
        }
    }
    assert_eq!(declared, here, "src/lib.rs");
}

/// Made-up sources, and the circles in them.
#[track_caller]
fn check(sources: &[(&str, &str)], expected: &[&str]) {
    let sources: Vec<_> = sources.iter().map(|&(file, text)| (file.to_owned(), text.to_owned())).collect();
    let found = circles(&edges(&sources));
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn a_circle_is_noticed_in_any_folder() {
    check(
        &[
            ("kat/mod.rs", "mod a;\nmod b;"),
            ("kat/a.rs", "use super::b::B;\npub(super) struct A;"),
            ("kat/b.rs", "pub(super) struct B(super::a::A);"),
        ],
        &["kat: a b"],
    );
}

#[test]
fn a_circle_is_noticed_around_corners() {
    // Over three modules, one of them a folder, in groups, by the crate's name, and by what the folder takes in.
    check(
        &[
            ("x/mod.rs", "pub mod y;\nmod z;"),
            ("x/y/mod.rs", "mod a;\nmod b;\nmod c;\npub(crate) use c::{C as Other, D};"),
            ("x/y/a.rs", "use super::{E, b::{self, B}};"),
            ("x/y/b/mod.rs", "mod deep;"),
            ("x/y/b/deep.rs", "fn f() -> super::super::D { crate::x::y::D }"),
            ("x/y/c.rs", "use crate::x::{y::a::A, z};"),
            ("x/z.rs", ""),
        ],
        &["x/y: a b c"],
    );
}

#[test]
fn what_is_no_circle_is_none() {
    check(
        &[
            ("kat/mod.rs", "pub mod a;\nmod b;\npub use b::B;\n#[cfg(test)]\nmod sample;\nfn f(a: a::A) {}"),
            // What belongs to the folder, tests, and comments.
            ("kat/a.rs", "use super::{Plan, b};\n"),
            (
                "kat/b.rs",
                "// super::a\npub struct B;\n#[cfg(test)]\nmod tests {\n    use super::super::a::A;\n}",
            ),
            ("bench.rs", "use crate::kat::{self, a};"),
        ],
        &[],
    );
}

#[test]
fn a_wrong_floor_is_noticed() {
    let sources =
        [("kat/mod.rs", "use crate::{spec, cli::Style};"), ("cli.rs", ""), ("spec.rs", "use super::kat;")];
    let sources = sources.map(|(file, text)| (file.to_owned(), text.to_owned()));
    let named: Vec<_> = edges(&sources).into_iter().map(|edge| (edge.from, edge.to)).collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(named, [pair("kat", "cli"), pair("kat", "spec"), pair("spec", "kat")]);
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
