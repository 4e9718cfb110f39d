//! The implementations under test, and the three traits through which they are driven.
//!
//! Bytes in and bytes out. An adapter only translates: it adds no check that its library does not
//! make, so a missing check shows up as a failed case. Knows no vector, and of a report only how it names a path.

use crate::image::cpu::Feature;
use crate::spec::Algorithm;
use crate::spec::ml_dsa::Hash;
use installed::Installed;

pub mod broken;
#[cfg(test)]
#[cfg(any(feature = "liboqs", feature = "pqclean", feature = "rustcrypto", feature = "libcrux"))]
#[cfg_attr(not(feature = "rustcrypto"), expect(dead_code, reason = "only RustCrypto has every interface"))]
mod conformance;
pub mod installed;
pub mod key_object;
#[cfg(feature = "libcrux")]
mod libcrux;
#[cfg(feature = "liboqs")]
mod liboqs;
#[cfg(feature = "pqclean")]
mod pqclean;
#[cfg(feature = "rustcrypto")]
mod rustcrypto;
mod seeded;
mod subject;

pub use subject::Subject;

/// Every linked backend, in report order.
pub static ALL: &[&Backend] = &[
    #[cfg(feature = "liboqs")]
    &liboqs::BACKEND,
    #[cfg(feature = "pqclean")]
    &pqclean::BACKEND,
    #[cfg(feature = "rustcrypto")]
    &rustcrypto::BACKEND,
    #[cfg(feature = "libcrux")]
    &libcrux::BACKEND,
];

/// An implementation under test.
pub struct Backend {
    /// The stable name, `liboqs`.
    pub id: &'static str,
    /// The version as the library or the lock file gives it, `0.13.0 (oqs 0.11.0, oqs-sys 0.11.0)`. Of what is not linked, each
    /// path has its own.
    pub version: fn() -> String,
    /// Advisories and limits that a user of this library should know, one sentence each.
    pub notes: &'static [&'static str],
    /// The code paths in this build, the one that the library prefers first.
    pub paths: &'static [&'static CodePath],
}

impl Backend {
    /// The path that the library's own dispatch takes for `algorithm` on this processor.
    pub fn chosen_path(&self, algorithm: Algorithm) -> Option<&'static CodePath> {
        self.paths.iter().copied().find(|path| path.offers(algorithm) && (path.dispatched)())
    }

    /// Whether that is this path of it.
    pub fn chooses(&self, path: &CodePath, algorithm: Algorithm) -> bool {
        self.chosen_path(algorithm).is_some_and(|chosen| std::ptr::eq(chosen, path))
    }

    /// The version of the code behind this path of it; of a library of the image with its file.
    pub fn version_of(&self, path: &CodePath) -> String {
        match path.installed {
            None => (self.version)(),
            Some(installed) => {
                let version = installed.verdict.version.as_deref().unwrap_or("unknown");
                format!("{version} ({})", installed.file.display())
            }
        }
    }
}

/// A way in which a library is known to depart from the standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Departure {
    /// FIPS 203, Section 7.2 is not checked.
    EkModulus,
    /// FIPS 203, Section 7.3 is not checked.
    DkHash,
    /// FIPS 204, Algorithm 25: the range of s1 and s2 is not checked.
    SkRange,
    /// FIPS 204, Algorithm 8, step 13: the norm of z is not checked.
    ZNorm,
    /// FIPS 204, Algorithm 40: a low part of zero is taken for a positive one.
    UseHintZero,
}

impl Departure {
    /// Every departure, in order.
    pub const ALL: [Self; 5] = [Self::EkModulus, Self::DkHash, Self::SkRange, Self::ZNorm, Self::UseHintZero];

    /// The word used in skip reasons, `ek-modulus`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EkModulus => "ek-modulus",
            Self::DkHash => "dk-hash",
            Self::SkRange => "sk-range",
            Self::ZNorm => "z-norm",
            Self::UseHintZero => "use-hint-zero",
        }
    }

    /// What the code does, as the rest of a sentence that begins with its name.
    pub const fn about(self) -> &'static str {
        match self {
            Self::EkModulus => "accepts ML-KEM encapsulation keys that FIPS 203, Section 7.2 refuses",
            Self::DkHash => "accepts ML-KEM decapsulation keys that FIPS 203, Section 7.3 refuses",
            Self::SkRange => {
                "signs with ML-DSA private keys whose s1 or s2 is out of range (FIPS 204, Algorithm 25)"
            }
            Self::ZNorm => "accepts ML-DSA signatures whose z is too large (FIPS 204, Algorithm 8, step 13)",
            Self::UseHintZero => {
                "refuses ML-DSA signatures that use a hint where the low part is zero (FIPS 204, Algorithm 40)"
            }
        }
    }
}

