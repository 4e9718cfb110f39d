//! `pqcheck health`, and `pqcheck` without a command: one line, exit code 0 or 1.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::panic::UnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::ValueHint;

use super::quantity::time;
use super::{subjects, words, write};
use crate::answers::Address;
use crate::image::platform;
use crate::isolate::{self, Stream};
use crate::kat::health::{self, Options};
use crate::output::openmetrics::Exposition;
use crate::report::Platform;
use crate::report::check::{Check, HealthVerdict};
use crate::spec::Algorithm;

/// Healthy, and everything else: an engine reserves the other exit codes.
const HEALTHY: u8 = 0;
const UNHEALTHY: u8 = 1;

/// Below the time that engines give a health check.
const DEADLINE: &str = "2s";
/// The variables that stand for arguments.
const VARIABLES: [&str; 9] = [
    "PQCHECK_REQUIRE",
    "PQCHECK_BACKEND",
    "PQCHECK_INSTALLED",
    "PQCHECK_LIBRARY",
    "PQCHECK_DEADLINE",
    "PQCHECK_ALL_PATHS",
    "PQCHECK_ANSWERS",
    "PQCHECK_ALSO_USES",
    "PQCHECK_TEXTFILE",
];

/// What services use and no standard defines, and what it is not.
const NO_STANDARD: [(&str, &str); 6] = [
    ("Kyber512", "round 3, not ML-KEM"),
    ("Kyber768", "round 3, not ML-KEM"),
    ("Kyber1024", "round 3, not ML-KEM"),
    ("Dilithium2", "round 3, not ML-DSA"),
    ("Dilithium3", "round 3, not ML-DSA"),
    ("Dilithium5", "round 3, not ML-DSA"),
];

#[derive(Debug, PartialEq, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    looks: Looks,
    /// Also write metrics to this *.prom file, for node_exporter's textfile collector
    #[arg(long, value_name = "FILE", env = "PQCHECK_TEXTFILE", value_parser = textfile, value_hint = ValueHint::FilePath)]
    textfile: Option<PathBuf>,
}

/// What a health check looks at.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub(super) struct Looks {
    /// Algorithms that must work [default: ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305; with --installed, ChaCha20-Poly1305
    /// only if a library provides it]
    #[arg(long, value_name = "ALGORITHM", value_delimiter = ',', value_parser = words::ALGORITHM, env = "PQCHECK_REQUIRE")]
    require: Vec<Algorithm>,
    /// Backends to test, or code paths of theirs as BACKEND/PATH [default: all linked ones]
    #[arg(long, value_name = "BACKEND", value_delimiter = ',', value_parser = words::BACKEND_OR_PATH, hide_possible_values = true, env = "PQCHECK_BACKEND")]
    pub(super) backend: Vec<String>,
    #[command(flatten)]
    image: subjects::FromImage,
    /// Time limit of the check; keep it below the engine's timeout
    #[arg(long, value_name = "TIME", default_value = DEADLINE, value_parser = time, env = "PQCHECK_DEADLINE")]
    pub(super) deadline: Duration,
    /// Test every code path that this processor can run, not only those that the libraries choose
    #[arg(long, env = "PQCHECK_ALL_PATHS", value_parser = words::switch)]
    all_paths: bool,
    /// Where the service must answer too (repeatable): tcp:IP:PORT, unix:/PATH or http://IP:PORT/PATH (2xx)
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', env = "PQCHECK_ANSWERS")]
    answers: Vec<Address>,
    /// Name in the line what the service uses and pqcheck does not test (repeatable)
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = untested, env = "PQCHECK_ALSO_USES")]
    also_uses: Vec<String>,
}

impl Args {
    /// What `pqcheck` without arguments and variables means, where that is how it was called. To have clap
    /// say the same takes a thirtieth of the whole check.
    pub(super) fn bare(arguments: &[OsString]) -> Option<Self> {
        if arguments.len() > 1 || VARIABLES.iter().any(super::is_set) {
            return None;
        }
        let looks = Looks {
            require: Vec::new(),
            backend: Vec::new(),
            image: subjects::FromImage::default(),
            deadline: time(DEADLINE).ok()?,
            all_paths: false,
            answers: Vec::new(),
            also_uses: Vec::new(),
        };
        Some(Self { looks, textfile: None })
    }
}

/// Runs the check and says its one line.
pub(super) fn main(args: &Args) -> ExitCode {
    // Whatever happens from here on, a crash and a hang of this very process included, ends with
    // a line and with exit code 1.
    let _last_words =
        isolate::last_words(args.looks.deadline, Stream::Stdout, "unhealthy: no verdict", UNHEALTHY.into());
    let Some(file) = &args.textfile else {
        // To read the machine takes a part of the whole check, and nobody sees the report.
        return say(&args.looks.verdict(Platform::default()));
    };
    let mut check = Arc::new(args.looks.check());
    let written = write::to_file(file, |out| out.write_all(Exposition::Text.of(&check).as_bytes()));
    let verdict = &mut Arc::make_mut(&mut check).verdict;
    if let Err(error) = written {
        verdict.mar(&format!("{error:#}"));
    }
    say(verdict)
}

