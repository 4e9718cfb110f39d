//! Trees made on the spot: links, layers, and archives that mean harm.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;

use super::*;

fn folder() -> (tempfile::TempDir, Root) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("usr/lib/x")).unwrap();
    fs::write(at("usr/lib/x/lib.so"), b"text").unwrap();
    symlink("usr/lib", at("lib")).unwrap();
    symlink("/lib/x/lib.so", at("usr/absolute")).unwrap();
    symlink("../../../../../lib/x/lib.so", at("usr/climbs")).unwrap();
    symlink("loop2", at("loop1")).unwrap();
    symlink("loop1", at("loop2")).unwrap();
    symlink("/home/me/build/tool", at("usr/dangling")).unwrap();
    let root = Root::folder(folder.path()).unwrap();
    (folder, root)
}

fn leads(root: &Root, path: &str) -> String {
    root.lookup(Path::new(path)).unwrap().path.display().to_string()
}

#[test]
fn links_stay_inside_the_root() {
    let (_folder, root) = folder();
    for path in
        ["/lib/x/lib.so", "/usr/absolute", "/usr/climbs", "/../../lib/./x/../x/lib.so", "lib/x/lib.so"]
    {
        assert_eq!(leads(&root, path), "/usr/lib/x/lib.so", "{path}");
    }
    let climbing = root.lookup(Path::new("/usr/climbs")).unwrap();
    assert_eq!(climbing.links.iter().map(|link| link.climbs_out).collect::<Vec<_>>(), [true, false]);
    assert_eq!(leads(&root, "/lib/.."), "/usr");
    assert_eq!(leads(&root, "/"), "/");
}

#[test]
fn a_path_that_leads_nowhere_says_where_it_ended() {
    let (_folder, root) = folder();
    let why = |path: &str| root.lookup(Path::new(path)).unwrap_err();
    assert_eq!(why("/loop1").reason, Reason::Loop);
    let dangling = why("/usr/dangling");
    assert_eq!(dangling.reason, Reason::Absent("/home".into()));
    assert_eq!(dangling.links[0].target, Path::new("/home/me/build/tool"));
    assert_eq!(why("/lib/x/lib.so/y").reason, Reason::NotAFolder("/usr/lib/x/lib.so".into()));
    assert_eq!(why(&format!("/{}", "a/".repeat(3000))).reason, Reason::TooLong);
}

#[test]
fn a_walk_from_a_known_folder_ends_where_the_whole_walk_does() {
    let (_folder, root) = folder();
    assert_eq!(leads(&root, "/lib/x"), "/usr/lib/x");
    assert_eq!(leads(&root, "/lib/x/lib.so"), "/usr/lib/x/lib.so");
    assert_eq!(leads(&root, "/lib/x/."), "/usr/lib/x");
    assert_eq!(leads(&root, "/lib/x/.."), "/usr/lib");
}

/// A tar archive of these names and contents; a name that ends in `/` is a folder.
fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(bytes.len() as u64);
        if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn opened(bytes: &[u8]) -> Result<Root, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Root::archive(file.path()).map_err(|error| error.to_string().split_once(": ").unwrap().1.to_owned())
}

const MANIFEST: &[u8] = br#"[{"Config":"c.json","RepoTags":["a:b"],"Layers":["1/layer.tar","2/layer.tar"]}]"#;
const CONFIG: &[u8] = br#"{"architecture":"arm64","os":"linux","config":{"Env":["PATH=/x"],"Cmd":["run"]}}"#;

fn saved(first: &[u8], second: &[u8]) -> Vec<u8> {
    tar_of(&[
        ("manifest.json", MANIFEST),
        ("c.json", CONFIG),
        ("1/layer.tar", first),
        ("2/layer.tar", second),
    ])
}

#[test]
fn a_saved_image_is_its_layers_one_on_the_other() {
    let first = tar_of(&[("bin/", b""), ("bin/a", b"one"), ("bin/b", b"two"), ("etc/x", b"x")]);
    let second = tar_of(&[("bin/a", b"changed"), ("bin/.wh.b", b"")]);
    for (first, second) in [(first.clone(), second.clone()), (gzip(&first), gzip(&second))] {
        let root = opened(&saved(&first, &second)).unwrap();
        assert_eq!(root.read(Path::new("/bin/a"), 100).unwrap(), b"changed");
        assert_eq!(root.read(Path::new("/etc/x"), 100).unwrap(), b"x");
        assert!(root.lookup(Path::new("/bin/b")).is_err());
        assert_eq!(root.config.cmd, ["run"]);
        assert_eq!(root.config.name.as_deref(), Some("a:b"));
        assert_eq!(root.config.target.as_ref().unwrap().to_string(), "linux/arm64");
    }
}

