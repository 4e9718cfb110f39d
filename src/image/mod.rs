//! Facts about the machine and the image, as data. Knows no verdict.

pub mod cpu;
pub mod platform;
