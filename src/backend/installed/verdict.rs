//! What the symbol table of a library says of it, before anything of it is run. Knows no vector.

use std::io;
use std::path::Path;

use memchr::memmem;

use crate::image::content::Content;
use crate::image::elf::{Elf, Machine};
use crate::spec::{Algorithm, ml_dsa, ml_kem, round3};

/// Which library a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Whether its ML-KEM is pqcrystals' code, and whether its ML-DSA is.
    pub(super) pqcrystals: [bool; 2],
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
            pqcrystals: [false; 2],
        }
    }

    /// `liboqs 0.13.0`.
    pub fn name(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.family.name()),
            None => format!("{} of unknown version", self.family.name()),
        }
    }

    /// What it has under the name of `algorithm`.
    pub fn speaks(&self, algorithm: Algorithm) -> Option<Speaks> {
        self.offers.iter().find(|(offered, _)| *offered == algorithm).map(|(_, speaks)| *speaks)
    }
}

/// Reads the symbols of the library in `file`; none if it is another library than those that are tested.
pub(super) fn read(elf: &Elf, content: &Content, file: &Path) -> Result<Option<LibraryVerdict>, String> {
    let mut symbols = Symbols::default();
    elf.symbols(content, &mut |symbol| {
        if symbol.is_defined {
            symbols.note(symbol.name);
        }
        true
    })
    .map_err(|error| error.to_string())?;
    let family = match (symbols.is_liboqs, symbols.is_openssl) {
        (true, _) => Family::Liboqs,
        (_, true) => Family::Openssl,
        _ => return Ok(None),
    };
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let version = version(family, elf, content).map_err(unreadable)?;
    let version = match (family, version) {
        // LibreSSL and others have the same functions and another name.
        (Family::Openssl, None) => return Ok(None),
        (_, version) => version.or_else(|| version_in_name(file)),
    };
    let is_mceliece = |(algorithm, _): &(Algorithm, Speaks)| *algorithm == Algorithm::ClassicMcEliece460896;
    let mut other_mceliece = false;
    if symbols.liboqs.iter().any(is_mceliece) {
        other_mceliece =
            find(elf, content, mceliece).map_err(unreadable)?.is_none_or(|said| said != MCELIECE);
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
    Ok(Some(LibraryVerdict {
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
        pqcrystals: symbols.pqcrystals,
    }))
}

/// A machine as container platforms name it.
pub(super) fn platform(machine: Machine) -> String {
    machine.platform().map_or_else(|| machine.name(), str::to_owned)
}

/// What matters of the names that a library exports.
#[derive(Default)]
struct Symbols {
    is_liboqs: bool,
    is_openssl: bool,
    liboqs: Vec<(Algorithm, Speaks)>,
    round3: Vec<&'static str>,
    pqcrystals: [bool; 2],
}

impl Symbols {
    fn note(&mut self, name: &[u8]) {
        // Most of some thousand names are of no interest.
        if !matches!(name.first(), Some(b'O' | b'p')) {
            return;
        }
        let Ok(name) = std::str::from_utf8(name) else { return };
        self.is_liboqs |= name == "OQS_version";
        self.is_openssl |= name == "OpenSSL_version";
        self.pqcrystals[0] |= name.starts_with("pqcrystals_ml_kem_");
        self.pqcrystals[1] |= name.starts_with("pqcrystals_ml_dsa_");
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

/// The version that the library says it is, found among its strings.
fn version(family: Family, elf: &Elf, content: &Content) -> io::Result<Option<String>> {
    find(elf, content, |bytes| match family {
        Family::Liboqs => liboqs_version(bytes),
        Family::Openssl => openssl_version(bytes),
    })
}

/// The first thing that `look` finds in the parts of the file where its strings are.
fn find<T>(elf: &Elf, content: &Content, look: impl Fn(&[u8]) -> Option<T>) -> io::Result<Option<T>> {
    let mut window = vec![0; WINDOW];
    for part in elf.where_texts_are(content.size().min(MOST)) {
        let mut at = part.start;
        while at < part.end {
            let count = content.read_at(at, &mut window)?;
            if let Some(found) = look(&window[..count]) {
                return Ok(Some(found));
            }
            if count <= OVERLAP {
                break;
            }
            at += (count - OVERLAP) as u64;
        }
    }
    Ok(None)
}

/// The numbers in a name such as `liboqs.so.0.9.0`: a linker may have put the library's own string into another.
fn version_in_name(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let (_, version) = name.split_once(".so.")?;
    (version.split('.').count() == 3 && numbers(version.as_bytes()).is_some()).then(|| version.to_owned())
}

/// How much of a file is searched for a version, in bytes.
const MOST: u64 = 64 << 20;
/// How much of it at once.
const WINDOW: usize = 64 << 10;
/// Longer than a version.
const OVERLAP: usize = 64;

/// A string of its own such as `0.13.0` or `0.14.0-rc1`.
fn liboqs_version(bytes: &[u8]) -> Option<String> {
    for zero in memchr::memchr_iter(0, bytes) {
        let at = zero + 1;
        let rest = bytes.get(at..)?;
        if !rest.first()?.is_ascii_digit() {
            continue;
        }
        let text = &rest[..rest.iter().take(OVERLAP).position(|byte| *byte == 0).unwrap_or(0)];
        let is_version = text.split(|byte| *byte == b'.').count() == 3
            && numbers(text).is_some_and(|[major, _, _]| major < 10)
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(byte));
        if is_version {
            return String::from_utf8(text.to_vec()).ok();
        }
    }
    None
}

/// Which SUPERCOP Classic McEliece says that it is of.
fn mceliece(bytes: &[u8]) -> Option<[u8; 8]> {
    const START: &[u8] = b"SUPERCOP-";
    bytes.get(memmem::find(bytes, START)? + START.len()..)?.first_chunk().copied()
}

/// The three numbers at the beginning of a version.
fn numbers(text: &[u8]) -> Option<[u32; 3]> {
    let text = std::str::from_utf8(text).ok()?;
    let mut parts = text.splitn(3, '.');
    let mut next = || {
        let part = parts.next()?;
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok()
    };
    Some([next()?, next()?, next()?])
}

/// The words behind `OpenSSL ` at the start of a string, up to the date.
fn openssl_version(bytes: &[u8]) -> Option<String> {
    const START: &[u8] = b"OpenSSL ";
    for at in memmem::find_iter(bytes, START) {
        let rest = &bytes[at + START.len()..];
        let word = rest.iter().take(OVERLAP - START.len()).position(|byte| *byte == b' ' || *byte == 0);
        let word = &rest[..word.unwrap_or(0)];
        if word.first().is_some_and(u8::is_ascii_digit) && numbers(word).is_some() {
            return String::from_utf8(word.to_vec()).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_string_of_its_own() {
        for (bytes, version) in [
            (&b"x\x000.13.0\0"[..], Some("0.13.0")),
            (b"\0\x001\x000.14.0-rc1\0", Some("0.14.0-rc1")),
            (b"\x001.3.6.1.4.1\0", None),
            (b"\x0010.1.2\0", None),
            (b"x0.13.0\0", None),
            (b"\x000.13.0", None),
            (b"\x000..0\0", None),
        ] {
            assert_eq!(liboqs_version(bytes).as_deref(), version, "{bytes:?}");
        }
        for (bytes, version) in [
            (&b"\0OpenSSL 3.5.7 7 Apr 2026\0"[..], Some("3.5.7")),
            (b"OpenSSL OpenSSL default\0OpenSSL 3.0.19 27 Jan 2026\0", Some("3.0.19")),
            (b"OpenSSL 3", None),
            (b"OpenSSL PKCS8\0", None),
        ] {
            assert_eq!(openssl_version(bytes).as_deref(), version, "{bytes:?}");
        }
        let named = |name| version_in_name(Path::new(name));
        assert_eq!(named("/usr/lib/liboqs.so.0.9.0").as_deref(), Some("0.9.0"));
        assert_eq!(named("/usr/lib/liboqs.so.4"), None);
        assert_eq!(named("/usr/lib/liboqs.so"), None);
    }

    #[test]
    fn the_standard_outranks_the_draft_beside_it() {
        let mut symbols = Symbols::default();
        for name in
            ["OQS_SIG_ml_dsa_87_ipd_keypair", "OQS_KEM_ml_kem_768_ipd_keypair", "OQS_SIG_ml_dsa_87_keypair"]
        {
            symbols.note(name.as_bytes());
        }
        let expected = [(Algorithm::MlKem768, Speaks::Draft), (Algorithm::MlDsa87, Speaks::Final)];
        assert_eq!(symbols.liboqs, expected);
        symbols.note(b"OQS_SIG_ml_dsa_87_ipd_keypair");
        assert_eq!(symbols.liboqs, expected);
    }

    #[test]
    fn round_3_is_known_by_its_names() {
        let mut symbols = Symbols::default();
        for name in ["OQS_KEM_kyber_768_keypair", "OQS_KEM_kyber_768_encaps", "OQS_SIG_dilithium_5_keypair"] {
            symbols.note(name.as_bytes());
        }
        assert_eq!(symbols.round3, ["Kyber768", "Dilithium5"]);
        assert!(symbols.liboqs.is_empty());
    }
}
