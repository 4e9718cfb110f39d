//! A K-PKE of our own (FIPS 203, Section 5), for the faults that lie inside ML-KEM.
//!
//! Plain arithmetic, slow and not constant-time: it never sees a secret that matters. Knows no fault
//! but the rounding that it is told to use.

use sha3::{Digest as _, Sha3_512};
use shake::{ExtendableOutput as _, Shake128, Shake256, Update as _, XofReader as _};

use crate::spec::Algorithm;

const Q: u32 = 3329;
/// The primitive 256-th root of unity (FIPS 203, Section 4.3).
const ZETA: u32 = 17;

type Polynomial = [u32; 256];

/// FIPS 203, Table 2; η2 is 2 in every set.
#[derive(Clone, Copy)]
pub(super) struct Parameters {
    pub(super) k: usize,
    eta1: usize,
    du: u32,
    dv: u32,
}

impl Parameters {
    pub(super) const fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::MlKem512 => Self { k: 2, eta1: 3, du: 10, dv: 4 },
            Algorithm::MlKem1024 => Self { k: 4, eta1: 2, du: 11, dv: 5 },
            _ => Self { k: 3, eta1: 2, du: 10, dv: 4 },
        }
    }
}

/// How `Decompress` (FIPS 203, Section 4.2.1) treats the fraction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To the nearest integer, as the standard says.
    Nearest,
    /// Down.
    Down,
}

/// Algorithm 13, K-PKE.KeyGen, from `seed`: d‖k in the standard, d in its initial public draft.
/// Returns ek and dk.
pub(super) fn keygen(parameters: Parameters, seed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let Parameters { k, eta1, .. } = parameters;
    let hashed = Sha3_512::digest(seed);
    let (rho, sigma) = hashed.split_at(32);
    let mut s: Vec<_> = (0..k).map(|n| sample_poly_cbd(eta1, sigma, n)).collect();
    let mut t: Vec<_> = (k..2 * k).map(|n| sample_poly_cbd(eta1, sigma, n)).collect();
    s.iter_mut().chain(&mut t).for_each(ntt);
    for (i, t) in t.iter_mut().enumerate() {
        for (j, s) in s.iter().enumerate() {
            add(t, &multiply_ntts(&sample_ntt(rho, j, i), s));
        }
    }
    let mut ek: Vec<u8> = t.iter().flat_map(|t| byte_encode(12, t)).collect();
    ek.extend_from_slice(rho);
    (ek, s.iter().flat_map(|s| byte_encode(12, s)).collect())
}

/// Algorithm 14, K-PKE.Encrypt; coefficients of `ek` above q are reduced, not refused.
pub(super) fn encrypt(parameters: Parameters, rounding: Rounding, ek: &[u8], m: &[u8], r: &[u8]) -> Vec<u8> {
    let Parameters { k, eta1, du, dv } = parameters;
    let (t, rho) = ek.split_at(384 * k);
    let mut y: Vec<_> = (0..k).map(|n| sample_poly_cbd(eta1, r, n)).collect();
    y.iter_mut().for_each(ntt);
    let mut c = Vec::new();
    for i in 0..k {
        let mut u = [0; 256];
        for (j, y) in y.iter().enumerate() {
            add(&mut u, &multiply_ntts(&sample_ntt(rho, i, j), y));
        }
        inverse_ntt(&mut u);
        add(&mut u, &sample_poly_cbd(2, r, k + i));
        c.extend(byte_encode(du, &u.map(|x| compress(du, x))));
    }
    let mut v = [0; 256];
    for (t, y) in t.chunks(384).zip(&y) {
        add(&mut v, &multiply_ntts(&byte_decode(12, t).map(|x| x % Q), y));
    }
    inverse_ntt(&mut v);
    add(&mut v, &sample_poly_cbd(2, r, 2 * k));
    add(&mut v, &byte_decode(1, m).map(|y| decompress(1, y, rounding)));
    c.extend(byte_encode(dv, &v.map(|x| compress(dv, x))));
    c
}

/// Algorithm 15, K-PKE.Decrypt.
pub(super) fn decrypt(parameters: Parameters, rounding: Rounding, dk: &[u8], c: &[u8]) -> Vec<u8> {
    let Parameters { k, du, dv, .. } = parameters;
    let (c1, c2) = c.split_at(32 * du as usize * k);
    let mut w = [0; 256];
    for (s, u) in dk.chunks(384).zip(c1.chunks(32 * du as usize)) {
        let mut u = byte_decode(du, u).map(|y| decompress(du, y, rounding));
        ntt(&mut u);
        add(&mut w, &multiply_ntts(&byte_decode(12, s).map(|x| x % Q), &u));
    }
    inverse_ntt(&mut w);
    let v = byte_decode(dv, c2).map(|y| decompress(dv, y, rounding));
    let mut difference = [0; 256];
    for ((difference, v), w) in difference.iter_mut().zip(v).zip(w) {
        *difference = compress(1, (v + Q - w) % Q);
    }
    byte_encode(1, &difference)
}

