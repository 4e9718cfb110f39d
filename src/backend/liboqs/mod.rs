//! liboqs: its code paths, its hook for randomness and its view of the processor.
//!
//! The library decides at run time what it runs; the path `portable` is that same decision with every question
//! about the processor answered "no". Knows no vector.

use std::ffi::{CStr, c_int, c_uint};
use std::sync::atomic::{AtomicBool, Ordering};

use oqs::ffi::common::{OQS_CPU_EXT, OQS_version};

use super::{Answer, Backend, CodePath, Departure, Refusal};
use crate::entropy;

mod ml_dsa;
mod ml_kem;

pub(super) static BACKEND: Backend = Backend {
    id: "liboqs",
    version,
    notes: &[
        "Under the names of ML-DSA, 0.10 and 0.11 have the draft of FIPS 204; 0.12 and later have the standard.",
        "The AVX512VL code for Keccak has bugs before 0.16; the linked version, 0.13.0, does not have that code yet.",
    ],
    paths: &[&NATIVE, &PORTABLE],
};

static NATIVE: CodePath = CodePath {
    id: "native",
    requires: &[],
    dispatched: || true,
    enter: || enter(false),
    // The AVX2 code of ML-DSA, which does not come from the same hands as the rest, departs further.
    departures: if cfg!(target_arch = "x86_64") {
        &[Departure::SkRange, Departure::ZNorm, Departure::UseHintZero]
    } else {
        &[Departure::SkRange]
    },
    kems: ml_kem::ALL,
    signatures: ml_dsa::ALL,
    aeads: &[],
    installed: None,
};

/// The library takes this path only where it finds no extension to use; `native` is then the same code.
static PORTABLE: CodePath = CodePath {
    id: "portable",
    requires: &[],
    dispatched: || !finds_an_extension(),
    enter: || enter(true),
    departures: &[Departure::SkRange],
    kems: ml_kem::ALL,
    signatures: ml_dsa::ALL,
    aeads: &[],
    installed: None,
};

/// Whether the library is to believe that the processor has no extension at all.
static PORTABLE_ONLY: AtomicBool = AtomicBool::new(false);

/// The library keeps its choice of a Keccak for the life of the process, so this comes before any other call.
fn enter(portable: bool) {
    PORTABLE_ONLY.store(portable, Ordering::Relaxed);
    oqs::init();
    // SAFETY: `fill` asks no more of its arguments than the library promises.
    unsafe { oqs::ffi::rand::OQS_randombytes_custom_algorithm(Some(entropy::fill)) };
}

/// Answers liboqs: `build.rs` has the linker send every call of `OQS_CPU_has_extension` here.
#[unsafe(no_mangle)]
extern "C" fn __wrap_OQS_CPU_has_extension(extension: c_uint) -> c_int {
    let answer = if PORTABLE_ONLY.load(Ordering::Relaxed) { 0 } else { has_extension(extension) };
    #[cfg(test)]
    tests::ANSWERS.with(|answers| answers.borrow_mut().push(answer));
    answer
}

// SAFETY: as `oqs/common.h` declares it, under the name that the linker's `--wrap` gives it; any value may be asked.
unsafe extern "C" {
    #[link_name = "__real_OQS_CPU_has_extension"]
    safe fn has_extension(extension: c_uint) -> c_int;
}

/// Whether the processor has the extension without which the library takes none of its faster code.
fn finds_an_extension() -> bool {
    let extension = if cfg!(target_arch = "aarch64") {
        OQS_CPU_EXT::OQS_CPU_EXT_ARM_NEON
    } else {
        OQS_CPU_EXT::OQS_CPU_EXT_AVX2
    };
    has_extension(extension as c_uint) != 0
}

fn version() -> String {
    // SAFETY: the library returns a constant string.
    let library = unsafe { CStr::from_ptr(OQS_version()) }.to_string_lossy();
    let sources = env!("PQCHECK_VERSION_OQS_SYS");
    // What follows the `+` is the library's version once more.
    let sources = sources.split_once('+').map_or(sources, |(own, _)| own);
    format!("{library} (oqs {}, oqs-sys {sources})", env!("PQCHECK_VERSION_OQS"))
}

/// The wrapper's types refuse bytes of another length.
const LENGTH: Refusal = Refusal::Rejected("length");

impl From<oqs::Error> for Refusal {
    fn from(error: oqs::Error) -> Self {
        match error {
            oqs::Error::AlgorithmDisabled => Self::Unsupported("algorithm"),
            oqs::Error::InvalidLength => LENGTH,
            _ => Self::Rejected("error code"),
        }
    }
}

/// The wrapper allocates each output; the traits have a place for it.
fn copy(output: &[u8], to: &mut [u8]) -> Answer {
    if output.len() != to.len() {
        return Err(Refusal::Rejected("output length"));
    }
    to.copy_from_slice(output);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::process::Command;

    use super::super::conformance;
    use super::*;
    use crate::spec;

    /// Names the path that a test process is for. Because the library keeps its Keccak for the life of the
    /// process, every other path has to be tested in a process of its own.
    const PATH: &str = "PQCHECK_TEST_LIBOQS_PATH";

    thread_local! {
        /// What the library was told about the processor, on this thread.
        pub(super) static ANSWERS: RefCell<Vec<c_int>> = const { RefCell::new(Vec::new()) };
    }

    fn path_of_this_process() -> &'static CodePath {
        let id = std::env::var(PATH).unwrap_or_else(|_| NATIVE.id.to_owned());
        let path = BACKEND.paths.iter().copied().find(|path| path.id == id).expect("a path of that name");
        (path.enter)();
        path
    }

    conformance::claims! {
        [path_of_this_process()];
        agrees_with_the_accumulated_digests,
        rejects_wrong_lengths(["error code", "error code", "length"]),
        departs_as_declared,
        binds_message_context_and_rnd,
        rejects_a_context_of_256_bytes,
        internal_agrees_with_pure,
    }

    #[test]
    fn every_claim_above_holds_on_the_portable_path() {
        if std::env::var_os(PATH).is_some() {
            return;
        }
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["backend::liboqs::tests::", "--test-threads=1"])
            .env(PATH, PORTABLE.id)
            .output()
            .expect("this program starts again");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("agrees_with_the_accumulated_digests ... ok"), "{text}");
    }

    #[test]
    fn the_portable_path_answers_no_to_every_question_of_the_c_code() {
        let path = path_of_this_process();
        ANSWERS.with(|answers| answers.take());
        conformance::agrees_with_the_accumulated_digests(path);
        let answers = ANSWERS.with(|answers| answers.take());
        assert!(answers.len() > 100, "the C code asks through the wrapper");
        assert_eq!(answers.contains(&1), path.id == NATIVE.id && finds_an_extension());
    }

    #[test]
    fn exactly_one_path_is_chosen() {
        let chosen = BACKEND.chosen_path(spec::Algorithm::MlKem768).expect("a path");
        assert_eq!(chosen.id, "native");
        assert_eq!((PORTABLE.dispatched)(), !finds_an_extension());
    }

    #[test]
    fn tells_both_versions() {
        assert_eq!(version(), "0.13.0 (oqs 0.11.0, oqs-sys 0.11.0)");
    }
}
