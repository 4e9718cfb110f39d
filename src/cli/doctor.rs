//! `pqcheck doctor`: why programs of an image will not start. Looks, and executes nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use super::exit::Exit;
use super::write;
use crate::doctor::{self, Facts, Suspect};
use crate::image::about::About;
use crate::image::loader::{self, Loaders, Taken};
use crate::image::platform;
use crate::image::program::{Asked, Program, What};
use crate::image::python::{self, Import, ModuleKind};
use crate::image::root::Root;
use crate::image::target::Target;
use crate::image::tools::{self, ToolSearch};
use crate::output;
use crate::report::finding::{self, Finding, Findings, Summary};
use crate::report::page::Page;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Programs or libraries to look at: paths here, or in the image that --root or --image names
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Look into this folder as the root of an image
    #[arg(long, value_name = "DIR", conflicts_with = "image")]
    root: Option<PathBuf>,
    /// Look into an archive that `docker save` wrote, an OCI archive, or a tar of a tree
    #[arg(long, value_name = "TAR")]
    image: Option<PathBuf>,
    /// Look at this program, found through the image's PATH (repeatable)
    #[arg(long = "tool", value_name = "NAME")]
    tools: Vec<String>,
    /// Look for this Python module, or for a name in it (repeatable)
    #[arg(long = "import", value_name = "NAME|X:Y")]
    imports: Vec<String>,
    /// What the image's programs have to be built for, where it does not say so itself
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<String>,
    /// Show the page of a rule, or of a cause in a log
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// How to show the findings
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    format: String,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    if let Some(id) = &args.explain {
        return explain(id);
    }
    let target = match &args.platform {
        None => None,
        Some(text) => Some(Target::parse(text).with_context(|| {
            format!("--platform `{text}`: not a platform; it is written like `linux/amd64` or `linux/arm64`")
        })?),
    };
    let root = open(args)?;
    let about = About::read(&root, target);
    let subjects = Subjects::gather(args, &root, &about)?;
    let findings = subjects.findings(args, &root, &about);
    let exit = match findings.summary {
        summary if summary.errors > 0 => Exit::Wrong,
        summary if summary.looked_at == 0 => Exit::NothingChecked,
        _ => Exit::Fine,
    };
    let style = if args.output.is_some() { output::Style::default() } else { write::style() };
    let render = |out: &mut dyn std::io::Write| match args.format.as_str() {
        "json" => output::findings::json(&findings, out),
        _ => output::findings::human(&findings, style, out),
    };
    match &args.output {
        Some(path) => write::to_file(path, render)?,
        None => write::to_stdout(render)?,
    }
    Ok(exit.into())
}

fn explain(id: &str) -> Result<ExitCode> {
    let pages: BTreeMap<&str, &Page> = super::explain::pages().map(|page| (page.id, page)).collect();
    let Some(page) = pages.get(id) else {
        let known: Vec<&str> = pages.into_keys().collect();
        bail!("--explain `{id}`: no such rule; there are {}", known.join(", "));
    };
    write::to_stdout(|out| output::findings::page(page, write::style(), out))?;
    Ok(Exit::Fine.into())
}

fn open(args: &Args) -> Result<Root> {
    match (&args.root, &args.image) {
        (_, Some(path)) => Ok(Root::archive(path)?),
        (Some(folder), None) => Root::folder(folder).with_context(|| folder.display().to_string()),
        (None, None) => Root::folder(Path::new("/")).context("/"),
    }
}

/// What is looked at.
struct Subjects {
    programs: Vec<Program>,
    lost: Vec<(ToolSearch, &'static str)>,
    imports: Vec<Import>,
}

impl Subjects {
    fn gather(args: &Args, root: &Root, about: &About) -> Result<Self> {
        let loaders = Loaders::new(root);
        let mut subjects = Self { programs: Vec::new(), lost: Vec::new(), imports: Vec::new() };
        let mut waiting: VecDeque<(PathBuf, Asked)> = VecDeque::new();
        for file in &args.files {
            let path = if root.is_own() { std::path::absolute(file)? } else { Path::new("/").join(file) };
            let missing = root.lookup(&path).err().filter(|missing| missing.links.is_empty());
            if let Some(missing) = missing {
                bail!("{}: {}; a path in the image is wanted", file.display(), missing.reason);
            }
            waiting.push_back((path, Asked::ByName("")));
        }
        for tool in &args.tools {
            subjects.search(root, about, tool.as_bytes(), "", &mut waiting);
        }
        for text in &args.imports {
            let (module, name) = python::parse(text).with_context(|| {
                format!("--import `{text}`: not a module's name; write `a.b`, or `a.b:c` for a name in it")
            })?;
            let import = Import::read(root, &about.user, &module, name.as_deref());
            if let Some(found) = import.found.as_ref().filter(|found| found.kind == ModuleKind::Extension) {
                waiting.push_back((found.path.clone(), Asked::ByName("a module's extension")));
            }
            subjects.imports.push(import);
        }
        if args.files.is_empty() && args.tools.is_empty() && args.imports.is_empty() {
            for (words, asked) in started(root) {
                subjects.search(root, about, words.as_bytes(), asked, &mut waiting);
            }
            waiting.extend(tools::all(root).into_iter().map(|path| (path, Asked::InPath)));
        }
        subjects.read(root, &loaders, about, waiting);
        Ok(subjects)
    }

