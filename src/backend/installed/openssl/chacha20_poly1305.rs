//! ChaCha20-Poly1305 of libcrypto. Only translates: knows nothing of the right answers.

use std::ffi::c_int;
use std::sync::OnceLock;

use super::super::super::key_object::{Open, Seal};
use super::super::super::{Aead, Answer, Opening, Refusal, Sealed, Sealing, exactly};
use super::super::library::{Import, Library, input, number, output};
use super::Owned;
use crate::spec::Algorithm;

pub(super) struct ChaCha {
    library: &'static Library,
    fetch: Import,
    built_in: Import,
    new: Import,
    free: Import,
    init: Import,
    control: Import,
    update: Import,
    last: Import,
    clear_errors: Import,
    cipher: OnceLock<usize>,
}

/// `EVP_CTRL_AEAD_SET_IVLEN`, `EVP_CTRL_AEAD_GET_TAG`, `EVP_CTRL_AEAD_SET_TAG`.
const SET_NONCE_LENGTH: usize = 0x9;
const GET_TAG: usize = 0x10;
const SET_TAG: usize = 0x11;

/// Whether what comes in is to be sealed.
const OPEN: usize = 0;
const SEAL: usize = 1;

impl ChaCha {
    pub(super) fn new(library: &'static Library) -> Self {
        Self {
            library,
            fetch: Import::new(c"EVP_CIPHER_fetch"),
            built_in: Import::new(c"EVP_chacha20_poly1305"),
            new: Import::new(c"EVP_CIPHER_CTX_new"),
            free: Import::new(c"EVP_CIPHER_CTX_free"),
            init: Import::new(c"EVP_CipherInit_ex"),
            control: Import::new(c"EVP_CIPHER_CTX_ctrl"),
            update: Import::new(c"EVP_CipherUpdate"),
            last: Import::new(c"EVP_CipherFinal_ex"),
            clear_errors: Import::new(c"ERR_clear_error"),
            cipher: OnceLock::new(),
        }
    }

    fn must(&self, import: &Import, arguments: &[usize]) -> Answer {
        if self.library.call(import, arguments)? as c_int > 0 {
            return Ok(());
        }
        let _ = self.library.call(&self.clear_errors, &[]);
        Err(Refusal::Rejected("error code"))
    }

    /// The cipher: looked up once, and never given back.
    fn cipher(&self) -> Answer<usize> {
        if let Some(known) = self.cipher.get() {
            return Ok(*known);
        }
        let fetched = if self.library.has(&self.fetch) {
            self.library.call(&self.fetch, &[0, c"ChaCha20-Poly1305".as_ptr() as usize, 0])?
        } else {
            self.library.call(&self.built_in, &[])?
        };
        if fetched == 0 {
            Err(Refusal::Unsupported("algorithm"))
        } else {
            Ok(*self.cipher.get_or_init(|| fetched))
        }
    }

    /// A context that has the key, the nonce and the additional data.
    fn begun(&self, direction: usize, key: &[u8], nonce: &[u8], aad: &[u8]) -> Answer<Owned<'_>> {
        let key = exactly::<32>(key)?;
        let context = self.context(direction)?;
        self.must(&self.control, &[context.address, SET_NONCE_LENGTH, nonce.len(), 0])?;
        self.must(&self.init, &[context.address, 0, 0, input(key), input(nonce), direction])?;
        self.with(&context, aad)?;
        Ok(context)
    }

    /// A context that has but the cipher.
    fn context(&self, direction: usize) -> Answer<Owned<'_>> {
        let address = self.library.call(&self.new, &[])?;
        let context = Owned { library: self.library, free: &self.free, address };
        if address == 0 {
            return Err(Refusal::Rejected("error code"));
        }
        self.must(&self.init, &[address, self.cipher()?, 0, 0, 0, direction])?;
        Ok(context)
    }

    /// A context that has the key, and the same with another nonce for each message.
    fn kept(&self, direction: usize, key: &[u8]) -> Answer<Owned<'_>> {
        let context = self.context(direction)?;
        self.must(&self.init, &[context.address, 0, 0, input(exactly::<32>(key)?), 0, direction])?;
        Ok(context)
    }

    fn again(&self, context: &Owned<'_>, direction: usize, nonce: &[u8], aad: &[u8]) -> Answer {
        // The length of the nonce is that of the standard unless another one is set.
        let nonce = exactly::<12>(nonce)?;
        self.must(&self.init, &[context.address, 0, 0, 0, input(nonce), direction])?;
        self.with(context, aad)
    }

    fn with(&self, context: &Owned<'_>, aad: &[u8]) -> Answer {
        if aad.is_empty() {
            return Ok(());
        }
        let mut length: c_int = 0;
        self.must(&self.update, &[context.address, 0, number(&mut length), input(aad), aad.len()])
    }

    fn sealed(&self, context: &Owned<'_>, plaintext: &[u8], to: &mut Sealed<'_>) -> Answer {
        self.through(context, plaintext, to.ciphertext)?;
        self.finish(context)?;
        self.must(&self.control, &[context.address, GET_TAG, to.tag.len(), output(to.tag)])
    }

    fn opened(&self, context: &Owned<'_>, ciphertext: &[u8], tag: &[u8], plaintext: &mut [u8]) -> Answer {
        // The library takes a pointer that it could write to, and copies what is there.
        self.must(&self.control, &[context.address, SET_TAG, tag.len(), input(tag)])?;
        self.through(context, ciphertext, plaintext)?;
        self.finish(context)
    }

    fn through(&self, context: &Owned<'_>, from: &[u8], to: &mut [u8]) -> Answer {
        let mut length: c_int = 0;
        if from.is_empty() {
            return Ok(());
        }
        self.must(
            &self.update,
            &[context.address, output(to), number(&mut length), input(from), from.len()],
        )?;
        if usize::try_from(length) == Ok(to.len()) { Ok(()) } else { Err(Refusal::Rejected("output length")) }
    }

    fn finish(&self, context: &Owned<'_>) -> Answer {
        // A stream cipher has nothing left to write; a byte more than nothing would land in this.
        let (mut rest, mut length): ([u8; 64], c_int) = ([0; 64], 0);
        self.must(&self.last, &[context.address, output(&mut rest), number(&mut length)])
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
