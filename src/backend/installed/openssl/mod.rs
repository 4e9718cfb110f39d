//! The image's libcrypto, through EVP: contexts, keys and the parameters that travel with them. Knows no algorithm
//! but by its name.

use std::ffi::{CStr, CString, c_int};
use std::ptr;

use super::super::{Aead, Kem, Refusal, Signature};
use super::library::{Import, Library};
use crate::spec::{self, Algorithm};

mod chacha20_poly1305;
mod ml_dsa;
mod ml_kem;

/// What every process does first.
pub(super) fn enter(library: &Library) -> Result<(), String> {
    library.open()
}

/// The ML-KEM parameter set of `library`, if `algorithm` is one.
pub(super) fn kem(library: &'static Library, algorithm: Algorithm) -> Option<&'static dyn Kem> {
    let set = spec::ml_kem::sizes(algorithm)?;
    Some(Box::leak(Box::new(ml_kem::MlKem::new(Evp::new(library, algorithm), set))))
}

/// The ML-DSA parameter set of `library`, if `algorithm` is one.
pub(super) fn signature(library: &'static Library, algorithm: Algorithm) -> Option<&'static dyn Signature> {
    let set = spec::ml_dsa::sizes(algorithm)?;
    Some(Box::leak(Box::new(ml_dsa::MlDsa::new(Evp::new(library, algorithm), set))))
}

/// The AEAD of `library`, if `algorithm` is one.
pub(super) fn aead(library: &'static Library, algorithm: Algorithm) -> Option<&'static dyn Aead> {
    (algorithm == Algorithm::ChaCha20Poly1305)
        .then(|| Box::leak(Box::new(chacha20_poly1305::ChaCha::new(library))) as &dyn Aead)
}

/// `EVP_PKEY_PUBLIC_KEY` and `EVP_PKEY_KEYPAIR`, as `openssl/evp.h` puts them together.
const PUBLIC_KEY: usize = 0x86;
const KEYPAIR: usize = 0x87;

macro_rules! imports {
    ($($name:ident: $symbol:literal,)*) => {
        /// The functions that all algorithms with keys go through.
        struct Imports { $($name: Import,)* }

        impl Imports {
            fn new() -> Self {
                Self { $($name: Import::new($symbol),)* }
            }
        }
    };
}

imports! {
    context_from_name: c"EVP_PKEY_CTX_new_from_name",
    context_from_key: c"EVP_PKEY_CTX_new_from_pkey",
    context_free: c"EVP_PKEY_CTX_free",
    set_params: c"EVP_PKEY_CTX_set_params",
    keygen_init: c"EVP_PKEY_keygen_init",
    generate: c"EVP_PKEY_generate",
    fromdata_init: c"EVP_PKEY_fromdata_init",
    fromdata: c"EVP_PKEY_fromdata",
    octets: c"EVP_PKEY_get_octet_string_param",
    key_free: c"EVP_PKEY_free",
    clear_errors: c"ERR_clear_error",
}

/// A parameter set as EVP knows it.
struct Evp {
    library: &'static Library,
    name: CString,
    imports: Imports,
}

impl Evp {
    fn new(library: &'static Library, algorithm: Algorithm) -> Self {
        Self { library, name: CString::new(algorithm.name()).unwrap_or_default(), imports: Imports::new() }
    }

    fn call(&self, import: &Import, arguments: &[usize]) -> Result<usize, Refusal> {
        self.library.call(import, arguments)
    }

    /// A call that answers 1 when it is content.
    fn must(&self, import: &Import, arguments: &[usize]) -> Result<(), Refusal> {
        if self.call(import, arguments)? as c_int == 1 { Ok(()) } else { Err(self.refused()) }
    }

    fn refused(&self) -> Refusal {
        // The queue of errors is not read, so that it must not grow.
        let _ = self.call(&self.imports.clear_errors, &[]);
        Refusal::Rejected("error code")
    }

    /// A new pair of keys from `seed`.
    fn generated(&self, seed: &[u8]) -> Result<Owned<'_>, Refusal> {
        if seed.is_empty() {
            // Generation takes that for the wish to have a random key; what is handed a seed is the import.
            return self.imported(c"seed", KEYPAIR, seed);
        }
        let context = self.context()?;
        self.must(&self.imports.keygen_init, &[context.address])?;
        let params = Params::new().octets(c"seed", seed);
        self.must(&self.imports.set_params, &[context.address, params.address()])?;
        let mut key = 0_usize;
        self.must(&self.imports.generate, &[context.address, super::library::number(&mut key)])?;
        Ok(self.own(&self.imports.key_free, key))
    }

    /// The public key with this encoding.
    fn public(&self, encoding: &[u8]) -> Result<Owned<'_>, Refusal> {
        self.imported(c"pub", PUBLIC_KEY, encoding)
    }

    /// The pair of keys with this private encoding.
    fn private(&self, encoding: &[u8]) -> Result<Owned<'_>, Refusal> {
        self.imported(c"priv", KEYPAIR, encoding)
    }

    /// The key with this encoding, behind whatever checks the import makes.
    fn imported(&self, name: &'static CStr, selection: usize, encoding: &[u8]) -> Result<Owned<'_>, Refusal> {
        let context = self.context()?;
        self.must(&self.imports.fromdata_init, &[context.address])?;
        let params = Params::new().octets(name, encoding);
        let mut key = 0_usize;
        let arguments = [context.address, super::library::number(&mut key), selection, params.address()];
        let imported = self.must(&self.imports.fromdata, &arguments);
        let key = self.own(&self.imports.key_free, key);
        imported.map(|()| key)
    }

    /// Writes the key's public or private encoding.
    fn export(&self, key: &Owned<'_>, private: bool, to: &mut [u8]) -> Result<(), Refusal> {
        let name = if private { c"priv" } else { c"pub" };
        let (size, mut length) = (to.len(), 0_usize);
        let arguments = [
            key.address,
            name.as_ptr() as usize,
            super::library::output(to),
            size,
            super::library::number(&mut length),
        ];
        self.must(&self.imports.octets, &arguments)?;
        if length == size { Ok(()) } else { Err(Refusal::Rejected("key length")) }
    }

    /// A context for what has no key yet.
    fn context(&self) -> Result<Owned<'_>, Refusal> {
        let context = self.call(&self.imports.context_from_name, &[0, self.name.as_ptr() as usize, 0])?;
        if context == 0 {
            self.refused();
            // The release has it, this build of it was made without.
            return Err(Refusal::Unsupported("algorithm"));
        }
        Ok(self.own(&self.imports.context_free, context))
    }

    /// A context for what is done with `key`.
    fn context_of(&self, key: &Owned<'_>) -> Result<Owned<'_>, Refusal> {
        let context = self.call(&self.imports.context_from_key, &[0, key.address, 0])?;
        if context == 0 { Err(self.refused()) } else { Ok(self.own(&self.imports.context_free, context)) }
    }

    fn own<'a>(&'a self, free: &'a Import, address: usize) -> Owned<'a> {
        Owned { library: self.library, free, address }
    }
}

/// Something of the library's that is given back when it goes out of scope.
struct Owned<'a> {
    library: &'a Library,
    free: &'a Import,
    address: usize,
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        // Every `free` of the library takes null too.
        let _ = self.library.call(self.free, &[self.address]);
    }
}

