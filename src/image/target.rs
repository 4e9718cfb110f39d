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
    /// Reads `linux/arm64` or `linux/arm/v7`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (os, architecture, variant) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        let fine = parts.next().is_none() && !os.is_empty() && !architecture.is_empty();
        fine.then(|| Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        })
    }
}

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
        assert_eq!(Target::parse("linux/arm/v7").unwrap().variant, "v7");
        assert_eq!(Target::parse("linux/amd64").unwrap().to_string(), "linux/amd64");
        for wrong in ["", "linux", "linux/", "/amd64", "a/b/c/d"] {
            assert_eq!(Target::parse(wrong), None, "{wrong}");
        }
    }
}
