//! `pqcheck completions`: what a shell needs to complete this command line.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Arg, Command};
use clap_complete::Shell;

use super::exit::{self, Exit};
use super::write;

#[derive(clap::Args)]
#[command(after_help = exit::help("completions", "source <(pqcheck completions bash)"))]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let mut command = super::command();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "pqcheck", &mut script);
    if args.shell == Shell::Bash {
        script.extend(LISTS.replace("LISTS", &lists(&command)).into_bytes());
    }
    write::to_stdout(|out| out.write_all(&script))?;
    Ok(Exit::Fine.into())
}

/// The options that take a list: `--algorithm|--backend`.
fn lists(command: &Command) -> String {
    let takes_list = |arg: &&Arg| arg.get_value_delimiter() == Some(',');
    let commands = std::iter::once(command).chain(command.get_subcommands());
    let args = commands.flat_map(Command::get_arguments).filter(takes_list);
    let names: BTreeSet<String> = args.filter_map(Arg::get_long).map(|long| format!("--{long}")).collect();
    names.into_iter().collect::<Vec<_>>().join("|")
}

/// Bash cuts words at `:` and `=`, and knows no lists: this gives the generated function the word as typed, or the last
/// of a list, and takes off from its replies what stands in the line already.
const LISTS: &str = r#"
_pqcheck_word() {
    local line="${COMP_LINE:0:COMP_POINT}" word previous first='' kept i
    word="${line##*[[:space:]]}"
    previous="${line%"$word"}"
    previous="${previous%"${previous##*[![:space:]]}"}"
    previous="${previous##*[[:space:]]}"
    if [[ $word == --*=* ]]; then
        previous="${word%%=*}"
        word="${word#*=}"
    fi
    case "$previous" in
        LISTS) first="${word%"${word##*,}"}" ;;
    esac
    kept="${word%"$2"}"
    _pqcheck "$1" "${word#"$first"}" "$previous"
    # Algorithms are understood in any case, and complete as the standards write them.
    if [[ ${#COMPREPLY[@]} == 0 && -n $word ]]; then
        local typed="${word#"$first"}"
        _pqcheck "$1" "${typed^^}" "$previous"
    fi
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]="$first${COMPREPLY[i]}"
        COMPREPLY[i]="${COMPREPLY[i]#"$kept"}"
    done
}
complete -F _pqcheck_word -o bashdefault -o default pqcheck
"#;
