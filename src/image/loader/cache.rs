//! /etc/ld.so.cache: which paths `ldconfig` found for a library's name. Knows no file that is named there.

use std::collections::HashMap;

/// The new format, alone or after one of the old.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// The most libraries in a cache.
const MOST_ENTRIES: usize = 1_000_000;
/// Marks an entry from a folder `glibc-hwcaps/…`.
const NAMED_HWCAP: u64 = 1 << 62;

/// The libraries that a cache names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    entries: HashMap<Vec<u8>, Vec<CacheEntry>>,
}

/// One file for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// The machine, class and C library it is for.
    pub flags: u32,
    /// The folder under `glibc-hwcaps` it is from.
    pub hwcap: Option<Vec<u8>>,
    /// Where the file is.
    pub path: Vec<u8>,
}

impl Cache {
    /// Reads a cache. What cannot be read of it is left out, as if `ldconfig` had not written it.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = new_part(bytes)?;
        let count = usize::try_from(number(bytes, 20)?).ok()?.min(MOST_ENTRIES);
        let is_big_endian = bytes.get(28).is_some_and(|flags| flags & 3 == 3);
        if is_big_endian {
            return None;
        }
        let names = hwcap_names(bytes);
        let mut entries: HashMap<Vec<u8>, Vec<CacheEntry>> = HashMap::new();
        for index in 0..count {
            let at = HEADER + index * ENTRY;
            let (Some(flags), Some(key), Some(value)) =
                (number(bytes, at), number(bytes, at + 4), number(bytes, at + 8))
            else {
                break;
            };
            let (Some(low), Some(high)) = (number(bytes, at + 16), number(bytes, at + 20)) else { break };
            let hwcap = u64::from(high) << 32 | u64::from(low);
            let named = hwcap & NAMED_HWCAP != 0;
            // Before names there were numbers for processors, which loaders no longer know.
            if !named && hwcap != 0 {
                continue;
            }
            let hwcap = if named { names.get(low as usize).map(|name| name.to_vec()) } else { None };
            let (Some(key), Some(path)) = (text(bytes, key), text(bytes, value)) else { continue };
            if named && hwcap.is_none() {
                continue;
            }
            entries.entry(key.to_vec()).or_default().push(CacheEntry { flags, hwcap, path: path.to_vec() });
        }
        Some(Self { entries })
    }

    /// The files for a name, in the order of the cache.
    pub fn get(&self, name: &[u8]) -> &[CacheEntry] {
        self.entries.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every name in the cache.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.keys().map(Vec::as_slice)
    }
}

/// The part of the new format; what is written there counts from its own beginning.
fn new_part(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(MAGIC) {
        return Some(bytes);
    }
    if !bytes.starts_with(OLD_MAGIC) {
        return None;
    }
    // A header of 16 bytes and entries of 12; then the new part, where a multiple of 8 begins.
    let count = usize::try_from(number(bytes, 12)?).ok()?;
    let at = count.checked_mul(12)?.checked_add(16)?.checked_next_multiple_of(8)?;
    bytes.get(at..).filter(|rest| rest.starts_with(MAGIC))
}

