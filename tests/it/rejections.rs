//! How many rounds the loop of FIPS 204, Algorithm 7 takes for the pairs that `pqcheck bench` signs, counted in two
//! implementations: `build.rs` has the linker send their calls of `polyvecl_uniform_gamma1` (ExpandMask, step 11),
//! of which there is one in each round, through this file. Only the integration tests are linked so.
#![cfg(all(feature = "liboqs", feature = "pqclean"))]

use std::cell::Cell;
use std::ffi::c_void;

use pqcheck::backend::{ALL, Message, Signature, Signing};
use pqcheck::bench::inputs::{SETS, message, xi};
use pqcheck::spec::{Algorithm, ml_dsa};

thread_local! {
    /// The rounds on this thread.
    static ROUNDS: Cell<u32> = const { Cell::new(0) };
}

macro_rules! counted {
    ($($wrap:literal $real:literal),* $(,)?) => {
        $(const _: () = {
            // SAFETY: as `polyvec.h` of the implementation declares it, under the name that the linker gives it.
            unsafe extern "C" {
                #[link_name = $real]
                fn real(vector: *mut c_void, seed: *const u8, nonce: u16);
            }
            /// SAFETY: called by the implementation as it would call its own function, and passed on.
            #[unsafe(export_name = $wrap)]
            unsafe extern "C" fn wrap(vector: *mut c_void, seed: *const u8, nonce: u16) {
                ROUNDS.set(ROUNDS.get() + 1);
                // SAFETY: the arguments are the caller's.
                unsafe { real(vector, seed, nonce) }
            }
        };)*
    };
}

counted! {
    "__wrap_pqcrystals_ml_dsa_44_ref_polyvecl_uniform_gamma1" "__real_pqcrystals_ml_dsa_44_ref_polyvecl_uniform_gamma1",
    "__wrap_pqcrystals_ml_dsa_65_ref_polyvecl_uniform_gamma1" "__real_pqcrystals_ml_dsa_65_ref_polyvecl_uniform_gamma1",
    "__wrap_pqcrystals_ml_dsa_87_ref_polyvecl_uniform_gamma1" "__real_pqcrystals_ml_dsa_87_ref_polyvecl_uniform_gamma1",
    "__wrap_PQCLEAN_MLDSA44_CLEAN_polyvecl_uniform_gamma1" "__real_PQCLEAN_MLDSA44_CLEAN_polyvecl_uniform_gamma1",
    "__wrap_PQCLEAN_MLDSA65_CLEAN_polyvecl_uniform_gamma1" "__real_PQCLEAN_MLDSA65_CLEAN_polyvecl_uniform_gamma1",
    "__wrap_PQCLEAN_MLDSA87_CLEAN_polyvecl_uniform_gamma1" "__real_PQCLEAN_MLDSA87_CLEAN_polyvecl_uniform_gamma1",
}

/// The two paths whose calls are counted.
fn counted_paths(algorithm: Algorithm) -> [&'static dyn Signature; 2] {
    [("liboqs", "portable"), ("pqclean", "clean")].map(|(backend, path)| {
        let backend = ALL.iter().find(|it| it.id == backend).unwrap();
        let path = backend.paths.iter().find(|it| it.id == path).unwrap();
        (path.enter)();
        path.signature(algorithm).unwrap()
    })
}

/// The rounds of pair `number`, and the signature.
fn count(signature: &dyn Signature, number: u32) -> (u32, Vec<u8>) {
    let algorithm = signature.algorithm();
    let sizes = ml_dsa::sizes(algorithm).unwrap();
    let (mut pk, mut sk, mut sig) = (vec![0; sizes.pk], vec![0; sizes.sk], vec![0; sizes.sig]);
    signature.keygen_internal(&xi(algorithm, number), &mut pk, &mut sk).unwrap();
    let msg = &message(algorithm, number);
    let signing = Signing { sk: &sk, message: Message::Pure { msg, ctx: b"" }, rnd: &[0; ml_dsa::RND] };
    ROUNDS.set(0);
    signature.sign(signing, &mut sig).unwrap();
    (ROUNDS.get(), sig)
}

#[test]
fn the_signed_pairs_are_the_first_run_that_takes_the_expected_rounds() {
    let (mut kept, mut found) = (Vec::new(), Vec::new());
    for (set, expected) in SETS.iter().zip([85, 102, 77]) {
        let [liboqs, pqclean] = counted_paths(set.algorithm);
        let mut counts: Vec<u32> = Vec::new();
        let first = loop {
            let number = counts.len() as u32;
            let (rounds, sig) = count(liboqs, number);
            assert_eq!((rounds, sig), count(pqclean, number), "{} {number}", set.algorithm);
            assert!(rounds > 0, "{} {number}: nothing was counted", set.algorithm);
            counts.push(rounds);
            if let Some(last) = counts.last_chunk::<20>()
                && last.iter().sum::<u32>() == expected
            {
                break counts.len() - last.len();
            }
        };
        kept.push((set.algorithm, set.first, set.rounds.to_vec()));
        found.push((set.algorithm, first as u32, counts[first..].to_vec()));
    }
    assert_eq!(kept, found);
}
