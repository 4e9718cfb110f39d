//! Modules and names, in trees and texts made on the spot.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn names(source: &str) -> Names {
    let mut names = Names::scan(source);
    names.defined.retain(|name| !name.starts_with("__"));
    names
}

fn defined(source: &str) -> Vec<String> {
    names(source).defined.into_iter().collect()
}

#[test]
fn top_level_names_are_read() {
    assert_eq!(
        defined(
            "import a.b, c as d\nfrom e import (f, g as h,  # why\n  i)\nclass J(K):\n    l = 1\n    def m(self): n = 1\n\
             async def o():\n  p = 1\nq = r = 1\ns, (t, *u) = x\nv: int = 2\nw += 1\nx.y = 1\nz[0] = 1\nA == B\n\
             try:\n    import C\nexcept E: D = None\nfor F in G: pass\nwith H() as I: pass\nif (J2 := 1): K2 = 1\n\
             M = N = lambda O=1: P\nif 1:\n  def Q():\n    R = 1\n  S = 1\nT = 1; U = 2\n"
        ),
        [
            "A1", "C", "D", "F", "I", "J", "K2", "M", "N", "Q", "S", "T", "U", "a", "d", "f", "h", "i", "o",
            "q", "r", "s", "t", "u", "v", "w"
        ]
        .iter()
        .filter(|name| **name != "A1")
        .map(|name| (*name).to_owned())
        .collect::<Vec<_>>()
    );
}

#[test]
fn texts_and_comments_define_nothing() {
    assert_eq!(
        defined(
            "'''\na = 1\n'''\nb = \"\"\"c = 1\ndef d(): pass\n\"\"\"\n# e = 1\nf = 'g = 1' ; h = r'\\'\ni = 'x\\\ny = 1'\n"
        ),
        ["b", "f", "h", "i"]
    );
}

#[test]
fn all_is_read_where_it_is_a_plain_list() {
    let all = |source| names(source).all;
    let some = |list: &[&str]| Some(list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        all("__all__ = ['a',\n  \"b\"]\n__all__ += ('c',)\n__all__.extend(['d'])\n"),
        some(&["a", "b", "c", "d"])
    );
    assert_eq!(all("__all__: list[str] = ['a']\n"), some(&["a"]));
    assert_eq!(all("__all__ = x.__all__ + ['b']\n"), None);
    assert_eq!(all("__all__ = [n for n in dir()]\n"), None);
    assert_eq!(all("a = 1\n"), None);
}

#[test]
fn a_module_that_makes_names_says_so() {
    for source in [
        "def __getattr__(name): pass\n",
        "globals()['x'] = 1\n",
        "def f():\n    globals().update(x)\nf()\n",
        "sys.modules[__name__] = Lazy()\n",
        "exec(code)\n",
    ] {
        assert!(names(source).dynamic.is_some(), "{source}");
    }
    assert_eq!(names("def f():\n    exec(x)\n").dynamic, None);
    assert_eq!(names("a = 'globals()'\n").dynamic, None);
}

fn image() -> (tempfile::TempDir, Root) {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("usr/bin/python3.11", "");
    std::os::unix::fs::symlink("python3.11", folder.path().join("usr/bin/python3")).unwrap();
    write("usr/lib/python3.11/os.py", "");
    write("usr/lib/python3.11/lib-dynload/_bz2.cpython-311-x86_64-linux-gnu.so", "");
    let site = "usr/lib/python3/dist-packages";
    write(
        &format!("{site}/oqs/__init__.py"),
        "from oqs.core import *\nfrom .rand import seed\n__all__ = ['KEM', 'gone']\n",
    );
    write(&format!("{site}/oqs/core.py"), "__all__ = ['KEM']\nKEM = 1\nhidden = 1\n");
    write(&format!("{site}/oqs/rand.py"), "def seed(): pass\n");
    write(&format!("{site}/ext.cpython-310-x86_64-linux-gnu.so"), "");
    write(&format!("{site}/good.cpython-311-x86_64-linux-gnu.so"), "");
    write(&format!("{site}/extra.pth"), "more\nimport hook\nimport __editable___x_finder\n");
    write(&format!("{site}/more/far.py"), "x = 1\n");
    write(&format!("{site}/space/inner.py"), "y = 1\n");
    let root = Root::folder(folder.path()).unwrap();
    (folder, root)
}

fn import(root: &Root, text: &str) -> Import {
    let (module, name) = parse(text).unwrap();
    let user = User { name: String::new(), uid: Some(0), gids: Vec::new() };
    Import::read(root, &user, &module, name.as_deref())
}

#[test]
fn modules_are_found_where_python_finds_them() {
    let (_folder, root) = image();
    for (name, path, kind) in [
        ("os", "/usr/lib/python3.11/os.py", ModuleKind::Source),
        ("oqs", "/usr/lib/python3/dist-packages/oqs/__init__.py", ModuleKind::Package),
        ("oqs.rand", "/usr/lib/python3/dist-packages/oqs/rand.py", ModuleKind::Source),
        ("far", "/usr/lib/python3/dist-packages/more/far.py", ModuleKind::Source),
        (
            "good",
            "/usr/lib/python3/dist-packages/good.cpython-311-x86_64-linux-gnu.so",
            ModuleKind::Extension,
        ),
        ("space", "/usr/lib/python3/dist-packages/space", ModuleKind::Namespace),
        ("space.inner", "/usr/lib/python3/dist-packages/space/inner.py", ModuleKind::Source),
        ("sys", "", ModuleKind::BuiltIn),
    ] {
        let found = import(&root, name).found.unwrap_or_else(|| panic!("{name}"));
        assert_eq!((found.path.as_path(), found.kind), (Path::new(path), kind), "{name}");
    }
    assert_eq!(
        import(&root, "os").python.unwrap().hooks,
        [Path::new("/usr/lib/python3/dist-packages/extra.pth")]
    );
}

#[test]
fn a_module_for_another_python_is_seen_and_refused() {
    let (_folder, root) = image();
    let import = import(&root, "ext");
    assert_eq!(import.found, None);
    let other = import.tried.iter().find(|step| matches!(step.refused, Some(Refused::OtherAbi(_)))).unwrap();
    assert_eq!(other.refused, Some(Refused::OtherAbi("cpython-310-x86_64-linux-gnu".to_owned())));
}

#[test]
fn names_come_from_the_source_from_stars_and_from_submodules() {
    let (_folder, root) = image();
    let has = |text: &str| {
        let import = import(&root, text);
        let name = import.name.clone().unwrap();
        import.is_submodule || import.names.unwrap().defined.contains(&name)
    };
    assert!(has("oqs:KEM") && has("oqs:seed") && has("oqs:rand") && has("oqs:core"));
    assert!(!has("oqs:hidden") && !has("oqs:gone"));
}

#[test]
fn what_is_no_name_is_refused() {
    for wrong in ["", "a b", "a:", ":b", "a..b", "../etc", "a:b.c", "1a"] {
        assert_eq!(parse(wrong), None, "{wrong}");
    }
    assert_eq!(parse("a.b:c"), Some(("a.b".to_owned(), Some("c".to_owned()))));
}
