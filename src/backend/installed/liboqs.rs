//! The image's liboqs, through its per-algorithm functions and its hook for randomness: never through the fields of
//! its structures, whose layout has changed under one soname. Only translates: knows nothing of the right answers.

use std::ffi::c_int;

use super::super::seeded::{accepted, must_be, seeded};
use super::super::{Answer, Encapsulated, Kem, Message, Refusal, Signature, Signed, Signing, exactly};
use super::host;
use super::library::{Import, Library, input, number, output};
use super::verdict::{Speaks, stem};
use crate::spec::{self, Algorithm, ml_dsa, ml_kem, round3};

/// What every process does first: has the library come to this program for every random byte.
pub(super) fn enter(library: &Library) -> Result<(), String> {
    library.open()?;
    let (init, source) = (Import::new(c"OQS_init"), Import::new(c"OQS_randombytes_custom_algorithm"));
    // SAFETY: as `oqs/common.h` and `oqs/rand.h` declare them; the second takes a function, and `host::random` is one
    // with the arguments that it promises, for as long as this program lives.
    let told = unsafe { library.call(&init, &[]).and_then(|_| library.call(&source, &[host::random()])) };
    told.map(drop).map_err(|_| {
        let file = library.file.display();
        format!(
            "{file}: does not export `OQS_init` and `OQS_randombytes_custom_algorithm`, so pqcheck cannot test it"
        )
    })
}

/// The KEM of `library`, if `algorithm` is one.
pub(super) fn kem(
    library: &'static Library,
    algorithm: Algorithm,
    speaks: Speaks,
) -> Option<&'static dyn Kem> {
    let set = spec::kem(algorithm)?;
    let stem = stem(algorithm, speaks);
    let import = |function: &str| Import::named(format!("OQS_KEM_{stem}_{function}"));
    let kem = AnyKem {
        library,
        set,
        keypair: import("keypair"),
        encaps: import("encaps"),
        decaps: import("decaps"),
    };
    Some(Box::leak(Box::new(kem)))
}

/// The ML-DSA parameter set of `library`, if `algorithm` is one.
pub(super) fn signature(
    library: &'static Library,
    algorithm: Algorithm,
    speaks: Speaks,
) -> Option<&'static dyn Signature> {
    let set = ml_dsa::sizes(algorithm)?;
    let stem = stem(algorithm, speaks);
    let import = |function: &str| Import::named(format!("OQS_SIG_{stem}_{function}"));
    Some(Box::leak(Box::new(MlDsa {
        library,
        set,
        keypair: import("keypair"),
        sign: import("sign"),
        verify: import("verify"),
        sign_ctx: import("sign_with_ctx_str"),
        verify_ctx: import("verify_with_ctx_str"),
        sign_mu: import("extmu_sign"),
        verify_mu: import("extmu_verify"),
        internal: Internal::named(&stem),
    })))
}

/// ML-KEM, or a KEM from before it: liboqs has the same three functions for each.
struct AnyKem {
    library: &'static Library,
    set: &'static ml_kem::ParameterSet,
    keypair: Import,
    encaps: Import,
    decaps: Import,
}

impl Kem for AnyKem {
    fn algorithm(&self) -> Algorithm {
        self.set.algorithm
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        let seeds: [&[u8]; 2] = match self.set.algorithm {
            Algorithm::ClassicMcEliece460896 => [exactly::<{ round3::MCELIECE_SEED }>(d)?, exactly::<0>(z)?],
            _ => [exactly::<{ ml_kem::SEED }>(d)?, exactly::<{ ml_kem::SEED }>(z)?],
        };
        must_be(ek, self.set.ek)?;
        must_be(dk, self.set.dk)?;
        // SAFETY: as `OQS_KEM` of `oqs/kem.h` declares it, and each slice has the length of the parameter set.
        unsafe { drawing(self.library, &self.keypair, &seeds, &[output(ek), output(dk)]) }
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        must_be(ek, self.set.ek)?;
        // Classic McEliece draws until it has an error vector: how often is a matter of what it draws.
        if self.set.algorithm != Algorithm::ClassicMcEliece460896 {
            must_be(m, ml_kem::M)?;
        }
        must_be(to.c, self.set.c)?;
        must_be(to.shared_secret, ml_kem::SHARED_SECRET)?;
        let arguments = [output(to.c), output(to.shared_secret), input(ek)];
        // SAFETY: as in `keygen_internal`.
        unsafe { drawing(self.library, &self.encaps, &[m], &arguments) }
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        must_be(dk, self.set.dk)?;
        must_be(c, self.set.c)?;
        must_be(shared_secret, ml_kem::SHARED_SECRET)?;
        // SAFETY: as in `keygen_internal`.
        unsafe { status(self.library, &self.decaps, &[output(shared_secret), input(c), input(dk)]) }
    }
}

