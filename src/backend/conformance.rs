//! What every adapter must pass, as claims about one code path that the adapters' own tests make: seeded
//! operations agree with published digests, wrong lengths are rejections, interfaces agree with each other, and
//! the path departs from the standards just as it declares.
//!
//! Knows no particular backend, and not the corpus.

use shake::{ExtendableOutput as _, Shake128, Shake128Reader, Shake256, Update as _, XofReader as _};

use super::{
    Aead, Answer, Backend, CodePath, Departure, Encapsulated, Kem, Message, Opening, Refusal, Sealed, Sealing,
};
use super::{Signature, Signed, Signing};
use crate::spec::{Algorithm, ml_dsa, ml_kem};

/// A test of each claim, about all of `$paths`.
macro_rules! claims {
    ($paths:expr; $($claim:ident $(($argument:expr))?),* $(,)?) => {
        $(
            #[test]
            fn $claim() {
                for path in $paths {
                    conformance::$claim(path $(, $argument)?);
                }
            }
        )*
    };
}
pub(super) use claims;

const LENGTH: Answer = Err(Refusal::Rejected("length"));

/// The accumulated digest of ten round trips for each parameter set. The same computation gives the published
/// values for a hundred and more: Go's `crypto/mlkem` for ML-KEM-768, C2SP/CCTV for ML-DSA.
const DIGESTS: [(Algorithm, &str); 6] = [
    (Algorithm::MlKem512, "4dfc0763671ffc6fac05500debfc30e2f46ed9b2e98c3eeefd7c5f513733b345"),
    (Algorithm::MlKem768, "44e1a1bc922dc324121d983f0fbc987fa85f2d046030319a0dbe6af4c865f6c6"),
    (Algorithm::MlKem1024, "27afc271af270f79af1d5d10a00e0c1fa603b4db8f818e7e421485f407c69057"),
    (Algorithm::MlDsa44, "d19584e024776014f52a5b4c9ee30693567885bee04c686216f663de1bd993cf"),
    (Algorithm::MlDsa65, "398351aef50dce93182a9f9e17eec3924581136dd1ce988a483cba48f9b2d116"),
    (Algorithm::MlDsa87, "648f7336b336480f77cd5694fe6a3eac73a12dc6f83d7e819af0a83f9c11886f"),
];

/// Coefficients that are out of range: q itself, and the largest value of twelve bits.
const UNREDUCED: [u16; 2] = [3329, 4095];

/// Every path of `backend` that this processor runs, entered.
///
/// For backends whose paths need no switch in the process; the others test theirs in children.
pub(super) fn runnable(backend: &Backend) -> impl Iterator<Item = &'static CodePath> {
    let paths: Vec<_> = backend.paths.iter().copied().filter(|path| path.lacks().is_empty()).collect();
    assert!(!paths.is_empty(), "{}: no path runs here", backend.id);
    paths.into_iter().inspect(|path| (path.enter)())
}

/// Every parameter set is there, once, and gives its digest.
pub(super) fn agrees_with_the_accumulated_digests(path: &CodePath) {
    for (algorithm, digest) in DIGESTS {
        let kinds = (path.kem(algorithm).is_some(), path.signature(algorithm).is_some());
        assert!(kinds.0 != kinds.1, "{}: {algorithm} must be there once", path.id);
        let got = accumulated(path, algorithm, 10).unwrap();
        assert_eq!(const_hex::encode(got), digest, "{} {algorithm}", path.id);
    }
}

/// `count` seeded round trips in one digest: ML-KEM absorbs ek, c, K and the K of a random c,
/// ML-DSA pk and the deterministic signature of the empty message.
pub(super) fn accumulated(path: &CodePath, algorithm: Algorithm, count: usize) -> Answer<[u8; 32]> {
    let mut stream = Shake128::default().finalize_xof();
    let mut sum = Shake128::default();
    for _ in 0..count {
        if let Some(kem) = path.kem(algorithm) {
            let keys = Keys::of(kem, &draw(&mut stream, 32), &draw(&mut stream, 32))?;
            let (c, shared_secret) = keys.encaps(&draw(&mut stream, 32))?;
            assert_eq!(keys.decaps(&c)?, shared_secret, "decaps undoes encaps");
            let other = keys.decaps(&draw(&mut stream, c.len()))?;
            for part in [&keys.ek[..], &c, &shared_secret, &other] {
                sum.update(part);
            }
        } else {
            let signature = path.signature(algorithm).unwrap();
            let pair = Pair::of(signature, &draw(&mut stream, 32))?;
            let message = Message::Pure { msg: b"", ctx: b"" };
            let sig = pair.sign(message, &[0; 32])?;
            pair.verify(message, &sig)?;
            sum.update(&pair.pk);
            sum.update(&sig);
        }
    }
    let mut digest = [0; 32];
    sum.finalize_xof().read(&mut digest);
    Ok(digest)
}

