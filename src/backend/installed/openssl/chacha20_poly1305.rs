//! ChaCha20-Poly1305 of libcrypto. Only translates: knows nothing of the right answers.

use std::ffi::c_int;
use std::sync::OnceLock;

use super::super::super::key_object::{Open, Seal};
use super::super::super::seeded::must_be;
use super::super::super::{Aead, Answer, Opening, Refusal, Sealed, Sealing, exactly};
use super::super::library::{Library, input, number, output};
use super::{Crypto, Owned, imports};
use crate::spec::Algorithm;
use crate::spec::chacha20_poly1305::{KEY, NONCE};

pub(super) struct ChaCha {
    crypto: Crypto,
    imports: Imports,
    cipher: OnceLock<usize>,
}

imports!(Imports {
    fetch: c"EVP_CIPHER_fetch",
    built_in: c"EVP_chacha20_poly1305",
    new_context: c"EVP_CIPHER_CTX_new",
    free: c"EVP_CIPHER_CTX_free",
    init: c"EVP_CipherInit_ex",
    control: c"EVP_CIPHER_CTX_ctrl",
    update: c"EVP_CipherUpdate",
    last: c"EVP_CipherFinal_ex",
});

/// `EVP_CTRL_AEAD_SET_IVLEN`, `EVP_CTRL_AEAD_GET_TAG`, `EVP_CTRL_AEAD_SET_TAG`.
const SET_NONCE_LENGTH: usize = 0x9;
const GET_TAG: usize = 0x10;
const SET_TAG: usize = 0x11;

/// Whether what comes in is to be sealed.
const OPEN: usize = 0;
const SEAL: usize = 1;

impl ChaCha {
    pub(super) fn new(library: &'static Library) -> Self {
        Self { crypto: Crypto::new(library), imports: Imports::new(), cipher: OnceLock::new() }
    }

    /// The cipher: looked up once, and never given back.
    fn cipher(&self) -> Answer<usize> {
        if let Some(known) = self.cipher.get() {
            return Ok(*known);
        }
        let (library, name) = (self.crypto.library, c"ChaCha20-Poly1305".as_ptr() as usize);
        // SAFETY: `EVP_CIPHER *EVP_CIPHER_fetch(OSSL_LIB_CTX *, const char *, const char *)`, where null stands for the
        // defaults, and `const EVP_CIPHER *EVP_chacha20_poly1305(void)`.
        let fetched = unsafe {
            if library.has(&self.imports.fetch) {
                library.call(&self.imports.fetch, &[0, name, 0])?
            } else {
                library.call(&self.imports.built_in, &[])?
            }
        };
        if fetched == 0 {
            Err(Refusal::Unsupported("algorithm"))
        } else {
            Ok(*self.cipher.get_or_init(|| fetched))
        }
    }

