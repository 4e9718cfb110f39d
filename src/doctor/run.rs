//! What is looked at in an image, and what every rule makes of it. Executes nothing.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::described::described;
use super::{ALL, Facts, Suspect, libraries};
use crate::image::about::About;
use crate::image::loader::Loaders;
use crate::image::platform;
use crate::image::program::{Asked, Program};
use crate::image::python::{Import, ModuleKind};
use crate::image::root::{Reason, Root};
use crate::image::started::started;
use crate::image::target::Target;
use crate::image::tools::{self, ToolSearch};
use crate::report::finding::{self, Finding, Findings, Summary};

/// What to look at. Without files, tools and imports: what the image starts, and every program in its PATH.
pub struct Plan {
    /// The image.
    pub root: Root,
    /// How the report names the image.
    pub name: String,
    /// What its programs have to be built for, instead of what the image says.
    pub target: Option<Target>,
    /// Paths of files in the image.
    pub files: Vec<PathBuf>,
    /// Programs that are found through the image's PATH.
    pub tools: Vec<String>,
    /// Python modules, each perhaps with a name in it.
    pub imports: Vec<(String, Option<String>)>,
}

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum Error {
    /// A file that was named is not in the image.
    #[error("{}: {reason}; name a file in the image", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with its path.
        reason: Reason,
    },
}

/// Looks at an image, and hands everything that was gathered to every rule.
pub fn run(plan: &Plan) -> Result<Findings, Error> {
    let about = About::read(&plan.root, plan.target.clone());
    let gathered = Gathered::of(plan, &about)?;
    let elsewhere = libraries::elsewhere(&plan.root, &gathered.programs);
    let facts = Facts { about: &about, elsewhere: &elsewhere };
    let mut findings: Vec<Finding> = Vec::new();
    for suspect in gathered.suspects() {
        findings.extend(ALL.iter().flat_map(|rule| (rule.check)(&facts, &suspect)));
    }
    findings.sort_by(|a, b| {
        (a.severity, &a.rule, &a.subject, &a.message).cmp(&(b.severity, &b.rule, &b.subject, &b.message))
    });
    Ok(Findings {
        schema: finding::SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform::read(),
        root: match &plan.root.config.name {
            Some(name) => format!("{} ({name})", plan.name),
            None => plan.name.clone(),
        },
        image: about.name(),
        target: about.target.as_ref().map(Target::to_string),
        remarks: remarks(plan, &about, &gathered.imports),
        summary: Summary::of(gathered.suspects().count() as u64, &findings),
        findings,
        programs: gathered.programs.iter().map(described).collect(),
    })
}

/// Everything that is looked at.
#[derive(Default)]
struct Gathered {
    programs: Vec<Program>,
    lost: Vec<(ToolSearch, Asked)>,
    imports: Vec<Import>,
}

impl Gathered {
    fn of(plan: &Plan, about: &About) -> Result<Self, Error> {
        let root = &plan.root;
        let mut gathered = Self::default();
        let mut waiting = VecDeque::new();
        for path in &plan.files {
            let missing = root.lookup(path).err().filter(|missing| missing.links.is_empty());
            if let Some(missing) = missing {
                return Err(Error::NoFile { path: path.clone(), reason: missing.reason.clone() });
            }
            waiting.push_back((path.clone(), Asked::ByUser));
        }
        let named = plan.tools.iter().map(|name| (name.clone(), Asked::ByUser));
        let by_image = if plan.names_nothing() { starts(root) } else { Vec::new() };
        for (name, asked) in named.chain(by_image) {
            let search = tools::search(root, name.as_bytes(), &about.user);
            match search.leads_to() {
                Some(path) => waiting.push_back((path.to_owned(), asked)),
                None => gathered.lost.push((search, asked)),
            }
        }
        for (module, name) in &plan.imports {
            let import = Import::read(root, &about.user, module, name.as_deref());
            let extension = import.found.as_ref().filter(|found| found.kind == ModuleKind::Extension);
            waiting.extend(extension.map(|found| (found.path.clone(), Asked::OfModule)));
            gathered.imports.push(import);
        }
        if plan.names_nothing() {
            waiting.extend(tools::all(root).into_iter().map(|path| (path, Asked::InPath)));
        }
        gathered.programs = programs(root, about, waiting);
        Ok(gathered)
    }

    fn suspects(&self) -> impl Iterator<Item = Suspect<'_>> {
        let programs = self.programs.iter().map(Suspect::Program);
        let lost = self.lost.iter().map(|(search, asked)| Suspect::Tool(search, asked));
        programs.chain(lost).chain(self.imports.iter().map(Suspect::Import))
    }
}

impl Plan {
    fn names_nothing(&self) -> bool {
        self.files.is_empty() && self.tools.is_empty() && self.imports.is_empty()
    }
}

/// The programs that the image starts.
fn starts(root: &Root) -> Vec<(String, Asked)> {
    let mut started = started(&root.config);
    // The first process of a running container runs already, whatever it calls itself.
    if root.is_own() {
        started.retain(|it| it.program.starts_with('/') && root.lookup(Path::new(&it.program)).is_ok());
    }
    started.into_iter().map(|it| (it.program, Asked::ByImage(it.by))).collect()
}

