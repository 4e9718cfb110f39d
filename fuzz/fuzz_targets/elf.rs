//! Any bytes as an ELF file: its facts, and every symbol.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pqcheck::image::content::Content;
use pqcheck::image::elf::Elf;

fuzz_target!(|bytes: &[u8]| {
    let content = Content::Kept { bytes: bytes.into(), size: bytes.len() as u64 };
    if let Ok(elf) = Elf::read(&content) {
        let _ = elf.symbols(&content, &mut |_| true);
        let _ = (elf.libc(), elf.is_program(), elf.offset_of(0));
    }
});
