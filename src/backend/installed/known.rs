//! Which release of which library is known to depart from the standards, and by which source. Knows no vector.
//!
//! A row excuses its own releases alone: a library of a version without a row has to be right.

use std::ops::RangeInclusive;

use super::verdict::{Family, LibraryVerdict};
use super::version;
use crate::backend::Departure;

/// Some releases of a library, and how their code departs.
struct Row {
    family: Family,
    /// The first two numbers of the first and of the last release.
    releases: RangeInclusive<(u32, u32)>,
    /// Whether only x86-64 has this code.
    x86_only: bool,
    departures: &'static [Departure],
    /// Where upstream's source shows it, for whoever changes the row.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is the proof of the row, which a test demands"))]
    source: &'static str,
}

/// Every known departure.
const ROWS: [Row; 4] = [
    Row {
        family: Family::Liboqs,
        releases: (0, 11)..=(0, 12),
        x86_only: false,
        departures: &[Departure::EkModulus, Departure::DkHash],
        source: "https://github.com/open-quantum-safe/liboqs/blob/0.12.0/src/kem/ml_kem/pqcrystals-kyber-standard_ml-kem-768_ref/kem.c",
    },
    Row {
        family: Family::Liboqs,
        releases: (0, 12)..=(0, 15),
        x86_only: false,
        departures: &[Departure::SkRange],
        source: "https://github.com/open-quantum-safe/liboqs/blob/0.15.0/src/sig/ml_dsa/pqcrystals-dilithium-standard_ml-dsa-87_ref/packing.c",
    },
    Row {
        family: Family::Liboqs,
        releases: (0, 12)..=(0, 15),
        x86_only: true,
        departures: &[Departure::ZNorm, Departure::UseHintZero],
        source: "https://github.com/open-quantum-safe/liboqs/blob/0.15.0/src/sig/ml_dsa/pqcrystals-dilithium-standard_ml-dsa-87_avx2/sign.c",
    },
    Row {
        family: Family::Liboqs,
        releases: (0, 16)..=(0, 16),
        x86_only: false,
        departures: &[Departure::SkRange],
        source: "https://github.com/open-quantum-safe/liboqs/blob/0.16.0/src/sig/ml_dsa/mldsa-native_ml-dsa-87_ref/mldsa/src/packing.c",
    },
];

/// How a library of this version departs.
pub(super) fn departures(verdict: &LibraryVerdict) -> Vec<Departure> {
    let Some([major, minor, _]) = verdict.version.as_deref().and_then(version::numbers) else {
        return Vec::new();
    };
    let applies = |row: &&Row| {
        row.family == verdict.family
            && row.releases.contains(&(major, minor))
            && (!row.x86_only || cfg!(target_arch = "x86_64"))
    };
    ROWS.iter().filter(applies).flat_map(|row| row.departures).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(family: Family, version: Option<&str>) -> Vec<Departure> {
        let version = version.map(str::to_owned);
        departures(&LibraryVerdict { version, ..LibraryVerdict::unread(family) })
    }

    #[test]
    fn a_departure_is_of_the_releases_that_have_it() {
        let kem = [Departure::EkModulus, Departure::DkHash];
        let avx2: &[Departure] = match cfg!(target_arch = "x86_64") {
            true => &[Departure::ZNorm, Departure::UseHintZero],
            false => &[],
        };
        let dsa = [&[Departure::SkRange], avx2].concat();
        for (version, expected) in [
            ("0.10.1", vec![]),
            ("0.11.0", kem.to_vec()),
            ("0.12.0-rc1", [&kem[..], &dsa].concat()),
            ("0.13.0", dsa.clone()),
            ("0.15.0", dsa),
            ("0.16.0", vec![Departure::SkRange]),
            ("0.17.0-dev", vec![]),
            ("1.0.0", vec![]),
        ] {
            assert_eq!(of(Family::Liboqs, Some(version)), expected, "{version}");
        }
        assert_eq!(of(Family::Liboqs, None), []);
        assert_eq!(of(Family::Openssl, Some("0.12.0")), []);
    }

    #[test]
    fn every_row_names_the_source_of_its_last_release() {
        for row in ROWS {
            let (major, minor) = row.releases.end();
            assert!(row.source.starts_with("https://"), "{}", row.source);
            assert!(row.source.contains(&format!("/blob/{major}.{minor}.")), "{}", row.source);
        }
    }
}
