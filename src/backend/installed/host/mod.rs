//! The image's own dynamic loader and C library, hosted inside of this process.
//!
//! A static program has no `dlopen`. The kernel starts a dynamic program by mapping its loader and jumping to it;
//! so does [`start`], and the program that the loader is asked to start is a table of three imports whose entry
//! point leads back here. From then on the process has two C libraries, each with a thread pointer of its own,
//! and [`Host::call`] changes from one to the other. Knows no library and no algorithm.

use std::ffi::{CStr, CString, c_char};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[cfg(target_arch = "aarch64")]
#[path = "aarch64.rs"]
mod arch;
#[cfg(target_arch = "x86_64")]
#[path = "x86_64.rs"]
mod arch;
mod call;
mod map;
mod memory;
mod program;
mod stack;

pub(super) use call::random;

/// The most arguments of a hosted function.
pub(super) const ARGUMENTS: usize = 12;

/// RTLD_NOW and RTLD_LOCAL, alike in glibc and musl.
const NOW: usize = 2;
/// With this bit glibc before 2.34 lets its private `__libc_dlopen_mode` be called from anywhere.
const RTLD_DLOPEN: usize = 0x8000_0000;

/// Whose loader: they differ in the name of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Libc {
    Glibc,
    Musl,
}

/// Why the image's loader cannot be hosted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("{path}: {what}")]
    Loader { path: PathBuf, what: String },
    #[error("{path}: this process already runs {loader}, and it can run only one loader")]
    Another { path: PathBuf, loader: PathBuf },
    #[error("{path}: the C library has no `dlopen`")]
    NoDlopen { path: PathBuf },
}

/// A started loader: its thread pointer is set while a function runs that it has loaded.
#[derive(Debug)]
pub(super) struct Host {
    loader: PathBuf,
    dlopen: usize,
    dlsym: usize,
    dlerror: usize,
}

/// A function of a hosted library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Function(usize);

/// A hosted library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle(usize);

/// The host of this process, started now if it was not yet.
///
/// A file that is no loader, or a loader that does not find its C library, ends the process, as it would any program.
///
/// # Safety
/// The process must have one thread, now and as long as it lives. The file runs with all rights of the process.
pub(super) unsafe fn start(loader: &Path, libc: Libc) -> Result<&'static Host, Error> {
    static HOST: OnceLock<Result<Host, Error>> = OnceLock::new();
    // SAFETY: the caller answers for it.
    let host = HOST.get_or_init(|| unsafe { Host::start(loader, libc) }).as_ref().map_err(Error::clone)?;
    if host.loader == loader {
        Ok(host)
    } else {
        Err(Error::Another { path: loader.to_owned(), loader: host.loader.clone() })
    }
}

impl Host {
    /// # Safety
    /// As of [`start`].
    unsafe fn start(loader: &Path, libc: Libc) -> Result<Self, Error> {
        let failed = |what: String| Error::Loader { path: loader.to_owned(), what };
        let mapped = map::map(loader).map_err(failed)?;
        let program = program::build(loader, libc).map_err(failed)?;
        let stack = stack::build(&program, mapped.base, call::landing()).map_err(failed)?;
        memory::bar_the_break();
        // SAFETY: the loader is mapped, the stack is that of a program which begins at `landing`, and the caller
        // answers for the only thread.
        unsafe { call::start(stack, mapped.entry) };
        let [dlopen, dlsym, dlerror, private_dlopen, private_dlsym] = program.imports();
        let mut host = Self { loader: loader.to_owned(), dlopen, dlsym, dlerror };
        if dlopen == 0 && private_dlopen != 0 && private_dlsym != 0 {
            // glibc before 2.34, which keeps the public ones in a library of their own.
            // SAFETY: `void *__libc_dlopen_mode(const char *, int)`; the name is a constant.
            let libdl =
                unsafe { host.call(Function(private_dlopen), &[address(c"libdl.so.2"), NOW | RTLD_DLOPEN]) };
            if libdl != 0 {
                // SAFETY: `void *__libc_dlsym(void *, const char *)`, of the handle just given; the names are constants.
                let symbol = |name| unsafe { host.call(Function(private_dlsym), &[libdl, address(name)]) };
                let found = [symbol(c"dlopen"), symbol(c"dlsym"), symbol(c"dlerror")];
                [host.dlopen, host.dlsym, host.dlerror] = found;
            }
        }
        if [host.dlopen, host.dlsym, host.dlerror].contains(&0) {
            return Err(Error::NoDlopen { path: host.loader });
        }
        Ok(host)
    }

    /// Loads the library at `path`, or says what the loader says.
    ///
    /// # Safety
    /// The constructors of the library, and of those that it needs, run with all rights of the process.
    pub(super) unsafe fn open(&self, path: &Path) -> Result<Handle, String> {
        let name =
            CString::new(path.as_os_str().as_bytes()).map_err(|_| "a path with a zero byte".to_owned())?;
        let before = std::process::id();
        // SAFETY: `void *dlopen(const char *, int)`; `name` lives through the call, and the caller answers for the
        // constructors.
        let handle = unsafe { self.call(Function(self.dlopen), &[address(&name), NOW]) };
        if std::process::id() != before {
            // A constructor forked, and this is the copy: one process tells of the library.
            // SAFETY: `_exit` has no preconditions.
            unsafe { libc::_exit(0) };
        }
        if handle == 0 { Err(self.error()) } else { Ok(Handle(handle)) }
    }

    /// The function `name` of a library, if it has it.
    pub(super) fn symbol(&self, library: Handle, name: &CStr) -> Option<Function> {
        // SAFETY: `void *dlsym(void *, const char *)`; a handle comes from `open` and is never closed, and `name` lives
        // through the call.
        let function = unsafe { self.call(Function(self.dlsym), &[library.0, address(name)]) };
        (function != 0).then_some(Function(function))
    }

    /// Calls `function` with up to [`ARGUMENTS`] integers and pointers, and gives the register of its result.
    ///
    /// # Panics
    /// If there are more arguments.
    ///
    /// # Safety
    /// The function must be declared with just these arguments. Where one is an address, the function may read or
    /// write as much there as it does until it returns, and as long after as it keeps the address.
    pub(super) unsafe fn call(&self, function: Function, arguments: &[usize]) -> usize {
        let mut call = call::Call { function: function.0, arguments: [0; ARGUMENTS], result: 0 };
        call.arguments[..arguments.len()].copy_from_slice(arguments);
        // SAFETY: there is a host, so the loader has come back; the caller answers for function and arguments.
        unsafe { call::call(&mut call) };
        call.result
    }

    fn error(&self) -> String {
        // SAFETY: `char *dlerror(void)`.
        let text = unsafe { self.call(Function(self.dlerror), &[]) } as *const c_char;
        // SAFETY: null, or a string that stays until the next call of these functions.
        unsafe { text_at(text) }.unwrap_or_else(|| "the loader gives no reason".to_owned())
    }
}

/// The text at `text`, with an end within reason, or `None` for null.
///
/// # Safety
/// `text` must be null or a string of C.
unsafe fn text_at(text: *const c_char) -> Option<String> {
    const MOST: usize = 1000;
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller promises a string; a byte is read only if those before it were not its end.
    let length = (0..MOST).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: the bytes up to `length` have just been read.
    let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
    Some(String::from_utf8_lossy(bytes).into_owned())
}

fn address(text: &CStr) -> usize {
    text.as_ptr() as usize
}
