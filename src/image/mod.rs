//! Facts about the machine and the image, as data. Knows no verdict.

pub mod cpu;
pub mod elf;
pub mod loader;
pub mod platform;
pub mod root;
