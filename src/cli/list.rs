//! `pqcheck list`: what this binary can test. Fills the inventory; `output` shows it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::exit::{self, Exit};
use super::subjects::FromImage;
use super::{words, write};
use crate::backend::installed::{FoundLibrary, Installed, Speaks};
use crate::backend::{self, Backend, CodePath, Subject, broken};
use crate::explain;
use crate::image::platform;
use crate::kat::{SKIP_REASONS, reach};
use crate::output;
use crate::report::Configuration;
use crate::report::inventory::{
    AlgorithmInfo, BackendInfo, CodePathInfo, ExitCodeInfo, FaultInfo, InstalledInfo, Inventory, LibraryInfo,
    SCHEMA, SuiteInfo, Word,
};
use crate::report::page::Page;
use crate::spec::{self, Algorithm, Operation};
use crate::vector::{self, packed};

#[derive(clap::Args)]
#[command(after_help = exit::help("list", "pqcheck list --faults"))]
pub(super) struct Args {
    /// Show only the planted faults, for `pqcheck kat --backend broken:FAULT`
    #[arg(long)]
    faults: bool,
    #[command(flatten)]
    image: FromImage,
    /// Choose the format of the list
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = words::formats(words::HUMAN_OR_JSON))]
    format: String,
    /// Write the list to this file, whole or not at all; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let mut inventory = inventory()?;
    if args.image.is_asked() {
        inventory.installed = Some(installed(&args.image)?);
    }
    write::to(args.output.as_deref(), |style, out| match (args.format.as_str(), args.faults) {
        ("json", _) => output::list::json(&inventory, out),
        (_, false) if args.image.is_asked() => output::list::installed(&inventory, style, out),
        (_, true) => output::list::faults(&inventory, style, out),
        (_, false) => output::list::human(&inventory, style, out),
    })?;
    // What is found and cannot be tested is listed all the same.
    let nothing = inventory.installed.is_some_and(|found| found.libraries.is_empty());
    Ok(if nothing { Exit::NothingChecked } else { Exit::Fine }.into())
}

fn inventory() -> Result<Inventory> {
    let word = |(id, about): (&str, &str)| Word { id: id.to_owned(), about: about.to_owned() };
    let page = |page: &Page| Word { id: page.id.to_owned(), about: page.finds.to_owned() };
    Ok(Inventory {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform::read(),
        installed: None,
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
        rules: words::pages().map(page).collect(),
        causes: explain::pages().map(page).collect(),
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

/// What the image has, by what the files say.
fn installed(image: &FromImage) -> Result<InstalledInfo> {
    let found = if image.installed { image.found()? } else { FoundLibrary::default() };
    let backends: Vec<&Backend> = image.named()?.into_iter().chain(found.backends).collect();
    Ok(InstalledInfo {
        libraries: backends
            .iter()
            .flat_map(|backend| backend.paths.iter().map(|path| Subject { backend, path, forced: false }))
            .filter_map(|subject| Some(library_info(&subject, subject.path.installed?)))
            .collect(),
        passed_over: found
            .refused
            .into_iter()
            .map(|refused| Word { id: refused.file.display().to_string(), about: refused.why })
            .collect(),
        not_tested: found
            .untested
            .into_iter()
            .map(|(file, name)| Word { id: file.display().to_string(), about: name })
            .collect(),
        looked: found.looked,
    })
}

fn library_info(subject: &Subject, installed: &Installed) -> LibraryInfo {
    let verdict = &installed.verdict;
    let configuration = reach::of(subject);
    let is_kept_away =
        |algorithm: &Algorithm| configuration.as_ref().is_some_and(|it| it.lacks.contains(algorithm));
    LibraryInfo {
        backend: verdict.family.backend().to_owned(),
        file: installed.file.display().to_string(),
        name: verdict.family.name().to_owned(),
        version: verdict.version.clone(),
        soname: verdict.soname.clone(),
        machine: verdict.machine.clone(),
        libc: verdict.libc.map(str::to_owned),
        requires: verdict.requires.clone(),
        chosen: (subject.path.dispatched)(),
        refused: installed.refused().map(str::to_owned),
        algorithms: verdict
            .offers
            .iter()
            // Of a file that cannot be read, nothing is known.
            .filter(|_| !verdict.machine.is_empty())
            .map(|(algorithm, speaks)| Word {
                id: algorithm.name().to_owned(),
                about: match speaks {
                    _ if is_kept_away(algorithm) => "out of reach",
                    Speaks::Draft => "draft",
                    Speaks::Final if Algorithm::STANDARDS.contains(algorithm) => "final",
                    Speaks::Final => "no standard",
                }
                .to_owned(),
            })
            .collect(),
        round3: verdict.round3.iter().map(|name| (*name).to_owned()).collect(),
        notes: installed.notes.iter().cloned().chain(configuration.map(|it| kept_away(&it))).collect(),
    }
}

/// What an OpenSSL has and no application gets.
fn kept_away(configuration: &Configuration) -> String {
    let lacks: Vec<&str> = configuration.lacks.iter().map(|it| it.name()).collect();
    format!("{} out of reach {}", lacks.join(", "), configuration.words())
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
        _ if spec::kem(algorithm).is_some() => &[Operation::Keygen, Operation::Encaps, Operation::Decaps],
        _ => &[Operation::Keygen, Operation::Sign, Operation::Verify],
    }
}