/// An array of `OSSL_PARAM`, whose data live elsewhere.
struct Params(Vec<Param>);

/// `OSSL_PARAM` of `openssl/core.h`.
#[repr(C)]
struct Param {
    key: *const std::ffi::c_char,
    data_type: u32,
    data: *const u8,
    data_size: usize,
    return_size: usize,
}

impl Params {
    const INTEGER: u32 = 1;
    const OCTET_STRING: u32 = 5;

    fn new() -> Self {
        Self(vec![Self::entry(ptr::null(), 0, ptr::null(), 0)])
    }

    fn octets(self, key: &'static CStr, data: &[u8]) -> Self {
        self.with(Self::entry(key.as_ptr(), Self::OCTET_STRING, data.as_ptr(), data.len()))
    }

    fn integer(self, key: &'static CStr, value: &'static c_int) -> Self {
        let data = ptr::from_ref(value).cast();
        self.with(Self::entry(key.as_ptr(), Self::INTEGER, data, size_of::<c_int>()))
    }

    fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    fn with(mut self, param: Param) -> Self {
        self.0.insert(self.0.len() - 1, param);
        self
    }

    fn entry(key: *const std::ffi::c_char, data_type: u32, data: *const u8, data_size: usize) -> Param {
        Param { key, data_type, data, data_size, return_size: usize::MAX }
    }
}
