//! The packed corpus: published cases in a form that needs no parsing at start, embedded in the
//! binary. Knows no other format and no implementation.
//!
//! A file is two volumes: the few cases of `health`, and all the cases. They share nothing, so that
//! `health` touches only the pages that it needs. A volume is
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `PQCHECK` and the version of the format, 1 |
//! | 4 | length of the body |
//! | 32 | SHA-256 of the body |
//! | … | the body: number of suites, length of records; the suites; the records; the pool |
//!
//! The values in the body are written by the rules of `record.rs`.

use sha2::{Digest as _, Sha256};

use self::record::{Field, Reader, Writer};
use super::{Answer, Case, Task};

mod pool;
mod record;

/// The first bytes of a volume: a name, and the version of the format.
const MAGIC: &[u8; 8] = b"PQCHECK\x01";

static FILE: &[u8] = include_bytes!("../../../vectors/core.pqv");

/// Why a packed corpus cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It ends too early or goes on too long.
    #[error("packed corpus: {0} bytes missing or too many; download pqcheck again")]
    Length(usize),
    /// It is something else, or of another version.
    #[error("packed corpus: not in format 1; download pqcheck again")]
    Format,
    /// Some byte has changed.
    #[error("packed corpus: the SHA-256 does not match; download pqcheck again")]
    Digest,
    /// A record cannot be read although the checksum is right.
    #[error("packed corpus: suite {suite}, record {record} is malformed; run `make vectors`")]
    Record {
        /// Which suite, from 0.
        suite: usize,
        /// Which record of the suite, from 0.
        record: usize,
    },
    /// The cases do not fit.
    #[error("packed corpus: more than 16 MiB; choose fewer cases")]
    Size,
}

/// Every embedded case.
///
/// # Errors
///
/// The file in the binary is damaged.
pub fn embedded() -> Result<Corpus, Error> {
    let (_, rest) = volume(FILE)?;
    let (body, rest) = volume(rest)?;
    if rest.is_empty() { Corpus::open(body) } else { Err(Error::Length(rest.len())) }
}

/// The cases of `health`, without touching the others.
///
/// # Errors
///
/// The file in the binary is damaged.
pub fn health() -> Result<Corpus, Error> {
    let (body, _) = volume(FILE)?;
    Corpus::open(body)
}

/// The cases of one volume.
#[derive(Clone)]
pub struct Corpus {
    suites: Vec<Suite>,
}

impl Corpus {
    /// The suites, in the order of the file.
    pub fn suites(&self) -> &[Suite] {
        &self.suites
    }

    /// Every case with the name of its suite.
    pub fn cases(&self) -> impl Iterator<Item = (&'static str, Case<'static>)> {
        self.suites.iter().flat_map(|suite| suite.cases().map(|case| (suite.name, case)))
    }

    /// Reads the suites and looks at every record once, so that what is handed out later is whole.
    fn open(body: Body) -> Result<Self, Error> {
        let mut from = Reader { bytes: body.0, pool: &[] };
        let missing = Error::Length(body.0.len());
        let (suites, records) = <(u32, u32)>::get(&mut from).ok_or(missing)?;
        let table = from.take(suites as usize * Suite::BYTES).ok_or(missing)?;
        let mut records = Reader { bytes: from.take(records as usize).ok_or(missing)?, pool: from.bytes };
        let mut table = Reader { bytes: table, pool: from.bytes };
        let suites = (0..suites as usize)
            .map(|suite| {
                let whole = Suite::read(&mut table, &mut records).ok_or(missing)?;
                match whole.unreadable() {
                    Some(record) => Err(Error::Record { suite, record }),
                    None => Ok(whole),
                }
            })
            .collect::<Result<_, _>>()?;
        if records.bytes.is_empty() { Ok(Self { suites }) } else { Err(Error::Length(records.bytes.len())) }
    }
}

/// The chosen cases of one vector file.
#[derive(Clone)]
pub struct Suite {
    /// The name, as the vector file gives it.
    pub name: &'static str,
    /// The package that the vectors came from.
    pub source: &'static str,
    /// The release of the vectors.
    pub version: &'static str,
    /// How many cases there are.
    pub count: usize,
    records: Reader,
}

impl Suite {
    /// Bytes of an entry: three strings, the number of cases and the length of their records.
    const BYTES: usize = 3 * 6 + 4 + 4;

