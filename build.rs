//! Hands the backends' versions from the lock file to the adapters, as `env!("PQCHECK_VERSION_ML_KEM")`, and
//! has the linker send the C libraries' questions about randomness and the processor to them.
//! Knows no adapter.

use std::error::Error;
use std::path::Path;

use cargo_lock::Lockfile;

/// The crates whose version is part of what is reported.
const REPORTED: [&str; 10] = [
    "chacha20poly1305",
    "libcrux-chacha20poly1305",
    "libcrux-ml-dsa",
    "libcrux-ml-kem",
    "ml-dsa",
    "ml-kem",
    "oqs",
    "oqs-sys",
    "pqcrypto-mldsa",
    "pqcrypto-mlkem",
];

/// C functions whose callers get `__wrap_…` instead, which the Rust side defines, per feature.
const WRAPPED: [(&str, &str); 2] = [
    // `src/entropy.rs`: PQClean's source of randomness.
    ("PQCLEAN", "PQCRYPTO_RUST_randombytes"),
    // `src/backend/liboqs.rs`: what liboqs believes that the processor can do.
    ("LIBOQS", "OQS_CPU_has_extension"),
];

/// The same for the integration tests alone, which count in them (`tests/it/rejections.rs`): what C code calls once in
/// each round of the loop in which ML-DSA signs.
const COUNTED: [(&str, &str); 2] =
    [("LIBOQS", "pqcrystals_ml_dsa_{}_ref"), ("PQCLEAN", "PQCLEAN_MLDSA{}_CLEAN")];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    wrap_symbols();
    report_compiler()?;
    report_versions()
}

fn wrap_symbols() {
    for (feature, symbol) in WRAPPED {
        if std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some() {
            println!("cargo::rustc-link-arg=-Wl,--wrap={symbol}");
        }
    }
    // The file that counts asks for both.
    if COUNTED.iter().all(|(feature, _)| std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some()) {
        for (_, namespace) in COUNTED {
            for set in ["44", "65", "87"] {
                let symbol = format!("{}_polyvecl_uniform_gamma1", namespace.replace("{}", set));
                println!("cargo::rustc-link-arg-tests=-Wl,--wrap={symbol}");
            }
        }
    }
}

fn report_compiler() -> Result<(), Box<dyn Error>> {
    let version = std::process::Command::new(std::env::var("RUSTC")?).arg("--version").output()?;
    let version = String::from_utf8(version.stdout)?;
    let level = std::env::var("OPT_LEVEL")?;
    println!("cargo::rustc-env=PQCHECK_COMPILER={}, opt-level {level}", version.trim());
    Ok(())
}

fn report_versions() -> Result<(), Box<dyn Error>> {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("Cargo.lock");
    println!("cargo::rerun-if-changed={}", path.display());
    let lock = Lockfile::load(&path)?;
    for name in REPORTED {
        let mut found = lock.packages.iter().filter(|package| package.name.as_str() == name);
        let (Some(package), None) = (found.next(), found.next()) else {
            return Err(format!("{}: `{name}` must be there exactly once", path.display()).into());
        };
        let variable = name.to_uppercase().replace('-', "_");
        println!("cargo::rustc-env=PQCHECK_VERSION_{variable}={}", package.version);
    }
    Ok(())
}
