//! ML-KEM of libcrypto. Only translates: knows nothing of the right answers.

use super::super::super::key_object::{Decaps, Encaps, Generate};
use super::super::super::{Answer, Encapsulated, Kem, Refusal};
use super::super::library::{Import, input, number, output};
use super::{Evp, Owned, Params};
use crate::spec::{Algorithm, ml_kem};

pub(super) struct MlKem {
    pub(super) evp: Evp,
    pub(super) set: &'static ml_kem::ParameterSet,
    pub(super) imports: Imports,
}

pub(super) struct Imports {
    encapsulate_init: Import,
    encapsulate: Import,
    decapsulate_init: Import,
    decapsulate: Import,
}

impl MlKem {
    pub(super) fn new(evp: Evp, set: &'static ml_kem::ParameterSet) -> Self {
        let imports = Imports {
            encapsulate_init: Import::new(c"EVP_PKEY_encapsulate_init"),
            encapsulate: Import::new(c"EVP_PKEY_encapsulate"),
            decapsulate_init: Import::new(c"EVP_PKEY_decapsulate_init"),
            decapsulate: Import::new(c"EVP_PKEY_decapsulate"),
        };
        Self { evp, set, imports }
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
        self.evp.must(&self.imports.encapsulate, &arguments)?;
        lengths([(c_length, c.len()), (secret_length, shared_secret.len())])
    }

    fn to_decapsulate(&self, key: &Owned<'_>) -> Answer<Owned<'_>> {
        let context = self.evp.context_of(key)?;
        self.evp.must(&self.imports.decapsulate_init, &[context.address, 0])?;
        Ok(context)
    }

    fn decapsulated(&self, context: &Owned<'_>, c: &[u8], shared_secret: &mut [u8]) -> Answer {
        let mut length = shared_secret.len();
        let arguments = [context.address, output(shared_secret), number(&mut length), input(c), c.len()];
        self.evp.must(&self.imports.decapsulate, &arguments)?;
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
        let context = self.evp.context_of(&key)?;
        let params = Params::new().octets(c"ikme", m);
        self.evp.must(&self.imports.encapsulate_init, &[context.address, params.address()])?;
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
        let context = self.evp.context_of(&key)?;
        self.evp.must(&self.imports.encapsulate_init, &[context.address, 0])?;
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
