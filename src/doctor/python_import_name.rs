//! A module is there, but does not have the name that is to be imported from it.

use super::python_module_missing::steps;
use super::words::{quoted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::python::{Import, Names};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "python-import-name",
        finds: "`from X import Y` where the module X defines no Y, or a name in X's `__all__` that X does not define.",
        why: "Python answers `ImportError: cannot import name`. Names come and go with a package's versions, two packages may bring modules of the same name, and a file of your own may hide the package.",
        fix: &[
            "Install the package version that the program was written for.",
            "Import a name that this version has.",
            "Rename your own file if it has the package's name.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Import(import) = suspect else { return Vec::new() };
    let Some(names) = import.names.as_ref().filter(|names| names.dynamic.is_none()) else {
        return Vec::new();
    };
    asked(import, names).into_iter().chain(all(import, names)).collect()
}

fn asked(import: &Import, names: &Names) -> Option<Finding> {
    let name = import.name.as_deref()?;
    if import.is_submodule || names.defined.contains(name) {
        return None;
    }
    let file = shown(&names.path);
    let like = like(name, names);
    let mut cause = match public(names).count() {
        1 => format!("`{file}` defines 1 name, and it is not `{name}`."),
        count => format!("`{file}` defines {count} names, and `{name}` is not among them."),
    };
    let mut fix = vec![
        "install a version of the package that has the name (`python3 -m pip install 'PACKAGE==VERSION'`)"
            .to_owned(),
        format!(
            "check that `{file}` is the package you mean, and that no file of the same name comes before it"
        ),
    ];
    if let Some(first) = like.first() {
        cause.push_str(&format!(" It has {}.", quoted(&like)));
        fix.insert(0, format!("import `{first}`, if you mean that"));
    }
    let module = &import.module;
    let finding = RULE.error(
        format!("{module}:{name}"),
        format!("`from {module} import {name}` fails: the module has no such name"),
    );
    Some(finding.searched(steps(import)).because(cause).cured_by(fix))
}

fn all(import: &Import, names: &Names) -> Option<Finding> {
    let listed = names.all.as_ref()?;
    let undefined: Vec<&String> = listed.iter().filter(|name| !names.defined.contains(*name)).collect();
    // A package may list modules of its own, which `import *` loads.
    let is_package = names.path.ends_with("__init__.py");
    if undefined.is_empty() || is_package && import.name.is_none() && undefined.len() == listed.len() {
        return None;
    }
    let module = &import.module;
    let finding = RULE
        .error(module, format!("its `__all__` lists {}, which it does not define", quoted(undefined)))
        .because(format!("`from {module} import *` fails with `AttributeError`, unless the package has modules of these names."))
        .cured_by(["install a complete version of the package, or import the names one by one"]);
    Some(finding.warning_if(true))
}

/// Names that were perhaps meant.
fn like<'n>(name: &str, names: &'n Names) -> Vec<&'n String> {
    const MOST: usize = 3;
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let wanted = plain(name);
    let near = |other: &&'n String| {
        let other = plain(other);
        !other.is_empty()
            && (other == wanted
                || wanted.len() > 3
                    && (other.contains(&wanted) || other.len() > 3 && wanted.contains(&other)))
    };
    public(names).filter(near).take(MOST).collect()
}

fn public(names: &Names) -> impl Iterator<Item = &String> {
    names.defined.iter().filter(|name| !name.starts_with("__"))
}
