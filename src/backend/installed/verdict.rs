//! What the symbol table of a library says of it, before anything of it is run. Knows no vector.

use std::io;
use std::path::Path;

use memchr::memmem;

use super::version;
use crate::image::content::Content;
use crate::image::elf::{Elf, Machine};
use crate::spec::{Algorithm, ml_dsa, ml_kem, round3};

/// Which library a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// liboqs.
    Liboqs,
    /// OpenSSL's libcrypto.
    Openssl,
}

impl Family {
    /// Every library that is looked for.
    pub const ALL: [Self; 2] = [Self::Liboqs, Self::Openssl];

    /// The backend's name.
    pub const fn backend(self) -> &'static str {
        match self {
            Self::Liboqs => "installed-liboqs",
            Self::Openssl => "installed-openssl",
        }
    }

    /// The library's own name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Liboqs => "liboqs",
            Self::Openssl => "OpenSSL",
        }
    }

    /// How the name of its file begins.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Liboqs => "liboqs",
            Self::Openssl => "libcrypto",
        }
    }

    /// What it could have at most.
    fn could_offer(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.into_iter().filter(move |algorithm| match self {
            Self::Openssl => Algorithm::STANDARDS.contains(algorithm),
            Self::Liboqs => *algorithm != Algorithm::ChaCha20Poly1305,
        })
    }
}

/// What a library has under the name of an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// The standard, by its symbols; of what is no standard, what its name says.
    Final,
    /// The initial public draft, by its symbols.
    Draft,
}

/// What the file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryVerdict {
    /// Which library.
    pub family: Family,
    /// Its version, where the file has one.
    pub version: Option<String>,
    /// Its soname.
    pub soname: Option<String>,
    /// The machine that it is for, as container platforms name it.
    pub machine: String,
    /// The C library that it was linked to, where it needs one.
    pub libc: Option<&'static str>,
    /// The processor level that it was compiled to require, as far as a note says so.
    pub requires: Option<String>,
    /// What it has under the names of what is tested.
    pub offers: Vec<(Algorithm, Speaks)>,
    /// What it has from before the standards, by its own names.
    pub round3: Vec<&'static str>,
    /// Whether it has Classic McEliece in another revision than the one that is tested, under the same name.
    pub other_mceliece: bool,
}

/// The names of round 3, as liboqs has them in its functions, and as people know them.
const ROUND3: [(&str, &str); 6] = [
    ("OQS_KEM_kyber_512_keypair", "Kyber512"),
    ("OQS_KEM_kyber_768_keypair", "Kyber768"),
    ("OQS_KEM_kyber_1024_keypair", "Kyber1024"),
    ("OQS_SIG_dilithium_2_keypair", "Dilithium2"),
    ("OQS_SIG_dilithium_3_keypair", "Dilithium3"),
    ("OQS_SIG_dilithium_5_keypair", "Dilithium5"),
];

/// What liboqs 0.8 and older say that their Classic McEliece is, after `SUPERCOP-`. The next revision has the same
/// functions, keys and ciphertexts of other lengths, and says `20221025`.
const MCELIECE: &[u8] = b"20191221";

/// OpenSSL has ML-KEM and ML-DSA from the release on that defines this version.
const OPENSSL_WITH_ML: (u32, u32) = (3, 5);

impl LibraryVerdict {
    /// What is assumed of a library that cannot be read: all that it could have, so that the failure shows there.
    pub(super) fn unread(family: Family) -> Self {
        Self {
            family,
            version: None,
            soname: None,
            machine: String::new(),
            libc: None,
            requires: None,
            offers: family.could_offer().map(|algorithm| (algorithm, Speaks::Final)).collect(),
            round3: Vec::new(),
            other_mceliece: false,
        }
    }

    /// `liboqs 0.13.0`.
    pub fn name(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.family.name()),
            None => format!("{} of unknown version", self.family.name()),
        }
    }

    /// The algorithms whose draft it has under the name of the standard.
    pub fn drafts(&self) -> impl Iterator<Item = Algorithm> {
        let drafts = self.offers.iter().filter(|(_, speaks)| *speaks == Speaks::Draft);
        drafts.map(|(algorithm, _)| *algorithm)
    }

    /// What it has under the name of `algorithm`.
    pub fn speaks(&self, algorithm: Algorithm) -> Option<Speaks> {
        self.offers.iter().find(|(offered, _)| *offered == algorithm).map(|(_, speaks)| *speaks)
    }
}

