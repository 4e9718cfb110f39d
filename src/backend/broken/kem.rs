//! The faults of ML-KEM, as functions that stand in for an operation of a good library.

use sha3::{Digest as _, Sha3_256, Sha3_512};
use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};

use super::Answer;
use super::k_pke::{self, Parameters, Rounding};
use crate::backend::{Encapsulated, Kem, Refusal};
use crate::spec::ml_kem;

pub(super) fn encaps_unreduced(good: &dyn Kem, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
    if good.encaps_internal(ek, m, to).is_err() {
        right_length(ek, sizes(good).ek)?;
        right_length(m, ml_kem::M)?;
        encaps_rounding(good, Rounding::Nearest, ek, m, to);
    }
    Ok(())
}

pub(super) fn check_length_of_ek(good: &dyn Kem, ek: &[u8]) -> Answer {
    right_length(ek, sizes(good).ek)
}

pub(super) fn encaps_to_front(good: &dyn Kem, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
    good.encaps_internal(front(ek, sizes(good).ek), m, to)
}

pub(super) fn check_front_of_ek(good: &dyn Kem, ek: &[u8]) -> Answer {
    good.check_ek(front(ek, sizes(good).ek))
}

pub(super) fn decaps_with_any_hash(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    let mut mended = dk.to_vec();
    if let Some(parts) = Parts::of(good, dk) {
        let hash = Sha3_256::digest(parts.ek);
        let at = dk.len() - 64;
        mended[at..at + 32].copy_from_slice(&hash);
    }
    good.decaps(&mended, c, shared_secret)
}

pub(super) fn check_length_of_dk(good: &dyn Kem, dk: &[u8]) -> Answer {
    right_length(dk, sizes(good).dk)
}

pub(super) fn decaps_or_reject(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    good.decaps(dk, c, shared_secret)?;
    if rejected(good, dk, c, shared_secret).is_some() {
        shared_secret.fill(0);
        return Err(Refusal::Rejected("ciphertext"));
    }
    Ok(())
}

pub(super) fn decaps_with_h_for_z(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    good.decaps(dk, c, shared_secret)?;
    if let Some(parts) = rejected(good, dk, c, shared_secret) {
        shared_secret.copy_from_slice(&shake256(&[parts.h, c]));
    }
    Ok(())
}

pub(super) fn decaps_comparing_byte(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    decaps_comparing(good, dk, c, shared_secret, |c, again| c[0] == again[0])
}

pub(super) fn decaps_like_strcmp(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    let string = |bytes: &[u8]| bytes.iter().copied().take_while(|byte| *byte != 0).collect::<Vec<_>>();
    decaps_comparing(good, dk, c, shared_secret, |c, again| string(c) == string(again))
}

/// FIPS 203, Algorithm 18, with another comparison of c and its re-encryption in step 9.
fn decaps_comparing(
    good: &dyn Kem,
    dk: &[u8],
    c: &[u8],
    shared_secret: &mut [u8],
    equal: impl Fn(&[u8], &[u8]) -> bool,
) -> Answer {
    good.decaps(dk, c, shared_secret)?;
    let Some(parts) = rejected(good, dk, c, shared_secret) else { return Ok(()) };
    let m = k_pke::decrypt(Parameters::of(good.algorithm()), Rounding::Nearest, parts.dk_pke, c);
    let (mut again, mut accepted) = (vec![0; c.len()], [0; ml_kem::SHARED_SECRET]);
    let to = &mut Encapsulated { c: &mut again, shared_secret: &mut accepted };
    encaps_rounding(good, Rounding::Nearest, parts.ek, &m, to);
    if equal(c, &again) {
        shared_secret.copy_from_slice(&accepted);
    }
    Ok(())
}

pub(super) fn keygen_swapping(good: &dyn Kem, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
    good.keygen_internal(z, d, ek, dk)
}

/// The initial public draft of FIPS 203: step 1 of K-PKE.KeyGen is G(d), without the byte k.
pub(super) fn keygen_of_draft(good: &dyn Kem, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
    right_length(d, ml_kem::SEED)?;
    right_length(z, ml_kem::SEED)?;
    let (draft_ek, dk_pke) = k_pke::keygen(Parameters::of(good.algorithm()), d);
    ek.copy_from_slice(&draft_ek);
    dk.copy_from_slice(&[&dk_pke[..], &draft_ek, &Sha3_256::digest(&draft_ek), z].concat());
    Ok(())
}

