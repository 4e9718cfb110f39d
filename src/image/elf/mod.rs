//! What an ELF file says of itself and of what it needs. Knows no other file.

use std::ops::Range;
use std::path::PathBuf;

use thiserror::Error;

use super::content::Content;

mod read;
mod symbols;

pub use symbols::Symbol;

/// What an ELF file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// Whether it is of the 64-bit class.
    pub is_64: bool,
    /// Whether numbers in it begin with the highest byte.
    pub is_big_endian: bool,
    /// `e_machine`.
    pub machine: Machine,
    /// `e_flags`.
    pub flags: u32,
    /// `EI_OSABI`.
    pub os_abi: u8,
    /// What kind of file it is.
    pub kind: ElfKind,
    /// PT_INTERP: the loader that is to start it.
    pub interpreter: Option<PathBuf>,
    /// Whether there is a dynamic section.
    pub is_dynamic: bool,
    /// DT_NEEDED, in order.
    pub needed: Vec<Vec<u8>>,
    /// DT_SONAME.
    pub soname: Option<Vec<u8>>,
    /// DT_RPATH, as it stands there.
    pub rpath: Option<Vec<u8>>,
    /// DT_RUNPATH, as it stands there.
    pub runpath: Option<Vec<u8>>,
    /// DF_1_NODEFLIB: do not search the default folders.
    pub no_default_lib: bool,
    /// DF_1_PIE: a program, although its type is that of a library.
    pub is_pie: bool,
    /// Versions that it needs of other files.
    pub version_needs: Vec<VersionNeed>,
    /// Versions that it defines.
    pub versions: Vec<Vec<u8>>,
    /// Whether PT_GNU_STACK asks for an executable stack; none where it does not say.
    pub executable_stack: Option<bool>,
    /// The x86-64 level that its notes say it needs, 1 to 4.
    pub x86_level: Option<u8>,
    /// The oldest Linux that its ABI note allows.
    pub kernel: Option<[u32; 3]>,
    /// The build id.
    pub build_id: Option<Vec<u8>>,
    /// Whether the table of all symbols was taken out; none where that cannot be told.
    pub is_stripped: Option<bool>,
    /// What is loaded from the file.
    loads: Vec<Load>,
    tables: Tables,
}

/// A part of the file that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Load {
    address: u64,
    offset: u64,
    size: u64,
    /// Whether it is neither code nor written to.
    is_constant: bool,
}

impl Load {
    fn within(&self, address: u64) -> Option<u64> {
        address.checked_sub(self.address).filter(|within| *within < self.size)
    }
}

/// Where the tables of dynamic symbols are, as addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tables {
    symbols: u64,
    strings: u64,
    strings_size: u64,
    hash: u64,
    gnu_hash: u64,
}

/// `e_type`, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElfKind {
    /// ET_EXEC: at a fixed address.
    Executable,
    /// ET_DYN: a library or a position-independent program.
    Shared,
    /// ET_REL: what a compiler writes and a linker takes.
    Object,
    /// Anything else.
    Other(u16),
}

/// The versions that are needed of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionNeed {
    /// The library's name, as in DT_NEEDED.
    pub file: Vec<u8>,
    /// The version and whether it may be absent.
    pub versions: Vec<(Vec<u8>, bool)>,
}

/// `e_machine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Machine(pub u16);

/// The C library that a program was linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl, as in Alpine.
    Musl,
    /// Another, or it cannot be told.
    Unknown,
    /// No shared one.
    None,
}

/// Why a file cannot be read as ELF.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// It does not begin as an ELF file does.
    #[error("not an ELF file")]
    NotElf,
    /// It begins as one, but something in it is wrong.
    #[error("a damaged ELF file: {0}")]
    Damaged(&'static str),
    /// It cannot be read.
    #[error("unreadable: {0}")]
    Unreadable(String),
}

impl Elf {
    /// Reads the facts. Reads some kilobytes of the file, and a bounded number of them from any.
    pub fn read(content: &Content) -> Result<Self, Error> {
        read::read(content)
    }

    /// Whether it is a program and not only a library.
    pub fn is_program(&self) -> bool {
        match self.kind {
            ElfKind::Executable => true,
            ElfKind::Shared => self.interpreter.is_some() || self.is_pie,
            ElfKind::Object | ElfKind::Other(_) => false,
        }
    }

    /// Whether the kernel can start it without a loader and it needs no library.
    pub fn is_static(&self) -> bool {
        self.interpreter.is_none() && self.needed.is_empty()
    }

