//! OpenSSL's configuration file, as far as it says which providers are active and by which properties algorithms are
//! fetched (config(5), `provider_sect` and `alg_section`). Knows no library.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that include each other end somewhere.
const DEEPEST: usize = 8;

/// What a configuration file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// The section that lists the providers, where there is one.
    pub listed_in: Option<String>,
    /// The providers in it, in their order.
    pub providers: Vec<Provider>,
    /// The properties that every fetch has to match, and the section that says so.
    pub default_properties: Option<(String, String)>,
}

/// A provider that the file lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name, by which its module is called too.
    pub name: String,
    /// The section with its settings.
    pub section: String,
    /// Whether it is activated.
    pub is_active: bool,
    /// The module's file, where the section names one.
    pub module: Option<String>,
}

type Section = Vec<(String, String)>;

/// Reads the file and those that it includes; nothing where it cannot be read.
pub fn read(file: &Path) -> Option<Conf> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut current = "default".to_owned();
    gather(file, &mut sections, &mut current, 0)?;
    let value = |section: &str, key: &str| -> Option<String> {
        let of_section = sections.get(section)?;
        of_section.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let Some(init) = value("default", "openssl_conf") else { return Some(Conf::default()) };
    let listed_in = value(&init, "providers");
    let listed = listed_in.as_ref().and_then(|section| sections.get(section));
    let providers = listed.into_iter().flatten().map(|(name, section)| Provider {
        name: value(section, "identity").unwrap_or_else(|| name.clone()),
        section: section.clone(),
        is_active: value(section, "activate").is_some_and(|it| is_on(&it)),
        module: value(section, "module"),
    });
    let providers = providers.collect();
    let default_properties = value(&init, "alg_section")
        .and_then(|section| Some((value(&section, "default_properties")?, section)));
    Some(Conf { listed_in, providers, default_properties })
}

fn is_on(value: &str) -> bool {
    ["1", "yes", "true", "on"].contains(&value.to_ascii_lowercase().as_str())
}

fn gather(
    file: &Path,
    sections: &mut BTreeMap<String, Section>,
    current: &mut String,
    depth: usize,
) -> Option<()> {
    let text = String::from_utf8_lossy(&fs::read(file).ok()?).replace("\\\n", "");
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(rest) = line.strip_prefix(".include") {
            let target = Path::new(rest.trim().trim_start_matches('=').trim());
            let target = file.parent().unwrap_or(Path::new("/")).join(target);
            if depth < DEEPEST {
                for file in included(&target) {
                    gather(&file, sections, current, depth + 1);
                }
            }
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim().clone_into(current);
        } else if let Some((key, value)) = line.split_once('=') {
            let entry = (key.trim().to_owned(), value.trim().trim_matches('"').to_owned());
            sections.entry(current.clone()).or_default().push(entry);
        }
    }
    Some(())
}

/// The file, or those of a folder that OpenSSL takes from it.
fn included(target: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(target) else { return vec![target.to_owned()] };
    let is_conf = |path: &PathBuf| path.extension().is_some_and(|it| it == "cnf" || it == "conf");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_conf).collect();
    files.sort_unstable();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_and_properties_are_read_through_sections_and_includes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("more.d")).unwrap();
        fs::write(at("more.d/oqs.cnf"), "[oqs_sect]\nactivate = yes # on\nmodule = /opt/oqs.so\n").unwrap();
        fs::write(at("more.d/README"), "[oqs_sect]\nactivate = 0\n").unwrap();
        fs::write(
            at("openssl.cnf"),
            "HOME = .\nopenssl_conf = init\n[init]\nproviders = prov\nalg_section = algs\n[ prov ]\ndefault = def\n\
             oqsprovider = oqs_sect\n.include more.d\n[def]\n[algs]\ndefault_properties = \\\nfips=yes\n",
        )
        .unwrap();
        let conf = read(&at("openssl.cnf")).unwrap();
        assert_eq!(conf.listed_in.as_deref(), Some("prov"));
        assert_eq!(conf.default_properties, Some(("fips=yes".to_owned(), "algs".to_owned())));
        let providers: Vec<_> = conf
            .providers
            .iter()
            .map(|it| (it.name.as_str(), it.section.as_str(), it.is_active, it.module.as_deref()))
            .collect();
        assert_eq!(
            providers,
            [("default", "def", false, None), ("oqsprovider", "oqs_sect", true, Some("/opt/oqs.so"))]
        );
        fs::write(at("plain.cnf"), "[req]\nx = 1\n.include = plain.cnf\n").unwrap();
        assert_eq!(read(&at("plain.cnf")), Some(Conf::default()));
        assert_eq!(read(&at("absent.cnf")), None);
    }
}