struct MlDsa {
    library: &'static Library,
    set: &'static ml_dsa::ParameterSet,
    keypair: Import,
    sign: Import,
    verify: Import,
    sign_ctx: Import,
    verify_ctx: Import,
    sign_mu: Import,
    verify_mu: Import,
    internal: Internal,
}

impl Signature for MlDsa {
    fn algorithm(&self) -> Algorithm {
        self.set.algorithm
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        let xi: &[u8] = exactly::<{ ml_dsa::XI }>(xi)?;
        must_be(pk, self.set.pk)?;
        must_be(sk, self.set.sk)?;
        // SAFETY: as `OQS_SIG` of `oqs/sig.h` declares it, and each slice has the length of the parameter set.
        unsafe { drawing(self.library, &self.keypair, &[xi], &[output(pk), output(sk)]) }
    }

    fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
        must_be(sk, self.set.sk)?;
        let rnd: &[u8] = exactly::<{ ml_dsa::RND }>(rnd)?;
        must_be(sig, self.set.sig)?;
        let mut length = 0_usize;
        let (to, of) = (output(sig), number(&mut length));
        match message {
            // Where the library has no context strings, that of length zero is what it has.
            Message::Pure { msg, ctx } if ctx.is_empty() && !self.library.has(&self.sign_ctx) => {
                let arguments = [to, of, input(msg), msg.len(), input(sk)];
                // SAFETY: as `OQS_SIG` of `oqs/sig.h` declares it: the message with its length, keys and signature
                // with those of the parameter set.
                unsafe { drawing(self.library, &self.sign, &[rnd], &arguments)? };
            }
            Message::Pure { msg, ctx } => {
                self.with_contexts()?;
                let arguments = [to, of, input(msg), msg.len(), input(ctx), ctx.len(), input(sk)];
                // SAFETY: the same, and the context with its length.
                unsafe { drawing(self.library, &self.sign_ctx, &[rnd], &arguments)? };
            }
            Message::Internal(msg) => {
                let arguments = [to, of, input(msg), msg.len(), input(&[]), 0, input(rnd), input(sk)];
                // SAFETY: as `sign.h` of pqcrystals declares it: message and prefix with their lengths, `rnd`, keys and
                // signature with those of the standard.
                unsafe { status(self.library, self.internal.sign(self.library)?, &arguments)? };
            }
            Message::PreHash { .. } => return Err(Refusal::Unsupported("pre-hash")),
            Message::ExternalMu(mu) => {
                let mu = self.external_mu(mu)?;
                let arguments = [to, of, input(mu), mu.len(), input(sk)];
                // SAFETY: as `OQS_SIG` of `oqs/sig.h` declares it, and µ has the length that the library reads.
                unsafe { drawing(self.library, &self.sign_mu, &[rnd], &arguments)? };
            }
        }
        if length == self.set.sig { Ok(()) } else { Err(Refusal::Rejected("signature length")) }
    }

    fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
        must_be(pk, self.set.pk)?;
        match message {
            Message::Pure { msg, ctx } if ctx.is_empty() && !self.library.has(&self.verify_ctx) => {
                let arguments = [input(msg), msg.len(), input(sig), sig.len(), input(pk)];
                // SAFETY: as `OQS_SIG` of `oqs/sig.h` declares it: message and signature with their lengths, the key
                // with that of the parameter set.
                unsafe { status(self.library, &self.verify, &arguments) }
            }
            Message::Pure { msg, ctx } => {
                self.with_contexts()?;
                let arguments =
                    [input(msg), msg.len(), input(sig), sig.len(), input(ctx), ctx.len(), input(pk)];
                // SAFETY: the same, and the context with its length.
                unsafe { status(self.library, &self.verify_ctx, &arguments) }
            }
            Message::Internal(msg) => {
                let arguments = [input(sig), sig.len(), input(msg), msg.len(), input(&[]), 0, input(pk)];
                // SAFETY: as `sign.h` of pqcrystals declares it: signature, message and prefix with their lengths, the
                // key with that of the standard.
                unsafe { status(self.library, self.internal.verify(self.library)?, &arguments) }
            }
            Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
            Message::ExternalMu(mu) => {
                let mu = self.external_mu(mu)?;
                let arguments = [input(mu), mu.len(), input(sig), sig.len(), input(pk)];
                // SAFETY: the same for a signature to verify.
                unsafe { status(self.library, &self.verify_mu, &arguments) }
            }
        }
    }
}

