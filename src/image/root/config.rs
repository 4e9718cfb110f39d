//! What an image says about how it is to be started. Knows no file tree.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::image::target::Target;

/// How an image is to be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The environment, in order.
    pub env: Vec<(OsString, OsString)>,
    /// The program and its first arguments; in a running container, those of its first process.
    pub entrypoint: Vec<String>,
    /// Arguments, or the program where there is no entrypoint.
    pub cmd: Vec<String>,
    /// `CMD` or `CMD-SHELL` and the words after it.
    pub healthcheck: Vec<String>,
    /// Where relative paths start; empty for `/`.
    pub working_dir: String,
    /// Who runs it, a name or a number; empty for root.
    pub user: String,
    /// What the image says that it is for.
    pub target: Option<Target>,
    /// The image's name, where the archive has one.
    pub name: Option<String>,
}

/// What the engines put into PATH when an image says nothing.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Config {
    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_os_str())
    }

    /// PATH, or what the engines take for it.
    pub fn path(&self) -> &OsStr {
        self.variable("PATH").unwrap_or(OsStr::new(DEFAULT_PATH))
    }

    /// Where the program is started.
    pub fn start(&self) -> PathBuf {
        Path::new("/").join(&self.working_dir)
    }

    /// The folders that a variable lists; a relative one is taken from the root.
    pub fn folders(&self, variable: &str) -> impl Iterator<Item = PathBuf> {
        let value = self.variable(variable).map(OsStr::as_bytes).unwrap_or_default();
        let parts = value.split(|byte| *byte == b':').filter(|part| !part.is_empty());
        parts.map(|part| Path::new("/").join(OsStr::from_bytes(part)))
    }

    /// The environment of this process, and the first process as the entrypoint.
    pub(super) fn of_this_container() -> Self {
        let mut entrypoint: Vec<String> = std::fs::read("/proc/1/cmdline")
            .unwrap_or_default()
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        entrypoint.pop();
        // pqcheck as the first process is not what the image is for.
        if std::process::id() == 1 {
            entrypoint.clear();
        }
        entrypoint.truncate(64);
        let working_dir = std::env::current_dir().map(|folder| folder.display().to_string());
        let working_dir = working_dir.unwrap_or_default();
        Self { env: std::env::vars_os().collect(), entrypoint, working_dir, ..Self::default() }
    }

    /// The configuration in an image's JSON.
    pub(super) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let image: ImageJson = serde_json::from_slice(json)?;
        let config = image.config.unwrap_or_default();
        let pair = |text: &String| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            (OsString::from_vec(name.into()), OsString::from_vec(value.into()))
        };
        Ok(Self {
            env: config.env.iter().flatten().map(pair).collect(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            cmd: config.cmd.unwrap_or_default(),
            healthcheck: config.healthcheck.and_then(|check| check.test).unwrap_or_default(),
            working_dir: config.working_dir.unwrap_or_default(),
            user: config.user.unwrap_or_default(),
            target: (!image.architecture.is_empty()).then(|| Target {
                os: if image.os.is_empty() { "linux".to_owned() } else { image.os },
                architecture: image.architecture,
                variant: image.variant.unwrap_or_default(),
            }),
            name: None,
        })
    }
}

#[derive(Deserialize)]
struct ImageJson {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
    config: Option<ConfigJson>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigJson {
    env: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    healthcheck: Option<HealthcheckJson>,
    working_dir: Option<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HealthcheckJson {
    test: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_configuration_is_read() {
        let config = Config::parse(
            br#"{"architecture":"arm64","os":"linux","variant":"v8","config":{"Env":["PATH=/a:/b","X="],
                "Entrypoint":["/run.sh"],"Cmd":null,"Healthcheck":{"Test":["CMD","/pqcheck"]},"WorkingDir":"/srv"}}"#,
        )
        .unwrap();
        assert_eq!(config.path(), "/a:/b");
        assert_eq!(config.entrypoint, ["/run.sh"]);
        assert_eq!(config.cmd, [""; 0]);
        assert_eq!(config.healthcheck, ["CMD", "/pqcheck"]);
        assert_eq!(config.target.unwrap().to_string(), "linux/arm64/v8");
        assert_eq!(Config::parse(b"{}").unwrap().path(), DEFAULT_PATH);
        assert!(Config::parse(b"[").is_err());
    }
}