    /// Looks for a program by its name; what is not found is a subject of its own.
    fn search(
        &mut self,
        root: &Root,
        about: &About,
        name: &[u8],
        asked: &'static str,
        waiting: &mut VecDeque<(PathBuf, Asked)>,
    ) {
        let search = tools::search(root, name, &about.user);
        // A link that leads nowhere is looked at for itself.
        let dangling = search.tried.iter().find(|(_, refusal)| {
            matches!(refusal, tools::Refusal::Absent(missing) if missing.links.iter().any(|link| link.at.file_name() == Path::new(std::str::from_utf8(name).unwrap_or_default()).file_name()))
        });
        match (&search.taken, dangling) {
            (Some(path), _) => waiting.push_back((path.clone(), Asked::ByName(asked))),
            (None, Some((path, _))) => waiting.push_back((path.clone(), Asked::ByName(asked))),
            (None, None) => self.lost.push((search, asked)),
        }
    }

    /// Reads the programs, and those that run their scripts.
    fn read(
        &mut self,
        root: &Root,
        loaders: &Loaders<'_>,
        about: &About,
        mut waiting: VecDeque<(PathBuf, Asked)>,
    ) {
        let mut seen = BTreeSet::new();
        while let Some((path, asked)) = waiting.pop_front() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let program = Program::read(root, loaders, about, &path, asked);
            if let Some(runs) = program.run_by() {
                waiting.push_back((runs, Asked::Runs(path)));
            }
            self.programs.push(program);
        }
    }

    fn findings(&self, args: &Args, root: &Root, about: &About) -> Findings {
        let elsewhere = self.elsewhere(root);
        let facts = Facts { about, elsewhere: &elsewhere };
        let programs = self.programs.iter().map(Suspect::Program);
        let lost = self.lost.iter().map(|(search, asked)| Suspect::Tool(search, asked));
        let imports = self.imports.iter().map(Suspect::Import);
        let mut findings: Vec<Finding> =
            programs.chain(lost).chain(imports).flat_map(|subject| doctor::check(&facts, &subject)).collect();
        findings.sort_by(|a, b| {
            (a.severity, &a.rule, &a.subject, &a.message).cmp(&(b.severity, &b.rule, &b.subject, &b.message))
        });
        let looked_at = self.programs.len() + self.lost.len() + self.imports.len();
        let mut remarks: Vec<String> = root.remarks().to_vec();
        remarks.extend(self.imports.iter().filter_map(cannot_tell));
        if !about.emulated.is_empty() {
            remarks.push(format!("this process runs under emulation: {}", about.emulated.join("; ")));
        }
        Findings {
            schema: finding::SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: platform::read(),
            root: root_name(args, root),
            image: about.name(),
            target: about.target.as_ref().map(Target::to_string),
            remarks,
            summary: Summary::of(looked_at as u64, &findings),
            findings,
            programs: self.programs.iter().map(described).collect(),
        }
    }

    /// Files that are like those that are missing, by the name up to `.so`.
    fn elsewhere(&self, root: &Root) -> BTreeMap<Vec<u8>, Vec<PathBuf>> {
        let missing = self.programs.iter().flat_map(doctor::missing_libraries);
        let stems: BTreeSet<Vec<u8>> = missing.map(|name| doctor::stem(&name)).collect();
        let loader = self.programs.iter().find_map(|program| program.binary()?.loader());
        let mut found: BTreeMap<Vec<u8>, Vec<PathBuf>> = BTreeMap::new();
        let Some(loader) = loader.filter(|_| !stems.is_empty()) else { return found };
        let wanted =
            |name: &[u8]| name.windows(3).any(|three| three == b".so") && stems.contains(&doctor::stem(name));
        for copy in loader::paths(root, loader, &wanted) {
            use std::os::unix::ffi::OsStrExt as _;
            let name = copy.path.file_name().unwrap_or_default().as_bytes();
            found.entry(doctor::stem(name)).or_default().push(copy.path);
        }
        found
    }
}

