//! Known departures from the standards: whether an input is wrong in just the way that one overlooks, and what a
//! report says of those that were seen. Knows no library: the inputs are looked at by themselves.

use sha3::{Digest as _, Sha3_256};

use crate::backend::Departure;
use crate::report::{CaseResult, Outcome, Report};
use crate::spec::{Algorithm, ml_dsa, ml_kem};

/// The modulus of ML-KEM (FIPS 203, Section 2.4).
const Q: u32 = 3329;

/// Whether `ek` has its length, and a coefficient that FIPS 203, Section 7.2 refuses.
pub(super) fn ek_unreduced(set: &ml_kem::ParameterSet, ek: &[u8]) -> bool {
    // FIPS 203, Algorithm 13: twelve bits a coefficient, and 32 bytes of ρ behind them.
    ek.len() == set.ek && numbers(&ek[..set.ek - 32], 12).any(|coefficient| coefficient >= Q)
}

/// Whether `dk` has its length, and a hash that FIPS 203, Section 7.3 refuses.
pub(super) fn dk_altered(set: &ml_kem::ParameterSet, dk: &[u8]) -> bool {
    if dk.len() != set.dk {
        return false;
    }
    // FIPS 203, Algorithm 16: dk_PKE, ek, H(ek), z.
    let (rest, hash) = dk[..set.dk - 32].split_at(set.dk - 64);
    Sha3_256::digest(&rest[rest.len() - set.ek..])[..] != *hash
}

/// Whether `sk` has its length, and a coefficient of s1 or s2 out of range (FIPS 204, Algorithm 25).
pub(super) fn sk_out_of_range(set: &ml_dsa::ParameterSet, sk: &[u8]) -> bool {
    // FIPS 204, Table 1: k + ℓ polynomials, with η as twice itself and in bits.
    let (polynomials, twice_eta, bits) = match set.algorithm {
        Algorithm::MlDsa44 => (4 + 4, 4, 3),
        Algorithm::MlDsa65 => (6 + 5, 8, 4),
        _ => (8 + 7, 4, 3),
    };
    // FIPS 204, Algorithm 24: ρ, K and tr come first.
    sk.len() == set.sk
        && numbers(&sk[128..][..polynomials * 32 * bits], bits).any(|number| number > twice_eta)
}

/// Whether `sig` has its length, and a z outside of ‖z‖∞ < γ1 − β (FIPS 204, Algorithm 8, step 13).
pub(super) fn z_too_large(set: &ml_dsa::ParameterSet, sig: &[u8]) -> bool {
    // FIPS 204, Table 1: λ/4 bytes of the commitment hash, ℓ, log2(γ1), and β = τ·η.
    let (c_tilde, l, gamma1_bits, beta) = match set.algorithm {
        Algorithm::MlDsa44 => (32, 4, 17, 78),
        Algorithm::MlDsa65 => (48, 5, 19, 196),
        _ => (64, 7, 19, 120),
    };
    let (gamma1, width) = (1_u32 << gamma1_bits, gamma1_bits + 1);
    // FIPS 204, Algorithm 19: a coefficient is γ1 minus the packed number.
    sig.len() == set.sig
        && numbers(&sig[c_tilde..][..l * 32 * width], width)
            .any(|number| number.abs_diff(gamma1) >= gamma1 - beta)
}

/// The reason of a skip for which a known departure is the cause.
pub(super) fn skip_reason(departure: Departure) -> String {
    format!("known-departure: {}", departure.name())
}

/// How libraries depart from the standards, as far as these cases have seen it.
pub(super) fn warnings(cases: &[CaseResult]) -> Vec<String> {
    let mut warnings = Vec::new();
    for departure in Departure::ALL {
        let departed = Outcome::Skip { reason: skip_reason(departure) };
        let seen: Vec<&CaseResult> = cases.iter().filter(|case| case.outcome == departed).collect();
        let mut names: Vec<String> =
            seen.iter().map(|case| format!("{}/{}", case.backend, case.path)).collect();
        names.dedup();
        if !names.is_empty() {
            let cases = if seen.len() == 1 { "case" } else { "cases" };
            warnings.push(format!("{}: {} ({} {cases})", names.join(", "), departure.about(), seen.len()));
        }
    }
    warnings
}

