//! `pqcheck doctor`: why programs of an image will not start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use super::exit::{self, Exit};
use super::{words, write};
use crate::doctor::{self, Plan};
use crate::image::python;
use crate::image::root::{OpenError, Root};
use crate::image::target::Target;
use crate::output::{self, annotations};
use crate::report::finding::Summary;
use crate::report::page::Page;

#[derive(clap::Args)]
#[command(after_help = exit::help("doctor", "docker save my-image -o image.tar && pqcheck doctor --image image.tar"))]
pub(super) struct Args {
    /// Check these programs or libraries; with --root or --image, paths in that image
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check the image in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "image")]
    root: Option<PathBuf>,
    /// Check the image in this archive: of `docker save`, OCI, or a tar of a file tree
    #[arg(long, value_name = "TAR")]
    image: Option<PathBuf>,
    /// Check this program from the image's PATH (repeatable)
    #[arg(long = "tool", value_name = "NAME", value_parser = tool)]
    tools: Vec<String>,
    /// Check that Python finds this module, or this name in it (repeatable)
    #[arg(long = "import", value_name = "NAME|X:Y")]
    imports: Vec<String>,
    /// Expect programs for this platform, whatever the image says
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,
    /// Explain a rule, or a cause that `pqcheck explain` names
    #[arg(long, value_name = "RULE", value_parser = words::PAGE, hide_possible_values = true,
        conflicts_with_all = ["files", "root", "image", "tools", "imports", "platform"])]
    explain: Option<String>,
    /// Choose the output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    format: String,
    /// Write the report to this file, whole or not at all; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn formats() -> words::Formats {
    words::formats(
        words::HUMAN_OR_JSON.into_iter().chain([output::summary::FORMAT]).chain(annotations::FORMATS),
    )
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    if let Some(id) = &args.explain {
        return explain(args, id);
    }
    let findings = doctor::run(&plan(args)?)?;
    write::to(args.output.as_deref(), |style, out| match args.format.as_str() {
        "json" => output::findings::json(&findings, out),
        "markdown" => output::summary::of_findings(&findings, out),
        "sarif" => annotations::sarif(&annotations::of_findings(&findings), out),
        "github" => annotations::github(&annotations::of_findings(&findings), out),
        _ => output::findings::human(&findings, style, out),
    })?;
    let exit = match findings.summary {
        Summary { errors: 1.., .. } => Exit::Wrong,
        Summary { looked_at: 0, .. } => Exit::NothingChecked,
        _ => Exit::Fine,
    };
    Ok(exit.into())
}

fn explain(args: &Args, id: &str) -> Result<ExitCode> {
    let pages: BTreeMap<&str, &Page> = words::pages().map(|page| (page.id, page)).collect();
    let Some(page) = pages.get(id) else {
        let known: Vec<&str> = pages.into_keys().collect();
        bail!("--explain `{id}`: no such rule{}", words::meant_or_known(id, &known, "the rules are "));
    };
    write::to(args.output.as_deref(), |style, out| match args.format.as_str() {
        "json" => output::findings::page_json(page, out),
        _ => output::findings::page(page, style, out),
    })?;
    Ok(Exit::Fine.into())
}

fn plan(args: &Args) -> Result<Plan> {
    let target = args.platform.as_deref().map(platform).transpose()?;
    let imports = args.imports.iter().map(|text| import(text)).collect::<Result<_>>()?;
    let place = args.image.as_deref().or(args.root.as_deref()).unwrap_or(Path::new("/"));
    let name = place.display().to_string();
    let root = match args.image {
        Some(_) => Root::archive(place).map_err(|error| match error {
            OpenError::Unreadable { path, cause } => words::unreadable(&path, cause),
            malformed => malformed.into(),
        })?,
        None => Root::folder(place).map_err(|error| words::unreadable(place, error))?,
    };
    let in_image = |file: &PathBuf| match root.is_own() {
        true => std::path::absolute(file).with_context(|| format!("`{}`", file.display())),
        false => Ok(Path::new("/").join(file)),
    };
    let files = args.files.iter().map(in_image).collect::<Result<_>>()?;
    Ok(Plan { root, name, target, files, tools: args.tools.clone(), imports })
}

fn platform(text: &str) -> Result<Target> {
    Target::parse(text).with_context(|| {
        format!(
            "--platform `{text}`: not a platform that pqcheck knows; write `linux/amd64` or `linux/arm64`"
        )
    })
}

fn tool(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("name a program"),
        name => Ok(name.to_owned()),
    }
}

fn import(text: &str) -> Result<(String, Option<String>)> {
    python::parse(text).with_context(|| {
        format!("--import `{text}`: not a module's name; write `a.b`, or `a.b:c` for a name in it")
    })
}