/// One way through a library's code.
pub struct CodePath {
    /// The stable name, `avx2`.
    pub id: &'static str,
    /// What the path needs of the processor.
    pub requires: &'static [Feature],
    /// Whether the library's own dispatch would take this path here, whatever it needs.
    pub dispatched: fn() -> bool,
    /// Sends the library down this path. Called once in the process that runs it, before any call.
    pub enter: fn(),
    /// Ways in which this code is known to depart from the standards. A case that fails for just
    /// that reason is a counted skip; where the library is right after all, it passes.
    pub departures: &'static [Departure],
    /// The KEMs of this path.
    pub kems: &'static [&'static dyn Kem],
    /// The ML-DSA parameter sets of this path.
    pub signatures: &'static [&'static dyn Signature],
    /// The AEADs of this path.
    pub aeads: &'static [&'static dyn Aead],
    /// The file of the image that the path is the code of, where it is not linked.
    pub installed: Option<&'static Installed>,
}

impl CodePath {
    /// The features that the path needs and this processor lacks.
    pub fn lacks(&self) -> Vec<Feature> {
        self.requires.iter().copied().filter(|feature| !feature.is_present()).collect()
    }

    /// Whether this path has `algorithm`.
    pub fn offers(&self, algorithm: Algorithm) -> bool {
        self.kem(algorithm).is_some() || self.signature(algorithm).is_some() || self.aead(algorithm).is_some()
    }

    /// The KEM with this parameter set.
    pub fn kem(&self, algorithm: Algorithm) -> Option<&'static dyn Kem> {
        self.kems.iter().copied().find(|kem| kem.algorithm() == algorithm)
    }

    /// The signature scheme with this parameter set.
    pub fn signature(&self, algorithm: Algorithm) -> Option<&'static dyn Signature> {
        self.signatures.iter().copied().find(|signature| signature.algorithm() == algorithm)
    }

    /// The AEAD of this name.
    pub fn aead(&self, algorithm: Algorithm) -> Option<&'static dyn Aead> {
        self.aeads.iter().copied().find(|aead| aead.algorithm() == algorithm)
    }
}

/// Why a library gave no output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The library has no such entry point; the word names what is missing (`pre-hash`).
    Unsupported(&'static str),
    /// The library, or its types, refused the input; the word says how (`length`, `error code`).
    Rejected(&'static str),
}

/// What a library answers.
pub type Answer<T = ()> = Result<T, Refusal>;

/// An ML-KEM parameter set of a library (FIPS 203), or a KEM from before the standard.
///
/// Every output slice has exactly the length of [`spec::kem`](crate::spec::kem); inputs have any length.
pub trait Kem: Sync {
    /// Which parameter set.
    fn algorithm(&self) -> Algorithm;

    /// FIPS 203, Algorithm 16: `d`, `z` to `ek`, `dk`. Of Classic McEliece `d` alone, and `z` is empty.
    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer;

    /// FIPS 203, Algorithm 17, with the check of `ek` that the library's encapsulation makes.
    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer;

    /// FIPS 203, Algorithm 21, with the check of `dk` that the library's decapsulation makes.
    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer;

    /// The check of FIPS 203, Section 7.2, where the library has it apart from encapsulation.
    fn check_ek(&self, _ek: &[u8]) -> Answer {
        Err(Refusal::Unsupported("ek-check"))
    }

    /// The check of FIPS 203, Section 7.3, where the library has it apart from decapsulation.
    fn check_dk(&self, _dk: &[u8]) -> Answer {
        Err(Refusal::Unsupported("dk-check"))
    }

    /// Key generation that ends with the library's own object; the seed is `d` and `z`.
    fn generator(&self) -> Answer<key_object::Generate<'_>> {
        key_object::none()
    }

    /// Encapsulation to the key `ek`, which the library sets up now and keeps.
    fn encapsulator(&self, _ek: &[u8]) -> Answer<key_object::Encaps<'_>> {
        key_object::none()
    }

    /// Decapsulation with the key `dk`, which the library sets up now and keeps.
    fn decapsulator(&self, _dk: &[u8]) -> Answer<key_object::Decaps<'_>> {
        key_object::none()
    }
}

