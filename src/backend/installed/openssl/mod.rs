//! The image's libcrypto, through EVP: contexts, keys and the parameters that travel with them. Knows no algorithm
//! but by its name.

use std::ffi::{CStr, CString, c_int};

use super::super::key_object::Generate;
use super::super::{Aead, Answer, Kem, Refusal, Signature};
use super::library::{Import, Library, number, output};
use crate::spec::{self, Algorithm};

mod chacha20_poly1305;
mod ml_dsa;
mod ml_kem;
mod params;
mod reach;

use params::Params;
pub(super) use reach::configuration;

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
    ($imports:ident { $($name:ident: $symbol:literal,)* }) => {
        struct $imports { $($name: crate::backend::installed::library::Import,)* }

        impl $imports {
            fn new() -> Self {
                Self { $($name: crate::backend::installed::library::Import::new($symbol),)* }
            }
        }
    };
}
use imports;

/// How a libcrypto is called.
struct Crypto {
    library: &'static Library,
    clear_errors: Import,
}

impl Crypto {
    fn new(library: &'static Library) -> Self {
        Self { library, clear_errors: Import::new(c"ERR_clear_error") }
    }

    /// A call that answers with a positive number when it is content.
    ///
    /// # Safety
    /// As of [`Library::call`].
    unsafe fn must(&self, import: &Import, arguments: &[usize]) -> Answer {
        // SAFETY: the caller answers for it.
        let answer = unsafe { self.library.call(import, arguments)? };
        if answer as c_int > 0 { Ok(()) } else { Err(self.refused()) }
    }

    fn refused(&self) -> Refusal {
        // The queue of errors is not read, so that it must not grow.
        // SAFETY: `void ERR_clear_error(void)`.
        let _ = unsafe { self.library.call(&self.clear_errors, &[]) };
        Refusal::Rejected("error code")
    }

    /// What `make` gives, as something that `free` takes back; `none` where it gives null.
    ///
    /// # Safety
    /// As of [`Library::call`]. `make` must give what `free` takes, and leave it to the caller.
    unsafe fn made<'a>(
        &'a self,
        make: &Import,
        arguments: &[usize],
        free: &'a Import,
        none: Refusal,
    ) -> Answer<Owned<'a>> {
        // SAFETY: the caller answers for it.
        let address = unsafe { self.library.call(make, arguments)? };
        if address == 0 {
            self.refused();
            return Err(none);
        }
        Ok(Owned { library: self.library, free, address })
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
        // SAFETY: whoever made this answers for the function and the address; each `free` of the library takes null too.
        let _ = unsafe { self.library.call(self.free, &[self.address]) };
    }
}

// The functions that all algorithms with keys go through.
imports!(Imports {
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
});

/// A parameter set as EVP knows it. The functions are declared in `openssl/evp.h`.
struct Evp {
    crypto: Crypto,
    name: CString,
    imports: Imports,
}

impl Evp {
    fn new(library: &'static Library, algorithm: Algorithm) -> Self {
        let name = CString::new(algorithm.name()).unwrap_or_default();
        Self { crypto: Crypto::new(library), name, imports: Imports::new() }
    }

