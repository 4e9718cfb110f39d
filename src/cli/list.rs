//! `pqcheck list`: what this binary can test. Fills the inventory; `output` shows it.

use std::process::ExitCode;

use anyhow::Result;

use super::exit::Exit;
use super::write;
use crate::backend::{self, Backend, CodePath, broken};
use crate::image::platform;
use crate::kat::SKIP_REASONS;
use crate::output;
use crate::report::inventory::{
    AlgorithmInfo, BackendInfo, CodePathInfo, ExitCodeInfo, FaultInfo, Inventory, SCHEMA, SuiteInfo, Word,
};
use crate::spec::{Algorithm, Operation, ml_kem};
use crate::vector::{self, packed};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Show the planted faults that `kat --backend broken:FAULT` runs
    #[arg(long)]
    faults: bool,
    /// How to show the list
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let inventory = inventory()?;
    write::to_stdout(|out| match (args.format.as_str(), args.faults) {
        ("json", _) => output::list::json(&inventory, out),
        (_, true) => output::list::faults(&inventory, write::style(), out),
        (_, false) => output::list::human(&inventory, write::style(), out),
    })?;
    Ok(Exit::Fine.into())
}

fn inventory() -> Result<Inventory> {
    let word = |(id, about): (&str, &str)| Word { id: id.to_owned(), about: about.to_owned() };
    Ok(Inventory {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform::read(),
        backends: backend::ALL.iter().map(|backend| backend_info(backend)).collect(),
        algorithms: Algorithm::ALL.to_vec(),
        operations: Operation::ALL.to_vec(),
        corpus: packed::embedded()?
            .suites()
            .iter()
            .map(|suite| SuiteInfo {
                name: suite.name.to_owned(),
                source: suite.source.to_owned(),
                version: suite.version.to_owned(),
                licence: None,
                cases: suite.count as u64,
            })
            .collect(),
        vector_formats: vector::FORMATS.iter().copied().map(word).collect(),
        formats: output::ALL.iter().map(|format| word((format.id(), format.about()))).collect(),
        skip_reasons: SKIP_REASONS.iter().copied().map(word).collect(),
        exit_codes: Exit::ALL
            .iter()
            .map(|(exit, about)| ExitCodeInfo { code: exit.code(), about: (*about).to_owned() })
            .collect(),
        faults: broken::FAULTS
            .iter()
            .map(|fault| FaultInfo {
                id: fault.id.to_owned(),
                what: fault.what.to_owned(),
                lethal: fault.lethal,
            })
            .collect(),
    })
}

fn backend_info(backend: &Backend) -> BackendInfo {
    BackendInfo {
        id: backend.id.to_owned(),
        version: (backend.version)(),
        notes: backend.notes.iter().map(|note| (*note).to_owned()).collect(),
        paths: backend.paths.iter().map(|path| path_info(backend, path)).collect(),
    }
}

fn path_info(backend: &Backend, path: &CodePath) -> CodePathInfo {
    let names = |features: &[crate::image::cpu::Feature]| -> Vec<String> {
        features.iter().map(|feature| feature.name().to_owned()).collect()
    };
    let lacks = path.lacks();
    let offered = || Algorithm::ALL.into_iter().filter(|algorithm| path.offers(*algorithm));
    CodePathInfo {
        id: path.id.to_owned(),
        requires: names(path.requires),
        chosen: offered()
            .any(|algorithm| backend.chosen_path(algorithm).is_some_and(|chosen| std::ptr::eq(chosen, path))),
        runs_here: lacks.is_empty(),
        lacks: names(&lacks),
        departures: path
            .departures
            .iter()
            .map(|departure| Word { id: departure.name().to_owned(), about: departure.about().to_owned() })
            .collect(),
        algorithms: offered()
            .map(|algorithm| AlgorithmInfo { algorithm, operations: operations(algorithm).to_vec() })
            .collect(),
    }
}

fn operations(algorithm: Algorithm) -> &'static [Operation] {
    match algorithm {
        Algorithm::ChaCha20Poly1305 => &[Operation::Seal, Operation::Open],
        _ if ml_kem::sizes(algorithm).is_some() => &[Operation::Keygen, Operation::Encaps, Operation::Decaps],
        _ => &[Operation::Keygen, Operation::Sign, Operation::Verify],
    }
}
