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

/// What libraries write before an algorithm's name: OpenSSL, liboqs, wolfSSL, PSA and RFC 8439.
const PREFIXES: [&str; 13] = [
    "",
    "id",
    "idalg",
    "nid",
    "evp",
    "evppkey",
    "oqskem",
    "oqskemalg",
    "oqssig",
    "oqssigalg",
    "wc",
    "psaalg",
    "aead",
];

impl FromStr for Algorithm {
    type Err = UnknownName;

    /// Accepts the name in any case and as libraries write it: `mlkem768`, `ML_KEM_768`, `id-ml-dsa-65`,
    /// `OQS_KEM_alg_ml_kem_768`, `AEAD_CHACHA20_POLY1305`.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let bare = |name: &str| -> String {
            name.chars().filter(|c| !"-_".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
        };
        let written = bare(name);
        let is_it = |algorithm: &Self| {
            let known = bare(algorithm.name());
            written.strip_suffix(&known).is_some_and(|prefix| PREFIXES.contains(&prefix))
        };
        Self::ALL.into_iter().find(is_it).ok_or_else(|| unknown("algorithm", &Self::ALL, Self::name, name))
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
        let is_it = |operation: &Self| operation.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(is_it).ok_or_else(|| unknown("operation", &Self::ALL, Self::name, name))
    }
}

/// The sizes of `algorithm`, if it is a KEM.
pub fn kem(algorithm: Algorithm) -> Option<&'static ml_kem::ParameterSet> {
    ml_kem::ALL.iter().chain(&round3::ALL).find(|set| set.algorithm == algorithm)
}

fn unknown<T: Copy>(
    kind: &'static str,
    all: &[T],
    name_of: fn(T) -> &'static str,
    name: &str,
) -> UnknownName {
    let known: Vec<&str> = all.iter().map(|item| name_of(*item)).collect();
    UnknownName { kind, name: name.to_owned(), known: known.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_understood_as_libraries_write_them() {
        use Algorithm::{
            ChaCha20Poly1305, ClassicMcEliece460896, Kyber512, MlDsa65, MlDsa87, MlKem768, MlKem1024,
        };
        for (name, algorithm) in [
            ("ML-KEM-768", MlKem768),
            ("ml-kem-768", MlKem768),
            ("mlkem768", MlKem768),
            ("MLKEM1024", MlKem1024),
            ("id-alg-ml-kem-768", MlKem768),
            ("NID_ML_KEM_768", MlKem768),
            ("OQS_KEM_alg_ml_kem_768", MlKem768),
            ("WC_ML_KEM_1024", MlKem1024),
            ("MlKem768", MlKem768),
            ("ml_dsa_87", MlDsa87),
            ("MLDSA87", MlDsa87),
            ("id-ml-dsa-65", MlDsa65),
            ("EVP_PKEY_ML_DSA_65", MlDsa65),
            ("OQS_SIG_alg_ml_dsa_65", MlDsa65),
            ("ChaCha20-Poly1305", ChaCha20Poly1305),
            ("chacha20poly1305", ChaCha20Poly1305),
            ("CHACHA20_POLY1305", ChaCha20Poly1305),
            ("EVP_chacha20_poly1305", ChaCha20Poly1305),
            ("AEAD_CHACHA20_POLY1305", ChaCha20Poly1305),
            ("PSA_ALG_CHACHA20_POLY1305", ChaCha20Poly1305),
            ("kyber_512", Kyber512),
            ("classic_mceliece_460896", ClassicMcEliece460896),
        ] {
            assert_eq!(name.parse::<Algorithm>().ok(), Some(algorithm), "{name}");
        }
    }

    #[test]
    fn what_only_contains_a_name_is_unknown() {
        // A hybrid, a cipher suite, another size, another algorithm.
        for name in [
            "X25519MLKEM768",
            "TLS_CHACHA20_POLY1305_SHA256",
            "ML-KEM",
            "ML-KEM-7680",
            "Kyber768",
            "ML KEM 768",
            "",
        ] {
            assert!(name.parse::<Algorithm>().is_err(), "{name}");
        }
    }
}