pub(super) fn keygen_constant(good: &dyn Kem, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
    good.keygen_internal(&vec![0; d.len()], z, ek, dk)
}

pub(super) fn encaps_constant(good: &dyn Kem, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
    good.encaps_internal(ek, &vec![0; m.len()], to)
}

pub(super) fn encaps_rounding_down(good: &dyn Kem, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
    good.encaps_internal(ek, m, to)?;
    encaps_rounding(good, Rounding::Down, ek, m, to);
    Ok(())
}

pub(super) fn decaps_rounding_down(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    good.decaps(dk, c, shared_secret)?;
    let Some(parts) = Parts::of(good, dk) else { return Ok(()) };
    let m = k_pke::decrypt(Parameters::of(good.algorithm()), Rounding::Down, parts.dk_pke, c);
    let mut again = vec![0; c.len()];
    let to = &mut Encapsulated { c: &mut again, shared_secret };
    encaps_rounding(good, Rounding::Down, parts.ek, &m, to);
    if again != c {
        shared_secret.copy_from_slice(&shake256(&[parts.z, c]));
    }
    Ok(())
}

/// Kyber, version 3.02, CCAKEM.Enc: m is hashed first, and the secret is hashed with c.
pub(super) fn encaps_of_kyber(good: &dyn Kem, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
    right_length(m, ml_kem::M)?;
    good.encaps_internal(ek, &Sha3_256::digest(m), to)?;
    let hashed = shake256(&[to.shared_secret, &Sha3_256::digest(&*to.c)]);
    to.shared_secret.copy_from_slice(&hashed);
    Ok(())
}

/// Kyber, version 3.02, CCAKEM.Dec.
pub(super) fn decaps_of_kyber(good: &dyn Kem, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
    good.decaps(dk, c, shared_secret)?;
    if let Some(parts) = rejected(good, dk, c, shared_secret) {
        shared_secret.copy_from_slice(parts.z);
    }
    let hashed = shake256(&[shared_secret, &Sha3_256::digest(c)]);
    shared_secret.copy_from_slice(&hashed);
    Ok(())
}

/// FIPS 203, Algorithm 17, without any check of ek.
pub(super) fn encaps_rounding(
    good: &dyn Kem,
    rounding: Rounding,
    ek: &[u8],
    m: &[u8],
    to: &mut Encapsulated<'_>,
) {
    let hashed = Sha3_512::new().chain_update(m).chain_update(Sha3_256::digest(ek)).finalize();
    let (key, r) = hashed.split_at(32);
    to.c.copy_from_slice(&k_pke::encrypt(Parameters::of(good.algorithm()), rounding, ek, m, r));
    to.shared_secret.copy_from_slice(key);
}

/// The parts of a decapsulation key (FIPS 203, Algorithm 16).
struct Parts<'a> {
    dk_pke: &'a [u8],
    ek: &'a [u8],
    h: &'a [u8],
    z: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(good: &dyn Kem, dk: &'a [u8]) -> Option<Self> {
        let sizes = sizes(good);
        if dk.len() != sizes.dk {
            return None;
        }
        let (dk_pke, rest) = dk.split_at(384 * Parameters::of(good.algorithm()).k);
        let (ek, rest) = rest.split_at(sizes.ek);
        let (h, z) = rest.split_at(32);
        Some(Self { dk_pke, ek, h, z })
    }
}

/// The parts of `dk` if the good library rejected `c` implicitly, so that its answer is J(z‖c).
fn rejected<'a>(good: &dyn Kem, dk: &'a [u8], c: &[u8], shared_secret: &[u8]) -> Option<Parts<'a>> {
    Parts::of(good, dk).filter(|parts| shake256(&[parts.z, c]) == shared_secret)
}

fn shake256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Shake256::default();
    for part in parts {
        hasher.update(part);
    }
    let mut digest = [0; 32];
    hasher.finalize_xof().read(&mut digest);
    digest
}

fn sizes(good: &dyn Kem) -> &'static ml_kem::ParameterSet {
    ml_kem::sizes(good.algorithm()).unwrap_or(&ml_kem::ALL[1])
}

fn front(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}

fn right_length(bytes: &[u8], length: usize) -> Answer {
    if bytes.len() == length { Ok(()) } else { Err(Refusal::Rejected("length")) }
}
