//! Two reports, or a history of them -> what got worse. Knows no file and no renderer.

pub mod history;
pub mod outcomes;
pub mod times;

mod contrast;
mod figures;
mod machines;