    /// The cases, in the order of the vector file.
    pub fn cases(&self) -> impl Iterator<Item = Case<'static>> + use<> {
        let mut records = self.records;
        // `Corpus::open` has read every record once: none is missing here.
        (0..self.count).map_while(move |_| Case::get(&mut records))
    }

    fn read(table: &mut Reader, records: &mut Reader) -> Option<Self> {
        let (name, (source, version)) = Field::get(table)?;
        let (count, length) = <(u32, u32)>::get(table)?;
        let records = Reader { bytes: records.take(length as usize)?, pool: records.pool };
        Some(Self { name, source, version, count: count as usize, records })
    }

    /// The first record that is not a case or not the last although nothing follows.
    fn unreadable(&self) -> Option<usize> {
        let mut records = self.records;
        (0..self.count)
            .find(|_| Case::get(&mut records).is_none())
            .or_else(|| (!records.bytes.is_empty()).then_some(self.count))
    }
}

/// Whether what a case asks for is to succeed. A class of the publisher can hold both answers.
pub fn accepts(task: &Task<'_>) -> bool {
    match task {
        Task::KemKeygen { answer, .. } => !matches!(answer, Answer::Reject),
        Task::KemEncaps { answer, .. } => !matches!(answer, Answer::Reject),
        Task::KemDecaps { answer, .. } | Task::DsaSign { answer, .. } => !matches!(answer, Answer::Reject),
        Task::DsaKeygen { answer, .. } => !matches!(answer, Answer::Reject),
        Task::KemCheckEk { valid, .. }
        | Task::KemCheckDk { valid, .. }
        | Task::DsaVerify { valid, .. }
        | Task::Aead { valid, .. } => *valid,
        Task::KemRoundTrip { .. } | Task::DsaRoundTrip { .. } | Task::Accumulated { .. } => true,
    }
}

/// A suite to be packed.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The suite with the chosen cases.
    pub suite: super::Suite,
    /// The package that the vectors came from.
    pub source: String,
    /// The release of the vectors.
    pub version: String,
}

/// The file for these cases. Outputs longer than 64 bytes become their SHA-256.
///
/// # Errors
///
/// [`Error::Size`] if there are too many.
pub fn pack(health: &[Selection], all: &[Selection]) -> Result<Vec<u8>, Error> {
    Ok([pack_volume(health)?, pack_volume(all)?].concat())
}

fn pack_volume(selections: &[Selection]) -> Result<Vec<u8>, Error> {
    // The first time only to see every string, the second time with their places.
    let mut seen = Writer::default();
    put_body(selections, &mut seen)?;
    seen.pool.lay_out().ok_or(Error::Size)?;
    let mut body = Writer { bytes: Vec::new(), pool: seen.pool };
    put_body(selections, &mut body)?;
    body.bytes.extend_from_slice(body.pool.bytes());

    let mut file = MAGIC.to_vec();
    file.extend(length(&body.bytes)?.to_le_bytes());
    file.extend(Sha256::digest(&body.bytes));
    file.extend(body.bytes);
    Ok(file)
}

fn put_body(selections: &[Selection], out: &mut Writer) -> Result<(), Error> {
    let mut records = Writer { bytes: Vec::new(), pool: std::mem::take(&mut out.pool) };
    let mut table = Vec::new();
    for Selection { suite, source, version } in selections {
        let start = records.bytes.len();
        suite.cases.iter().for_each(|case| case.put(&mut records));
        let bytes = length(&records.bytes[start..])?;
        let cases = u32::try_from(suite.cases.len()).map_err(|_| Error::Size)?;
        for string in [&suite.name, source, version] {
            table.extend(records.pool.span(string.as_bytes()));
        }
        table.extend(cases.to_le_bytes());
        table.extend(bytes.to_le_bytes());
    }
    let suites = u32::try_from(selections.len()).map_err(|_| Error::Size)?;
    (suites, length(&records.bytes)?).put(out);
    out.bytes.extend(table);
    out.bytes.extend(records.bytes);
    out.pool = records.pool;
    Ok(())
}

fn length(bytes: &[u8]) -> Result<u32, Error> {
    u32::try_from(bytes.len()).map_err(|_| Error::Size)
}

/// The body of a volume whose checksum is right.
#[derive(Clone, Copy)]
struct Body(&'static [u8]);

/// The first volume of `file`, and what follows it.
fn volume(file: &'static [u8]) -> Result<(Body, &'static [u8]), Error> {
    let missing = Error::Length(file.len());
    let mut from = Reader { bytes: file, pool: &[] };
    if from.take(MAGIC.len()).ok_or(missing)? != MAGIC {
        return Err(Error::Format);
    }
    let length = u32::get(&mut from).ok_or(missing)?;
    let digest = <[u8; 32]>::get(&mut from).ok_or(missing)?;
    let body = from.take(length as usize).ok_or(missing)?;
    if Sha256::digest(body)[..] != digest {
        return Err(Error::Digest);
    }
    Ok((Body(body), from.bytes))
}

#[cfg(test)]
mod tests;