#[test]
fn an_oci_layout_is_followed_to_its_layers() {
    let layer = gzip(&tar_of(&[("hello", b"there")]));
    let manifest = br#"{"config":{"digest":"sha256:cc"},"layers":[{"digest":"sha256:11"}]}"#;
    let index =
        br#"{"manifests":[{"digest":"sha256:00","platform":{"os":"unknown","architecture":"unknown"}},
        {"digest":"sha256:aa","annotations":{"io.containerd.image.name":"docker.io/library/a:b"}}]}"#;
    let archive = tar_of(&[
        ("oci-layout", b"{}"),
        ("index.json", index),
        ("blobs/sha256/aa", manifest),
        ("blobs/sha256/cc", CONFIG),
        ("blobs/sha256/11", &layer),
    ]);
    let root = opened(&archive).unwrap();
    assert_eq!(root.read(Path::new("/hello"), 100).unwrap(), b"there");
    assert_eq!(root.config.name.as_deref(), Some("docker.io/library/a:b"));
}

#[test]
fn a_plain_tree_is_an_image_without_a_configuration() {
    let root = opened(&tar_of(&[("bin/a", b"one"), ("manifest.json", b"{\"a\": 1}")])).unwrap();
    assert_eq!(root.read(Path::new("/bin/a"), 100).unwrap(), b"one");
    assert_eq!(root.config, Config::default());
}

#[test]
fn a_large_file_of_a_compressed_layer_is_known_by_its_beginning() {
    let large = vec![b'x'; 3 << 20];
    let layer = gzip(&tar_of(&[("large", &large), ("after", b"fine")]));
    let root = opened(&saved(&layer, &gzip(&tar_of(&[])))).unwrap();
    let found = root.file(Path::new("/large")).unwrap();
    assert_eq!(found.node.size, 3 << 20);
    assert_eq!(root.open(&found).unwrap().head(5).unwrap(), b"xxxxx");
    assert!(root.read(Path::new("/large"), 8 << 20).is_err());
    assert_eq!(root.read(Path::new("/after"), 100).unwrap(), b"fine");
}

#[test]
fn what_is_no_image_is_refused_in_one_line() {
    let layer = tar_of(&[("a", b"b")]);
    let two =
        br#"[{"Config":"c","RepoTags":["a:1"],"Layers":[]},{"Config":"c","RepoTags":["b:2"],"Layers":[]}]"#;
    for (bytes, expected) in [
        (b"text".to_vec(), "not a tar archive; write one with `docker save`"),
        (vec![], "not a tar archive; write one with `docker save`"),
        (gzip(&layer), "compressed; unpack it with `gunzip` first"),
        (tar_of(&[("manifest.json", two)]), "the archive has 2 images (a:1, b:2); save only one"),
        (tar_of(&[("manifest.json", b"[]")]), "the archive has no image"),
        (tar_of(&[("manifest.json", MANIFEST)]), "`c.json` in the archive: absent"),
        (saved(&layer, b"\x28\xb5\x2f\xfd"), "`2/layer.tar` in the archive: compressed with zstd"),
        (saved(&layer[..600], &layer), "`1/layer.tar` in the archive: "),
        (saved(&gzip(&layer)[..30], &layer), "`1/layer.tar` in the archive: "),
    ] {
        let message = opened(&bytes).unwrap_err();
        assert!(message.starts_with(expected), "{message:?} does not begin with {expected:?}");
        assert!(!message.contains('\n'));
    }
    let mut cut = saved(&layer, &layer);
    cut.truncate(4000);
    assert!(opened(&cut).unwrap_err().contains("save the image again"));
}

#[test]
fn a_name_of_gigabytes_is_cut() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(4 << 30);
    header.set_cksum();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), header.as_bytes()).unwrap();
    file.as_file().set_len((4 << 30) + 2048).unwrap();
    // Nothing follows on the name, so that there is no entry and no harm.
    let root = Root::archive(file.path()).unwrap();
    assert_eq!(root.list(Path::new("/")).unwrap(), []);
}

#[test]
fn devices_and_links_out_of_an_archive_do_no_harm() {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name, target) in [
        (tar::EntryType::Char, "dev/null", None),
        (tar::EntryType::Symlink, "out", Some("../../etc/passwd")),
        (tar::EntryType::Link, "hard", Some("/etc/passwd")),
        (tar::EntryType::Fifo, "pipe", None),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        if let Some(target) = target {
            header.set_link_name(target).unwrap();
        }
        builder.append_data(&mut header, name, &[][..]).unwrap();
    }
    let root = opened(&builder.into_inner().unwrap()).unwrap();
    assert_eq!(root.lookup(Path::new("/dev/null")).unwrap().node.kind, FileKind::Other);
    let missing = root.lookup(Path::new("/out")).unwrap_err();
    assert_eq!(missing.reason, Reason::Absent("/etc".into()));
    assert!(missing.links[0].climbs_out);
    assert!(root.lookup(Path::new("/hard")).is_err());
    assert_eq!(root.remarks(), ["skipped the entry `hard`: it is a hard link to a missing file"]);
    assert!(root.open(&root.lookup(Path::new("/pipe")).unwrap()).is_err());
}
