//! The program that a hosted loader is asked to start: an ELF image in memory without a byte of code, which
//! imports `dlopen` and its kin. Knows not who calls them.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use object::elf;

use super::{Libc, memory};

#[cfg(target_arch = "x86_64")]
pub(super) const MACHINE: elf::Machine = elf::EM_X86_64;
#[cfg(target_arch = "aarch64")]
pub(super) const MACHINE: elf::Machine = elf::EM_AARCH64;

/// The relocation that stores a symbol's address.
#[cfg(target_arch = "x86_64")]
const STORE: u64 = elf::R_X86_64_GLOB_DAT.0 as u64;
#[cfg(target_arch = "aarch64")]
const STORE: u64 = elf::R_AARCH64_GLOB_DAT.0 as u64;

/// What is imported, all of it weakly: glibc before 2.34 has its own `dlopen` only under a private name.
const IMPORTS: [&str; 5] = ["dlopen", "dlsym", "dlerror", "__libc_dlopen_mode", "__libc_dlsym"];

/// The image has its parts at these offsets, and nothing is larger than what it is given.
const PROGRAM_HEADERS: usize = 64;
const DYNAMIC: usize = 512;
const HASH: usize = 1024;
const SYMBOLS: usize = 1280;
const RELOCATIONS: usize = 1536;
const SLOTS: usize = 1792;
const STRINGS: usize = 2048;
const SIZE: usize = 8192;

/// A program in memory.
pub(super) struct Program {
    base: usize,
    /// The number of program headers.
    pub(super) headers: usize,
}

impl Program {
    /// The address of the program headers.
    pub(super) fn header_address(&self) -> usize {
        self.base + PROGRAM_HEADERS
    }

    /// What the loader found for [`IMPORTS`], zero for nothing.
    pub(super) fn imports(&self) -> [usize; IMPORTS.len()] {
        // SAFETY: the slots are inside of the image, aligned, and the loader has returned from writing them.
        std::array::from_fn(|at| unsafe { ((self.base + SLOTS) as *const usize).add(at).read_volatile() })
    }
}

/// Puts the program for the loader at `interpreter` into memory.
pub(super) fn build(interpreter: &Path, libc: Libc) -> Result<Program, String> {
    let interpreter =
        CString::new(interpreter.as_os_str().as_bytes()).map_err(|_| "a path with a zero byte".to_owned())?;
    let mut strings = Strings(vec![0]);
    let needed = strings.add(match libc {
        Libc::Glibc => "libc.so.6",
        Libc::Musl => "libc.so",
    });
    let names = IMPORTS.map(|name| strings.add(name));
    let interpreter_at = STRINGS + strings.0.len();
    strings.0.extend(interpreter.as_bytes_with_nul());
    if strings.0.len() > SIZE - STRINGS {
        return Err("a path that is too long".to_owned());
    }

    let mut image = Image(vec![0; SIZE]);
    let headers = [
        segment(elf::PT_PHDR, elf::PF_R, PROGRAM_HEADERS, 5 * 56),
        segment(elf::PT_INTERP, elf::PF_R, interpreter_at, interpreter.as_bytes_with_nul().len()),
        segment(elf::PT_LOAD, elf::PF_R | elf::PF_W, 0, SIZE),
        segment(elf::PT_DYNAMIC, elf::PF_R | elf::PF_W, DYNAMIC, HASH - DYNAMIC),
        segment(elf::PT_GNU_STACK, elf::PF_R | elf::PF_W, 0, 0),
    ];
    image.words(0, &file_header(headers.len()));
    image.words(PROGRAM_HEADERS, headers.as_flattened());
    let entry = |tag: elf::DynamicTag, value: usize| [tag.0 as u64, value as u64];
    let symbols = IMPORTS.len() + 1;
    image.words(
        DYNAMIC,
        [
            entry(elf::DT_NEEDED, needed),
            entry(elf::DT_HASH, HASH),
            entry(elf::DT_STRTAB, STRINGS),
            entry(elf::DT_SYMTAB, SYMBOLS),
            entry(elf::DT_STRSZ, strings.0.len()),
            entry(elf::DT_SYMENT, 24),
            entry(elf::DT_RELA, RELOCATIONS),
            entry(elf::DT_RELASZ, 24 * IMPORTS.len()),
            entry(elf::DT_RELAENT, 24),
            entry(elf::DT_BIND_NOW, 0),
            entry(elf::DT_FLAGS, elf::DF_BIND_NOW.0 as usize),
            entry(elf::DT_DEBUG, 0),
            entry(elf::DT_NULL, 0),
        ]
        .as_flattened(),
    );
    // One bucket, and no symbol in it, since none is exported; chains for every symbol.
    image.halves(HASH, &[1, symbols as u32]);
    for (at, name) in names.into_iter().enumerate() {
        let info = u64::from(elf::STB_WEAK.0 << 4 | elf::STT_FUNC.0);
        image.words(SYMBOLS + 24 * (at + 1), &[name as u64 | info << 32, 0, 0]);
        let symbol = at as u64 + 1;
        image.words(RELOCATIONS + 24 * at, &[(SLOTS + 8 * at) as u64, symbol << 32 | STORE, 0]);
    }
    image.0[STRINGS..][..strings.0.len()].copy_from_slice(&strings.0);

    let base =
        memory::reserve(SIZE, libc::PROT_READ | libc::PROT_WRITE).map_err(|error| error.to_string())?;
    // SAFETY: the map is new and has SIZE bytes.
    unsafe { std::ptr::copy_nonoverlapping(image.0.as_ptr(), base as *mut u8, SIZE) };
    Ok(Program { base, headers: headers.len() })
}

fn file_header(headers: usize) -> [u64; 8] {
    // ELF, 64 bit, little endian, version 1; a program that may lie anywhere.
    let magic = u64::from_le_bytes([0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
    let kind = u64::from(elf::ET_DYN.0) | u64::from(MACHINE.0) << 16 | 1 << 32;
    let sizes = 64 << 32 | 56 << 48;
    [magic, 0, kind, 0, PROGRAM_HEADERS as u64, 0, sizes, headers as u64 | 64 << 16]
}

fn segment(kind: elf::ProgramType, flags: elf::ProgramFlags, at: usize, size: usize) -> [u64; 7] {
    let (at, size) = (at as u64, size as u64);
    [u64::from(kind.0) | u64::from(flags.0) << 32, at, at, at, size, size, 8]
}

/// The names, each with its end.
struct Strings(Vec<u8>);

impl Strings {
    fn add(&mut self, text: &str) -> usize {
        let at = self.0.len();
        self.0.extend(text.as_bytes());
        self.0.push(0);
        at
    }
}

struct Image(Vec<u8>);

impl Image {
    fn words(&mut self, at: usize, words: &[u64]) {
        for (slot, word) in self.0[at..].chunks_exact_mut(8).zip(words) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
    }

    fn halves(&mut self, at: usize, words: &[u32]) {
        for (slot, word) in self.0[at..].chunks_exact_mut(4).zip(words) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
    }
}