/// Section 4.2.1, Compress.
const fn compress(d: u32, x: u32) -> u32 {
    (((x << (d + 1)) + Q) / (2 * Q)) & ((1 << d) - 1)
}

/// Section 4.2.1, Decompress.
const fn decompress(d: u32, y: u32, rounding: Rounding) -> u32 {
    match rounding {
        Rounding::Nearest => (Q * y + (1 << (d - 1))) >> d,
        Rounding::Down => (Q * y) >> d,
    }
}

/// Algorithm 5, ByteEncode.
fn byte_encode(d: u32, polynomial: &Polynomial) -> Vec<u8> {
    let mut bytes = vec![0; 32 * d as usize];
    for (i, coefficient) in polynomial.iter().enumerate() {
        for bit in 0..d as usize {
            let at = i * d as usize + bit;
            bytes[at / 8] |= ((coefficient >> bit & 1) as u8) << (at % 8);
        }
    }
    bytes
}

/// Algorithm 6, ByteDecode, without the reduction of d = 12.
fn byte_decode(d: u32, bytes: &[u8]) -> Polynomial {
    let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
    std::array::from_fn(|i| (0..d).map(|b| bit(i * d as usize + b as usize) << b).sum())
}

/// Algorithm 7, SampleNTT.
fn sample_ntt(rho: &[u8], second: usize, first: usize) -> Polynomial {
    let mut xof = Shake128::default();
    xof.update(rho);
    xof.update(&[second as u8, first as u8]);
    let mut xof = xof.finalize_xof();
    let mut polynomial = [0; 256];
    let mut filled = 0;
    while filled < 256 {
        let mut c = [0; 3];
        xof.read(&mut c);
        let c = c.map(u32::from);
        for candidate in [c[0] + 256 * (c[1] % 16), c[1] / 16 + 16 * c[2]] {
            if candidate < Q && filled < 256 {
                polynomial[filled] = candidate;
                filled += 1;
            }
        }
    }
    polynomial
}

/// Algorithm 8, SamplePolyCBD, of PRF(seed, n).
fn sample_poly_cbd(eta: usize, seed: &[u8], n: usize) -> Polynomial {
    let mut prf = Shake256::default();
    prf.update(seed);
    prf.update(&[n as u8]);
    let mut bytes = vec![0; 64 * eta];
    prf.finalize_xof().read(&mut bytes);
    let bits =
        |from: usize| (from..from + eta).map(|at| u32::from(bytes[at / 8] >> (at % 8) & 1)).sum::<u32>();
    std::array::from_fn(|i| (bits(2 * i * eta) + Q - bits(2 * i * eta + eta)) % Q)
}

/// Algorithm 9.
fn ntt(f: &mut Polynomial) {
    let mut i = 1;
    for length in [128, 64, 32, 16, 8, 4, 2] {
        for start in (0..256).step_by(2 * length) {
            let zeta = power_of_zeta(bit_reversed(i));
            i += 1;
            for j in start..start + length {
                let t = zeta * f[j + length] % Q;
                f[j + length] = (f[j] + Q - t) % Q;
                f[j] = (f[j] + t) % Q;
            }
        }
    }
}

/// Algorithm 10.
fn inverse_ntt(f: &mut Polynomial) {
    let mut i = 127;
    for length in [2, 4, 8, 16, 32, 64, 128] {
        for start in (0..256).step_by(2 * length) {
            let zeta = power_of_zeta(bit_reversed(i));
            i -= 1;
            for j in start..start + length {
                let t = f[j];
                f[j] = (t + f[j + length]) % Q;
                f[j + length] = zeta * (f[j + length] + Q - t) % Q;
            }
        }
    }
    for coefficient in f {
        *coefficient = *coefficient * 3303 % Q;
    }
}

/// Algorithms 11 and 12.
fn multiply_ntts(f: &Polynomial, g: &Polynomial) -> Polynomial {
    let mut h = [0; 256];
    for i in 0..128 {
        let gamma = power_of_zeta(2 * bit_reversed(i as u32) + 1);
        let (a0, a1, b0, b1) = (f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]);
        h[2 * i] = (a0 * b0 + a1 * b1 % Q * gamma) % Q;
        h[2 * i + 1] = (a0 * b1 + a1 * b0) % Q;
    }
    h
}

fn add(to: &mut Polynomial, summand: &Polynomial) {
    for (to, summand) in to.iter_mut().zip(summand) {
        *to = (*to + summand) % Q;
    }
}

fn power_of_zeta(exponent: u32) -> u32 {
    (0..exponent).fold(1, |power, _| power * ZETA % Q)
}

/// Section 4.3, BitRev7.
const fn bit_reversed(i: u32) -> u32 {
    (i as u8).reverse_bits() as u32 >> 1
}
