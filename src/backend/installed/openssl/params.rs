//! The parameters that travel with calls of libcrypto. Knows no algorithm.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr;

/// An array of `OSSL_PARAM`, whose data live elsewhere; the first that is all zero ends it.
pub(super) struct Params<'a> {
    entries: [Param; 4],
    count: usize,
    data: PhantomData<&'a [u8]>,
}

/// `OSSL_PARAM` of `openssl/core.h`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Param {
    key: *const std::ffi::c_char,
    data_type: u32,
    data: *const u8,
    data_size: usize,
    return_size: usize,
}

impl<'a> Params<'a> {
    const INTEGER: u32 = 1;
    const OCTET_STRING: u32 = 5;

    pub(super) fn new() -> Self {
        let end = Param { key: ptr::null(), data_type: 0, data: ptr::null(), data_size: 0, return_size: 0 };
        Self { entries: [end; 4], count: 0, data: PhantomData }
    }

    pub(super) fn octets(self, key: &'static CStr, data: &'a [u8]) -> Self {
        self.with(key, Self::OCTET_STRING, data.as_ptr(), data.len())
    }

    pub(super) fn integer(self, key: &'static CStr, value: &'static c_int) -> Self {
        self.with(key, Self::INTEGER, ptr::from_ref(value).cast(), size_of::<c_int>())
    }

    pub(super) fn address(&self) -> usize {
        self.entries.as_ptr() as usize
    }

    /// No call has more than two; the last entry stays the end.
    fn with(mut self, key: &'static CStr, data_type: u32, data: *const u8, data_size: usize) -> Self {
        self.entries[..3][self.count] =
            Param { key: key.as_ptr(), data_type, data, data_size, return_size: usize::MAX };
        self.count += 1;
        self
    }
}
