//! Facts about the machine and the image, as data. Knows no verdict.

pub mod about;
pub mod content;
pub mod cpu;
pub mod elf;
pub mod loader;
pub mod machine;
pub mod openssl_conf;
pub mod platform;
pub mod processes;
pub mod program;
pub mod python;
pub mod root;
pub mod script;
pub mod started;
pub mod target;
pub mod tools;
