//! Bytes -> the facts of an ELF file. Trusts no offset and no count in it.

use std::cell::Cell;
use std::ops::Range;
use std::path::PathBuf;

use object::elf;
use object::endian::Endianness;
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _};
use object::read::{ReadCache, ReadRef};

use super::{Elf, ElfKind, Error, Load, Machine, Tables, VersionNeed};
use crate::image::content::{Content, Cursor};

/// The most bytes read at once.
const LARGEST_READ: u64 = 16 << 20;
/// The most bytes read of one file.
const MOST_READ: u64 = 64 << 20;
/// The most entries of any table that are looked at.
const MOST_ENTRIES: usize = 16_384;

pub(super) fn read(content: &Content) -> Result<Elf, Error> {
    let unreadable = |error: std::io::Error| Error::Unreadable(error.to_string());
    let ident = content.head(16).map_err(unreadable)?;
    if !ident.starts_with(b"\x7fELF") {
        return Err(Error::NotElf);
    }
    let (cache, left) = (ReadCache::new(content.cursor()), Cell::new(MOST_READ));
    let data = Data { cache: &cache, left: &left };
    match ident.get(4) {
        Some(1) => facts::<elf::FileHeader32<Endianness>>(data),
        Some(2) => facts::<elf::FileHeader64<Endianness>>(data),
        _ => Err(Error::Damaged("its class is unknown")),
    }
}

/// The bytes of a file, and how many more of them may be read.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    pub(super) cache: &'a ReadCache<Cursor>,
    pub(super) left: &'a Cell<u64>,
}

impl Data<'_> {
    fn spend(self, size: u64) -> Result<(), ()> {
        let left = self.left.get().checked_sub(size).ok_or(())?;
        self.left.set(left);
        if size > LARGEST_READ { Err(()) } else { Ok(()) }
    }
}

impl<'a> ReadRef<'a> for Data<'a> {
    fn len(self) -> Result<u64, ()> {
        self.cache.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        self.spend(size)?;
        self.cache.read_bytes_at(offset, size)
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        let bytes = self.cache.read_bytes_at_until(range, delimiter)?;
        self.spend(bytes.len() as u64)?;
        Ok(bytes)
    }
}

fn damaged<E>(what: &'static str) -> impl Fn(E) -> Error {
    move |_| Error::Damaged(what)
}

fn facts<H: FileHeader<Endian = Endianness>>(data: Data<'_>) -> Result<Elf, Error> {
    let header = H::parse(data).map_err(damaged("its header is incomplete or of an unknown kind"))?;
    let endian = header.endian().map_err(damaged("its byte order is unknown"))?;
    let mut elf = Elf {
        is_64: header.is_class_64(),
        is_big_endian: header.is_big_endian(),
        machine: Machine(header.e_machine(endian).0),
        flags: header.e_flags(endian).0,
        os_abi: header.e_ident().os_abi.0,
        kind: match header.e_type(endian).0 {
            1 => ElfKind::Object,
            2 => ElfKind::Executable,
            3 => ElfKind::Shared,
            other => ElfKind::Other(other),
        },
        is_stripped: is_stripped(header, endian, data),
        ..EMPTY
    };
    let segments =
        header.program_headers(endian, data).map_err(damaged("its program headers lie outside the file"))?;
    for segment in segments.iter().take(MOST_ENTRIES).filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
    {
        let (offset, size) = segment.file_range(endian);
        let is_constant = segment.p_flags(endian).0 & (elf::PF_W.0 | elf::PF_X.0) == 0;
        elf.loads.push(Load { address: segment.p_vaddr(endian).into(), offset, size, is_constant });
    }
    for segment in segments.iter().take(MOST_ENTRIES) {
        match segment.p_type(endian) {
            elf::PT_INTERP => {
                let path = segment
                    .interpreter(endian, data)
                    .map_err(damaged("the name of its loader lies outside the file"))?;
                elf.interpreter = path.map(path_of);
            }
            elf::PT_GNU_STACK => elf.executable_stack = Some(segment.p_flags(endian).0 & 1 != 0),
            elf::PT_NOTE => notes::<H>(&mut elf, segment, endian, data),
            elf::PT_DYNAMIC => {
                let entries = segment
                    .dynamic(endian, data)
                    .map_err(damaged("its dynamic section lies outside the file"))?;
                elf.is_dynamic = true;
                dynamic::<H>(&mut elf, entries.unwrap_or_default(), endian, data)?;
            }
            _ => {}
        }
    }
    Ok(elf)
}

