//! A module is there, but does not have the name that is to be imported from it.

use super::python_module_missing::steps;
use super::words::shown;
use super::{Facts, Rule, Suspect};
use crate::image::python::{Import, Names};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "python-import-name",
        finds: "`from X import Y` where the module X defines no Y, or a name in X's `__all__` that X does not define.",
        why: "Python answers `ImportError: cannot import name`. Names come and go with a package's versions, two packages may bring a module of the same name, and a file of the program itself may hide the package.",
        fix: &[
            "Install the version of the package that the program was written for.",
            "Import the name that this version has.",
            "Rename a file of your own that has the package's name.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Import(import) = subject else { return Vec::new() };
    let Some(names) = &import.names else { return Vec::new() };
    if names.dynamic.is_some() {
        return Vec::new();
    }
    asked(import, names).into_iter().chain(all(import, names)).collect()
}

fn asked(import: &Import, names: &Names) -> Option<Finding> {
    let name = import.name.as_deref()?;
    if import.is_submodule || names.defined.contains(name) {
        return None;
    }
    let like = like(name, names);
    let mut cause = format!(
        "`{}` was read: it defines {} names, and `{name}` is none of them.",
        names.path.display(),
        names.defined.iter().filter(|name| !name.starts_with("__")).count()
    );
    if !like.is_empty() {
        cause.push_str(&format!(" It has {}.", like.join(", ")));
    }
    let mut fix = vec![
        "install the version of the package that has the name (`python3 -m pip install 'PACKAGE==VERSION'`)"
            .to_owned(),
    ];
    if let Some(first) = like.first() {
        fix.insert(0, format!("import {first}, if that is what is meant"));
    }
    fix.push(format!(
        "look whether `{}` is the package that is meant, and no file of the same name before it",
        names.path.display()
    ));
    Some(
        RULE.error(
            format!("{}:{name}", import.module),
            format!("`from {} import {name}` fails: the module has no such name", import.module),
        )
        .searched(steps(import))
        .because(cause)
        .cured_by(fix),
    )
}

fn all(import: &Import, names: &Names) -> Option<Finding> {
    let undefined: Vec<&str> = names
        .all
        .iter()
        .flatten()
        .map(String::as_str)
        .filter(|name| !names.defined.contains(*name))
        .collect();
    // A package may list modules of its own, which `import *` loads.
    let is_package = shown(&names.path).ends_with("/__init__.py");
    if undefined.is_empty()
        || is_package && import.name.is_none() && undefined.len() == names.all.as_ref().map_or(0, Vec::len)
    {
        return None;
    }
    let shown: Vec<String> = undefined.iter().take(5).map(|name| format!("`{name}`")).collect();
    let finding = RULE
        .error(
            import.module.clone(),
            format!("its `__all__` lists {}, which it does not define", shown.join(", ")),
        )
        .because(format!(
            "`from {} import *` fails with `AttributeError`, unless these are modules of the package.",
            import.module
        ))
        .cured_by([
            "install a version of the package that is whole, or import the names one by one".to_owned()
        ]);
    Some(finding.warning_if(true))
}

/// Names that were perhaps meant, at most three.
fn like<'n>(name: &str, names: &'n Names) -> Vec<String> {
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let wanted = plain(name);
    let near = |other: &&'n String| {
        let other = plain(other);
        !other.is_empty()
            && (other == wanted
                || wanted.len() > 3
                    && (other.contains(&wanted) || other.len() > 3 && wanted.contains(&other)))
    };
    let public = names.defined.iter().filter(|name| !name.starts_with("__"));
    public.filter(near).take(3).map(|name| format!("`{name}`")).collect()
}