    /// The C library that it was linked to.
    pub fn libc(&self) -> Libc {
        let name = self.interpreter.as_ref().and_then(|path| path.file_name());
        if let Some(name) = name.map(|name| name.to_string_lossy()) {
            return libc_of_loader(&name);
        }
        let needs = |name: &[u8]| self.needed.iter().any(|needed| needed == name);
        if self.needed.iter().any(|name| name.starts_with(b"libc.musl-")) || needs(b"libc.so") {
            Libc::Musl
        } else if needs(b"libc.so.6") || self.needs_version(b"GLIBC_") {
            Libc::Glibc
        } else if self.needed.is_empty() {
            Libc::None
        } else {
            Libc::Unknown
        }
    }

    fn needs_version(&self, start: &[u8]) -> bool {
        let mut versions = self.version_needs.iter().flat_map(|need| &need.versions);
        versions.any(|(version, _)| version.starts_with(start))
    }

    /// Whether code of `other` can run in one process with this: same class, byte order and machine.
    pub fn fits(&self, other: &Self) -> bool {
        (self.is_64, self.is_big_endian, self.machine) == (other.is_64, other.is_big_endian, other.machine)
    }

    /// Where in the file the byte of this address is.
    pub fn offset_of(&self, address: u64) -> Option<u64> {
        self.loads.iter().find_map(|load| load.offset.checked_add(load.within(address)?))
    }

    /// How many bytes of the file follow on the one of this address.
    fn room_at(&self, address: u64) -> u64 {
        self.loads.iter().find_map(|load| Some(load.size - load.within(address)?)).unwrap_or(0)
    }

    /// The parts of the file, as offsets, that are worth searching for a text of the program: its constants, which
    /// linkers put behind the code, and then all of it.
    pub fn where_texts_are(&self, size: u64) -> impl Iterator<Item = Range<u64>> {
        let constants = self.loads.iter().rev().filter(|load| load.is_constant);
        let parts = constants.map(|load| load.offset..load.offset.saturating_add(load.size));
        parts.chain(std::iter::once(0..size)).map(move |part| part.start.min(size)..part.end.min(size))
    }

    /// Visits every dynamic symbol until `visit` answers false.
    pub fn symbols(&self, content: &Content, visit: &mut dyn FnMut(Symbol<'_>) -> bool) -> Result<(), Error> {
        symbols::each(self, content, visit)
    }

    /// Of these names, which it defines as dynamic symbols, in the same order.
    pub fn defines(&self, content: &Content, names: &[&str]) -> Result<Vec<bool>, Error> {
        let mut defined = vec![false; names.len()];
        self.symbols(content, &mut |symbol| {
            if symbol.is_defined
                && let Some(at) = names.iter().position(|name| name.as_bytes() == symbol.name)
            {
                defined[at] = true;
            }
            true
        })?;
        Ok(defined)
    }
}

/// The C library whose loader has this file name.
pub fn libc_of_loader(name: &str) -> Libc {
    if name.starts_with("ld-musl") {
        Libc::Musl
    } else if name.starts_with("ld-linux") || name.starts_with("ld64.so") || name.starts_with("ld.so") {
        Libc::Glibc
    } else {
        Libc::Unknown
    }
}

impl Machine {
    /// EM_X86_64.
    pub const X86_64: Self = Self(62);
    /// EM_AARCH64.
    pub const AARCH64: Self = Self(183);
    /// EM_386.
    pub const I386: Self = Self(3);
    /// EM_ARM.
    pub const ARM: Self = Self(40);

    /// The machine that container platforms call so: `amd64`.
    pub fn of(architecture: &str) -> Option<Self> {
        NAMES.iter().find(|(_, _, platform)| *platform == architecture).map(|(number, ..)| Self(*number))
    }

    /// A processor family's name, `x86-64`.
    pub fn name(self) -> String {
        let known = NAMES.iter().find(|(number, ..)| *number == self.0);
        known.map_or_else(|| format!("machine {}", self.0), |(_, name, _)| (*name).to_owned())
    }

    /// The word of container platforms, `amd64`.
    pub fn platform(self) -> Option<&'static str> {
        NAMES.iter().find(|(number, ..)| *number == self.0).map(|(_, _, platform)| *platform)
    }
}

/// `e_machine`, name, container platform. `ppc64le` and `mips64le` are told from others by the byte order.
const NAMES: [(u16, &str, &str); 9] = [
    (62, "x86-64", "amd64"),
    (183, "AArch64", "arm64"),
    (3, "i386", "386"),
    (40, "ARM", "arm"),
    (243, "RISC-V", "riscv64"),
    (22, "S/390", "s390x"),
    (21, "PowerPC64", "ppc64le"),
    (258, "LoongArch", "loong64"),
    (8, "MIPS", "mips64le"),
];

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