const EMPTY: Elf = Elf {
    is_64: false,
    is_big_endian: false,
    machine: Machine(0),
    flags: 0,
    os_abi: 0,
    kind: ElfKind::Other(0),
    interpreter: None,
    is_dynamic: false,
    needed: Vec::new(),
    soname: None,
    rpath: None,
    runpath: None,
    no_default_lib: false,
    is_pie: false,
    version_needs: Vec::new(),
    versions: Vec::new(),
    executable_stack: None,
    x86_level: None,
    kernel: None,
    build_id: None,
    is_stripped: None,
    loads: Vec::new(),
    tables: Tables { symbols: 0, strings: 0, strings_size: 0, hash: 0, gnu_hash: 0 },
};

fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// Whether the sections, where they can be read, hold no table of all symbols.
fn is_stripped<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    data: Data<'_>,
) -> Option<bool> {
    let sections = header.section_headers(endian, data).ok()?;
    Some(!sections.iter().take(MOST_ENTRIES).any(|section| section.sh_type(endian) == elf::SHT_SYMTAB))
}

/// Notes are extras: what cannot be read of them is left out.
fn notes<H: FileHeader<Endian = Endianness>>(
    elf: &mut Elf,
    segment: &H::ProgramHeader,
    endian: Endianness,
    data: Data<'_>,
) {
    use object::read::elf::ProgramHeader as _;
    if segment.file_range(endian).1 > 1 << 20 {
        return;
    }
    let Ok(Some(notes)) = segment.notes(endian, data) else { return };
    for note in notes.flatten().take(MOST_ENTRIES) {
        if note.name() != elf::ELF_NOTE_GNU {
            continue;
        }
        let kind = note.n_type(endian);
        if kind == elf::NT_GNU_ABI_TAG {
            let number = |at: usize| {
                let bytes = note.desc().get(at * 4..at * 4 + 4)?.try_into().ok()?;
                Some(if elf.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
            };
            if number(0) == Some(0) {
                elf.kernel = number(1).zip(number(2)).zip(number(3)).map(|((a, b), c)| [a, b, c]);
            }
        } else if kind == elf::NT_GNU_BUILD_ID && note.desc().len() <= 64 {
            elf.build_id = Some(note.desc().to_vec());
        } else if elf.machine == Machine::X86_64
            && let Some(properties) = note.gnu_properties(endian)
        {
            for property in properties.flatten().take(MOST_ENTRIES) {
                if property.pr_type() == elf::GNU_PROPERTY_X86_ISA_1_NEEDED
                    && let Ok(bits) = property.data_u32(endian)
                {
                    // The highest level that is named; 5 and above are of no known processor.
                    elf.x86_level = (0..4).rev().find(|bit| bits & (1 << bit) != 0).map(|bit| bit + 1);
                }
            }
        }
    }
}

fn dynamic<H: FileHeader<Endian = Endianness>>(
    elf: &mut Elf,
    entries: &[H::Dyn],
    endian: Endianness,
    data: Data<'_>,
) -> Result<(), Error> {
    let mut needed = Vec::new();
    let (mut soname, mut rpath, mut runpath) = (None, None, None);
    let (mut needs, mut defines) = ((0, 0), (0, 0));
    for entry in entries.iter().take(MOST_ENTRIES) {
        let value = entry.val(endian);
        match entry.tag(endian) {
            elf::DT_NULL => break,
            elf::DT_NEEDED => needed.push(value),
            elf::DT_SONAME => soname = Some(value),
            elf::DT_RPATH => rpath = Some(value),
            elf::DT_RUNPATH => runpath = Some(value),
            elf::DT_STRTAB => elf.tables.strings = value,
            elf::DT_STRSZ => elf.tables.strings_size = value,
            elf::DT_SYMTAB => elf.tables.symbols = value,
            elf::DT_HASH => elf.tables.hash = value,
            elf::DT_GNU_HASH => elf.tables.gnu_hash = value,
            elf::DT_VERNEED => needs.0 = value,
            elf::DT_VERNEEDNUM => needs.1 = value,
            elf::DT_VERDEF => defines.0 = value,
            elf::DT_VERDEFNUM => defines.1 = value,
            elf::DT_FLAGS_1 => {
                elf.no_default_lib = value & elf::DF_1_NODEFLIB.0 != 0;
                elf.is_pie = value & elf::DF_1_PIE.0 != 0;
            }
            _ => {}
        }
    }
    let strings = Strings { elf, data };
    let get = |at: u64| {
        strings.get(at).ok_or(Error::Damaged("a name in its dynamic section lies outside the file"))
    };
    let all: Result<Vec<_>, _> = needed.into_iter().map(get).collect();
    let (soname, rpath, runpath) =
        (soname.map(get).transpose()?, rpath.map(get).transpose()?, runpath.map(get).transpose()?);
    let all = all?;
    let version_needs = version_needs(&strings, needs, endian)
        .ok_or(Error::Damaged("its table of needed versions lies outside the file"))?;
    let versions = versions(&strings, defines, endian)
        .ok_or(Error::Damaged("its table of defined versions lies outside the file"))?;
    (elf.needed, elf.soname, elf.rpath, elf.runpath) = (all, soname, rpath, runpath);
    (elf.version_needs, elf.versions) = (version_needs, versions);
    Ok(())
}

/// The names of the dynamic section.
struct Strings<'a, 'e> {
    elf: &'e Elf,
    data: Data<'a>,
}

impl Strings<'_, '_> {
    fn get(&self, at: u64) -> Option<Vec<u8>> {
        if at >= self.elf.tables.strings_size {
            return None;
        }
        let start = self.elf.offset_of(self.elf.tables.strings)?;
        let end = start.checked_add(self.elf.tables.strings_size)?.min(self.data.len().ok()?);
        let name = self.data.read_bytes_at_until(start.checked_add(at)?..end, 0).ok()?;
        Some(name.to_vec())
    }
}

/// DT_VERNEED: a list of files, each with a list of versions, chained by offsets that only go forward.
fn version_needs(
    strings: &Strings<'_, '_>,
    (address, count): (u64, u64),
    endian: Endianness,
) -> Option<Vec<VersionNeed>> {
    let mut files = Vec::new();
    if address == 0 {
        return Some(files);
    }
    let mut at = strings.elf.offset_of(address)?;
    let mut total = 0;
    for _ in 0..count.min(MOST_ENTRIES as u64) {
        let need: &elf::Verneed<Endianness> = strings.data.read_at(at).ok()?;
        let mut versions = Vec::new();
        let mut aux_at = at.checked_add(need.vn_aux.get(endian).into())?;
        for _ in 0..need.vn_cnt.get(endian) {
            total += 1;
            if total > MOST_ENTRIES {
                return None;
            }
            let aux: &elf::Vernaux<Endianness> = strings.data.read_at(aux_at).ok()?;
            let weak = aux.vna_flags.get(endian).0 & elf::VER_FLG_WEAK.0 != 0;
            versions.push((strings.get(aux.vna_name.get(endian).into())?, weak));
            let next: u64 = aux.vna_next.get(endian).into();
            if next == 0 {
                break;
            }
            aux_at = aux_at.checked_add(next)?;
        }
        files.push(VersionNeed { file: strings.get(need.vn_file.get(endian).into())?, versions });
        let next: u64 = need.vn_next.get(endian).into();
        if next == 0 {
            break;
        }
        at = at.checked_add(next)?;
    }
    Some(files)
}

/// DT_VERDEF: a list of versions, the first name of each.
fn versions(
    strings: &Strings<'_, '_>,
    (address, count): (u64, u64),
    endian: Endianness,
) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    if address == 0 {
        return Some(names);
    }
    let mut at = strings.elf.offset_of(address)?;
    for _ in 0..count.min(MOST_ENTRIES as u64) {
        let definition: &elf::Verdef<Endianness> = strings.data.read_at(at).ok()?;
        let aux: &elf::Verdaux<Endianness> =
            strings.data.read_at(at.checked_add(definition.vd_aux.get(endian).into())?).ok()?;
        names.push(strings.get(aux.vda_name.get(endian).into())?);
        let next: u64 = definition.vd_next.get(endian).into();
        if next == 0 {
            break;
        }
        at = at.checked_add(next)?;
    }
    Some(names)
}