/// Reads the programs, each once, and those that run their scripts.
fn programs(root: &Root, about: &About, mut waiting: VecDeque<(PathBuf, Asked)>) -> Vec<Program> {
    let loaders = Loaders::new(root);
    let mut seen = BTreeSet::new();
    let mut programs = Vec::new();
    while let Some((path, asked)) = waiting.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let program = Program::read(root, &loaders, about, &path, asked);
        waiting.extend(program.run_by().map(|runs| (runs, Asked::Runs(path))));
        programs.push(program);
    }
    programs
}

fn remarks(plan: &Plan, about: &About, imports: &[Import]) -> Vec<String> {
    let mut remarks = plan.root.remarks().to_vec();
    remarks.extend(imports.iter().filter_map(cannot_tell));
    if !about.emulated.is_empty() {
        remarks.push(format!("this process runs under emulation: {}", about.emulated.join("; ")));
    }
    remarks
}

/// Why nothing can be said of a name in a module.
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::image::elf::sample::{SAMPLE, Sample};

    /// An image with a shell, as a folder.
    struct Image(tempfile::TempDir);

    impl Image {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap()).with("/bin/sh", &SAMPLE.bytes())
        }

        fn with(self, path: &str, bytes: &[u8]) -> Self {
            let at = self.at(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(&at, bytes).unwrap();
            fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).unwrap();
            self
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path.trim_start_matches('/'))
        }

        fn plan(&self) -> Plan {
            Plan {
                root: Root::folder(self.0.path()).unwrap(),
                name: "image".to_owned(),
                target: None,
                files: Vec::new(),
                tools: Vec::new(),
                imports: Vec::new(),
            }
        }
    }

    /// `path (why)` of each program that is looked at, and `rule subject` of each finding.
    fn looked_at(plan: &Plan) -> (Vec<String>, Vec<String>) {
        let report = run(plan).unwrap();
        let programs = report.programs.iter().map(|program| format!("{} ({})", program.path, program.asked));
        let findings = report.findings.iter().map(|finding| format!("{} {}", finding.rule, finding.subject));
        (programs.collect(), findings.collect())
    }

    #[test]
    fn where_nothing_is_named_what_the_image_starts_comes_before_its_path() {
        let image = Image::new().with("/app", b"#!/bin/sh\n").with("/usr/bin/tool", &SAMPLE.bytes());
        let mut plan = image.plan();
        plan.root.config.entrypoint = ["/bin/sh", "-c", "/app"].map(str::to_owned).to_vec();
        plan.root.config.healthcheck = ["CMD", "check"].map(str::to_owned).to_vec();
        let (programs, findings) = looked_at(&plan);
        assert_eq!(programs, ["/bin/sh (ENTRYPOINT)", "/app (ENTRYPOINT)", "/usr/bin/tool (in PATH)"]);
        assert_eq!(findings, ["tool-not-found check"]);
        assert_eq!(run(&plan).unwrap().summary.looked_at, 4);
    }

    #[test]
    fn what_is_named_is_looked_at_and_nothing_else() {
        let image = Image::new().with("/usr/bin/tool", &SAMPLE.bytes()).with("/app", b"#!/bin/sh\n");
        let plan = Plan { files: vec!["/app".into()], tools: vec!["tool".to_owned()], ..image.plan() };
        let (programs, findings) = looked_at(&plan);
        assert_eq!(programs, ["/app (by name)", "/usr/bin/tool (by name)", "/bin/sh (runs /app)"]);
        assert_eq!(findings, [""; 0]);
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_but_a_link_that_leads_nowhere_is_looked_at() {
        let image = Image::new();
        symlink("/gone", image.at("/bin/tool")).unwrap();
        let plan = Plan { files: vec!["/none".into()], ..image.plan() };
        assert_eq!(run(&plan).unwrap_err().to_string(), "/none: absent; name a file in the image");
        let plan = Plan { files: vec!["/bin/tool".into()], tools: vec!["tool".to_owned()], ..image.plan() };
        assert_eq!(looked_at(&plan).1, ["link-out-of-image /bin/tool"]);
    }

    #[test]
    fn a_library_that_the_loader_does_not_find_is_found_for_the_reader() {
        const LOADER: &str = "/lib/ld-musl-x86_64.so.1";
        let app = Sample { interpreter: Some(LOADER), needed: &["liboqs.so.7"], ..SAMPLE };
        let image = Image::new()
            .with(LOADER, &SAMPLE.bytes())
            .with("/app", &app.bytes())
            .with("/opt/oqs/liboqs.so.6", &SAMPLE.bytes());
        let report = run(&Plan { files: vec!["/app".into()], ..image.plan() }).unwrap();
        let last = report.findings[0].search.last().unwrap();
        assert_eq!(
            (last.path.as_str(), last.verdict.as_str()),
            ("/opt/oqs/liboqs.so.6", "exists under another name")
        );
    }

    #[test]
    fn a_name_that_a_module_may_have_or_not_is_a_remark() {
        let image = Image::new()
            .with("/usr/lib/python3.11/os.py", b"")
            .with("/usr/lib/python3.11/lazy.py", b"def __getattr__(name): pass\n");
        let plan = Plan { imports: vec![("lazy".to_owned(), Some("x".to_owned()))], ..image.plan() };
        let report = run(&plan).unwrap();
        assert_eq!((report.findings.len(), report.summary.looked_at), (0, 1));
        assert_eq!(
            report.remarks[0],
            "cannot tell whether `lazy` (`/usr/lib/python3.11/lazy.py`) has `x`: it has `__getattr__`"
        );
    }
}