fn draw(stream: &mut Shake128Reader, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read(&mut bytes);
    bytes
}

/// A key pair of a KEM.
pub(super) struct Keys {
    pub(super) kem: &'static dyn Kem,
    pub(super) ek: Vec<u8>,
    pub(super) dk: Vec<u8>,
}

impl Keys {
    pub(super) fn of(kem: &'static dyn Kem, d: &[u8], z: &[u8]) -> Answer<Self> {
        let sizes = ml_kem::sizes(kem.algorithm()).unwrap();
        let mut keys = Self { kem, ek: vec![0; sizes.ek], dk: vec![0; sizes.dk] };
        kem.keygen_internal(d, z, &mut keys.ek, &mut keys.dk)?;
        Ok(keys)
    }

    pub(super) fn encaps(&self, m: &[u8]) -> Answer<(Vec<u8>, [u8; 32])> {
        encaps(self.kem, &self.ek, m)
    }

    pub(super) fn decaps(&self, c: &[u8]) -> Answer<[u8; 32]> {
        let mut shared_secret = [0; 32];
        self.kem.decaps(&self.dk, c, &mut shared_secret).map(|()| shared_secret)
    }
}

pub(super) fn encaps(kem: &dyn Kem, ek: &[u8], m: &[u8]) -> Answer<(Vec<u8>, [u8; 32])> {
    let mut c = vec![0; ml_kem::sizes(kem.algorithm()).unwrap().c];
    let mut shared_secret = [0; 32];
    let to = &mut Encapsulated { c: &mut c, shared_secret: &mut shared_secret };
    kem.encaps_internal(ek, m, to).map(|()| (c, shared_secret))
}

/// A key pair of a signature scheme.
pub(super) struct Pair {
    pub(super) signature: &'static dyn Signature,
    pub(super) pk: Vec<u8>,
    pub(super) sk: Vec<u8>,
}

impl Pair {
    pub(super) fn of(signature: &'static dyn Signature, xi: &[u8]) -> Answer<Self> {
        let sizes = ml_dsa::sizes(signature.algorithm()).unwrap();
        let mut pair = Self { signature, pk: vec![0; sizes.pk], sk: vec![0; sizes.sk] };
        signature.keygen_internal(xi, &mut pair.pk, &mut pair.sk)?;
        Ok(pair)
    }

    pub(super) fn sign(&self, message: Message<'_>, rnd: &[u8]) -> Answer<Vec<u8>> {
        let mut sig = vec![0; ml_dsa::sizes(self.signature.algorithm()).unwrap().sig];
        self.signature.sign(Signing { sk: &self.sk, message, rnd }, &mut sig).map(|()| sig)
    }

    pub(super) fn verify(&self, message: Message<'_>, sig: &[u8]) -> Answer {
        self.signature.verify(Signed { pk: &self.pk, message, sig })
    }
}