/// The names of the folders under `glibc-hwcaps`, from the extension that lists them.
fn hwcap_names(bytes: &[u8]) -> Vec<&[u8]> {
    let names = || {
        let at = usize::try_from(number(bytes, 32)?).ok().filter(|at| *at >= HEADER)?;
        (number(bytes, at)? == 0xeaa4_2174).then_some(())?;
        let count = number(bytes, at.checked_add(4)?)?.min(64) as usize;
        for index in 0..count {
            let section = at + 8 + index * 16;
            let (tag, offset, size) =
                (number(bytes, section)?, number(bytes, section + 8)?, number(bytes, section + 12)?);
            if tag == 1 {
                let offset = usize::try_from(offset).ok()?;
                let strings = (0..(size as usize / 4).min(1024)).map_while(|index| {
                    number(bytes, offset.checked_add(index * 4)?).and_then(|at| text(bytes, at))
                });
                return Some(strings.collect());
            }
        }
        None
    };
    names().unwrap_or_default()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// A text that ends with a zero, of at most 4096 bytes.
fn text(bytes: &[u8], at: u32) -> Option<&[u8]> {
    let rest = bytes.get(usize::try_from(at).ok()?..)?;
    let rest = &rest[..rest.len().min(4096)];
    rest.iter().position(|byte| *byte == 0).map(|end| &rest[..end])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A cache of these names, paths and folders under `glibc-hwcaps`.
    pub(in super::super) fn written(
        entries: &[(&str, &str, Option<u32>)],
        hwcaps: &[&str],
        flags: u32,
    ) -> Vec<u8> {
        let mut strings = Vec::new();
        let base = HEADER + entries.len() * ENTRY;
        let put = |text: &str, strings: &mut Vec<u8>| {
            let at = base + strings.len();
            strings.extend(text.bytes().chain([0]));
            at as u32
        };
        let mut table = Vec::new();
        for (name, path, hwcap) in entries {
            let (key, value) = (put(name, &mut strings), put(path, &mut strings));
            table.extend([flags, key, value, 0].iter().flat_map(|number| number.to_le_bytes()));
            table.extend(hwcap.map_or(0, |index| NAMED_HWCAP | u64::from(index)).to_le_bytes());
        }
        let named: Vec<u32> = hwcaps.iter().map(|name| put(name, &mut strings)).collect();
        let strings_size = strings.len() as u32;
        while !(base + strings.len()).is_multiple_of(4) {
            strings.push(0);
        }
        let extension = (base + strings.len()) as u32;
        let mut bytes = MAGIC.to_vec();
        bytes.extend((entries.len() as u32).to_le_bytes());
        bytes.extend(strings_size.to_le_bytes());
        bytes.extend([2, 0, 0, 0]);
        bytes.extend(extension.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(table);
        bytes.extend(strings);
        bytes.extend(
            [0xeaa4_2174, 1, 1, 0, extension + 24, named.len() as u32 * 4]
                .iter()
                .flat_map(|n: &u32| n.to_le_bytes()),
        );
        bytes.extend(named.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    fn sample() -> Vec<u8> {
        written(
            &[
                ("libz.so.1", "/usr/lib/glibc-hwcaps/x86-64-v3/libz.so.1", Some(0)),
                ("libz.so.1", "/usr/lib/libz.so.1", None),
            ],
            &["x86-64-v3"],
            0x303,
        )
    }

    #[test]
    fn names_lead_to_paths_in_order() {
        let cache = Cache::parse(&sample()).unwrap();
        let found: Vec<_> = cache
            .get(b"libz.so.1")
            .iter()
            .map(|entry| (entry.path.as_slice(), entry.hwcap.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                (&b"/usr/lib/glibc-hwcaps/x86-64-v3/libz.so.1"[..], Some(&b"x86-64-v3"[..])),
                (b"/usr/lib/libz.so.1", None)
            ]
        );
        assert_eq!(cache.get(b"libnone.so"), []);
    }

    #[test]
    fn the_new_part_is_found_after_the_old() {
        let mut bytes = OLD_MAGIC.to_vec();
        bytes.push(0);
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend(sample());
        assert_eq!(Cache::parse(&bytes), Cache::parse(&sample()));
    }

    #[test]
    fn no_length_in_it_is_trusted() {
        let good = sample();
        for length in 0..good.len() {
            let _ = Cache::parse(&good[..length]);
        }
        for at in 0..good.len() {
            for value in [0, 0x7f, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = value;
                let _ = Cache::parse(&bytes);
            }
        }
        let mut many = good;
        many[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Cache::parse(&many).is_some());
        assert_eq!(Cache::parse(b""), None);
    }
}