/// The warnings of a report that are no such ones.
pub(super) fn other_warnings(report: &Report) -> impl Iterator<Item = &String> {
    let counted = warnings(&report.cases);
    report.warnings.iter().filter(move |warning| !counted.contains(warning))
}

/// The numbers of `width` bits that are packed in `bytes`, lowest bit first.
fn numbers(bytes: &[u8], width: usize) -> impl Iterator<Item = u32> {
    (0..bytes.len() * 8 / width).map(move |index| {
        (0..width).fold(0, |number, bit| {
            let at = index * width + bit;
            number | u32::from(bytes[at / 8] >> (at % 8) & 1) << bit
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ml_dsa::ALL;
    use crate::spec::{ml_dsa::ParameterSet, ml_kem};

    /// A signature all of whose z is zero, with `number` packed as its first coefficient.
    fn signature(set: &ParameterSet, number: u32) -> Vec<u8> {
        let (c_tilde, width) = match set.algorithm {
            Algorithm::MlDsa44 => (32, 18),
            Algorithm::MlDsa65 => (48, 20),
            _ => (64, 20),
        };
        let mut sig = vec![0; set.sig];
        for at in 0..(set.sig - c_tilde) * 8 / width {
            let number = if at == 0 { number } else { 1 << (width - 1) };
            for bit in (0..width).filter(|bit| number >> bit & 1 == 1) {
                let bit = at * width + bit;
                sig[c_tilde + bit / 8] |= 1 << (bit % 8);
            }
        }
        sig
    }

    #[test]
    fn the_norm_of_z_is_judged_at_its_bound() {
        for (set, gamma1, beta) in [(&ALL[0], 1 << 17, 78), (&ALL[1], 1 << 19, 196), (&ALL[2], 1 << 19, 120)]
        {
            let bound = gamma1 - beta;
            for (z, exceeds) in
                [(0, false), (bound - 1, false), (1 - bound, false), (bound, true), (-bound, true)]
            {
                let sig = signature(set, u32::try_from(gamma1 - z).unwrap());
                assert_eq!(z_too_large(set, &sig), exceeds, "{} {z}", set.algorithm);
                assert!(!z_too_large(set, &sig[1..]), "another length");
            }
        }
    }

    #[test]
    fn an_ek_is_judged_at_the_modulus_and_by_its_length() {
        for set in &ml_kem::ALL {
            let mut ek = vec![0; set.ek];
            // The last coefficient is 3328 = 0xd00, then 3329; what follows is no coefficient.
            let last = set.ek - 32 - 2;
            (ek[last], ek[last + 1]) = (0x00, 0xd0);
            ek[set.ek - 1] = 0xff;
            assert!(!ek_unreduced(set, &ek), "{}", set.algorithm);
            (ek[last], ek[last + 1]) = (0x10, 0xd0);
            assert!(ek_unreduced(set, &ek), "{}", set.algorithm);
            ek.push(0);
            assert!(!ek_unreduced(set, &ek), "another length");
        }
    }

    #[test]
    fn a_dk_is_judged_by_the_hash_of_its_ek() {
        for set in &ml_kem::ALL {
            let mut dk = vec![7; set.dk];
            let hash = Sha3_256::digest(vec![7; set.ek]);
            dk[set.dk - 64..set.dk - 32].copy_from_slice(&hash);
            assert!(!dk_altered(set, &dk), "{}", set.algorithm);
            dk[set.dk - 64] ^= 1;
            assert!(dk_altered(set, &dk), "{}", set.algorithm);
            assert!(!dk_altered(set, &dk[1..]), "another length");
        }
    }

    #[test]
    fn an_sk_is_judged_by_its_short_vectors_alone() {
        for set in &ALL {
            let mut sk = vec![0; set.sk];
            sk[127] = 0xff;
            sk[set.sk - 1] = 0xff;
            assert!(!sk_out_of_range(set, &sk), "{}", set.algorithm);
            sk[128] = 0xff;
            assert!(sk_out_of_range(set, &sk), "{}", set.algorithm);
        }
    }
}
