//! ML-DSA: the sizes of FIPS 204, Table 2, and the hash functions of HashML-DSA.

use super::Algorithm;

/// Bytes of the key generation seed ξ (FIPS 204, Algorithm 6).
pub const XI: usize = 32;
/// Bytes of the signing randomness `rnd` (FIPS 204, Algorithm 7); all zero means deterministic.
pub const RND: usize = 32;
/// Bytes of the message representative µ (FIPS 204, Algorithm 7, step 6).
pub const MU: usize = 64;
/// The longest context string in bytes (FIPS 204, Algorithm 2).
pub const MAX_CTX: usize = 255;

/// Sizes in bytes of one parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterSet {
    /// Which one.
    pub algorithm: Algorithm,
    /// Public key.
    pub pk: usize,
    /// Expanded private key.
    pub sk: usize,
    /// Signature.
    pub sig: usize,
}

/// The three parameter sets.
pub static ALL: [ParameterSet; 3] = [
    ParameterSet { algorithm: Algorithm::MlDsa44, pk: 1312, sk: 2560, sig: 2420 },
    ParameterSet { algorithm: Algorithm::MlDsa65, pk: 1952, sk: 4032, sig: 3309 },
    ParameterSet { algorithm: Algorithm::MlDsa87, pk: 2592, sk: 4896, sig: 4627 },
];

/// The sizes of `algorithm`, if it is an ML-DSA.
pub fn sizes(algorithm: Algorithm) -> Option<&'static ParameterSet> {
    ALL.iter().find(|set| set.algorithm == algorithm)
}

/// A pre-hash function of HashML-DSA (FIPS 204, Section 5.4.1).
///
/// The discriminant is the last byte of its object identifier 2.16.840.1.101.3.4.2.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "each name is the function's own")]
pub enum Hash {
    Sha2_256 = 1,
    Sha2_384 = 2,
    Sha2_512 = 3,
    Sha2_224 = 4,
    Sha2_512_224 = 5,
    Sha2_512_256 = 6,
    Sha3_224 = 7,
    Sha3_256 = 8,
    Sha3_384 = 9,
    Sha3_512 = 10,
    Shake128 = 11,
    Shake256 = 12,
}

impl Hash {
    /// Every pre-hash function, in the order of the object identifiers.
    pub const ALL: [Self; 12] = [
        Self::Sha2_256,
        Self::Sha2_384,
        Self::Sha2_512,
        Self::Sha2_224,
        Self::Sha2_512_224,
        Self::Sha2_512_256,
        Self::Sha3_224,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
        Self::Shake128,
        Self::Shake256,
    ];

    /// The name as ACVP writes it (`SHA2-512/256`, `SHAKE-128`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha2_256 => "SHA2-256",
            Self::Sha2_384 => "SHA2-384",
            Self::Sha2_512 => "SHA2-512",
            Self::Sha2_224 => "SHA2-224",
            Self::Sha2_512_224 => "SHA2-512/224",
            Self::Sha2_512_256 => "SHA2-512/256",
            Self::Sha3_224 => "SHA3-224",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
            Self::Shake128 => "SHAKE-128",
            Self::Shake256 => "SHAKE-256",
        }
    }

    /// The function with this ACVP name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.name() == name)
    }

    /// The digest of `msg`, of the length that FIPS 204, Algorithm 4 asks for: of SHAKE128 256 bits, of SHAKE256 512.
    pub fn digest(self, msg: &[u8]) -> Vec<u8> {
        fn fixed<D: sha2::Digest>(msg: &[u8]) -> Vec<u8> {
            D::digest(msg).to_vec()
        }
        fn extendable<D: shake::digest::ExtendableOutput + Default + shake::digest::Update>(
            msg: &[u8],
            bytes: usize,
        ) -> Vec<u8> {
            let mut digest = vec![0; bytes];
            let mut hash = D::default();
            hash.update(msg);
            hash.finalize_xof_into(&mut digest);
            digest
        }
        match self {
            Self::Sha2_224 => fixed::<sha2::Sha224>(msg),
            Self::Sha2_256 => fixed::<sha2::Sha256>(msg),
            Self::Sha2_384 => fixed::<sha2::Sha384>(msg),
            Self::Sha2_512 => fixed::<sha2::Sha512>(msg),
            Self::Sha2_512_224 => fixed::<sha2::Sha512_224>(msg),
            Self::Sha2_512_256 => fixed::<sha2::Sha512_256>(msg),
            Self::Sha3_224 => fixed::<sha3::Sha3_224>(msg),
            Self::Sha3_256 => fixed::<sha3::Sha3_256>(msg),
            Self::Sha3_384 => fixed::<sha3::Sha3_384>(msg),
            Self::Sha3_512 => fixed::<sha3::Sha3_512>(msg),
            Self::Shake128 => extendable::<shake::Shake128>(msg, 32),
            Self::Shake256 => extendable::<shake::Shake256>(msg, 64),
        }
    }

    /// The function whose object identifier ends in `last`, if there is one.
    pub fn from_oid(last: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| *hash as u8 == last)
    }
}

/// The formatted message M′ of HashML-DSA: 1, the length of the context, the context, the object identifier of the
/// function, the digest (FIPS 204, Algorithm 4, line 23). Nothing where the context is longer than [`MAX_CTX`].
pub fn formatted(hash: Hash, msg: &[u8], ctx: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(ctx.len()).ok()?;
    let oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash as u8];
    Some([&[1, length], ctx, &oid, &hash.digest(msg)].concat())
}
