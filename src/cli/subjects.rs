//! From the names that a user typed to backends and code paths.

use anyhow::{Result, bail};

use crate::backend::{ALL, Backend, broken};
use crate::kat::Subject;

/// The backends with these names; all linked ones where no name is given.
pub(super) fn backends(names: &[String]) -> Result<Vec<&'static Backend>> {
    if names.is_empty() {
        return Ok(ALL.to_vec());
    }
    let mut found: Vec<&'static Backend> = Vec::new();
    for name in names {
        let backend = backend(name)?;
        if !found.iter().any(|other| other.id == backend.id) {
            found.push(backend);
        }
    }
    Ok(found)
}

fn backend(name: &str) -> Result<&'static Backend> {
    if let Some(fault) = name.strip_prefix("broken:") {
        let Some(backend) = broken::find(fault).and_then(broken::backend) else {
            bail!("unknown planted fault `{fault}`; `pqcheck list --faults` shows them all");
        };
        return Ok(backend);
    }
    let Some(backend) = ALL.iter().find(|backend| backend.id == name) else {
        let known: Vec<&str> = ALL.iter().map(|backend| backend.id).collect();
        bail!("unknown backend `{name}`; this build has {}", known.join(", "));
    };
    Ok(backend)
}

/// Every code path of `backends`. `forced` names those that run whatever the processor lacks, as
/// `backend/path`, or `all`.
pub(super) fn subjects(backends: &[&'static Backend], forced: &[String]) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for backend in backends {
        for path in backend.paths {
            let mut subject = Subject { backend, path, forced: false };
            subject.forced = forced.iter().any(|name| name == "all" || *name == subject.name());
            subjects.push(subject);
        }
    }
    for name in forced.iter().filter(|name| *name != "all") {
        if !subjects.iter().any(|subject| subject.name() == *name) {
            let known: Vec<String> = subjects.iter().map(Subject::name).collect();
            bail!("unknown code path `{name}`; this run has {}", known.join(", "));
        }
    }
    Ok(subjects)
}