/// What a file turns out to be.
pub(super) enum Told {
    /// A library that is tested.
    Tested(LibraryVerdict),
    /// Another one that has such functions, with its version where it says one.
    Untested(String),
}

/// The libraries that are known and not tested: a function by which they are told, if that alone does, their name, and
/// what stands before their version. AWS-LC has BoringSSL's functions too.
const UNTESTED: [(&str, &str, &[u8]); 4] = [
    ("awslc_version_string", "AWS-LC", b"AWS-LC "),
    ("BORINGSSL_self_test", "BoringSSL", b"BoringSSL "),
    ("gnutls_check_version", "GnuTLS", b"GnuTLS "),
    ("SymCryptModuleInit", "SymCrypt", b"SymCrypt "),
];

/// Reads the symbols of the library in `file`; none if it is neither.
pub(super) fn read(elf: &Elf, content: &Content, file: &Path) -> Result<Option<Told>, String> {
    let mut symbols = Symbols::default();
    elf.symbols(content, &mut |symbol| {
        if symbol.is_defined {
            symbols.note(symbol.name, symbol.address);
        }
        true
    })
    .map_err(|error| error.to_string())?;
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let named = |start| version::find(elf, content, version::after(start)).map_err(unreadable);
    if let Some((_, name, start)) = symbols.untested.map(|at| UNTESTED[at]) {
        let version = named(start)?.or_else(|| version::in_name(file));
        let name = version.map_or_else(|| name.to_owned(), |version| format!("{name} {version}"));
        return Ok(Some(Told::Untested(name)));
    }
    let is_openssl = || elf.versions.iter().any(|version| version.starts_with(b"OPENSSL_"));
    let (family, version) = if let Some(function) = symbols.liboqs_version {
        let version = version::of_function(elf, content, function).map_err(unreadable)?;
        (Family::Liboqs, version.or_else(|| version::in_name(file)))
    } else if !symbols.is_openssl {
        return Ok(None);
    } else if !is_openssl()
        && let Some(version) = named(b"LibreSSL ")?
    {
        return Ok(Some(Told::Untested(format!("LibreSSL {version}"))));
    } else if let Some(version) = named(b"OpenSSL ")? {
        (Family::Openssl, Some(version))
    } else {
        return Ok(None);
    };
    let is_mceliece = |(algorithm, _): &(Algorithm, Speaks)| *algorithm == Algorithm::ClassicMcEliece460896;
    let mut other_mceliece = false;
    if symbols.liboqs.iter().any(is_mceliece) {
        other_mceliece =
            version::find(elf, content, mceliece).map_err(unreadable)?.is_none_or(|said| said != MCELIECE);
        symbols.liboqs.retain(|offered| !(other_mceliece && is_mceliece(offered)));
    }
    symbols.round3.sort_unstable_by_key(|name| ROUND3.iter().position(|(_, known)| known == name));
    let offers = match family {
        Family::Liboqs => symbols.liboqs,
        Family::Openssl => {
            let has_ml = release(elf, version.as_deref()) >= Some(OPENSSL_WITH_ML);
            let is_aead = |algorithm: &Algorithm| *algorithm == Algorithm::ChaCha20Poly1305;
            let offered = family.could_offer().filter(|algorithm| has_ml || is_aead(algorithm));
            offered.map(|algorithm| (algorithm, Speaks::Final)).collect()
        }
    };
    Ok(Some(Told::Tested(LibraryVerdict {
        family,
        version,
        soname: elf.soname.as_ref().map(|name| String::from_utf8_lossy(name).into_owned()),
        machine: platform(elf.machine),
        libc: match elf.libc() {
            crate::image::elf::Libc::Glibc => Some("glibc"),
            crate::image::elf::Libc::Musl => Some("musl"),
            _ => None,
        },
        requires: elf.x86_level.filter(|level| *level > 1).map(|level| format!("x86-64-v{level}")),
        offers,
        round3: symbols.round3,
        other_mceliece,
    })))
}

/// Which SUPERCOP Classic McEliece says that it is of.
fn mceliece(bytes: &[u8]) -> Option<[u8; 8]> {
    const START: &[u8] = b"SUPERCOP-";
    bytes.get(memmem::find(bytes, START)? + START.len()..)?.first_chunk().copied()
}

/// A machine as container platforms name it.
pub(super) fn platform(machine: Machine) -> String {
    machine.platform().map_or_else(|| machine.name(), str::to_owned)
}

