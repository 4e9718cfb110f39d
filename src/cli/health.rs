//! `pqcheck health`, and `pqcheck` without a command: one line, exit code 0 or 1.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use super::subjects;
use crate::isolate::{self, Stream};
use crate::kat::health::{self, Options};
use crate::spec::Algorithm;

/// Healthy, and everything else: an engine reserves the other exit codes.
const HEALTHY: u8 = 0;
const UNHEALTHY: u8 = 1;

/// Below the time that engines give a health check.
const DEADLINE: &str = "2s";
/// The variables that stand for arguments.
const VARIABLES: [&str; 6] = [
    "PQCHECK_REQUIRE",
    "PQCHECK_BACKEND",
    "PQCHECK_INSTALLED",
    "PQCHECK_LIBRARY",
    "PQCHECK_DEADLINE",
    "PQCHECK_ALL_PATHS",
];

#[derive(Debug, PartialEq, clap::Args)]
pub(super) struct Args {
    /// Algorithms that must work here [default: ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305, of libraries of the image the
    /// last only where one has it]
    #[arg(long, value_name = "ALGORITHM", value_delimiter = ',', env = "PQCHECK_REQUIRE")]
    require: Vec<Algorithm>,
    /// Backends to ask [default: all linked ones]
    #[arg(long, value_name = "BACKEND", value_delimiter = ',', env = "PQCHECK_BACKEND")]
    backend: Vec<String>,
    #[command(flatten)]
    image: subjects::FromImage,
    /// Be done within this time; keep it below the engine's own timeout
    #[arg(long, value_name = "TIME", default_value = DEADLINE, value_parser = time, env = "PQCHECK_DEADLINE")]
    deadline: Duration,
    /// Ask every code path that this processor runs, not only those that the libraries choose
    #[arg(long, env = "PQCHECK_ALL_PATHS", value_parser = clap::builder::FalseyValueParser::new())]
    all_paths: bool,
}

impl Args {
    /// What `pqcheck` without arguments and variables means, where that is how it was called. To have clap
    /// say the same takes a thirtieth of the whole check.
    pub(super) fn bare(arguments: &[OsString]) -> Option<Self> {
        if arguments.len() > 1 || VARIABLES.iter().any(|name| std::env::var_os(name).is_some()) {
            return None;
        }
        let deadline = time(DEADLINE).ok()?;
        let image = subjects::FromImage::default();
        Some(Self { require: Vec::new(), backend: Vec::new(), image, deadline, all_paths: false })
    }
}

/// Runs the check and says its one line.
pub(super) fn main(args: &Args) -> ExitCode {
    // Whatever happens from here on, a crash and a hang of this very process included, ends with
    // a line and with exit code 1.
    let _last_words =
        isolate::last_words(args.deadline, Stream::Stdout, "unhealthy: no verdict", UNHEALTHY.into());
    let backends = match subjects::backends(&args.backend, &args.image) {
        Ok(backends) => backends,
        Err(error) => return say_unhealthy(&format!("{error:#}")),
    };
    let mut require = if args.require.is_empty() { Algorithm::CORE.to_vec() } else { args.require.clone() };
    require.sort_unstable();
    require.dedup();
    // liboqs has no cipher, and an image with liboqs alone is as it should be. That is not so without the others.
    let offered = |algorithm: &Algorithm| backends.iter().any(|it| it.chosen_path(*algorithm).is_some());
    let mut absent = Vec::new();
    if args.require.is_empty() && args.image.is_asked() {
        let is_missing = |it: &mut Algorithm| *it == Algorithm::ChaCha20Poly1305 && !offered(it);
        absent = require.extract_if(.., is_missing).collect();
    }
    let verdict = health::run(&Options {
        require,
        absent,
        backends,
        // The children are called off shortly before the last words are due.
        deadline: args.deadline.mul_f64(0.9),
        all_paths: args.all_paths,
    });
    say(&verdict.line, if verdict.healthy { HEALTHY } else { UNHEALTHY })
}

/// An answer for the case that no check was possible at all.
pub(super) fn say_unhealthy(why: &str) -> ExitCode {
    say(&health::one_line(format!("unhealthy: {why}")), UNHEALTHY)
}

fn say(line: &str, code: u8) -> ExitCode {
    let written = writeln!(std::io::stdout(), "{line}");
    // A verdict that nobody can read is none.
    ExitCode::from(if written.is_ok() { code } else { UNHEALTHY })
}

/// A time such as `2s`, `500ms` or `2` (seconds).
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    number
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && *number > 0.0)
        .and_then(|number| Duration::try_from_secs_f64(number * unit).ok())
        .ok_or_else(|| format!("`{text}` is no time; write it as `2s` or `500ms`"))
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

    #[test]
    fn times_are_seconds_or_milliseconds() {
        assert_eq!(time("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(time("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        for text in ["", "0", "-1s", "nan", "inf", "1e400", "2m", "s"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
