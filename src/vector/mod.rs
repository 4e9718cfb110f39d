//! Published vectors as cases. Knows formats, not implementations.

use std::borrow::Cow;

use crate::spec::ml_dsa::Hash;
use crate::spec::{Algorithm, Operation};

pub mod accumulated;
pub mod acvp;
pub mod packed;
pub mod readings;
pub mod revision;
pub mod rsp;
pub mod wycheproof;

mod content;
mod drbg;
mod error;
mod field;
mod file;
mod json;
mod open;
mod pair;

pub use error::Error;
pub use field::Fault;
pub use file::{Suite, read, read_noting};

/// The formats that [`read`] knows: id and what it is. The format is found from the content.
pub const FORMATS: &[(&str, &str)] = &[
    ("acvp", "NIST ACVP: internalProjection.json, or prompt.json with expectedResults.json"),
    ("wycheproof", "Wycheproof v1 JSON"),
    ("rsp", "NIST .rsp response files"),
];

/// Bytes that are borrowed from the embedded corpus or owned by a parsed file.
pub type Bytes<'a> = Cow<'a, [u8]>;

/// One published question with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    /// The name within the suite, `tc26` or `count7`.
    pub name: Cow<'a, str>,
    /// What is tested.
    pub algorithm: Algorithm,
    /// The operation that the case is about.
    pub operation: Operation,
    /// The class that the publisher put the case in: ACVP function, group and reason, Wycheproof flags.
    pub class: Cow<'a, str>,
    /// Why the published answer itself is known to be wrong, if it is.
    pub bad: Option<&'static str>,
    /// What to do, and what must come of it.
    pub task: Task<'a>,
}

/// A published output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected<'a> {
    /// The value itself.
    Value(Bytes<'a>),
    /// Its SHA-256.
    Sha256(Bytes<'a>),
    /// Nothing but that there is one.
    Unpublished,
}

/// What must come of an operation: an output, or a rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// The operation succeeds with this output.
    Accept(T),
    /// The operation refuses its input.
    Reject,
    /// FIPS 203 and FIPS 204 leave it open; either the output or a rejection is right.
    Either(T),
}

