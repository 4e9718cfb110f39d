//! The dynamic symbols of an ELF file, visited one by one. Keeps none of them.

use std::cell::Cell;

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, GnuHashTable, HashTable, Sym as _};
use object::read::{ReadCache, ReadRef as _};

use super::read::Data;
use super::{Elf, Error};
use crate::image::content::Content;

/// The largest table of names, and of symbols, in bytes.
const LARGEST_TABLE: u64 = 16 << 20;

/// The bytes of a table that are read before it is known how many it has.
const USUAL_TABLE: u64 = 64 << 10;

/// A dynamic symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Whether it is defined here, and not only asked for.
    pub is_defined: bool,
    /// Its address.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
}

pub(super) fn each(
    elf: &Elf,
    content: &Content,
    visit: &mut dyn FnMut(Symbol<'_>) -> bool,
) -> Result<(), Error> {
    let (cache, left) = (ReadCache::new(content.cursor()), Cell::new(6 * LARGEST_TABLE));
    let data = Data { cache: &cache, left: &left };
    if elf.is_64 {
        walk::<elf::FileHeader64<Endianness>>(elf, data, visit)
    } else {
        walk::<elf::FileHeader32<Endianness>>(elf, data, visit)
    }
}

fn walk<H: FileHeader<Endian = Endianness>>(
    elf: &Elf,
    data: Data<'_>,
    visit: &mut dyn FnMut(Symbol<'_>) -> bool,
) -> Result<(), Error> {
    if elf.tables.symbols == 0 {
        return Ok(());
    }
    let damaged = |what| move || Error::Damaged(what);
    let endian = if elf.is_big_endian { Endianness::Big } else { Endianness::Little };
    let count =
        count::<H>(elf, data, endian).ok_or_else(damaged("it does not say how many symbols it has"))?;
    let outside = damaged("its dynamic symbols lie outside the file");
    let strings = elf
        .offset_of(elf.tables.strings)
        .and_then(|at| data.read_bytes_at(at, elf.tables.strings_size).ok())
        .ok_or_else(outside)?;
    let at = elf.offset_of(elf.tables.symbols).ok_or_else(outside)?;
    let symbols: &[H::Sym] = data.read_slice_at(at, count).map_err(|()| outside())?;
    for symbol in symbols {
        let name = strings.get(symbol.st_name(endian) as usize..).unwrap_or_default();
        let name = &name[..memchr::memchr(0, name).unwrap_or(name.len())];
        let symbol = Symbol {
            name,
            is_defined: !symbol.is_undefined(endian),
            address: symbol.st_value(endian).into(),
            size: symbol.st_size(endian).into(),
        };
        if !name.is_empty() && !visit(symbol) {
            break;
        }
    }
    Ok(())
}

/// How many symbols there are, which only the hash tables tell.
fn count<H: FileHeader<Endian = Endianness>>(elf: &Elf, data: Data<'_>, endian: Endianness) -> Option<usize> {
    // The tables do not say how long they are, so the first try reads as much as most have.
    let mut most = USUAL_TABLE;
    loop {
        let table = |address: u64| {
            let room = elf.room_at(address).min(LARGEST_TABLE);
            let table = data.read_bytes_at(elf.offset_of(address)?, room.min(most)).ok()?;
            Some((table, room <= most))
        };
        let (count, is_whole) = if elf.tables.hash != 0 {
            let (table, is_whole) = table(elf.tables.hash)?;
            (HashTable::<H>::parse(endian, table).ok().map(|hashes| hashes.symbol_table_length()), is_whole)
        } else if elf.tables.gnu_hash != 0 {
            let (table, is_whole) = table(elf.tables.gnu_hash)?;
            let count = GnuHashTable::<H>::parse(endian, table).ok().and_then(|hashes| {
                // A table that leads to no symbol may still follow on symbols that are asked for.
                hashes.symbol_table_length(endian).or_else(|| is_whole.then(|| hashes.symbol_base()))
            });
            (count, is_whole)
        } else {
            (Some(0), true)
        };
        if is_whole || count.is_some() {
            return usize::try_from(count?).ok();
        }
        most = LARGEST_TABLE;
    }
}