impl MlDsa {
    fn with_contexts(&self) -> Answer {
        if self.library.has(&self.sign_ctx) { Ok(()) } else { Err(Refusal::Unsupported("context")) }
    }

    /// µ, where the library has functions that take it.
    fn external_mu<'a>(&self, mu: &'a [u8]) -> Answer<&'a [u8; ml_dsa::MU]> {
        let has_both = self.library.has(&self.sign_mu) && self.library.has(&self.verify_mu);
        if has_both { exactly(mu) } else { Err(Refusal::Unsupported("external-mu")) }
    }
}

/// FIPS 204, Algorithms 7 and 8, where a build exports the functions of its implementations.
struct Internal {
    has_extension: Import,
    avx2: [Import; 2],
    plain: [Import; 2],
}

impl Internal {
    /// `OQS_CPU_EXT_AVX2` and `OQS_CPU_EXT_POPCNT`, without which the library does not take its AVX2 code.
    const EXTENSIONS: [usize; 2] = [4, 10];

    fn named(stem: &str) -> Self {
        let import = |kind: &str| {
            ["signature", "verify"]
                .map(|what| Import::named(format!("pqcrystals_{stem}_{kind}_{what}_internal")))
        };
        Self {
            has_extension: Import::new(c"OQS_CPU_has_extension"),
            avx2: import("avx2"),
            plain: import("ref"),
        }
    }

    fn sign(&self, library: &Library) -> Answer<&Import> {
        self.chosen(library, 0)
    }

    fn verify(&self, library: &Library) -> Answer<&Import> {
        self.chosen(library, 1)
    }

    /// The implementation that the library's public functions would take.
    fn chosen(&self, library: &Library, at: usize) -> Answer<&Import> {
        let (avx2, plain) = (&self.avx2[at], &self.plain[at]);
        let extended = || {
            Self::EXTENSIONS.iter().all(|extension| {
                // SAFETY: as `oqs/common.h` declares it; any number may be asked.
                let answer = unsafe { library.call(&self.has_extension, &[*extension]) };
                answer.is_ok_and(|it| it as c_int != 0)
            })
        };
        match (library.has(avx2), library.has(plain)) {
            (true, false) => Ok(avx2),
            (true, true) if extended() => Ok(avx2),
            (_, true) => Ok(plain),
            (false, false) => Err(Refusal::Unsupported("internal")),
        }
    }
}

/// A call that draws just this randomness.
///
/// # Safety
/// As of [`Library::call`].
unsafe fn drawing(library: &Library, import: &Import, random: &[&[u8]], arguments: &[usize]) -> Answer {
    // SAFETY: the caller answers for it.
    seeded(random, || unsafe { status(library, import, arguments) })
}

/// A call that draws nothing.
///
/// # Safety
/// As of [`Library::call`].
unsafe fn status(library: &Library, import: &Import, arguments: &[usize]) -> Answer {
    // SAFETY: the caller answers for it.
    accepted(unsafe { library.call(import, arguments)? } as c_int)
}