/// Where an encapsulation goes (FIPS 203, Algorithm 17).
pub struct Encapsulated<'a> {
    /// The ciphertext.
    pub c: &'a mut [u8],
    /// The shared secret K.
    pub shared_secret: &'a mut [u8],
}

/// What is signed, and through which interface of FIPS 204.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// FIPS 204, Algorithms 2 and 3.
    Pure {
        /// The message.
        msg: &'a [u8],
        /// The context string.
        ctx: &'a [u8],
    },
    /// FIPS 204, Algorithms 4 and 5.
    PreHash {
        /// The message, before hashing.
        msg: &'a [u8],
        /// The context string.
        ctx: &'a [u8],
        /// The pre-hash function.
        hash: Hash,
    },
    /// FIPS 204, Algorithms 7 and 8: the formatted message M′.
    Internal(&'a [u8]),
    /// FIPS 204, Algorithm 7 from step 7 on: the message representative µ, computed elsewhere.
    ExternalMu(&'a [u8]),
}

/// What a signature is made of.
#[derive(Clone, Copy)]
pub struct Signing<'a> {
    /// The private key.
    pub sk: &'a [u8],
    /// The message.
    pub message: Message<'a>,
    /// The randomness, 32 bytes; zeros: deterministic.
    pub rnd: &'a [u8],
}

/// A signature and what it claims to be the signature of.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// The public key.
    pub pk: &'a [u8],
    /// The message.
    pub message: Message<'a>,
    /// The signature.
    pub sig: &'a [u8],
}

/// An ML-DSA parameter set of a library (FIPS 204).
///
/// Every output slice has exactly the length of the standard; inputs have any length.
pub trait Signature: Sync {
    /// Which parameter set.
    fn algorithm(&self) -> Algorithm;

    /// FIPS 204, Algorithm 6: `xi` to `pk`, `sk`.
    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer;

    /// FIPS 204, Algorithms 2, 4 and 7.
    fn sign(&self, signing: Signing<'_>, sig: &mut [u8]) -> Answer;

    /// FIPS 204, Algorithms 3, 5 and 8. A signature that does not verify is `Rejected`.
    fn verify(&self, signed: Signed<'_>) -> Answer;

    /// Key generation that ends with the library's own object; the seed is `xi`.
    fn generator(&self) -> Answer<key_object::Generate<'_>> {
        key_object::none()
    }

    /// Signing with the key `sk`, which the library sets up now and keeps.
    fn signer(&self, _sk: &[u8]) -> Answer<key_object::Sign<'_>> {
        key_object::none()
    }

    /// Verification with the key `pk`, which the library sets up now and keeps.
    fn verifier(&self, _pk: &[u8]) -> Answer<key_object::Verify<'_>> {
        key_object::none()
    }
}

/// A plaintext to seal (RFC 8439, Section 2.8).
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The additional data.
    pub aad: &'a [u8],
    /// The plaintext.
    pub plaintext: &'a [u8],
}

/// Where a sealed plaintext goes.
pub struct Sealed<'a> {
    /// As long as the plaintext.
    pub ciphertext: &'a mut [u8],
    /// The tag, 16 bytes.
    pub tag: &'a mut [u8],
}

/// A ciphertext to open (RFC 8439, Section 2.8).
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The additional data.
    pub aad: &'a [u8],
    /// The ciphertext.
    pub ciphertext: &'a [u8],
    /// The tag.
    pub tag: &'a [u8],
}

/// An authenticated cipher of a library (RFC 8439).
pub trait Aead: Sync {
    /// Which cipher.
    fn algorithm(&self) -> Algorithm;

    /// RFC 8439, Section 2.8.
    fn seal(&self, sealing: Sealing<'_>, to: &mut Sealed<'_>) -> Answer;

    /// RFC 8439, Section 2.8: `plaintext` is as long as the ciphertext. A forgery is `Rejected`.
    fn open(&self, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer;

    /// Sealing with `key`, which the library sets up now and keeps.
    fn sealer(&self, _key: &[u8]) -> Answer<key_object::Seal<'_>> {
        key_object::none()
    }

    /// Opening with `key`, which the library sets up now and keeps.
    fn opener(&self, _key: &[u8]) -> Answer<key_object::Open<'_>> {
        key_object::none()
    }
}

/// `input` as the array that a library's type demands; a wrong length is a rejection.
fn exactly<const N: usize>(input: &[u8]) -> Answer<&[u8; N]> {
    input.try_into().map_err(|_| Refusal::Rejected("length"))
}
