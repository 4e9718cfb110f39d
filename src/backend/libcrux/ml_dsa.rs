//! ML-DSA of libcrux: for each code path a module of its own, as in the crate. Knows not when a path is taken.

use super::super::{Answer, Message, Refusal, Signature, Signed, Signing, exactly};
use crate::spec::Algorithm;
use crate::spec::ml_dsa::Hash;

/// The three parameter sets on one path.
macro_rules! path {
    ($path:ident) => {
        pub(super) mod $path {
            use super::*;

            pub(in super::super) static ALL: &[&dyn Signature] = &[&MlDsa44, &MlDsa65, &MlDsa87];

            signature!(
                $path,
                MlDsa44,
                ml_dsa_44,
                MLDSA44SigningKey,
                MLDSA44VerificationKey,
                MLDSA44Signature
            );
            signature!(
                $path,
                MlDsa65,
                ml_dsa_65,
                MLDSA65SigningKey,
                MLDSA65VerificationKey,
                MLDSA65Signature
            );
            signature!(
                $path,
                MlDsa87,
                ml_dsa_87,
                MLDSA87SigningKey,
                MLDSA87VerificationKey,
                MLDSA87Signature
            );
        }
    };
}

/// A macro and not a generic type, because a path is a module of the crate.
macro_rules! signature {
    ($path:ident, $set:ident, $module:ident, $sk:ident, $pk:ident, $sig:ident) => {
        struct $set;

        impl Signature for $set {
            fn algorithm(&self) -> Algorithm {
                Algorithm::$set
            }

            fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
                let keys = libcrux_ml_dsa::$module::$path::generate_key_pair(*exactly(xi)?);
                pk.copy_from_slice(keys.verification_key.as_slice());
                sk.copy_from_slice(keys.signing_key.as_slice());
                Ok(())
            }

            fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
                use libcrux_ml_dsa::$module::{$path as library, $sk as SigningKey};
                let sk = || exactly(sk).map(|sk| SigningKey::new(*sk));
                let rnd = *exactly(rnd)?;
                let signed = match message {
                    Message::Pure { msg, ctx } => library::sign(&sk()?, msg, ctx, rnd),
                    Message::PreHash { msg, ctx, hash: Hash::Shake128 } => {
                        library::sign_pre_hashed_shake128(&sk()?, msg, ctx, rnd)
                    }
                    Message::PreHash { .. } => return Err(Refusal::Unsupported("pre-hash")),
                    Message::Internal(formatted) => library::sign_internal(&sk()?, formatted, rnd),
                    Message::ExternalMu(_) => return Err(Refusal::Unsupported("external-mu")),
                };
                sig.copy_from_slice(signed.map_err(|error| refusal_to_sign(&error))?.as_slice());
                Ok(())
            }

            fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
                use libcrux_ml_dsa::$module::{$path as library, $pk as VerificationKey, $sig as Signature};
                let pk = || exactly(pk).map(|pk| VerificationKey::new(*pk));
                let sig = || exactly(sig).map(|sig| Signature::new(*sig));
                match message {
                    Message::Pure { msg, ctx } => library::verify(&pk()?, msg, ctx, &sig()?),
                    Message::PreHash { msg, ctx, hash: Hash::Shake128 } => {
                        library::verify_pre_hashed_shake128(&pk()?, msg, ctx, &sig()?)
                    }
                    Message::PreHash { .. } => return Err(Refusal::Unsupported("pre-hash")),
                    Message::Internal(formatted) => library::verify_internal(&pk()?, formatted, &sig()?),
                    Message::ExternalMu(_) => return Err(Refusal::Unsupported("external-mu")),
                }
                .map_err(|error| refusal_to_verify(&error))
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
path!(avx2);
#[cfg(target_arch = "aarch64")]
path!(neon);
path!(portable);

fn refusal_to_sign(error: &libcrux_ml_dsa::SigningError) -> Refusal {
    use libcrux_ml_dsa::SigningError as E;
    Refusal::Rejected(match error {
        E::RejectionSamplingError => "rejection sampling",
        E::ContextTooLongError => "context length",
    })
}

fn refusal_to_verify(error: &libcrux_ml_dsa::VerificationError) -> Refusal {
    use libcrux_ml_dsa::VerificationError as E;
    Refusal::Rejected(match error {
        E::MalformedHintError => "malformed hint",
        E::SignerResponseExceedsBoundError => "norm of z",
        E::CommitmentHashesDontMatchError => "invalid signature",
        E::VerificationContextTooLongError => "context length",
    })
}
