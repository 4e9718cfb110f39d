//! Which version a library says that it is: by the code of a function, by its strings, by the name of its file.
//! Runs nothing, and knows no symbol.

use std::io;
use std::path::Path;

use memchr::memmem;

use crate::image::content::Content;
use crate::image::elf::{Elf, Machine};

/// The string that the function at `address` gives, if that is a version, or else one among the strings of the file: a
/// linker may have put it right behind other bytes.
pub(super) fn of_function(elf: &Elf, content: &Content, address: u64) -> io::Result<Option<String>> {
    let mut code = [0; 48];
    if let Some(at) = elf.offset_of(address) {
        let count = content.read_at(at, &mut code)?;
        if let Some(at) = returned(elf.machine, address, &code[..count]).and_then(|it| elf.offset_of(it)) {
            let mut text = [0; OVERLAP];
            let count = content.read_at(at, &mut text)?;
            let end = text[..count].iter().position(|byte| *byte == 0);
            if let Some(version) = end.and_then(|end| whole(&text[..end])) {
                return Ok(Some(version));
            }
        }
    }
    find(elf, content, alone)
}

/// The address that the function with this code at `at` gives back, if that is all that it does.
fn returned(machine: Machine, at: u64, code: &[u8]) -> Option<u64> {
    if machine == Machine::X86_64 {
        // `lea rax, [rip + offset]`
        const LEA: &[u8] = &[0x48, 0x8d, 0x05];
        let from = memmem::find(code, LEA)? + LEA.len();
        let offset = i32::from_le_bytes(*code.get(from..)?.first_chunk()?);
        return Some(at.wrapping_add(from as u64 + 4).wrapping_add_signed(offset.into()));
    }
    let mut page = None;
    for (index, word) in code.chunks_exact(4).enumerate() {
        let word = u32::from_le_bytes(*word.first_chunk()?);
        let here = at + 4 * index as u64;
        // `adrp x0, page` and `adr x0, byte`: 21 bits with a sign.
        let bits = (word >> 5 & 0x7_ffff) << 2 | (word >> 29 & 3);
        let offset = i64::from((bits << 11).cast_signed() >> 11);
        match (word & 0x9f00_001f, word & 0xffc0_03ff, page) {
            (0x9000_0000, ..) => page = Some((here & !0xfff).wrapping_add_signed(offset << 12)),
            (0x1000_0000, ..) => return Some(here.wrapping_add_signed(offset)),
            // `add x0, x0, number`
            (_, 0x9100_0000, Some(page)) => return Some(page + u64::from(word >> 10 & 0xfff)),
            _ => {}
        }
    }
    None
}

/// The first thing that `look` finds in the parts of the file where its strings are.
pub(super) fn find<T>(
    elf: &Elf,
    content: &Content,
    look: impl Fn(&[u8]) -> Option<T>,
) -> io::Result<Option<T>> {
    let mut window = vec![0; WINDOW];
    for part in elf.where_texts_are(content.size().min(MOST)) {
        let mut at = part.start;
        while at < part.end {
            let count = content.read_at(at, &mut window)?;
            if let Some(found) = look(&window[..count]) {
                return Ok(Some(found));
            }
            if count <= OVERLAP {
                break;
            }
            at += (count - OVERLAP) as u64;
        }
    }
    Ok(None)
}

/// The numbers in a name such as `liboqs.so.0.9.0`: a linker may have put the library's own string into another.
pub(super) fn in_name(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let (_, version) = name.split_once(".so.")?;
    (version.split('.').count() == 3 && numbers(version).is_some()).then(|| version.to_owned())
}

/// How much of a file is searched for a version, in bytes.
const MOST: u64 = 64 << 20;
/// How much of it at once.
const WINDOW: usize = 64 << 10;
/// Longer than a version.
const OVERLAP: usize = 64;

/// A string of its own such as `0.13.0` or `0.14.0-rc1`.
fn alone(bytes: &[u8]) -> Option<String> {
    for zero in memchr::memchr_iter(0, bytes) {
        let at = zero + 1;
        let rest = bytes.get(at..)?;
        if !rest.first()?.is_ascii_digit() {
            continue;
        }
        let text = &rest[..rest.iter().take(OVERLAP).position(|byte| *byte == 0).unwrap_or(0)];
        if let Some(version) = whole(text) {
            return Some(version);
        }
    }
    None
}

/// The text, if it is such a version.
fn whole(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let is_version = text.split('.').count() == 3
        && numbers(text).is_some_and(|[major, _, _]| major < 10)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    is_version.then(|| text.to_owned())
}