/// Every input of a fixed length is rejected empty, one byte shorter and one byte longer.
///
/// `of_signature` are the words for these three signatures, which functions in C are handed as they are.
pub(super) fn rejects_wrong_lengths(path: &CodePath, of_signature: [&'static str; 3]) {
    for kem in path.kems {
        let keys = Keys::of(*kem, &[1; 32], &[2; 32]).unwrap();
        let (c, _) = keys.encaps(&[3; 32]).unwrap();
        for wrong in wrong_lengths(&[3; 32]) {
            assert_eq!(Keys::of(*kem, &wrong, &[2; 32]).map(drop), LENGTH);
            assert_eq!(Keys::of(*kem, &[1; 32], &wrong).map(drop), LENGTH);
            assert_eq!(keys.encaps(&wrong).map(drop), LENGTH);
        }
        for wrong in wrong_lengths(&keys.ek) {
            assert_eq!(encaps(*kem, &wrong, &[3; 32]).map(drop), LENGTH);
        }
        for wrong in wrong_lengths(&keys.dk) {
            assert_eq!(kem.decaps(&wrong, &c, &mut [0; 32]), LENGTH);
        }
        for wrong in wrong_lengths(&c) {
            assert_eq!(keys.decaps(&wrong).map(drop), LENGTH);
        }
    }
    for signature in path.signatures {
        let pair = Pair::of(*signature, &[1; 32]).unwrap();
        for ctx in [&b""[..], b"context"] {
            let message = Message::Pure { msg: b"message", ctx };
            let sig = pair.sign(message, &[0; 32]).unwrap();
            for wrong in wrong_lengths(&[0; 32]) {
                assert_eq!(Pair::of(*signature, &wrong).map(drop), LENGTH);
                assert_eq!(pair.sign(message, &wrong).map(drop), LENGTH);
            }
            for wrong in wrong_lengths(&pair.sk) {
                let signing = Signing { sk: &wrong, message, rnd: &[0; 32] };
                assert_eq!(signature.sign(signing, &mut sig.clone()), LENGTH);
            }
            for wrong in wrong_lengths(&pair.pk) {
                assert_eq!(signature.verify(Signed { pk: &wrong, message, sig: &sig }), LENGTH);
            }
            for (wrong, word) in wrong_lengths(&sig).iter().zip(of_signature) {
                assert_eq!(pair.verify(message, wrong), Err(Refusal::Rejected(word)));
            }
        }
    }
    for aead in path.aeads {
        let (mut ciphertext, mut tag) = ([0; 5], [0; 16]);
        let sealing = Sealing { key: &[1; 32], nonce: &[2; 12], aad: b"", plaintext: b"hello" };
        aead.seal(sealing, &mut Sealed { ciphertext: &mut ciphertext, tag: &mut tag }).unwrap();
        let open = |key: &[u8], nonce: &[u8], tag: &[u8]| {
            aead.open(Opening { key, nonce, aad: b"", ciphertext: &ciphertext, tag }, &mut [0; 5])
        };
        for wrong in wrong_lengths(&[1; 32]) {
            assert_eq!(open(&wrong, &[2; 12], &tag), LENGTH);
        }
        for wrong in wrong_lengths(&[2; 12]) {
            assert_eq!(open(&[1; 32], &wrong, &tag), LENGTH);
        }
        for wrong in wrong_lengths(&tag) {
            assert_eq!(open(&[1; 32], &[2; 12], &wrong), LENGTH);
        }
    }
}

/// Nothing, one byte too few, one byte too many.
fn wrong_lengths(right: &[u8]) -> [Vec<u8>; 3] {
    [Vec::new(), right[1..].to_vec(), [right, &[0]].concat()]
}

/// The path departs from the standards just as it declares, and so in every parameter set.
///
/// [`Departure::ZNorm`] and [`Departure::UseHintZero`] only vectors can see, because it takes a signing of one's
/// own to make such a signature.
pub(super) fn departs_as_declared(path: &CodePath) {
    let visible = [Departure::EkModulus, Departure::DkHash, Departure::SkRange];
    let declared: Vec<_> = path.departures.iter().filter(|it| visible.contains(it)).copied().collect();
    let seen: Vec<_> = visible.into_iter().filter(|departure| departs(path, *departure)).collect();
    assert_eq!(seen, declared, "{}", path.id);
}

fn departs(path: &CodePath, departure: Departure) -> bool {
    let accepted: Vec<_> = match departure {
        Departure::EkModulus => path.kems.iter().flat_map(|kem| accepts_unreduced_ek(*kem)).collect(),
        Departure::DkHash => path.kems.iter().map(|kem| accepts_altered_hash(*kem)).collect(),
        Departure::SkRange => path.signatures.iter().map(|set| accepts_s1_out_of_range(*set)).collect(),
        Departure::ZNorm | Departure::UseHintZero => panic!("only vectors can see {}", departure.name()),
    };
    assert!(accepted.iter().all(|accepts| *accepts == accepted[0]), "{}: {}", path.id, departure.name());
    accepted[0]
}

/// FIPS 203, Section 7.2: a coefficient is out of range.
fn accepts_unreduced_ek(kem: &'static dyn Kem) -> [bool; 2] {
    let keys = Keys::of(kem, &[1; 32], &[2; 32]).unwrap();
    UNREDUCED.map(|value| accepted(&encaps(kem, &with_first_coefficient(&keys.ek, value), &[3; 32])))
}

/// FIPS 203, Section 7.3: one bit of H(ek) inside `dk` is another.
fn accepts_altered_hash(kem: &'static dyn Kem) -> bool {
    let keys = Keys::of(kem, &[1; 32], &[2; 32]).unwrap();
    let (c, _) = keys.encaps(&[3; 32]).unwrap();
    accepted(&kem.decaps(&with_altered_hash(&keys.dk), &c, &mut [0; 32]))
}

/// FIPS 204, Algorithm 25: the first coefficients of s1, which begins behind rho, K and tr, become the lowest
/// that their bits can hold; that is out of range for both values of eta.
fn accepts_s1_out_of_range(signature: &'static dyn Signature) -> bool {
    let mut pair = Pair::of(signature, &[4; 32]).unwrap();
    pair.sk[128] = 0xff;
    accepted(&pair.sign(Message::Pure { msg: b"message", ctx: b"" }, &[0; 32]))
}

fn with_first_coefficient(ek: &[u8], value: u16) -> Vec<u8> {
    let [low, high] = value.to_le_bytes();
    let mut ek = ek.to_vec();
    ek[0] = low;
    ek[1] = ek[1] & 0xf0 | high;
    ek
}

fn with_altered_hash(dk: &[u8]) -> Vec<u8> {
    let mut dk = dk.to_vec();
    let hash = dk.len() - 64;
    dk[hash] ^= 1;
    dk
}

fn accepted<T>(answer: &Answer<T>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Refusal::Rejected(_)) => false,
        Err(Refusal::Unsupported(word)) => panic!("{word} is not there"),
    }
}

