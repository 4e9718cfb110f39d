//! What of a libcrypto an application gets here: its configuration decides which providers are active, and by which
//! properties they are asked. The library names neither when it finds nothing.

use std::ffi::{CStr, CString};
use std::path::Path;

use super::super::library::{Import, Library};
use super::Evp;
use crate::image::openssl_conf::{self, Conf};
use crate::report::Configuration;
use crate::spec::Algorithm;

/// `OPENSSL_INFO_MODULES_DIR`, as `openssl/crypto.h` has it.
const MODULES_DIR: usize = 1003;

/// The providers that are asked for by name: those of OpenSSL, and what else there is for these algorithms.
const PROVIDERS: [&CStr; 8] =
    [c"default", c"fips", c"base", c"legacy", c"null", c"oqsprovider", c"symcryptprovider", c"pkcs11"];
/// Those of them that are part of the library, and no module.
const BUILT_IN: [&str; 3] = ["default", "base", "null"];

/// What is out of reach of these algorithms, and why, in the process that has opened the library; nothing where all are
/// there.
pub(in super::super) fn configuration(
    library: &'static Library,
    offers: &[Algorithm],
) -> Option<Configuration> {
    let lacks: Vec<Algorithm> = offers.iter().copied().filter(|it| !is_there(library, *it)).collect();
    if lacks.is_empty() {
        return None;
    }
    let active = active(library);
    // SAFETY: `char *CONF_get1_default_config_file(void)` and `const char *OPENSSL_info(int)`; what the first gives is
    // never given back, in a process that ends soon.
    let [file, modules] = unsafe {
        [text(library, c"CONF_get1_default_config_file", &[]), text(library, c"OPENSSL_info", &[MODULES_DIR])]
    };
    let modules = std::env::var("OPENSSL_MODULES").ok().or(modules).unwrap_or_default();
    let conf = file.as_ref().and_then(|file| openssl_conf::read(Path::new(file)));
    let why = conf.as_ref().and_then(|conf| reason(conf, &active, &modules));
    Some(Configuration {
        file: file.filter(|_| conf.is_some()),
        active,
        lacks,
        why: why.unwrap_or_else(|| "no active provider has them".to_owned()),
    })
}

fn is_there(library: &'static Library, algorithm: Algorithm) -> bool {
    if algorithm == Algorithm::ChaCha20Poly1305 {
        let fetch = Import::new(c"EVP_CIPHER_fetch");
        // SAFETY: `EVP_CIPHER *EVP_CIPHER_fetch(OSSL_LIB_CTX *, const char *, const char *)`; null stands for the
        // defaults. Releases before 3.0 have no providers, and no such function.
        let found = unsafe { library.call(&fetch, &[0, c"ChaCha20-Poly1305".as_ptr() as usize, 0]) };
        return found != Ok(0);
    }
    Evp::new(library, algorithm).to_generate().is_ok()
}

fn active(library: &Library) -> Vec<String> {
    let available = Import::new(c"OSSL_PROVIDER_available");
    // SAFETY: `int OSSL_PROVIDER_available(OSSL_LIB_CTX *, const char *)`, which loads nothing.
    let is_active = |name: &&CStr| unsafe { library.call(&available, &[0, name.as_ptr() as usize]) } == Ok(1);
    PROVIDERS.into_iter().filter(is_active).map(|name| name.to_string_lossy().into_owned()).collect()
}

/// The string that a function gives.
///
/// # Safety
/// The function must take these arguments, and give a string that ends in zero, or null.
unsafe fn text(library: &Library, function: &CStr, arguments: &[usize]) -> Option<String> {
    // SAFETY: the caller answers for it.
    let address = unsafe { library.call(&Import::new(function), arguments) }.ok()?;
    if address == 0 {
        return None;
    }
    // SAFETY: the caller answers for it; the hosted library's memory is this process's.
    let text: CString = unsafe { CStr::from_ptr(address as *const _) }.to_owned();
    text.into_string().ok()
}

/// What in the file keeps the algorithms away, and what helps.
fn reason(conf: &Conf, active: &[String], modules: &str) -> Option<String> {
    let section = conf.listed_in.as_deref().unwrap_or_default();
    let is_module = |name: &str| !BUILT_IN.contains(&name);
    for provider in conf.providers.iter().filter(|it| it.is_active && is_module(&it.name)) {
        if active.contains(&provider.name) {
            continue;
        }
        let named = provider.module.clone().unwrap_or_else(|| format!("{}.so", provider.name));
        let module = Path::new(modules).join(named);
        if !module.exists() {
            return Some(format!(
                "[{}] activates {}, whose module {} does not exist; install it, or remove `{} = {}` from [{section}]",
                provider.section,
                provider.name,
                module.display(),
                provider.name,
                provider.section
            ));
        }
        return Some(format!("[{}] activates {}, which does not load", provider.section, provider.name));
    }
    if let Some((properties, section)) = &conf.default_properties {
        let fips = properties.contains("fips=yes") && !active.iter().any(|name| name == "fips");
        let cure = match fips {
            true => format!("activate the FIPS provider, or remove that line from [{section}]"),
            false => format!("remove that line from [{section}]"),
        };
        return Some(format!("no active provider has them with `default_properties = {properties}`; {cure}"));
    }
    (!active.iter().any(|name| name == "default")).then(|| {
        let own = conf.providers.iter().find(|it| it.name == "default").map(|it| it.section.as_str());
        match own {
            Some(own) => format!("the default provider is not active; add `activate = 1` to [{own}]"),
            None => format!(
                "the default provider is not active; add `default = default_sect` to [{section}], and a [default_sect] \
                 with `activate = 1`"
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::openssl_conf::Provider;

    #[test]
    fn the_line_that_helps_is_named() {
        let provider = |name: &str, is_active| Provider {
            name: name.to_owned(),
            section: format!("{name}_sect"),
            is_active,
            module: None,
        };
        let conf = |providers: Vec<Provider>, properties: Option<&str>| Conf {
            listed_in: Some("prov".to_owned()),
            providers,
            default_properties: properties.map(|it| (it.to_owned(), "algs".to_owned())),
        };
        let said = |conf: Conf, active: &[&str]| {
            let active: Vec<String> = active.iter().map(|name| (*name).to_owned()).collect();
            reason(&conf, &active, "/nowhere").unwrap_or_default()
        };
        assert_eq!(
            said(conf(vec![provider("default", true), provider("oqsprovider", true)], None), &[]),
            "[oqsprovider_sect] activates oqsprovider, whose module /nowhere/oqsprovider.so does not exist; install it, \
             or remove `oqsprovider = oqsprovider_sect` from [prov]"
        );
        assert_eq!(
            said(conf(vec![provider("default", true)], Some("fips=yes")), &["default"]),
            "no active provider has them with `default_properties = fips=yes`; activate the FIPS provider, or remove \
             that line from [algs]"
        );
        assert_eq!(
            said(conf(vec![provider("fips", true)], Some("fips=yes")), &["fips", "base"]),
            "no active provider has them with `default_properties = fips=yes`; remove that line from [algs]"
        );
        assert_eq!(
            said(conf(vec![provider("legacy", true), provider("default", false)], None), &["legacy"]),
            "the default provider is not active; add `activate = 1` to [default_sect]"
        );
        assert!(
            said(conf(vec![provider("legacy", true)], None), &["legacy"])
                .contains("add `default = default_sect` to [prov]")
        );
    }
}
