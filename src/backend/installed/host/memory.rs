//! Memory maps of this process. Knows no ELF.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::ptr;

use libc::c_int;

/// The size of a page of this kernel, in bytes.
pub(super) fn page() -> usize {
    // SAFETY: sysconf has no preconditions.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// New memory of `length` bytes, all zero, where the kernel likes; it stays for the life of the process.
pub(super) fn reserve(length: usize, protection: c_int) -> io::Result<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new map replaces no other.
    let at = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
    if at == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(at as usize) }
}

/// Puts `length` bytes of `file` from `offset` on, or zeros, at `at`.
///
/// # Safety
/// The place must be inside of a map that is this program's to replace.
pub(super) unsafe fn place(
    at: usize,
    length: usize,
    protection: c_int,
    file: Option<(&File, i64)>,
) -> io::Result<()> {
    let anonymous = if file.is_none() { libc::MAP_ANONYMOUS } else { 0 };
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED | anonymous;
    let (fd, offset) = file.map_or((-1, 0), |(file, offset)| (file.as_raw_fd(), offset));
    // SAFETY: passed on to the caller.
    let placed = unsafe { libc::mmap(at as *mut _, length, protection, flags, fd, offset) };
    if placed == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Keeps the heap that the kernel knows of from growing.
///
/// Each C library believes that the program break is its own: one would take back what the other has grown it by.
/// Behind a page that is taken neither can, and both turn to maps, of which each has its own.
pub(super) fn bar_the_break() {
    let page = page();
    // SAFETY: an increment of zero changes nothing.
    let end = unsafe { libc::sbrk(0) } as usize;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: the map replaces no other. If there is one, that one bars the break.
    unsafe { libc::mmap(end.next_multiple_of(page) as *mut _, page, libc::PROT_NONE, flags, -1, 0) };
}
