//! An ML-DSA verification of our own (FIPS 204, Algorithm 8), for the faults that lie inside it.
//!
//! Plain arithmetic and slow. Knows no fault but the checks that it is told to leave out.

use shake::{ExtendableOutput as _, Shake128, Shake256, Shake256Reader, Update as _, XofReader as _};

use crate::backend::Message;
use crate::spec::Algorithm;

const Q: i64 = 8_380_417;
/// The primitive 512-th root of unity (FIPS 204, Section 2.3).
const ZETA: i64 = 1753;

type Polynomial = [i64; 256];

/// A check of FIPS 204 to leave out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Without {
    /// Algorithm 8, step 13: the infinity norm of z is below γ1 − β.
    NormOfZ,
    /// Algorithm 21, step 9: the indices of a polynomial's hints strictly increase.
    DistinctHints,
}

/// FIPS 204, Table 1.
struct Parameters {
    k: usize,
    l: usize,
    tau: usize,
    beta: i64,
    gamma1_bits: usize,
    gamma2: i64,
    omega: usize,
    w1_bits: usize,
    c_tilde: usize,
}

impl Parameters {
    const fn of(algorithm: Algorithm) -> Self {
        const Q_88: i64 = (Q - 1) / 88;
        const Q_32: i64 = (Q - 1) / 32;
        let (k, l, tau, beta, gamma1_bits, gamma2, omega, w1_bits, c_tilde) = match algorithm {
            Algorithm::MlDsa44 => (4, 4, 39, 78, 17, Q_88, 80, 6, 32),
            Algorithm::MlDsa65 => (6, 5, 49, 196, 19, Q_32, 55, 4, 48),
            _ => (8, 7, 60, 120, 19, Q_32, 75, 4, 64),
        };
        Self { k, l, tau, beta, gamma1_bits, gamma2, omega, w1_bits, c_tilde }
    }
}

/// Where in a signature the indices of the hints begin, and where their ends do.
pub(super) const fn hints(algorithm: Algorithm) -> (usize, usize) {
    let Parameters { l, gamma1_bits, omega, c_tilde, .. } = Parameters::of(algorithm);
    let start = c_tilde + l * 32 * (gamma1_bits + 1);
    (start, start + omega)
}

/// Whether the signature verifies; `pk` and `sig` have the lengths of the standard.
pub(super) fn verify(
    algorithm: Algorithm,
    without: Without,
    pk: &[u8],
    message: Message<'_>,
    sig: &[u8],
) -> bool {
    let parameters = Parameters::of(algorithm);
    let Parameters { k, l, tau, beta, gamma1_bits, gamma2, .. } = parameters;
    let Some(mu) = message_representative(pk, message) else { return false };

    // Algorithms 23 and 27, pkDecode and sigDecode.
    let (rho, t1) = pk.split_at(32);
    let (c_tilde, rest) = sig.split_at(parameters.c_tilde);
    let (z, y) = rest.split_at(l * 32 * (gamma1_bits + 1));
    let Some(h) = hint_bit_unpack(&parameters, without, y) else { return false };
    let gamma1 = 1 << gamma1_bits;
    let mut z: Vec<Polynomial> = z
        .chunks(32 * (gamma1_bits + 1))
        .map(|z| simple_bit_unpack(gamma1_bits + 1, z).map(|packed| gamma1 - packed))
        .collect();
    let in_bounds = z.iter().flatten().all(|z| z.abs() < gamma1 - beta);
    if !in_bounds && without != Without::NormOfZ {
        return false;
    }

    let mut c = sample_in_ball(tau, c_tilde);
    ntt(&mut c);
    z.iter_mut().for_each(ntt);
    let mut commitment = shake256(&[&mu]);
    let mut packed = Vec::new();
    for (r, t1) in t1.chunks(320).enumerate() {
        let mut t1 = simple_bit_unpack(10, t1).map(|t1| t1 << 13);
        ntt(&mut t1);
        let mut w: Polynomial = std::array::from_fn(|i| -c[i] * t1[i] % Q);
        for (s, z) in z.iter().enumerate() {
            let a = rej_ntt_poly(rho, s, r);
            w = std::array::from_fn(|i| (w[i] + a[i] * z[i]) % Q);
        }
        inverse_ntt(&mut w);
        let w1: Polynomial = std::array::from_fn(|i| use_hint(gamma2, h[r * 256 + i], w[i]));
        packed.extend(simple_bit_pack(parameters.w1_bits, &w1));
    }
    debug_assert_eq!(packed.len(), k * 32 * parameters.w1_bits);
    commitment.update(&packed);
    let mut again = vec![0; c_tilde.len()];
    commitment.finalize_xof().read(&mut again);
    again == c_tilde
}

/// Algorithms 3 and 8: µ, where the interface is one of those that are modelled here.
fn message_representative(pk: &[u8], message: Message<'_>) -> Option<[u8; 64]> {
    let tr = read(shake256(&[pk]).finalize_xof());
    let mu = |parts: &[&[u8]]| {
        let mut hasher = shake256(&[&tr]);
        parts.iter().for_each(|part| hasher.update(part));
        read(hasher.finalize_xof())
    };
    match message {
        Message::Pure { msg, ctx } => Some(mu(&[&[0, u8::try_from(ctx.len()).ok()?], ctx, msg])),
        Message::PreHash { .. } => None,
        Message::Internal(formatted) => Some(mu(&[formatted])),
        Message::ExternalMu(mu) => mu.try_into().ok(),
    }
}

