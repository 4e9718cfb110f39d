//! ML-DSA of libcrypto. Only translates: knows nothing of the right answers.

use std::ffi::c_int;

use super::super::super::key_object::{Generate, Sign, Verify};
use super::super::super::{Answer, Message, Refusal, Signature, Signed, Signing};
use super::super::library::{Import, input, number, output};
use super::{Evp, Owned, Params, imports};
use crate::spec::{Algorithm, ml_dsa};

pub(super) struct MlDsa {
    evp: Evp,
    set: &'static ml_dsa::ParameterSet,
    imports: Imports,
}

imports!(Imports {
    fetch: c"EVP_SIGNATURE_fetch",
    free: c"EVP_SIGNATURE_free",
    sign_init: c"EVP_PKEY_sign_message_init",
    sign: c"EVP_PKEY_sign",
    verify_init: c"EVP_PKEY_verify_message_init",
    verify: c"EVP_PKEY_verify",
});

/// What the parameters of a signature point to.
static ONE: c_int = 1;
static ZERO: c_int = 0;

impl MlDsa {
    pub(super) fn new(evp: Evp, set: &'static ml_dsa::ParameterSet) -> Self {
        Self { evp, set, imports: Imports::new() }
    }

    fn algorithm_object(&self) -> Answer<Owned<'_>> {
        let Imports { fetch, free, .. } = &self.imports;
        let (arguments, none) = ([0, self.evp.name.as_ptr() as usize, 0], Refusal::Unsupported("algorithm"));
        // SAFETY: `EVP_SIGNATURE *EVP_SIGNATURE_fetch(OSSL_LIB_CTX *, const char *, const char *)`; null stands for the
        // defaults.
        unsafe { self.evp.crypto.made(fetch, &arguments, free, none) }
    }

    /// A context that signs with `key`, in this way.
    fn to_sign(&self, key: &Owned<'_>, params: &Params<'_>) -> Answer<Owned<'_>> {
        // SAFETY: `int EVP_PKEY_sign_message_init(EVP_PKEY_CTX *, EVP_SIGNATURE *, const OSSL_PARAM *)`.
        unsafe { self.to(&self.imports.sign_init, key, params) }
    }

    /// A context that verifies with `key`, in this way.
    fn to_verify(&self, key: &Owned<'_>, params: &Params<'_>) -> Answer<Owned<'_>> {
        // SAFETY: `int EVP_PKEY_verify_message_init(EVP_PKEY_CTX *, EVP_SIGNATURE *, const OSSL_PARAM *)`.
        unsafe { self.to(&self.imports.verify_init, key, params) }
    }

    /// # Safety
    /// `init` must take a context, an algorithm and parameters, share the first two and copy what it keeps of the last.
    unsafe fn to(&self, init: &Import, key: &Owned<'_>, params: &Params<'_>) -> Answer<Owned<'_>> {
        let (context, algorithm) = (self.evp.context_of(key)?, self.algorithm_object()?);
        // SAFETY: the caller answers for the function; all three live through the call.
        unsafe { self.evp.crypto.must(init, &[context.address, algorithm.address, params.address()])? };
        Ok(context)
    }

    fn signed(&self, context: &Owned<'_>, msg: &[u8], sig: &mut [u8]) -> Answer {
        let mut length = sig.len();
        let arguments = [context.address, output(sig), number(&mut length), input(msg), msg.len()];
        // SAFETY: `int EVP_PKEY_sign(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t)`; signature
        // and message go with their lengths.
        unsafe { self.evp.crypto.must(&self.imports.sign, &arguments)? };
        if length == sig.len() { Ok(()) } else { Err(Refusal::Rejected("signature length")) }
    }

    fn verified(&self, context: &Owned<'_>, msg: &[u8], sig: &[u8]) -> Answer {
        let arguments = [context.address, input(sig), sig.len(), input(msg), msg.len()];
        // SAFETY: `int EVP_PKEY_verify(EVP_PKEY_CTX *, const unsigned char *, size_t, const unsigned char *, size_t)`;
        // signature and message go with their lengths.
        unsafe { self.evp.crypto.must(&self.imports.verify, &arguments) }
    }
}

impl Signature for MlDsa {
    fn algorithm(&self) -> Algorithm {
        self.set.algorithm
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        let key = self.evp.generated(xi)?;
        self.evp.export(&key, false, pk)?;
        self.evp.export(&key, true, sk)
    }

    fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
        let (params, msg) = as_params(message)?;
        // The two ways to the same zeros: the corpus has both kinds of `rnd`, so that both are tested.
        let is_deterministic = rnd.len() == ml_dsa::RND && rnd.iter().all(|byte| *byte == 0);
        let params = if is_deterministic {
            params.integer(c"deterministic", &ONE)
        } else {
            params.octets(c"test-entropy", rnd)
        };
        let key = self.evp.private(sk)?;
        self.signed(&self.to_sign(&key, &params)?, msg, sig)
    }

    fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
        let (params, msg) = as_params(message)?;
        let key = self.evp.public(pk)?;
        self.verified(&self.to_verify(&key, &params)?, msg, sig)
    }

    fn generator(&self) -> Answer<Generate<'_>> {
        self.evp.generator()
    }

    fn signer(&self, sk: &[u8]) -> Answer<Sign<'_>> {
        let key = self.evp.private(sk)?;
        let context = self.to_sign(&key, &Params::new().integer(c"deterministic", &ONE))?;
        Ok(Box::new(move |msg, sig| self.signed(&context, msg, sig)))
    }

    fn verifier(&self, pk: &[u8]) -> Answer<Verify<'_>> {
        let key = self.evp.public(pk)?;
        let context = self.to_verify(&key, &Params::new())?;
        Ok(Box::new(move |msg, sig| self.verified(&context, msg, sig)))
    }
}

/// The parameters that send the library to this interface of the standard, and what it is handed to sign.
fn as_params(message: Message<'_>) -> Answer<(Params<'_>, &[u8])> {
    match message {
        // What is left out is the context of length zero.
        Message::Pure { msg, ctx: [] } => Ok((Params::new(), msg)),
        Message::Pure { msg, ctx } => Ok((Params::new().octets(c"context-string", ctx), msg)),
        Message::Internal(msg) => Ok((Params::new().integer(c"message-encoding", &ZERO), msg)),
        Message::ExternalMu(mu) => Ok((Params::new().integer(c"mu", &ONE), mu)),
        Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
    }
}
