//! Facts of files made on the spot, and of files that mean harm.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::rc::Rc;

use super::sample::{SAMPLE, Sample};
use super::*;

fn kept(bytes: &[u8]) -> Content {
    Content::Kept { bytes: bytes.into(), size: bytes.len() as u64 }
}

fn full() -> Vec<u8> {
    Sample {
        interpreter: Some("/lib64/ld-linux-x86-64.so.2"),
        needed: &["liboqs.so.7", "libc.so.6"],
        soname: Some("me.so.1"),
        rpath: Some("/r"),
        runpath: Some("$ORIGIN/../lib"),
        version_needs: &[("libc.so.6", &["GLIBC_2.34", "GLIBC_2.38"]), ("libz.so.1", &["ZLIB_1.2"])],
        versions: &["me.so.1", "ME_1"],
        isa: 0b111,
        executable_stack: true,
        ..SAMPLE
    }
    .bytes()
}

#[test]
fn a_file_says_what_it_needs() {
    let elf = Elf::read(&kept(&full())).unwrap();
    assert!(elf.is_64 && elf.is_dynamic && elf.is_program() && !elf.is_static());
    assert_eq!(elf.interpreter.as_deref(), Some(Path::new("/lib64/ld-linux-x86-64.so.2")));
    assert_eq!(elf.needed, [b"liboqs.so.7".to_vec(), b"libc.so.6".to_vec()]);
    assert_eq!(elf.soname.as_deref(), Some(&b"me.so.1"[..]));
    assert_eq!(
        (elf.rpath.as_deref(), elf.runpath.as_deref()),
        (Some(&b"/r"[..]), Some(&b"$ORIGIN/../lib"[..]))
    );
    assert_eq!(elf.version_needs.len(), 2);
    assert_eq!(elf.version_needs[0].versions[1], (b"GLIBC_2.38".to_vec(), false));
    assert_eq!(elf.versions, [b"me.so.1".to_vec(), b"ME_1".to_vec()]);
    assert_eq!((elf.x86_level, elf.executable_stack), (Some(3), Some(true)));
    assert_eq!(elf.libc(), Libc::Glibc);
}

#[test]
fn a_static_file_needs_nothing() {
    let elf = Elf::read(&kept(&Sample { kind: 2, ..SAMPLE }.bytes())).unwrap();
    assert!(elf.is_static() && elf.is_program());
    assert_eq!((elf.libc(), elf.x86_level), (Libc::None, None));
}

#[test]
fn every_cut_and_every_changed_byte_ends_in_an_answer() {
    let good = full();
    for length in 0..good.len() {
        let _ = Elf::read(&kept(&good[..length]));
    }
    for at in 0..good.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = value;
            if let Ok(elf) = Elf::read(&kept(&bytes)) {
                let _ = elf.symbols(&kept(&bytes), &mut |_| true);
            }
        }
    }
}

#[test]
fn a_million_entries_and_gigabytes_of_nothing_are_bounded() {
    // Every count and every size as large as it goes, in a sparse file of 4 GiB.
    let mut bytes = full();
    bytes[56..58].copy_from_slice(&0xfffe_u16.to_le_bytes());
    let many = tempfile::NamedTempFile::new().unwrap();
    many.as_file().write_all(&bytes).unwrap();
    many.as_file().set_len(4 << 30).unwrap();
    let file = Rc::new(File::open(many.path()).unwrap());
    let content = Content::Part { file, start: 0, size: 4 << 30 };
    let begin = std::time::Instant::now();
    let _ = Elf::read(&content);
    let mut bytes = full();
    // The dynamic section and the interpreter: gigabytes.
    for segment in [1, 3] {
        let at = 64 + 56 * segment + 32;
        bytes[at..at + 8].copy_from_slice(&(3_u64 << 30).to_le_bytes());
        many.as_file().write_all(&bytes).unwrap();
        assert!(Elf::read(&kept(&bytes)).is_err());
    }
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}

#[test]
fn what_is_no_elf_file_is_told_from_a_damaged_one() {
    assert_eq!(Elf::read(&kept(b"#!/bin/sh\n")).unwrap_err(), Error::NotElf);
    assert_eq!(Elf::read(&kept(b"")).unwrap_err(), Error::NotElf);
    for bytes in [&b"\x7fELF"[..], b"\x7fELF\x02\x01\x01", &full()[..100]] {
        assert!(matches!(Elf::read(&kept(bytes)).unwrap_err(), Error::Damaged(_)), "{bytes:?}");
    }
}

#[test]
fn the_symbols_of_a_real_library_are_visited() {
    let usual = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
    let Some(file) = usual.iter().find_map(|path| File::open(path).ok()) else { return };
    let size = file.metadata().unwrap().len();
    let content = Content::Part { file: Rc::new(file), start: 0, size };
    let elf = Elf::read(&content).unwrap();
    let names = ["malloc", "no_such_symbol", "printf"];
    assert_eq!(elf.defines(&content, &names).unwrap(), [true, false, true]);
    assert!(elf.versions.iter().any(|version| version == b"GLIBC_2.17"));
}
