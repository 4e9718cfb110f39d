//! liboqs is there, but not the version that its user was made for.

use crate::explain::cause::{Cause, Hit, Seen, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "liboqs-version-mismatch",
        finds: "A program, wrapper or provider was made for another version of liboqs than the one that it \
              found: a function, type or algorithm is missing, or a version check fails.",
        why: "liboqs changes names and structures between minor versions and has no stable interface (Kyber \
              became ML-KEM, Dilithium became ML-DSA, sonames change). A mixture fails to build, fails to \
              start, or computes nonsense.",
        fix: &[
            "Use the same minor version on both sides: liboqs-python X.Y with liboqs X.Y, oqs-provider with the liboqs in its release notes.",
            "Build liboqs from the release tag, not from main: git clone --branch VERSION --depth 1.",
            "Remove an older liboqs that comes first (find / -name 'liboqs.so*'), and rebuild what uses it from clean.",
            "Use the final names: ML-KEM-768 for Kyber768, ML-DSA-65 for Dilithium3; `pqcheck list --installed` shows what a library has.",
        ],
    },
    signs: &[
        likely(
            "differs from liboqs-",
            r"liboqs version (?:\(major, minor\) )?(?<version>[\w.-]+) differs from (?<by>liboqs-\w+) version (?<need>[\w.-]+)",
        ),
        proof(
            "configuration file for package",
            r"configuration file for package \x22liboqs\x22(?:.*requested version \x22(?<need>[\d.]+)\x22)?",
        ),
        proof(
            "but version of liboqs",
            r"Requested 'liboqs (?<need>[^']+)' but version of liboqs is (?<version>[\d.]+)",
        ),
        proof(
            "dependency requirement|Dependency liboqs|is required",
            r"(?:Package dependency requirement|Dependency liboqs found: NO found|liboqs (?:version )?[><=]+ ?[\d.]+ (?:is )?required)",
        ),
        proof(
            "Found unsuitable version",
            r"Found unsuitable version \x22(?<version>[\d.]+)\x22, but required is (?:at least |exact version )?\x22(?<need>[\d.]+)\x22.*liboqs",
        ),
        proof("undefined symbol", r"undefined symbol:? '?(?<name>OQS_\w+)")
            .unless(&["error: undefined symbol"]),
        proof("undefined symbol", r"liboqs\.so[\d.]*: undefined symbol:? (?<name>\w+)"),
        proof("symbol not found", r"Error relocating (?<by>[^:]+): (?<name>OQS_\w+): symbol not found"),
        proof("OQS_", r"error: '(?<name>OQS_\w+)' (?:undeclared|was not declared|has no member)"),
        proof("OQS_", r"error: unknown type name '(?<name>OQS_\w+)'"),
        proof("OQS_", r"error: use of undeclared identifier '(?<name>OQS_\w+)'"),
        proof(
            "OQS_",
            r"error: (?:implicit declaration of|call to undeclared|too (?:few|many) arguments to|conflicting types for) (?:function )?'(?<name>OQS_\w+)",
        ),
        proof(
            "OQS_",
            r"error: '?(?:struct )?(?<name>OQS_(?:KEM|SIG)\w*)'?(?: \{aka .*\})? has no member named",
        ),
        proof("OQS_", r"no member named '[^']+' in '(?:struct )?(?<name>OQS_\w+)"),
        proof(
            "OQS_",
            r"cannot find (?:function|type|value|function, tuple struct or tuple variant|struct)[\w ,]* '(?<name>OQS_\w+)'",
        ),
        proof("OQS_", r"could not determine (?:kind of name for|what) C\.(?<name>OQS_\w+)"),
        proof("MechanismNotSupportedError", r"MechanismNotSupportedError: (?<name>\S+)"),
        proof("MechanismNotEnabledError", r"MechanismNotEnabledError: (?<name>\S+)"),
        proof("is not supported by OQS", r"'?(?<name>[\w-]+)'? is not supported by OQS"),
        proof("is not enabled by OQS", r"'?(?<name>[\w-]+)'? is not enabled by OQS"),
        proof("not found in upstream", r"Remote branch (?<name>0\.\d+\.\d+\S*) not found in upstream"),
        likely(
            "version mismatch|incompatible version|unsupported version|too old|too new",
            r"liboqs.*(?:version mismatch|incompatible version|unsupported version|too old|is too new)",
        ),
        likely("liboqs.so", r"(?<name>liboqs\.so\.\d+).*(?:may conflict with|needed by .* conflicts)"),
    ],
    brings: &["pip-build-failed", "python-import-name", "liboqs-library-missing"],
    counts: is_about_liboqs,
    words: |found| {
        let why = match (found.first("version"), found.first("need"), found.first("name")) {
            (Some(version), Some(need), _) => {
                format!(
                    "liboqs {version} is installed, but {} was made for {need}.",
                    found.or("by", "the program")
                )
            }
            (_, Some(need), _) => {
                format!("The build asks for liboqs {need}, but another version is installed.")
            }
            (_, _, Some(name)) if name.starts_with("OQS_") => format!(
                "The liboqs found here has no `{name}`: headers, library and program are of different versions."
            ),
            (_, _, Some(name)) => format!(
                "The liboqs found here has no `{name}`: this version has another name for it, or was built without it."
            ),
            _ => "The program was made for another version of liboqs than the one found here.".to_owned(),
        };
        found.because(why)
    },
};

/// A branch may be missing in any repository: it counts where liboqs was then not found.
fn is_about_liboqs(hit: &Hit, seen: &Seen<'_>) -> bool {
    hit.needle != "not found in upstream" || seen.of("liboqs-library-missing").next().is_some()
}
