//! What the standards say: the algorithms, their operations and their sizes.
//! Knows no implementation, no vector and no I/O.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub mod chacha20_poly1305;
pub mod ml_dsa;
pub mod ml_kem;
pub mod round3;

/// An algorithm with its parameter set, named exactly as NIST or the IETF write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// FIPS 203, Section 8, category 1.
    #[serde(rename = "ML-KEM-512")]
    MlKem512,
    /// FIPS 203, Section 8, category 3.
    #[serde(rename = "ML-KEM-768")]
    MlKem768,
    /// FIPS 203, Section 8, category 5.
    #[serde(rename = "ML-KEM-1024")]
    MlKem1024,
    /// FIPS 204, Section 4, category 2.
    #[serde(rename = "ML-DSA-44")]
    MlDsa44,
    /// FIPS 204, Section 4, category 3.
    #[serde(rename = "ML-DSA-65")]
    MlDsa65,
    /// FIPS 204, Section 4, category 5.
    #[serde(rename = "ML-DSA-87")]
    MlDsa87,
    /// RFC 8439, Section 2.8.
    #[serde(rename = "ChaCha20-Poly1305")]
    ChaCha20Poly1305,
    /// Kyber, version 3.02, as submitted to round 3: no standard, and not ML-KEM.
    #[serde(rename = "Kyber512")]
    Kyber512,
    /// Classic McEliece as in SUPERCOP 20191221, with a ciphertext of 188 bytes: no standard, and neither of the
    /// revisions after it.
    #[serde(rename = "Classic-McEliece-460896")]
    ClassicMcEliece460896,
}

impl Algorithm {
    /// Every algorithm, in the order in which reports show them.
    pub const ALL: [Self; 9] = [
        Self::MlKem512,
        Self::MlKem768,
        Self::MlKem1024,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
        Self::ChaCha20Poly1305,
        Self::Kyber512,
        Self::ClassicMcEliece460896,
    ];

    /// Those that a standard defines. The others are tested where a library of the image has them.
    pub const STANDARDS: [Self; 7] = {
        let [standards @ .., _, _] = Self::ALL;
        standards
    };

    /// What `health` looks at when nothing is said.
    pub const CORE: [Self; 3] = [Self::MlKem768, Self::MlDsa87, Self::ChaCha20Poly1305];

    /// The name as the standard writes it, or else liboqs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MlKem512 => "ML-KEM-512",
            Self::MlKem768 => "ML-KEM-768",
            Self::MlKem1024 => "ML-KEM-1024",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
            Self::Kyber512 => "Kyber512",
            Self::ClassicMcEliece460896 => "Classic-McEliece-460896",
        }
    }

    /// What an algorithm is that no standard defines, in a few words.
    pub const fn instead_of_a_standard(self) -> Option<&'static str> {
        match self {
            Self::Kyber512 => Some("round 3, not ML-KEM"),
            Self::ClassicMcEliece460896 => Some("SUPERCOP-20191221, no standard"),
            _ => None,
        }
    }

    /// The name, and behind it what it is where no standard defines it: `Kyber512 (round 3, not ML-KEM)`.
    pub fn title(self) -> String {
        let name = self.name();
        self.instead_of_a_standard().map_or_else(|| name.to_owned(), |what| format!("{name} ({what})"))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no standard here knows.
#[derive(Debug, thiserror::Error)]
#[error("unknown {kind} `{name}`; known: {known}")]
pub struct UnknownName {
    kind: &'static str,
    name: String,
    known: String,
}

impl FromStr for Algorithm {
    type Err = UnknownName;

    /// Accepts the name in any case.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        named("algorithm", &Self::ALL, Self::name, name)
    }
}

/// What an algorithm does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// FIPS 203, Algorithm 16; FIPS 204, Algorithm 6.
    Keygen,
    /// FIPS 203, Algorithm 17.
    Encaps,
    /// FIPS 203, Algorithm 18.
    Decaps,
    /// FIPS 204, Algorithms 2, 4 and 7.
    Sign,
    /// FIPS 204, Algorithms 3, 5 and 8.
    Verify,
    /// RFC 8439, Section 2.8, encryption.
    Seal,
    /// RFC 8439, Section 2.8, decryption.
    Open,
}

impl Operation {
    /// Every operation, in the order in which reports show them.
    pub const ALL: [Self; 7] =
        [Self::Keygen, Self::Encaps, Self::Decaps, Self::Sign, Self::Verify, Self::Seal, Self::Open];

    /// The word used in reports and filters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keygen => "keygen",
            Self::Encaps => "encaps",
            Self::Decaps => "decaps",
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Seal => "seal",
            Self::Open => "open",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Operation {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        named("operation", &Self::ALL, Self::name, name)
    }
}

/// The sizes of `algorithm`, if it is a KEM.
pub fn kem(algorithm: Algorithm) -> Option<&'static ml_kem::ParameterSet> {
    ml_kem::ALL.iter().chain(&round3::ALL).find(|set| set.algorithm == algorithm)
}

fn named<T: Copy>(
    kind: &'static str,
    all: &[T],
    name_of: fn(T) -> &'static str,
    name: &str,
) -> Result<T, UnknownName> {
    all.iter().copied().find(|item| name_of(*item).eq_ignore_ascii_case(name)).ok_or_else(|| UnknownName {
        kind,
        name: name.to_owned(),
        known: all.iter().map(|item| name_of(*item)).collect::<Vec<_>>().join(", "),
    })
}