impl Looks {
    /// Makes the check, and keeps the outcomes.
    pub(super) fn check(&self) -> Check {
        let start = Instant::now();
        let platform = platform::read();
        let verdict = self.verdict(platform.clone());
        Check {
            verdict,
            seconds: start.elapsed().as_secs_f64(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform,
        }
    }

    fn verdict(&self, platform: Platform) -> HealthVerdict {
        let start = Instant::now();
        // Where somebody has to answer, there is time left for that, whatever the rest takes.
        let share = if self.answers.is_empty() { 0.9 } else { 0.75 };
        let mut verdict = self.crypto(self.deadline.mul_f64(share), platform);
        let by = start + self.deadline.mul_f64(0.9);
        let silent: Vec<String> = self
            .answers
            .iter()
            .filter_map(|address| address.ask(by).err().map(|why| format!("no answer at {address}: {why}")))
            .collect();
        if !silent.is_empty() {
            verdict.mar(&silent.join("; "));
        } else if !self.answers.is_empty() {
            let names: Vec<String> = self.answers.iter().map(Address::to_string).collect();
            verdict.mention(&format!("answers at {}", names.join(", ")));
        }
        if !self.also_uses.is_empty() {
            verdict.mention(&format!("not tested: {}", self.also_uses.join(", ")));
        }
        verdict
    }

    fn crypto(&self, deadline: Duration, platform: Platform) -> HealthVerdict {
        let found = subjects::backends(&self.backend, &self.image)
            .and_then(|backends| Ok((subjects::subjects(&backends, &self.backend, &[])?, backends)));
        let (subjects, backends) = match found {
            Ok(found) => found,
            Err(error) => return HealthVerdict::unhealthy(&words::of_variable(&error)),
        };
        let mut require =
            if self.require.is_empty() { Algorithm::CORE.to_vec() } else { self.require.clone() };
        require.sort_unstable();
        require.dedup();
        // liboqs has no cipher, and an image with liboqs alone is as it should be. That is not so without the others.
        let offered = |algorithm: &Algorithm| backends.iter().any(|it| it.chosen_path(*algorithm).is_some());
        let mut absent = Vec::new();
        if self.require.is_empty() && self.image.is_asked() {
            let is_missing = |it: &mut Algorithm| *it == Algorithm::ChaCha20Poly1305 && !offered(it);
            absent = require.extract_if(.., is_missing).collect();
        }
        // The children are called off at this deadline, shortly before the last words are due.
        let all_paths = self.all_paths || self.backend.iter().any(|name| name.contains('/'));
        // Who requires nothing by name uses whatever the image has.
        let no_draft = if self.require.is_empty() { Algorithm::STANDARDS.to_vec() } else { require.clone() };
        health::run(&Options { require, absent, no_draft, subjects, deadline, all_paths, platform })
    }
}

/// An answer for the case that no check was possible at all.
pub(super) fn say_unhealthy(why: &str) -> ExitCode {
    say(&HealthVerdict::unhealthy(why))
}

fn say(verdict: &HealthVerdict) -> ExitCode {
    let line = health::one_line(verdict.line.clone());
    let heard = match writeln!(std::io::stdout(), "{line}") {
        Ok(()) => true,
        Err(error) => {
            super::say(&format!("stdout: cannot write: {error}; the verdict is: {line}"));
            // Who closes the pipe does not want to read it; any other verdict that nobody can read is none.
            error.kind() == ErrorKind::BrokenPipe
        }
    };
    ExitCode::from(if heard && verdict.healthy { HEALTHY } else { UNHEALTHY })
}

/// A verdict and its exit code, also where `check` panics.
pub(super) fn guarded(check: impl FnOnce() -> ExitCode + UnwindSafe) -> ExitCode {
    // The one line says what there is to say.
    let panicked = Arc::new(Mutex::new(String::new()));
    let at = Arc::clone(&panicked);
    std::panic::set_hook(Box::new(move |info| {
        if let Ok(mut at) = at.lock() {
            at.clone_from(&info.to_string());
        }
    }));
    std::panic::catch_unwind(check).unwrap_or_else(|_| {
        let at = panicked.lock().map(|at| at.clone()).unwrap_or_default();
        say_unhealthy(&format!("a fault of pqcheck's own: {at}"))
    })
}

/// The file for node_exporter.
fn textfile(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    // A device or a pipe has the name that it has.
    let is_special = std::fs::metadata(&path).is_ok_and(|file| !file.is_file() && !file.is_dir());
    match path.extension().is_some_and(|extension| extension == "prom") || is_special {
        true => Ok(path),
        false => Err("node_exporter reads only files whose names end in .prom".to_owned()),
    }
}

/// The name of something that pqcheck does not test, with what it is not.
fn untested(name: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let name = name.trim();
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
        return Err("a name is 1 to 64 plain characters".to_owned());
    }
    // What no standard defines, a service may have inside of its own program, where nobody can ask it.
    let standard = name.parse::<Algorithm>().ok().filter(|it| Algorithm::STANDARDS.contains(it));
    if let Some(algorithm) = standard {
        return Err(format!("pqcheck tests {algorithm}; name it with --require"));
    }
    let known = NO_STANDARD.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    Ok(known.map_or_else(|| name.to_owned(), |(known, what)| format!("{known} ({what})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_arguments_mean_what_clap_says() {
        let command = <Args as clap::Args>::augment_args(clap::Command::new("pqcheck"));
        let variables: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_env).collect();
        assert_eq!(variables, VARIABLES);
        let command = command.mut_args(|argument| argument.env(None::<&'static str>));
        let matches = command.get_matches_from(["pqcheck"]);
        let parsed = <Args as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        assert_eq!(Args::bare(&["pqcheck".into()]), Some(parsed));
        assert_eq!(Args::bare(&["pqcheck".into(), "--all-paths".into()]), None);
    }
}
