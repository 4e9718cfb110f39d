//! Arguments, files, stdout and exit codes: the only floor that prints.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

mod bench;
mod compare;
mod completions;
mod doctor;
mod exit;
mod explain;
mod health;
mod kat;
mod list;
mod man;
mod merge;
mod progress;
mod quantity;
mod serve;
mod subjects;
mod words;
mod write;

use exit::Exit;

/// Tells whether the post-quantum cryptography in this image works here
///
/// Without a command, pqcheck makes the health check, as `pqcheck health` does.
#[derive(Parser)]
#[command(name = "pqcheck", version, args_conflicts_with_subcommands = true, after_help = after_help())]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    health: health::Args,
}

#[derive(Subcommand)]
enum Command {
    /// Say in one line whether the crypto works here (exit code 0 or 1)
    // Here, because the program itself has these arguments too, and a help of its own.
    #[command(after_help = exit::help("health", "pqcheck health --installed --require ML-KEM-768,ML-DSA-65"))]
    Health(health::Args),
    /// Repeat the health check, and serve what it found over HTTP, also to Prometheus
    Serve(serve::Args),
    /// Run published known-answer tests on every backend and code path
    Kat(kat::Args),
    /// Say why programs of an image will not start
    Doctor(doctor::Args),
    /// Join the reports of `pqcheck kat --shard I/N` into one
    Merge(merge::Args),
    /// Time every backend and code path
    Bench(bench::Args),
    /// Show what got worse or slower between two reports
    Compare(compare::Args),
    /// Name the cause in the log of a failed build or start
    Explain(explain::Args),
    /// Show what this binary can test
    List(list::Args),
    /// Print the completions for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

fn after_help() -> String {
    let health = "`pqcheck` and `pqcheck health` end with 0 (healthy) or 1 (everything else) only.";
    format!(
        "{}\n{health}",
        exit::help("pqcheck", "pqcheck\npqcheck --require ML-KEM-768\npqcheck kat --installed")
    )
}

/// The program.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if asks_for_health(&arguments) { health::guarded(|| run(&arguments)) } else { run(&arguments) }
}

fn run(arguments: &[OsString]) -> ExitCode {
    if let Some(args) = health::Args::bare(arguments) {
        return health::main(&args);
    }
    // The variables of the health check are no concern of the other commands.
    let set = |argument: Arg| match argument.get_env().is_some_and(is_set) {
        true => argument,
        false => argument.env(None::<&'static str>),
    };
    let asks_for_health = asks_for_health(arguments);
    let command = command()
        .mut_args(|argument| if asks_for_health { set(argument) } else { argument.env(None::<&'static str>) })
        .mut_subcommands(|command| command.mut_args(set));
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let result = match parsed {
        Ok(Cli { command: None, health }) => return health::main(&health),
        Ok(Cli { command: Some(Command::Health(args)), .. }) => return health::main(&args),
        Ok(Cli { command: Some(Command::Serve(args)), .. }) => serve::main(&args),
        Ok(Cli { command: Some(Command::Kat(args)), .. }) => kat::main(&args),
        Ok(Cli { command: Some(Command::Doctor(args)), .. }) => doctor::main(&args),
        Ok(Cli { command: Some(Command::Merge(args)), .. }) => merge::main(&args),
        Ok(Cli { command: Some(Command::Bench(args)), .. }) => bench::main(&args),
        Ok(Cli { command: Some(Command::Compare(args)), .. }) => compare::main(&args),
        Ok(Cli { command: Some(Command::Explain(args)), .. }) => explain::main(&args),
        Ok(Cli { command: Some(Command::List(args)), .. }) => list::main(&args),
        Ok(Cli { command: Some(Command::Completions(args)), .. }) => completions::main(&args),
        Ok(Cli { command: Some(Command::Man(args)), .. }) => man::main(&args),
        Err(error) => return refused(arguments, &error),
    };
    result.unwrap_or_else(|error| {
        say(&format!("{error:#}"));
        Exit::CouldNotWork.into()
    })
}

/// Whether a variable has a value: one that is empty is not set.
fn is_set(name: impl AsRef<OsStr>) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// One line on stderr, whatever a file name or a message brings along.
fn say(text: &str) {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect();
    let _ = writeln!(anstream::stderr(), "pqcheck: {plain}");
}

/// The command line as clap sees it.
fn command() -> clap::Command {
    Cli::command()
}

/// A usage error, or a request for help. A health check answers usage errors too with its own
/// exit code, because a container engine reserves the others.
fn refused(arguments: &[OsString], error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match error.print() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                say(&format!("stdout: cannot write: {error}"));
                if asks_for_health(arguments) { Exit::Wrong } else { Exit::CouldNotWork }
            }
            _ => Exit::Fine,
        }
        .into();
    }
    let program = command();
    let named = arguments.get(1).and_then(|name| program.find_subcommand(name));
    let what = words::refusal(named.unwrap_or(&program), arguments, error);
    if asks_for_health(arguments) {
        return health::say_unhealthy(&format!("{what}; see `pqcheck health --help`"));
    }
    let of = named.map_or_else(String::new, |named| format!(" {}", named.get_name()));
    say(&format!("{what}; see `pqcheck{of} --help`"));
    Exit::CouldNotWork.into()
}

/// Whether these arguments are those of `pqcheck health` or of `pqcheck` without a command.
fn asks_for_health(arguments: &[OsString]) -> bool {
    arguments.get(1).is_none_or(|first| first == "health" || first.to_string_lossy().starts_with('-'))
}