    /// A context that has the key, the nonce and the additional data.
    fn begun(&self, direction: usize, key: &[u8], nonce: &[u8], aad: &[u8]) -> Answer<Owned<'_>> {
        let key = input(exactly::<KEY>(key)?);
        let context = self.context(direction)?;
        // SAFETY: this command takes a length alone.
        unsafe { self.control(&context, SET_NONCE_LENGTH, nonce.len(), 0)? };
        // SAFETY: a key of the cipher's length, and a nonce of the length that has just been set.
        unsafe { self.init(&context, 0, key, input(nonce), direction)? };
        self.with(&context, aad)?;
        Ok(context)
    }

    /// A context that has only the cipher.
    fn context(&self, direction: usize) -> Answer<Owned<'_>> {
        let Imports { new_context, free, .. } = &self.imports;
        // SAFETY: `EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void)`.
        let context = unsafe { self.crypto.made(new_context, &[], free, Refusal::Rejected("error code"))? };
        // SAFETY: the cipher is never given back, and the rest is to come.
        unsafe { self.init(&context, self.cipher()?, 0, 0, direction)? };
        Ok(context)
    }

    /// A context that has the key, and the same with another nonce for each message.
    fn kept(&self, direction: usize, key: &[u8]) -> Answer<Owned<'_>> {
        let context = self.context(direction)?;
        // SAFETY: a key of the cipher's length.
        unsafe { self.init(&context, 0, input(exactly::<KEY>(key)?), 0, direction)? };
        Ok(context)
    }

    fn again(&self, context: &Owned<'_>, direction: usize, nonce: &[u8], aad: &[u8]) -> Answer {
        // The length of the nonce is that of the standard unless another one is set.
        let nonce = input(exactly::<NONCE>(nonce)?);
        // SAFETY: a nonce of the standard's length.
        unsafe { self.init(context, 0, 0, nonce, direction)? };
        self.with(context, aad)
    }

    /// # Safety
    /// Each of `cipher`, `key` and `nonce` must be null, for what was set before, or the address of such a thing, the
    /// last two with the lengths that the context has for them.
    unsafe fn init(
        &self,
        context: &Owned<'_>,
        cipher: usize,
        key: usize,
        nonce: usize,
        direction: usize,
    ) -> Answer {
        let arguments = [context.address, cipher, 0, key, nonce, direction];
        // SAFETY: `int EVP_CipherInit_ex(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const
        // unsigned char *, int)`; the caller answers for what is behind the addresses, and all of it is copied.
        unsafe { self.crypto.must(&self.imports.init, &arguments) }
    }

    /// # Safety
    /// `pointer` must be what `command` takes, with `length`.
    unsafe fn control(&self, context: &Owned<'_>, command: usize, length: usize, pointer: usize) -> Answer {
        // SAFETY: `int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *, int, int, void *)`; the caller answers for the pointer.
        unsafe { self.crypto.must(&self.imports.control, &[context.address, command, length, pointer]) }
    }

    fn with(&self, context: &Owned<'_>, aad: &[u8]) -> Answer {
        // SAFETY: where nothing is to be written, the input is additional data.
        unsafe { self.update(context, aad, 0) }.map(drop)
    }

    fn sealed(&self, context: &Owned<'_>, plaintext: &[u8], to: &mut Sealed<'_>) -> Answer {
        self.through(context, plaintext, to.ciphertext)?;
        self.finish(context)?;
        // SAFETY: as many bytes as `tag` has are written to it.
        unsafe { self.control(context, GET_TAG, to.tag.len(), output(to.tag)) }
    }

    fn opened(&self, context: &Owned<'_>, ciphertext: &[u8], tag: &[u8], plaintext: &mut [u8]) -> Answer {
        // The library takes a pointer that it could write to, and copies what is there.
        // SAFETY: as many bytes as `tag` has are read.
        unsafe { self.control(context, SET_TAG, tag.len(), input(tag))? };
        self.through(context, ciphertext, plaintext)?;
        self.finish(context)
    }

    fn through(&self, context: &Owned<'_>, from: &[u8], to: &mut [u8]) -> Answer {
        must_be(to, from.len())?;
        // SAFETY: `to` is as long as `from`, and a stream cipher writes no more.
        let length = unsafe { self.update(context, from, output(to))? };
        if length == to.len() { Ok(()) } else { Err(Refusal::Rejected("output length")) }
    }

    /// The number of bytes written; where there is no input, the library is not called.
    ///
    /// # Safety
    /// `to` must be null, or have room for as many bytes as `from` has.
    unsafe fn update(&self, context: &Owned<'_>, from: &[u8], to: usize) -> Answer<usize> {
        let mut length: c_int = 0;
        if !from.is_empty() {
            let arguments = [context.address, to, number(&mut length), input(from), from.len()];
            // SAFETY: `int EVP_CipherUpdate(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int)`; the
            // input goes with its length, and the caller answers for the output.
            unsafe { self.crypto.must(&self.imports.update, &arguments)? };
        }
        usize::try_from(length).map_err(|_| Refusal::Rejected("output length"))
    }

    fn finish(&self, context: &Owned<'_>) -> Answer {
        // A stream cipher has nothing left to write; a byte more than nothing would land in this.
        let (mut rest, mut length): ([u8; 64], c_int) = ([0; 64], 0);
        let arguments = [context.address, output(&mut rest), number(&mut length)];
        // SAFETY: `int EVP_CipherFinal_ex(EVP_CIPHER_CTX *, unsigned char *, int *)`, which writes less than a block.
        unsafe { self.crypto.must(&self.imports.last, &arguments) }
    }
}

impl Aead for ChaCha {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ChaCha20Poly1305
    }

    fn seal(&self, Sealing { key, nonce, aad, plaintext }: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
        self.sealed(&self.begun(SEAL, key, nonce, aad)?, plaintext, to)
    }

    fn open(&self, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
        let Opening { key, nonce, aad, ciphertext, tag } = opening;
        self.opened(&self.begun(OPEN, key, nonce, aad)?, ciphertext, tag, plaintext)
    }

    fn sealer(&self, key: &[u8]) -> Answer<Seal<'_>> {
        let context = self.kept(SEAL, key)?;
        Ok(Box::new(move |nonce, aad, plaintext, to| {
            self.again(&context, SEAL, nonce, aad)?;
            self.sealed(&context, plaintext, to)
        }))
    }

    fn opener(&self, key: &[u8]) -> Answer<Open<'_>> {
        let context = self.kept(OPEN, key)?;
        Ok(Box::new(move |nonce, aad, ciphertext, tag, plaintext| {
            self.again(&context, OPEN, nonce, aad)?;
            self.opened(&context, ciphertext, tag, plaintext)
        }))
    }
}