fn rejected<T>(answer: &Answer<T>) {
    assert!(!accepted(answer), "accepted");
}

/// The checks of FIPS 203, Sections 7.2 and 7.3, for a library that has them by themselves.
pub(super) fn checks_kem_keys(path: &CodePath) {
    for kem in path.kems {
        let keys = Keys::of(*kem, &[1; 32], &[2; 32]).unwrap();
        assert_eq!(kem.check_ek(&keys.ek), Ok(()));
        assert_eq!(kem.check_dk(&keys.dk), Ok(()));
        for value in UNREDUCED {
            rejected(&kem.check_ek(&with_first_coefficient(&keys.ek, value)));
        }
        rejected(&kem.check_dk(&with_altered_hash(&keys.dk)));
        for wrong in wrong_lengths(&keys.ek) {
            assert_eq!(kem.check_ek(&wrong), LENGTH);
        }
        for wrong in wrong_lengths(&keys.dk) {
            assert_eq!(kem.check_dk(&wrong), LENGTH);
        }
    }
}

/// Signing binds the message, the context and `rnd`, and verifying the first two.
pub(super) fn binds_message_context_and_rnd(path: &CodePath) {
    for signature in path.signatures {
        let pair = Pair::of(*signature, &[4; 32]).unwrap();
        let pure = |msg, ctx| Message::Pure { msg, ctx };
        for ctx in [&b""[..], b"context", &[7; ml_dsa::MAX_CTX]] {
            let sig = pair.sign(pure(b"message", ctx), &[0; 32]).unwrap();
            assert_eq!(pair.sign(pure(b"message", ctx), &[0; 32]).unwrap(), sig);
            assert_ne!(pair.sign(pure(b"message", ctx), &[1; 32]).unwrap(), sig, "rnd matters");
            assert_eq!(pair.verify(pure(b"message", ctx), &sig), Ok(()));
            rejected(&pair.verify(pure(b"another", ctx), &sig));
            for other in [&b""[..], b"another"].into_iter().filter(|other| *other != ctx) {
                rejected(&pair.verify(pure(b"message", other), &sig));
            }
            let mut altered = sig.clone();
            altered[40] ^= 1;
            rejected(&pair.verify(pure(b"message", ctx), &altered));
        }
    }
}

