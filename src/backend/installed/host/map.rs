//! Maps a loader into this process as the kernel would. Knows not what it loads.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use libc::c_int;
use object::LittleEndian;
use object::elf::{self, FileHeader64, ProgramHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

use super::memory;

/// What a loader may be at most, in bytes of address space; real ones have less than one MiB.
const MOST: u64 = 64 << 20;
/// The header and the program headers are within the first so many bytes.
const HEAD: usize = 4096;

/// A mapped loader.
pub(super) struct Mapped {
    /// Where its first byte is: the value of `AT_BASE`.
    pub(super) base: usize,
    /// Where it begins to run.
    pub(super) entry: usize,
}

/// Maps the loader at `path`.
pub(super) fn map(path: &Path) -> Result<Mapped, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let mut head = vec![0; HEAD.min(usize::try_from(length).unwrap_or(HEAD))];
    file.read_exact_at(&mut head, 0).map_err(|error| error.to_string())?;
    let broken = |_| "not an ELF file that can be a loader".to_owned();
    let header = FileHeader64::<LittleEndian>::parse(&*head).map_err(broken)?;
    let endian = header.endian().map_err(broken)?;
    if header.e_machine(endian) != super::program::MACHINE {
        return Err("a loader for another architecture".to_owned());
    }
    let segments: Vec<&ProgramHeader64<LittleEndian>> = header
        .program_headers(endian, &*head)
        .map_err(broken)?
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
        .collect();

    let page = memory::page() as u64;
    let mut end = 0;
    for segment in &segments {
        let (address, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
        let inside = address.checked_add(size).is_some_and(|end| end <= MOST)
            && segment.p_filesz(endian) <= size
            && address >= end
            && segment.p_offset(endian) % page == address % page
            && segment
                .p_offset(endian)
                .checked_add(segment.p_filesz(endian))
                .is_some_and(|end| end <= length);
        if !inside {
            return Err("a loader with segments that do not fit the file".to_owned());
        }
        end = address + size;
    }
    let entry = header.e_entry(endian);
    let total = usize::try_from(end.next_multiple_of(page)).unwrap_or(0);
    if total == 0 || entry >= end {
        return Err("a loader without code".to_owned());
    }
    let base = memory::reserve(total, libc::PROT_NONE).map_err(|error| error.to_string())?;
    for segment in segments {
        // SAFETY: all segments were found to be inside of the map that was just made.
        unsafe { load(&file, base, segment, page as usize) }.map_err(|error| {
            format!("cannot be mapped as executable: {error}; is its file system mounted with `noexec`?")
        })?;
    }
    Ok(Mapped { base, entry: base + entry as usize })
}

/// # Safety
/// The segment must be inside of a map at `base` that is this program's to replace.
unsafe fn load(
    file: &File,
    base: usize,
    segment: &ProgramHeader64<LittleEndian>,
    page: usize,
) -> std::io::Result<()> {
    let (endian, number) = (LittleEndian, |number: u64| number as usize);
    let protection = protection(segment.p_flags(endian));
    let start = base + number(segment.p_vaddr(endian));
    let (in_file, in_memory) =
        (start + number(segment.p_filesz(endian)), start + number(segment.p_memsz(endian)));
    let before = start % page;
    let from_file = in_file.next_multiple_of(page);
    if segment.p_filesz(endian) > 0 {
        let offset = segment.p_offset(endian) as i64 - before as i64;
        // SAFETY: passed on to the caller.
        unsafe {
            memory::place(start - before, from_file - (start - before), protection, Some((file, offset)))?
        };
        if in_memory > in_file && protection & libc::PROT_WRITE != 0 {
            // To the end of the page, as the kernel does: glibc's loader takes its first memory from there.
            // SAFETY: this is the rest of the page just mapped, and it may be written.
            unsafe { std::ptr::write_bytes(in_file as *mut u8, 0, from_file - in_file) };
        }
    }
    let zeros = if segment.p_filesz(endian) > 0 { from_file } else { start - before };
    if in_memory > zeros {
        // SAFETY: passed on to the caller.
        unsafe { memory::place(zeros, in_memory.next_multiple_of(page) - zeros, protection, None)? };
    }
    Ok(())
}

fn protection(flags: elf::ProgramFlags) -> c_int {
    [(elf::PF_R, libc::PROT_READ), (elf::PF_W, libc::PROT_WRITE), (elf::PF_X, libc::PROT_EXEC)]
        .into_iter()
        .filter(|(flag, _)| flags.0 & flag.0 != 0)
        .fold(libc::PROT_NONE, |all, (_, protection)| all | protection)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A file of one page with these segments: address, offset, bytes in the file, bytes in memory.
    fn loader(machine: u16, segments: &[[u64; 4]]) -> tempfile::NamedTempFile {
        let mut bytes = vec![0; 4096];
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[16..20].copy_from_slice(&[3, 0, machine.to_le_bytes()[0], machine.to_le_bytes()[1]]);
        bytes[20] = 1;
        bytes[32] = 64;
        bytes[52..58].copy_from_slice(&[64, 0, 56, 0, u8::try_from(segments.len()).unwrap(), 0]);
        for (at, [address, offset, in_file, in_memory]) in segments.iter().enumerate() {
            let words = [1 | 5 << 32, *offset, *address, *address, *in_file, *in_memory, 4096];
            for (word, value) in words.into_iter().enumerate() {
                bytes[64 + 56 * at + 8 * word..][..8].copy_from_slice(&value.to_le_bytes());
            }
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    #[test]
    fn a_loader_is_mapped_as_its_segments_say() {
        let here = super::super::program::MACHINE.0;
        let file = loader(here, &[[0, 0, 4096, 4096], [8192, 0, 100, 9000]]);
        let mapped = map(file.path()).unwrap();
        assert_eq!(mapped.entry, mapped.base);
        // SAFETY: the segments above begin at these addresses, with the file's first bytes.
        let start = |at: usize| unsafe { std::slice::from_raw_parts((mapped.base + at) as *const u8, 4) };
        assert_eq!(start(0), b"\x7fELF");
        assert_eq!(start(8192), b"\x7fELF");
        assert_eq!(start(8192 + 8996), [0; 4]);
    }

    #[test]
    fn a_loader_that_lies_about_itself_is_refused() {
        let here = super::super::program::MACHINE.0;
        for (segments, what) in [
            (&[][..], "without code"),
            (&[[0, 0, 5000, 5000]], "do not fit the file"),
            (&[[0, 0, 4096, 100]], "do not fit the file"),
            (&[[0, 0, 4096, u64::MAX]], "do not fit the file"),
            (&[[u64::MAX - 4095, 0, 4096, 4096]], "do not fit the file"),
            (&[[0, u64::MAX - 4095, 4096, 4096]], "do not fit the file"),
            (&[[0, 8, 100, 100]], "do not fit the file"),
            (&[[0, 0, 4096, 8192], [4096, 0, 4096, 4096]], "do not fit the file"),
            (&[[0, 0, 4096, 1 << 30]], "do not fit the file"),
        ] {
            let refused = map(loader(here, segments).path()).err().unwrap();
            assert!(refused.contains(what), "{segments:?}: {refused}");
        }
        let foreign = map(loader(22, &[[0, 0, 4096, 4096]]).path()).err().unwrap();
        assert_eq!(foreign, "a loader for another architecture");
        assert!(map(Path::new("/dev/null")).is_err());
        assert!(map(Path::new("Cargo.toml")).err().unwrap().contains("not an ELF file"));
    }
}
