//! A container platform, `linux/arm64`, as engines and images write it.

/// A container platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `arm`.
    pub architecture: String,
    /// `v8`, `v7`; often empty.
    pub variant: String,
}

impl Target {
    /// Reads a platform that pqcheck can judge, as engines and kernels write it: `linux/arm64`, `linux/arm64/v8`,
    /// `aarch64`, `x86_64`; without a system it is Linux.
    pub fn parse(text: &str) -> Option<Self> {
        let written = text.to_ascii_lowercase();
        let mut parts = written.strip_prefix("linux/").unwrap_or(&written).split('/');
        let (architecture, variants) = known(parts.next()?)?;
        let variant = parts.next();
        let fine = parts.next().is_none() && variant.is_none_or(|variant| variants.contains(&variant));
        fine.then(|| Self {
            os: "linux".to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.unwrap_or_default().to_owned(),
        })
    }
}

/// The architecture that is called so, and its variants.
fn known(name: &str) -> Option<(&'static str, &'static [&'static str])> {
    let known =
        KNOWN.iter().find(|(architecture, others, _)| *architecture == name || others.contains(&name));
    known.map(|(architecture, _, variants)| (*architecture, *variants))
}

/// Architectures as container platforms call them, as others do, and their variants.
const KNOWN: [(&str, &[&str], &[&str]); 9] = [
    ("amd64", &["x86_64", "x86-64", "x64"], &["v1", "v2", "v3", "v4"]),
    ("arm64", &["aarch64"], &["v8"]),
    ("386", &["i386", "i686", "x86"], &[]),
    ("arm", &["armhf", "armv7", "armv7l"], &["v5", "v6", "v7"]),
    ("riscv64", &[], &[]),
    ("s390x", &[], &[]),
    ("ppc64le", &["powerpc64le"], &[]),
    ("mips64le", &["mips64el"], &[]),
    ("loong64", &["loongarch64"], &[]),
];

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

impl Default for Target {
    /// Linux on this machine's architecture.
    fn default() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_read_as_engines_write_it() {
        for (written, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("x86_64", "linux/amd64"),
            ("Linux/AMD64/v3", "linux/amd64/v3"),
            ("linux/aarch64", "linux/arm64"),
            ("arm64/v8", "linux/arm64/v8"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("armv7l", "linux/arm"),
        ] {
            assert_eq!(
                Target::parse(written).map(|it| it.to_string()).as_deref(),
                Some(expected),
                "{written}"
            );
        }
        for wrong in [
            "",
            "linux",
            "linux/",
            "/amd64",
            "a/b/c/d",
            "linux/amd46",
            "windows/amd64",
            "darwin/arm64",
            "amd64/",
            "linux/amd64/",
            "linux/arm64/v7",
            "linux/amd64/v8",
            "amd64/linux",
            "linux/arm64/v8/x",
        ] {
            assert_eq!(Target::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_architecture_is_one_that_an_elf_file_can_be_held_against() {
        for (architecture, ..) in KNOWN {
            assert!(crate::image::elf::Machine::of(architecture).is_some(), "{architecture}");
        }
    }
}