/// FIPS 204, Algorithms 2 and 3, step 1.
pub(super) fn rejects_a_context_of_256_bytes(path: &CodePath) {
    for signature in path.signatures {
        let pair = Pair::of(*signature, &[4; 32]).unwrap();
        let pure = |ctx| Message::Pure { msg: b"message", ctx };
        let too_long = [7; ml_dsa::MAX_CTX + 1];
        rejected(&pair.sign(pure(&too_long), &[5; 32]));
        // The length modulo 256 would be that of no context; a shortened one would be the longest.
        for ctx in [&[][..], &too_long[1..]] {
            let sig = pair.sign(pure(ctx), &[5; 32]).unwrap();
            assert_eq!(pair.verify(pure(ctx), &sig), Ok(()));
            rejected(&pair.verify(pure(&too_long), &sig));
        }
    }
}

/// FIPS 204, Algorithms 2 and 7: signing M is signing M′ = 0 ‖ |ctx| ‖ ctx ‖ M internally.
pub(super) fn internal_agrees_with_pure(path: &CodePath) {
    for signature in path.signatures {
        let pair = Pair::of(*signature, &[4; 32]).unwrap();
        for (msg, ctx) in [(&b""[..], &b""[..]), (b"message", b""), (b"message", b"context")] {
            let formatted = [&[0, u8::try_from(ctx.len()).unwrap()], ctx, msg].concat();
            let (pure, internal) = (Message::Pure { msg, ctx }, Message::Internal(&formatted));
            let sig = pair.sign(pure, &[5; 32]).unwrap();
            assert_eq!(pair.sign(internal, &[5; 32]).unwrap(), sig, "{} {}", path.id, signature.algorithm());
            assert_ne!(pair.sign(internal, &[6; 32]).unwrap(), sig, "rnd matters");
            assert_eq!(pair.verify(internal, &sig), Ok(()));
            assert_eq!(pair.verify(pure, &sig), Ok(()));
            rejected(&pair.verify(Message::Internal(msg), &sig));
            rejected(&pair.verify(internal, &sig[1..]));
        }
    }
}

/// FIPS 204, Algorithm 7, step 6: µ = H(tr ‖ M′, 64), tr = H(pk, 64).
pub(super) fn external_mu_agrees_with_internal(path: &CodePath) {
    for signature in path.signatures {
        let pair = Pair::of(*signature, &[4; 32]).unwrap();
        let mu = shake256(&[&shake256(&[&pair.pk]), b"formatted"]);
        let sig = pair.sign(Message::Internal(b"formatted"), &[5; 32]).unwrap();
        assert_eq!(pair.sign(Message::ExternalMu(&mu), &[5; 32]).unwrap(), sig);
        assert_eq!(pair.verify(Message::ExternalMu(&mu), &sig), Ok(()));
    }
}

fn shake256(parts: &[&[u8]]) -> [u8; 64] {
    let mut hasher = Shake256::default();
    for part in parts {
        hasher.update(part);
    }
    let mut digest = [0; 64];
    hasher.finalize_xof().read(&mut digest);
    digest
}

/// RFC 8439, Section 2.8.2.
pub(super) fn seals_and_opens_the_vector_of_rfc_8439(aead: &dyn Aead) {
    let key: Vec<u8> = (0x80..=0x9f).collect();
    let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
    let aad = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
    let plaintext = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip \
        for the future, sunscreen would be it.";
    let expected = const_hex::decode(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
         3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
         92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
         3ff4def08e4b7a9de576d26586cec64b6116",
    )
    .unwrap();
    let expected_tag = const_hex::decode("1ae10b594f09e26a7e902ecbd0600691").unwrap();

    let (mut ciphertext, mut tag) = (vec![0; plaintext.len()], [0; 16]);
    let sealing = Sealing { key: &key, nonce: &nonce, aad: &aad, plaintext };
    aead.seal(sealing, &mut Sealed { ciphertext: &mut ciphertext, tag: &mut tag }).unwrap();
    assert_eq!(const_hex::encode(&ciphertext), const_hex::encode(&expected));
    assert_eq!(const_hex::encode(tag), const_hex::encode(&expected_tag));

    let mut opened = vec![0; plaintext.len()];
    let opening = Opening { key: &key, nonce: &nonce, aad: &aad, ciphertext: &ciphertext, tag: &tag };
    aead.open(opening, &mut opened).unwrap();
    assert_eq!(opened, plaintext);

    let mut altered = tag;
    altered[15] ^= 0x80;
    let forged = aead.open(Opening { tag: &altered, ..opening }, &mut opened);
    assert!(matches!(forged, Err(Refusal::Rejected(_))));
}
