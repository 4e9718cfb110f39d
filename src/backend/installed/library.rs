//! A file of the image that is loaded and called. Knows no algorithm.

use std::ffi::{CStr, CString};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::super::{Answer, Refusal};
use super::host::{self, Function, Handle, Host, Libc};

/// A shared library of the image, and the loader that an application would have it loaded by.
pub(super) struct Library {
    pub(super) file: PathBuf,
    /// The loader, or why there is none that would do.
    pub(super) loader: Result<(PathBuf, Libc), String>,
    opened: OnceLock<Result<(&'static Host, Handle), String>>,
}

impl Library {
    pub(super) fn new(file: PathBuf, loader: Result<(PathBuf, Libc), String>) -> Self {
        Self { file, loader, opened: OnceLock::new() }
    }

    /// Loads the library into this process, if it is not there yet.
    pub(super) fn open(&self) -> Result<(), String> {
        let opened = self.opened.get_or_init(|| {
            let (loader, libc) = self.loader.as_ref().map_err(|why| self.says(why))?;
            // SAFETY: no process of this program has a second thread. The loader is the image's own, which starts
            // every program there with the rights that this one has.
            let host = unsafe { host::start(loader, *libc) }.map_err(|error| error.to_string())?;
            // SAFETY: the library is to be run; what its constructors do is what they would do in an application, and
            // an outcome.
            let library = unsafe { host.open(&self.file) }.map_err(|why| self.says(&why))?;
            Ok((host, library))
        });
        opened.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// `why`, behind the name of the file, with which a loader's own words begin as a rule.
    fn says(&self, why: &str) -> String {
        let file = self.file.display().to_string();
        if why.contains(&file) { why.to_owned() } else { format!("{file}: {why}") }
    }

    /// Whether the library has the function, once it is open.
    pub(super) fn has(&self, import: &Import) -> bool {
        self.function(import).is_some()
    }

    /// Calls a function and gives the register of its result.
    ///
    /// # Safety
    /// As of [`Host::call`].
    pub(super) unsafe fn call(&self, import: &Import, arguments: &[usize]) -> Answer<usize> {
        let (host, function) = self.function(import).ok_or(Refusal::Unsupported("entry-point"))?;
        // SAFETY: the caller answers for it.
        Ok(unsafe { host.call(function, arguments) })
    }

    fn function(&self, import: &Import) -> Option<(&'static Host, Function)> {
        let Some(Ok((host, library))) = self.opened.get() else { return None };
        let function = import.found.get_or_init(|| host.symbol(*library, &import.name));
        function.map(|function| (*host, function))
    }
}

/// The name of a function, and where it is once it was asked for.
pub(super) struct Import {
    name: CString,
    found: OnceLock<Option<Function>>,
}

impl Import {
    pub(super) fn new(name: &CStr) -> Self {
        Self { name: name.to_owned(), found: OnceLock::new() }
    }

    /// A name put together; one with a zero byte is found nowhere.
    pub(super) fn named(name: String) -> Self {
        Self { name: CString::new(name).unwrap_or_default(), found: OnceLock::new() }
    }
}

/// The address of the first byte, for a function that reads.
pub(super) fn input(bytes: &[u8]) -> usize {
    bytes.as_ptr() as usize
}

/// The address of the first byte, for a function that writes.
pub(super) fn output(bytes: &mut [u8]) -> usize {
    bytes.as_mut_ptr() as usize
}

/// The address of a number, for a function that reads and writes it.
pub(super) fn number<T>(number: &mut T) -> usize {
    std::ptr::from_mut(number) as usize
}
