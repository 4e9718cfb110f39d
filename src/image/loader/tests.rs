//! The loaders against this machine's own files, and against trees made on the spot.

use std::fs;

use super::*;
use crate::image::elf::sample::{SAMPLE, Sample};

const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";
const MUSL: &str = "/lib/ld-musl-x86_64.so.1";

/// A tree of these files.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        let folders = b"\0junk\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0more\0";
        let loader = Sample { soname: Some("ld-linux-x86-64.so.2"), tail: folders, ..SAMPLE };
        tree.with(GLIBC, loader.bytes()).with(MUSL, SAMPLE.bytes())
    }

    fn with(self, path: &str, bytes: Vec<u8>) -> Self {
        let at = self.0.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, bytes).unwrap();
        self
    }

    /// `name => path` for each need of the program `/app/bin/x`, in load order.
    fn resolved(&self, env: &[(&str, &str)]) -> Vec<String> {
        let mut root = Root::folder(self.0.path()).unwrap();
        root.config.env = env.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let found = root.file(Path::new("/app/bin/x")).unwrap();
        let facts = root.elf(&found);
        let loaders = Loaders::new(&root);
        let loader = loaders.of(facts.as_deref().unwrap()).unwrap().unwrap();
        let resolution = loader.resolve(&root, &found, &facts);
        let line = |need: &Need| {
            let path = match need.taken {
                Taken::Object(at) => resolution.objects[at].path.display().to_string(),
                Taken::Loader => "loader".to_owned(),
                Taken::Nothing => "not found".to_owned(),
            };
            format!("{} => {path}", String::from_utf8_lossy(&need.name))
        };
        resolution.needs.iter().map(line).collect()
    }
}

fn program<'a>(interpreter: &'a str, needed: &'a [&'a str]) -> Sample<'a> {
    Sample { interpreter: Some(interpreter), needed, ..SAMPLE }
}

fn library(needed: &[&str]) -> Vec<u8> {
    Sample { needed, ..SAMPLE }.bytes()
}

#[test]
fn this_programs_own_shell_is_resolved() {
    let root = Root::folder(Path::new("/")).unwrap();
    let Some(found) = root.file(Path::new("/bin/sh")) else { return };
    let facts = root.elf(&found);
    let elf = facts.as_deref().unwrap();
    let loaders = Loaders::new(&root);
    let loader = loaders.of(elf).unwrap().unwrap();
    let resolution = loader.resolve(&root, &found, &facts);
    assert!(resolution.needs.iter().all(|need| need.taken != Taken::Nothing), "{resolution:#?}");
    assert_eq!(loader.missing_versions(&resolution), []);
}

#[test]
fn glibc_looks_breadth_first_in_the_folders_of_its_own_build() {
    let tree = Tree::new()
        .with("/app/bin/x", program(GLIBC, &["a.so", "b.so", "ld-linux-x86-64.so.2"]).bytes())
        .with("/usr/lib/a.so", library(&["c.so", "b.so"]))
        .with("/lib/x86_64-linux-gnu/b.so", library(&["a.so"]))
        .with("/usr/lib/x86_64-linux-gnu/c.so", library(&[]));
    assert_eq!(
        tree.resolved(&[]),
        [
            "a.so => /usr/lib/a.so",
            "b.so => /lib/x86_64-linux-gnu/b.so",
            "ld-linux-x86-64.so.2 => loader",
            "c.so => /usr/lib/x86_64-linux-gnu/c.so"
        ]
    );
}

#[test]
fn rpath_is_inherited_and_runpath_is_not() {
    let with = |rpath, runpath| {
        let tree = Tree::new()
            .with("/app/bin/x", Sample { rpath, runpath, ..program(GLIBC, &["a.so"]) }.bytes())
            .with("/app/lib/a.so", library(&["b.so"]))
            .with("/app/lib/b.so", library(&[]));
        tree.resolved(&[])
    };
    let a = "a.so => /app/bin/../lib/a.so";
    assert_eq!(with(Some("$ORIGIN/../lib"), None), [a, "b.so => /app/bin/../lib/b.so"]);
    assert_eq!(with(None, Some("${ORIGIN}/../lib")), [a, "b.so => not found"]);
    // RPATH does not count beside a RUNPATH.
    assert_eq!(with(Some("$ORIGIN/../lib"), Some("/nowhere")), ["a.so => not found"]);
}

#[test]
fn the_environment_comes_after_rpath_and_before_runpath() {
    let with = |rpath, runpath| {
        let tree = Tree::new()
            .with("/app/bin/x", Sample { rpath, runpath, ..program(GLIBC, &["a.so"]) }.bytes())
            .with("/own/a.so", library(&[]))
            .with("/env/a.so", library(&[]));
        tree.resolved(&[("LD_LIBRARY_PATH", "/none:/env")])
    };
    assert_eq!(with(Some("/own"), None), ["a.so => /own/a.so"]);
    assert_eq!(with(None, Some("/own")), ["a.so => /env/a.so"]);
}