/// A private key as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateKey<'a> {
    /// The seed from which the key is generated: d‖z for ML-KEM, ξ for ML-DSA. Of any length.
    Seed(Bytes<'a>),
    /// The expanded key, `dk` or `sk`. Of any length.
    Expanded(Bytes<'a>),
}

/// What is signed, and through which interface of FIPS 204.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// FIPS 204, Algorithms 2 and 3.
    Pure {
        /// The message.
        msg: Bytes<'a>,
        /// The context string.
        ctx: Bytes<'a>,
    },
    /// FIPS 204, Algorithms 4 and 5.
    PreHash {
        /// The message, before hashing.
        msg: Bytes<'a>,
        /// The context string.
        ctx: Bytes<'a>,
        /// The pre-hash function.
        hash: Hash,
    },
    /// FIPS 204, Algorithms 7 and 8: the formatted message M′.
    Internal(Bytes<'a>),
    /// FIPS 204, Algorithm 7 from step 7 on: the message representative µ.
    ExternalMu(Bytes<'a>),
}

/// What to do, and what must come of it. Names and steps are those of the standards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task<'a> {
    /// FIPS 203, Algorithm 16.
    KemKeygen {
        /// d‖z, 64 bytes when valid.
        seed: Bytes<'a>,
        /// The keys, as far as they are published.
        answer: Answer<KemKeys<'a>>,
    },
    /// FIPS 203, Algorithm 17, behind the check of Section 7.2.
    KemEncaps {
        /// The encapsulation key.
        ek: Bytes<'a>,
        /// The randomness.
        m: Bytes<'a>,
        /// Ciphertext and shared secret.
        answer: Answer<Encapsulation<'a>>,
    },
    /// FIPS 203, Algorithm 21; from a seed, after Algorithm 16.
    KemDecaps {
        /// The decapsulation key.
        key: PrivateKey<'a>,
        /// The encapsulation key that a seed must give, if it is published.
        ek: Option<Expected<'a>>,
        /// The ciphertext.
        c: Bytes<'a>,
        /// The shared secret: of an altered ciphertext, the one of implicit rejection.
        answer: Answer<Expected<'a>>,
    },
    /// FIPS 203, Section 7.2.
    KemCheckEk {
        /// The encapsulation key.
        ek: Bytes<'a>,
        /// Whether it is valid.
        valid: bool,
    },
    /// FIPS 203, Section 7.3.
    KemCheckDk {
        /// The decapsulation key; a seed is valid by its length.
        key: PrivateKey<'a>,
        /// Whether it is valid.
        valid: bool,
    },
    /// Key generation, encapsulation, decapsulation and, where published, implicit rejection.
    KemRoundTrip {
        /// d‖z.
        seed: Bytes<'a>,
        /// The encapsulation randomness.
        m: Bytes<'a>,
        /// Both keys.
        keys: KemKeys<'a>,
        /// Ciphertext and shared secret.
        encapsulation: Encapsulation<'a>,
        /// An altered ciphertext, and the secret that its decapsulation must give.
        rejection: Option<(Bytes<'a>, Expected<'a>)>,
    },
    /// FIPS 204, Algorithm 6.
    DsaKeygen {
        /// ξ, 32 bytes when valid.
        xi: Bytes<'a>,
        /// The keys.
        answer: Answer<DsaKeys<'a>>,
    },
    /// FIPS 204, Algorithms 2, 4 and 7.
    DsaSign {
        /// The private key.
        key: PrivateKey<'a>,
        /// The public key that a seed must give, if it is published.
        pk: Option<Expected<'a>>,
        /// What is signed.
        message: Message<'a>,
        /// 32 bytes; zeros for the deterministic variant.
        rnd: Bytes<'a>,
        /// The signature.
        answer: Answer<Expected<'a>>,
    },
    /// FIPS 204, Algorithms 3, 5 and 8.
    DsaVerify {
        /// The public key.
        pk: Bytes<'a>,
        /// What was signed.
        message: Message<'a>,
        /// The signature.
        sig: Bytes<'a>,
        /// Whether it is valid.
        valid: bool,
    },
    /// Key generation, signing and verification.
    DsaRoundTrip {
        /// ξ.
        xi: Bytes<'a>,
        /// The signing randomness.
        rnd: Bytes<'a>,
        /// What is signed.
        message: Message<'a>,
        /// Both keys.
        keys: DsaKeys<'a>,
        /// The signature.
        sig: Expected<'a>,
    },
    /// RFC 8439, Section 2.8. A valid case is sealed and opened, an invalid one must not open.
    Aead {
        /// The key.
        key: Bytes<'a>,
        /// The nonce.
        nonce: Bytes<'a>,
        /// The additional data.
        aad: Bytes<'a>,
        /// The plaintext.
        plaintext: Bytes<'a>,
        /// The ciphertext, without the tag.
        ciphertext: Bytes<'a>,
        /// The tag.
        tag: Bytes<'a>,
        /// Whether the tag belongs to the rest.
        valid: bool,
    },
    /// Many seeded round trips in one digest; see [`accumulated`].
    Accumulated {
        /// How many round trips.
        count: u64,
        /// Which block of a run that is cut into blocks.
        block: Option<u64>,
        /// The published digest, where there is one.
        digest: Option<[u8; 32]>,
    },
}

/// The output of ML-KEM key generation, as far as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KemKeys<'a> {
    /// Encapsulation key.
    pub ek: Option<Expected<'a>>,
    /// Decapsulation key.
    pub dk: Option<Expected<'a>>,
}

/// The output of encapsulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encapsulation<'a> {
    /// Ciphertext.
    pub c: Expected<'a>,
    /// Shared secret.
    pub shared_secret: Expected<'a>,
}

/// The output of ML-DSA key generation, as far as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DsaKeys<'a> {
    /// Public key.
    pub pk: Option<Expected<'a>>,
    /// Private key.
    pub sk: Option<Expected<'a>>,
}
