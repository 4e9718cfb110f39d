//! ML-KEM of libcrypto. Only translates: knows nothing of the right answers.

use super::super::super::key_object::{Decaps, Encaps, Generate};
use super::super::super::{Answer, Encapsulated, Kem, Refusal};
use super::super::library::{input, number, output};
use super::{Evp, Owned, Params, imports};
use crate::spec::{Algorithm, ml_kem};

pub(super) struct MlKem {
    evp: Evp,
    set: &'static ml_kem::ParameterSet,
    imports: Imports,
}

imports!(Imports {
    encapsulate_init: c"EVP_PKEY_encapsulate_init",
    encapsulate: c"EVP_PKEY_encapsulate",
    decapsulate_init: c"EVP_PKEY_decapsulate_init",
    decapsulate: c"EVP_PKEY_decapsulate",
});

impl MlKem {
    pub(super) fn new(evp: Evp, set: &'static ml_kem::ParameterSet) -> Self {
        Self { evp, set, imports: Imports::new() }
    }

    /// A context that encapsulates to `key`.
    fn to_encapsulate(&self, key: &Owned<'_>, params: &Params<'_>) -> Answer<Owned<'_>> {
        let context = self.evp.context_of(key)?;
        let arguments = [context.address, params.address()];
        // SAFETY: `int EVP_PKEY_encapsulate_init(EVP_PKEY_CTX *, const OSSL_PARAM *)`, which copies what it keeps.
        unsafe { self.evp.crypto.must(&self.imports.encapsulate_init, &arguments)? };
        Ok(context)
    }

    fn encapsulated(&self, context: &Owned<'_>, to: &mut Encapsulated<'_>) -> Answer {
        let Encapsulated { c, shared_secret } = to;
        let (mut c_length, mut secret_length) = (c.len(), shared_secret.len());
        let arguments = [
            context.address,
            output(c),
            number(&mut c_length),
            output(shared_secret),
            number(&mut secret_length),
        ];
        // SAFETY: `int EVP_PKEY_encapsulate(EVP_PKEY_CTX *, unsigned char *, size_t *, unsigned char *, size_t *)`; each
        // output goes with its length.
        unsafe { self.evp.crypto.must(&self.imports.encapsulate, &arguments)? };
        lengths([(c_length, c.len()), (secret_length, shared_secret.len())])
    }

    fn to_decapsulate(&self, key: &Owned<'_>) -> Answer<Owned<'_>> {
        let context = self.evp.context_of(key)?;
        // SAFETY: `int EVP_PKEY_decapsulate_init(EVP_PKEY_CTX *, const OSSL_PARAM *)`; null stands for no parameters.
        unsafe { self.evp.crypto.must(&self.imports.decapsulate_init, &[context.address, 0])? };
        Ok(context)
    }

    fn decapsulated(&self, context: &Owned<'_>, c: &[u8], shared_secret: &mut [u8]) -> Answer {
        let mut length = shared_secret.len();
        let arguments = [context.address, output(shared_secret), number(&mut length), input(c), c.len()];
        // SAFETY: `int EVP_PKEY_decapsulate(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t)`;
        // output and input go with their lengths.
        unsafe { self.evp.crypto.must(&self.imports.decapsulate, &arguments)? };
        lengths([(length, shared_secret.len())])
    }
}

impl Kem for MlKem {
    fn algorithm(&self) -> Algorithm {
        self.set.algorithm
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        let key = self.evp.generated(&[d, z].concat())?;
        self.evp.export(&key, false, ek)?;
        self.evp.export(&key, true, dk)
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        let key = self.evp.public(ek)?;
        let context = self.to_encapsulate(&key, &Params::new().octets(c"ikme", m))?;
        self.encapsulated(&context, to)
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        let key = self.evp.private(dk)?;
        self.decapsulated(&self.to_decapsulate(&key)?, c, shared_secret)
    }

    fn check_ek(&self, ek: &[u8]) -> Answer {
        self.evp.public(ek).map(drop)
    }

    fn check_dk(&self, dk: &[u8]) -> Answer {
        self.evp.private(dk).map(drop)
    }

    fn generator(&self) -> Answer<Generate<'_>> {
        self.evp.generator()
    }

    fn encapsulator(&self, ek: &[u8]) -> Answer<Encaps<'_>> {
        let key = self.evp.public(ek)?;
        let context = self.to_encapsulate(&key, &Params::new())?;
        Ok(Box::new(move |m, to| {
            // It is forgotten with each encapsulation.
            self.evp.set(&context, c"ikme", m)?;
            self.encapsulated(&context, to)
        }))
    }

    fn decapsulator(&self, dk: &[u8]) -> Answer<Decaps<'_>> {
        let key = self.evp.private(dk)?;
        let context = self.to_decapsulate(&key)?;
        Ok(Box::new(move |c, shared_secret| self.decapsulated(&context, c, shared_secret)))
    }
}

fn lengths<const N: usize>(pairs: [(usize, usize); N]) -> Answer {
    if pairs.iter().all(|(said, expected)| said == expected) {
        Ok(())
    } else {
        Err(Refusal::Rejected("output length"))
    }
}
