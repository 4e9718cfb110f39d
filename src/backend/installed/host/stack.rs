//! The first stack of a hosted program, as the kernel would lay it out. Knows not what runs on it.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;

use super::memory;
use super::program::Program;

/// How large, in bytes: what constructors of the C library and of preloaded libraries may need.
const SIZE: usize = 1 << 20;

/// Variables that change which code an application would run, by their beginning. The rest of the environment is
/// not passed on: a library under test needs no secrets.
const PASSED_ON: [&str; 8] = [
    "LD_LIBRARY_PATH=",
    "LD_PRELOAD=",
    "LD_HWCAP_MASK=",
    "GLIBC_TUNABLES=",
    "OPENSSL_CONF=",
    "OPENSSL_MODULES=",
    "OPENSSL_ia32cap=",
    "OPENSSL_armcap=",
];

/// What the kernel says of the processor and the process, passed on as it is where it is there.
const FACTS: [u64; 13] = [
    libc::AT_HWCAP,
    libc::AT_HWCAP2,
    libc::AT_CLKTCK,
    libc::AT_PLATFORM,
    libc::AT_UID,
    libc::AT_EUID,
    libc::AT_GID,
    libc::AT_EGID,
    libc::AT_SECURE,
    libc::AT_RANDOM,
    libc::AT_SYSINFO_EHDR,
    libc::AT_EXECFN,
    // AT_MINSIGSTKSZ, which the crate has for some architectures alone.
    51,
];

/// Lays out the stack for `program`, started at `entry` by the loader at `base`; gives the stack pointer.
pub(super) fn build(program: &Program, base: usize, entry: usize) -> Result<usize, String> {
    let bottom =
        memory::reserve(SIZE, libc::PROT_READ | libc::PROT_WRITE).map_err(|error| error.to_string())?;
    let mut words = vec![1];
    words.extend([c"pqcheck".as_ptr() as usize, 0]);
    for (name, value) in std::env::vars_os() {
        let variable = [name.as_bytes(), b"=", value.as_bytes()].concat();
        if PASSED_ON.iter().any(|start| variable.starts_with(start.as_bytes())) {
            // The C library keeps the pointer for as long as the process lives.
            words.extend(CString::new(variable).ok().map(|variable| variable.into_raw() as usize));
        }
    }
    words.push(0);
    let mut auxiliary = vec![
        (libc::AT_PHDR, program.header_address()),
        (libc::AT_PHENT, 56),
        (libc::AT_PHNUM, program.headers),
        (libc::AT_PAGESZ, memory::page()),
        (libc::AT_BASE, base),
        (libc::AT_FLAGS, 0),
        (libc::AT_ENTRY, entry),
    ];
    for fact in FACTS {
        // SAFETY: getauxval has no preconditions.
        let value = unsafe { libc::getauxval(fact) } as usize;
        let must_be_there = (libc::AT_UID..=libc::AT_EGID).contains(&fact) || fact == libc::AT_SECURE;
        if value != 0 || must_be_there {
            auxiliary.push((fact, value));
        }
    }
    auxiliary.push((libc::AT_NULL, 0));
    words.extend(auxiliary.into_iter().flat_map(|(fact, value)| [fact as usize, value]));

    let top = bottom + SIZE - words.len() * size_of::<usize>();
    let top = top - top % 16;
    // SAFETY: the map is new, and the words end where it ends, or a few bytes before.
    unsafe { std::ptr::copy_nonoverlapping(words.as_ptr(), top as *mut usize, words.len()) };
    Ok(top)
}