    /// A new pair of keys from `seed`.
    fn generated(&self, seed: &[u8]) -> Answer<Owned<'_>> {
        if seed.is_empty() {
            // Generation takes that for the wish to have a random key; what is handed a seed is the import.
            return self.imported(c"seed", KEYPAIR, seed);
        }
        self.generated_in(&self.to_generate()?, seed)
    }

    /// A context that makes keys.
    fn to_generate(&self) -> Answer<Owned<'_>> {
        let context = self.context()?;
        // SAFETY: `int EVP_PKEY_keygen_init(EVP_PKEY_CTX *)`.
        unsafe { self.crypto.must(&self.imports.keygen_init, &[context.address])? };
        Ok(context)
    }

    fn generated_in(&self, context: &Owned<'_>, seed: &[u8]) -> Answer<Owned<'_>> {
        self.set(context, c"seed", seed)?;
        let mut key = 0_usize;
        // SAFETY: `int EVP_PKEY_generate(EVP_PKEY_CTX *, EVP_PKEY **)`, which writes a new key to `key`.
        unsafe { self.crypto.must(&self.imports.generate, &[context.address, number(&mut key)])? };
        Ok(self.key(key))
    }

    /// What both kinds of keys are generated by, one after the other.
    fn generator(&self) -> Answer<Generate<'_>> {
        let context = self.to_generate()?;
        Ok(Box::new(move |seed, encodings| {
            let key = self.generated_in(&context, seed)?;
            if let Some([public, private]) = encodings {
                self.export(&key, false, public)?;
                self.export(&key, true, private)?;
            }
            Ok(())
        }))
    }

    /// Gives a context some bytes to use.
    fn set(&self, context: &Owned<'_>, name: &'static CStr, bytes: &[u8]) -> Answer {
        let params = Params::new().octets(name, bytes);
        // SAFETY: `int EVP_PKEY_CTX_set_params(EVP_PKEY_CTX *, const OSSL_PARAM *)`, which copies what it keeps.
        unsafe { self.crypto.must(&self.imports.set_params, &[context.address, params.address()]) }
    }

    /// The public key with this encoding.
    fn public(&self, encoding: &[u8]) -> Answer<Owned<'_>> {
        self.imported(c"pub", PUBLIC_KEY, encoding)
    }

    /// The pair of keys with this private encoding.
    fn private(&self, encoding: &[u8]) -> Answer<Owned<'_>> {
        self.imported(c"priv", KEYPAIR, encoding)
    }

    /// The key with this encoding, behind whatever checks the import makes.
    fn imported(&self, name: &'static CStr, selection: usize, encoding: &[u8]) -> Answer<Owned<'_>> {
        let context = self.context()?;
        let params = Params::new().octets(name, encoding);
        let mut key = 0_usize;
        // SAFETY: `int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *)` and `int EVP_PKEY_fromdata(EVP_PKEY_CTX *, EVP_PKEY **,
        // int, OSSL_PARAM *)`, which writes a new key or null to `key`, and copies what it keeps of `params`.
        let imported = unsafe {
            self.crypto.must(&self.imports.fromdata_init, &[context.address])?;
            let arguments = [context.address, number(&mut key), selection, params.address()];
            self.crypto.must(&self.imports.fromdata, &arguments)
        };
        // Even where the import fails there may be a key to give back.
        let key = self.key(key);
        imported.map(|()| key)
    }

    /// Writes the key's public or private encoding.
    fn export(&self, key: &Owned<'_>, private: bool, to: &mut [u8]) -> Answer {
        let name = if private { c"priv" } else { c"pub" };
        let mut length = 0_usize;
        let arguments = [key.address, name.as_ptr() as usize, output(to), to.len(), number(&mut length)];
        // SAFETY: `int EVP_PKEY_get_octet_string_param(const EVP_PKEY *, const char *, unsigned char *, size_t, size_t
        // *)`; `to` goes with its length.
        unsafe { self.crypto.must(&self.imports.octets, &arguments)? };
        if length == to.len() { Ok(()) } else { Err(Refusal::Rejected("key length")) }
    }

    /// A context for what has no key yet.
    fn context(&self) -> Answer<Owned<'_>> {
        let Imports { context_from_name, context_free, .. } = &self.imports;
        let arguments = [0, self.name.as_ptr() as usize, 0];
        // The release has it, this build of it was made without.
        let none = Refusal::Unsupported("algorithm");
        // SAFETY: `EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *, const char *, const char *)`; null stands for
        // the defaults.
        unsafe { self.crypto.made(context_from_name, &arguments, context_free, none) }
    }

    /// A context for what is done with `key`.
    fn context_of(&self, key: &Owned<'_>) -> Answer<Owned<'_>> {
        let Imports { context_from_key, context_free, .. } = &self.imports;
        let none = Refusal::Rejected("error code");
        // SAFETY: `EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_pkey(OSSL_LIB_CTX *, EVP_PKEY *, const char *)`; null stands for
        // the defaults, and the context keeps the key alive.
        unsafe { self.crypto.made(context_from_key, &[0, key.address, 0], context_free, none) }
    }

    /// The key, or null, that the library has written the address of.
    fn key(&self, address: usize) -> Owned<'_> {
        Owned { library: self.crypto.library, free: &self.imports.key_free, address }
    }
}