/// Looks for the word behind `start`, up to a blank or the end of a string: a version. Not where others say that they
/// are compatible with one.
pub(super) fn after(start: &'static [u8]) -> impl Fn(&[u8]) -> Option<String> {
    const FIPS: &[u8] = b"FIPS ";
    move |bytes| {
        memmem::find_iter(bytes, start).find_map(|at| {
            let rest = &bytes[at + start.len()..];
            let skipped = if rest.starts_with(FIPS) { FIPS.len() } else { 0 };
            let word = &rest[skipped..];
            let end = word.iter().take(OVERLAP - start.len()).position(|byte| b" \0)".contains(byte))?;
            let is_claim = word[end..].starts_with(b" (compatible");
            let text = std::str::from_utf8(&rest[..skipped + end]).ok()?;
            let is_version = word[0].is_ascii_digit() && numbers(&text[skipped..]).is_some() && !is_claim;
            is_version.then(|| text.to_owned())
        })
    }
}

/// The three numbers at the beginning of a version.
pub(super) fn numbers(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.splitn(3, '.');
    let mut next = || {
        let part = parts.next()?;
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok()
    };
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_string_of_its_own() {
        for (bytes, version) in [
            (&b"x\x000.13.0\0"[..], Some("0.13.0")),
            (b"\0\x001\x000.14.0-rc1\0", Some("0.14.0-rc1")),
            (b"\x001.3.6.1.4.1\0", None),
            (b"\x0010.1.2\0", None),
            (b"x0.13.0\0", None),
            (b"\x000.13.0", None),
            (b"\x000..0\0", None),
        ] {
            assert_eq!(alone(bytes).as_deref(), version, "{bytes:?}");
        }
        for (bytes, version) in [
            (&b"\0OpenSSL 3.5.7 7 Apr 2026\0"[..], Some("3.5.7")),
            (b"OpenSSL OpenSSL default\0OpenSSL 3.0.19 27 Jan 2026\0", Some("3.0.19")),
            (b"OpenSSL 3", None),
            (b"OpenSSL PKCS8\0", None),
            (b"\0OpenSSL 1.1.1 (compatible; AWS-LC 1.66.0)\0", None),
        ] {
            assert_eq!(after(b"OpenSSL ")(bytes).as_deref(), version, "{bytes:?}");
        }
        for (bytes, version) in [
            (&b"\0AWS-LC 1.66.0\0"[..], Some("1.66.0")),
            (b"\0AWS-LC FIPS 3.0.0\0", Some("FIPS 3.0.0")),
            (b"\0OpenSSL 1.1.1 (compatible; AWS-LC 5.12.0)\0", Some("5.12.0")),
            (b"\0AWS-LC unit test\0", None),
        ] {
            assert_eq!(after(b"AWS-LC ")(bytes).as_deref(), version, "{bytes:?}");
        }
        let named = |name| in_name(Path::new(name));
        assert_eq!(named("/usr/lib/liboqs.so.0.9.0").as_deref(), Some("0.9.0"));
        assert_eq!(named("/usr/lib/liboqs.so.4"), None);
        assert_eq!(named("/usr/lib/liboqs.so"), None);
    }

    /// `lea rax, [rip + 0x10]; ret` behind `endbr64`, and `adrp x0, page; add x0, x0, 0x123; ret`.
    #[test]
    fn the_code_of_a_function_says_where_its_string_is() {
        let x86 = [0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x8d, 0x05, 0x10, 0, 0, 0, 0xc3];
        assert_eq!(returned(Machine::X86_64, 0x1000, &x86), Some(0x1000 + 11 + 0x10));
        let back = [0x48, 0x8d, 0x05, 0xf0, 0xff, 0xff, 0xff, 0xc3];
        assert_eq!(returned(Machine::X86_64, 0x1000, &back), Some(0x1000 + 7 - 0x10));
        assert_eq!(returned(Machine::X86_64, 0x1000, &[0x31, 0xc0, 0xc3]), None);
        let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect() };
        let arm = words(&[0xb000_0000, 0x9104_8c00, 0xd65f_03c0]);
        assert_eq!(returned(Machine::AARCH64, 0x1_0234, &arm), Some(0x1_1123));
        let near = words(&[0x1000_0100, 0xd65f_03c0]);
        assert_eq!(returned(Machine::AARCH64, 0x1_0000, &near), Some(0x1_0020));
        assert_eq!(returned(Machine::AARCH64, 0x1_0000, &words(&[0xd65f_03c0])), None);
    }
}