/// What matters of the names that a library exports.
#[derive(Default)]
struct Symbols {
    /// Where liboqs says its version.
    liboqs_version: Option<u64>,
    is_openssl: bool,
    /// The first of [`UNTESTED`] that has such a function.
    untested: Option<usize>,
    liboqs: Vec<(Algorithm, Speaks)>,
    round3: Vec<&'static str>,
}

impl Symbols {
    fn note(&mut self, name: &[u8], address: u64) {
        // Most of some thousand names are of no interest.
        if let Some(at) = UNTESTED.iter().position(|(function, ..)| function.as_bytes() == name) {
            self.untested = Some(self.untested.map_or(at, |known| known.min(at)));
        }
        let is_of_interest = matches!(name.get(..3), Some(b"OQS" | b"Ope"));
        let Some(name) = std::str::from_utf8(name).ok().filter(|_| is_of_interest) else { return };
        if name == "OQS_version" {
            self.liboqs_version = Some(address);
        }
        self.is_openssl |= name == "OpenSSL_version";
        if !name.starts_with("OQS_") {
            return;
        }
        self.round3.extend(ROUND3.iter().filter(|(function, _)| *function == name).map(|(_, known)| *known));
        let keypair = name.strip_suffix("_keypair");
        let stem_of = |start| keypair.and_then(|name| name.strip_prefix(start));
        let kems = ml_kem::ALL.iter().chain(&round3::ALL).map(|set| (set.algorithm, stem_of("OQS_KEM_")));
        let signatures = ml_dsa::ALL.iter().map(|set| (set.algorithm, stem_of("OQS_SIG_")));
        for (algorithm, found) in kems.chain(signatures) {
            let Some(found) = found else { continue };
            // Where there are both, the standard is what an application gets.
            if found == stem(algorithm, Speaks::Final) {
                self.liboqs.retain(|(known, _)| *known != algorithm);
                self.liboqs.push((algorithm, Speaks::Final));
            } else if found == stem(algorithm, Speaks::Draft)
                && !self.liboqs.iter().any(|(known, _)| *known == algorithm)
            {
                self.liboqs.push((algorithm, Speaks::Draft));
            }
            self.liboqs.sort_unstable_by_key(|(algorithm, _)| *algorithm);
        }
    }
}

/// How liboqs names an algorithm in its functions: `ml_dsa_87`, and `ml_dsa_87_ipd` for the draft.
pub(super) fn stem(algorithm: Algorithm, speaks: Speaks) -> String {
    let name = match algorithm {
        Algorithm::Kyber512 => "kyber_512".to_owned(),
        _ => algorithm.name().to_ascii_lowercase().replace('-', "_"),
    };
    if speaks == Speaks::Draft { name + "_ipd" } else { name }
}

/// The newest release whose symbols the library defines, or the one that it names itself.
fn release(elf: &Elf, version: Option<&str>) -> Option<(u32, u32)> {
    let numbers = |text: &str| {
        let mut parts = text.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    let defined = elf
        .versions
        .iter()
        .filter_map(|name| std::str::from_utf8(name).ok()?.strip_prefix("OPENSSL_").and_then(numbers));
    defined.chain(version.and_then(numbers)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_outranks_the_draft_beside_it() {
        let mut symbols = Symbols::default();
        for name in
            ["OQS_SIG_ml_dsa_87_ipd_keypair", "OQS_KEM_ml_kem_768_ipd_keypair", "OQS_SIG_ml_dsa_87_keypair"]
        {
            symbols.note(name.as_bytes(), 0);
        }
        let expected = [(Algorithm::MlKem768, Speaks::Draft), (Algorithm::MlDsa87, Speaks::Final)];
        assert_eq!(symbols.liboqs, expected);
        symbols.note(b"OQS_SIG_ml_dsa_87_ipd_keypair", 0);
        assert_eq!(symbols.liboqs, expected);
    }

    #[test]
    fn round_3_is_known_by_its_names() {
        let mut symbols = Symbols::default();
        for name in ["OQS_KEM_kyber_768_keypair", "OQS_KEM_kyber_768_encaps", "OQS_SIG_dilithium_5_keypair"] {
            symbols.note(name.as_bytes(), 0);
        }
        assert_eq!(symbols.round3, ["Kyber768", "Dilithium5"]);
        assert!(symbols.liboqs.is_empty());
    }
}