#[test]
fn the_cache_comes_before_the_default_folders_and_is_not_believed_blindly() {
    let cache = cache::tests::written(
        &[("a.so", "/opt/a.so", None), ("b.so", "/opt/gone.so", None), ("c.so", "/opt/c.so", None)],
        &[],
        0x303,
    );
    let tree = Tree::new()
        .with("/etc/ld.so.cache", cache)
        .with("/app/bin/x", program(GLIBC, &["a.so", "b.so", "c.so"]).bytes())
        .with("/opt/a.so", library(&[]))
        .with("/usr/lib/a.so", library(&[]))
        .with("/usr/lib/b.so", library(&[]))
        // For another machine: passed over.
        .with("/opt/c.so", Sample { machine: 183, ..SAMPLE }.bytes())
        .with("/usr/lib/c.so", library(&[]));
    assert_eq!(tree.resolved(&[]), ["a.so => /opt/a.so", "b.so => /usr/lib/b.so", "c.so => /usr/lib/c.so"]);
}

#[test]
fn a_damaged_library_ends_the_search() {
    let tree = Tree::new()
        .with("/app/bin/x", program(GLIBC, &["a.so"]).bytes())
        .with("/lib/x86_64-linux-gnu/a.so", b"not a library".to_vec())
        .with("/usr/lib/a.so", library(&[]));
    assert_eq!(tree.resolved(&[]), ["a.so => not found"]);
}

#[test]
fn musl_inherits_every_path_and_has_its_own_default() {
    let app = Sample { runpath: Some("$ORIGIN/../lib"), ..program(MUSL, &["a.so", "libc.musl-x86_64.so.1"]) };
    let tree = Tree::new()
        .with("/app/bin/x", app.bytes())
        .with("/app/lib/a.so", library(&["b.so", "libm.so.6"]))
        .with("/app/lib/b.so", library(&["c.so"]))
        .with("/usr/local/lib/c.so", library(&["d.so"]))
        .with("/usr/lib64/d.so", library(&[]));
    assert_eq!(
        tree.resolved(&[]),
        [
            "a.so => /app/bin/../lib/a.so",
            "libc.musl-x86_64.so.1 => loader",
            "b.so => /app/bin/../lib/b.so",
            "libm.so.6 => loader",
            "c.so => /usr/local/lib/c.so",
            "d.so => not found"
        ]
    );
    let tree = tree.with("/etc/ld-musl-x86_64.path", b"/usr/lib64\n/usr/local/lib\n".to_vec());
    assert_eq!(tree.resolved(&[]).last().unwrap(), "d.so => /usr/lib64/d.so");
}

#[test]
fn versions_that_a_library_does_not_define_are_missing() {
    let app = Sample {
        version_needs: &[("libc.so.6", &["GLIBC_2.2.5", "GLIBC_2.38"])],
        ..program(GLIBC, &["libc.so.6"])
    };
    let tree = Tree::new()
        .with("/app/bin/x", app.bytes())
        .with("/lib/libc.so.6", Sample { versions: &["libc.so.6", "GLIBC_2.2.5"], ..SAMPLE }.bytes());
    let root = Root::folder(tree.0.path()).unwrap();
    let found = root.file(Path::new("/app/bin/x")).unwrap();
    let facts = root.elf(&found);
    let loader = Loaders::new(&root).of(facts.as_deref().unwrap()).unwrap().unwrap();
    let missing = loader.missing_versions(&loader.resolve(&root, &found, &facts));
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].version.as_slice(), missing[0].of), (&b"GLIBC_2.38"[..], Some(1)));
}

#[test]
fn libraries_that_need_each_other_end() {
    let tree = Tree::new()
        .with("/app/bin/x", program(GLIBC, &["a.so"]).bytes())
        .with("/lib/a.so", library(&["b.so"]))
        .with("/lib/b.so", library(&["a.so", "b.so"]));
    assert_eq!(tree.resolved(&[]), ["a.so => /lib/a.so", "b.so => /lib/b.so"]);
}

#[test]
fn a_library_is_found_with_its_other_copies() {
    let tree = Tree::new()
        .with("/lib/x86_64-linux-gnu/liboqs.so.7", library(&[]))
        .with("/usr/local/lib/liboqs.so.5", library(&[]))
        .with("/opt/venv/lib/python3.11/site-packages/oqs/liboqs.so", library(&[]))
        .with("/usr/lib/python3.11/dist-packages/x.libs/liboqs-1.so.4", library(&[]))
        .with("/usr/lib/python3.11/dist-packages/__pycache__/liboqs.so.4", library(&[]))
        .with("/usr/lib/python3.11/json/liboqs.so.4", library(&[]))
        .with("/opt/liboqs.so.txt", b"no library".to_vec());
    let root = Root::folder(tree.0.path()).unwrap();
    let facts = root.elf(&root.file(Path::new(GLIBC)).unwrap());
    let elf = facts.as_deref().unwrap();
    let loader = Loaders::new(&root).at(Path::new(GLIBC), elf).unwrap();
    let library = library_of(&root, &loader);
    assert_eq!(library.taken.unwrap().path, Path::new("/lib/x86_64-linux-gnu/liboqs.so.7"));
    let others = libraries(&root, &loader, &|name| name.starts_with(b"liboqs"));
    let paths: Vec<_> = others.iter().map(|copy| copy.path.display().to_string()).collect();
    assert_eq!(
        paths,
        [
            "/lib/x86_64-linux-gnu/liboqs.so.7",
            "/opt/venv/lib/python3.11/site-packages/oqs/liboqs.so",
            "/usr/lib/python3.11/dist-packages/x.libs/liboqs-1.so.4",
            "/usr/local/lib/liboqs.so.5"
        ]
    );
}

fn library_of(root: &Root, loader: &Loader) -> Library {
    super::library(root, loader, "liboqs.so.7")
}