/// The programs that the image's configuration starts, and what starts them.
fn started(root: &Root) -> Vec<(String, &'static str)> {
    let config = &root.config;
    let mut started: Vec<(String, &'static str)> = Vec::new();
    let mut add =
        |words: &[String], asked| started.extend(programs_of(words).into_iter().map(|word| (word, asked)));
    match config.entrypoint.is_empty() {
        true => add(&config.cmd, "CMD"),
        false => add(&config.entrypoint, "ENTRYPOINT"),
    }
    match config.healthcheck.split_first() {
        Some((kind, words)) if kind == "CMD" => add(words, "HEALTHCHECK"),
        Some((kind, words)) if kind == "CMD-SHELL" => {
            let shell = ["/bin/sh", "-c"].map(str::to_owned);
            add(&[&shell, words].concat(), "HEALTHCHECK");
        }
        _ => {}
    }
    // The first process runs already, whatever it calls itself.
    if root.is_own() {
        started.retain(|(word, _)| word.starts_with('/') && root.lookup(Path::new(word)).is_ok());
    }
    started
}

/// The programs in a command: the first word, and what a small init or a shell is asked to start.
fn programs_of(words: &[String]) -> Vec<String> {
    let Some(first) = words.first().filter(|word| !word.is_empty()) else { return Vec::new() };
    let mut programs = vec![first.clone()];
    let name = first.rsplit('/').next().unwrap_or(first);
    if ["tini", "tini-static", "dumb-init", "docker-init", "catatonit"].contains(&name) {
        let next = words[1..].iter().position(|word| !word.starts_with('-'));
        programs.extend(next.into_iter().flat_map(|at| programs_of(&words[1 + at..])));
    }
    if ["sh", "bash", "ash", "dash"].contains(&name)
        && let Some(at) = words.iter().position(|word| word.starts_with('-') && word.ends_with('c'))
        && let Some(line) = words.get(at + 1)
    {
        let line = line.trim_start().trim_start_matches("exec ").trim_start();
        let word = line.split([' ', ';', '&', '|', '\n', '<', '>']).next().unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
        if word.starts_with('/') && word.chars().all(is_plain) {
            programs.push(word.to_owned());
        }
    }
    programs
}

/// What cannot be said of a module's names.
fn cannot_tell(import: &Import) -> Option<String> {
    let name = import.name.as_ref()?;
    let found = import.found.as_ref()?;
    if import.is_submodule || import.names.as_ref().is_some_and(|names| names.defined.contains(name)) {
        return None;
    }
    let why = match &import.names {
        Some(names) => names.dynamic.clone()?,
        None => "it has no source to read".to_owned(),
    };
    let module = &import.module;
    Some(format!("cannot tell whether `{module}` (`{}`) has `{name}`: {why}", found.path.display()))
}

fn described(program: &Program) -> finding::Program {
    let text = |path: &Path| path.display().to_string();
    let binary = program.binary();
    let elf = binary.and_then(|binary| binary.elf());
    let kind = match &program.what {
        Some(What::Elf(_)) if elf.is_some_and(|elf| elf.is_static()) => "static-elf",
        Some(What::Elf(_)) => "elf",
        Some(What::Script(_)) => "script",
        _ => "other",
    };
    let resolution = binary.and_then(|binary| binary.resolution.as_ref());
    let libraries = resolution.into_iter().flat_map(|resolution| {
        resolution.needs.iter().map(|need| finding::Library {
            name: String::from_utf8_lossy(&need.name).into_owned(),
            path: match need.taken {
                Taken::Object(at) => resolution.objects.get(at).map(|object| text(&object.path)),
                Taken::Loader => binary.and_then(|binary| binary.loader()).map(|loader| text(&loader.path)),
                Taken::Nothing => None,
            },
        })
    });
    let interpreter = match &program.what {
        Some(What::Elf(_)) => elf.and_then(|elf| elf.interpreter.as_deref()).map(text),
        Some(What::Script(script)) => Some(String::from_utf8_lossy(&script.shebang.interpreter).into_owned()),
        _ => None,
    };
    finding::Program {
        path: text(&program.path),
        kind: kind.to_owned(),
        asked: match &program.asked {
            Asked::ByName("") => "by name".to_owned(),
            Asked::ByName(word) => (*word).to_owned(),
            Asked::InPath => "in PATH".to_owned(),
            Asked::Runs(script) => format!("runs {}", script.display()),
        },
        interpreter,
        machine: elf.map(|elf| elf.machine.platform().map_or_else(|| elf.machine.name(), str::to_owned)),
        stripped: elf.and_then(|elf| elf.is_stripped),
        libraries: libraries.collect(),
    }
}

fn root_name(args: &Args, root: &Root) -> String {
    let path = args.image.as_deref().or(args.root.as_deref()).unwrap_or(Path::new("/"));
    match &root.config.name {
        Some(name) => format!("{} ({name})", path.display()),
        None => path.display().to_string(),
    }
}