/// Algorithm 21, HintBitUnpack.
fn hint_bit_unpack(parameters: &Parameters, without: Without, y: &[u8]) -> Option<Vec<bool>> {
    let (indices, ends) = y.split_at(parameters.omega);
    let mut h = vec![false; 256 * parameters.k];
    let mut start = 0;
    for (i, end) in ends.iter().map(|end| usize::from(*end)).enumerate() {
        let indices = indices.get(start..end)?;
        let ordered = match without {
            Without::DistinctHints => indices.is_sorted(),
            Without::NormOfZ => indices.is_sorted_by(|a, b| a < b),
        };
        if !ordered {
            return None;
        }
        for index in indices {
            h[256 * i + usize::from(*index)] = true;
        }
        start = end;
    }
    indices[start..].iter().all(|index| *index == 0).then_some(h)
}

/// Algorithm 29, SampleInBall.
fn sample_in_ball(tau: usize, c_tilde: &[u8]) -> Polynomial {
    let mut xof = shake256(&[c_tilde]).finalize_xof();
    let mut signs = [0; 8];
    xof.read(&mut signs);
    let signs = u64::from_le_bytes(signs);
    let mut c = [0; 256];
    for i in 256 - tau..256 {
        let mut j = [0];
        xof.read(&mut j);
        while usize::from(j[0]) > i {
            xof.read(&mut j);
        }
        let j = usize::from(j[0]);
        c[i] = c[j];
        c[j] = if signs >> (i + tau - 256) & 1 == 1 { -1 } else { 1 };
    }
    c
}

/// Algorithm 30, RejNTTPoly.
fn rej_ntt_poly(rho: &[u8], s: usize, r: usize) -> Polynomial {
    let mut xof = Shake128::default();
    xof.update(rho);
    xof.update(&[s as u8, r as u8]);
    let mut xof = xof.finalize_xof();
    std::array::from_fn(|_| {
        loop {
            let mut b = [0; 3];
            xof.read(&mut b);
            let candidate = i64::from(b[0]) | i64::from(b[1]) << 8 | i64::from(b[2] & 0x7f) << 16;
            if candidate < Q {
                return candidate;
            }
        }
    })
}

/// Algorithms 36 and 40, Decompose and UseHint.
fn use_hint(gamma2: i64, hint: bool, r: i64) -> i64 {
    let r = r.rem_euclid(Q);
    let mut r0 = r % (2 * gamma2);
    if r0 > gamma2 {
        r0 -= 2 * gamma2;
    }
    let (r1, r0) = if r - r0 == Q - 1 { (0, r0 - 1) } else { ((r - r0) / (2 * gamma2), r0) };
    let m = (Q - 1) / (2 * gamma2);
    match (hint, r0 > 0) {
        (false, _) => r1,
        (true, true) => (r1 + 1) % m,
        (true, false) => (r1 + m - 1) % m,
    }
}

/// Algorithm 41.
fn ntt(w: &mut Polynomial) {
    let mut m = 0;
    for length in [128, 64, 32, 16, 8, 4, 2, 1] {
        for start in (0..256).step_by(2 * length) {
            m += 1;
            let zeta = power_of_zeta(m);
            for j in start..start + length {
                let t = zeta * w[j + length] % Q;
                w[j + length] = (w[j] - t) % Q;
                w[j] = (w[j] + t) % Q;
            }
        }
    }
}

/// Algorithm 42.
fn inverse_ntt(w: &mut Polynomial) {
    let mut m = 256;
    for length in [1, 2, 4, 8, 16, 32, 64, 128] {
        for start in (0..256).step_by(2 * length) {
            m -= 1;
            let zeta = -power_of_zeta(m);
            for j in start..start + length {
                let t = w[j];
                w[j] = (t + w[j + length]) % Q;
                w[j + length] = zeta * ((t - w[j + length]) % Q) % Q;
            }
        }
    }
    for coefficient in w {
        *coefficient = *coefficient * 8_347_681 % Q;
    }
}

/// ζ to the power BitRev8(m).
fn power_of_zeta(m: usize) -> i64 {
    (0..(m as u8).reverse_bits()).fold(1, |power, _| power * ZETA % Q)
}

/// Algorithm 16, SimpleBitPack.
fn simple_bit_pack(bits: usize, w: &Polynomial) -> Vec<u8> {
    let mut bytes = vec![0; 32 * bits];
    for at in 0..256 * bits {
        bytes[at / 8] |= ((w[at / bits] >> (at % bits) & 1) as u8) << (at % 8);
    }
    bytes
}

/// Algorithm 18, SimpleBitUnpack.
fn simple_bit_unpack(bits: usize, bytes: &[u8]) -> Polynomial {
    let bit = |at: usize| i64::from(bytes[at / 8] >> (at % 8) & 1);
    std::array::from_fn(|i| (0..bits).map(|b| bit(i * bits + b) << b).sum())
}

fn shake256(parts: &[&[u8]]) -> Shake256 {
    let mut hasher = Shake256::default();
    parts.iter().for_each(|part| hasher.update(part));
    hasher
}

fn read(mut xof: Shake256Reader) -> [u8; 64] {
    let mut bytes = [0; 64];
    xof.read(&mut bytes);
    bytes
}
