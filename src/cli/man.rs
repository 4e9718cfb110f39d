//! `pqcheck man`: the manual page, from the command line's own definition. One page has everything.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::exit::{self, Exit};
use super::{words, write};

#[derive(clap::Args)]
#[command(after_help = exit::help("man", "pqcheck man | man -l -"))]
pub(super) struct Args {
    /// Print the page of this command alone
    #[arg(value_name = "COMMAND", value_parser = words::COMMAND, hide_possible_values = true)]
    command: Option<String>,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let mut program = super::command().disable_help_subcommand(true);
    program.build();
    let of = args.command.as_ref().and_then(|name| program.find_subcommand(name).cloned());
    write::to_stdout(|out| match of {
        Some(command) => Man::new(command).render(out),
        None => whole(program, out),
    })?;
    Ok(Exit::Fine.into())
}

fn whole(program: Command, out: &mut dyn Write) -> io::Result<()> {
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    let after_help = program.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (examples, codes) = after_help.split_once("\n\n").unwrap_or_default();
    let page = Man::new(program);
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;

    let mut roff = Roff::default();
    roff.control("SH", ["COMMANDS"]).to_writer(out)?;
    let mut variables: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for command in commands {
        let name = format!("pqcheck {}", command.get_name());
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let mut roff = Roff::default();
        roff.control("SS", [name.as_str()]).text([roman(about)]).to_writer(out)?;
        for arg in command.get_arguments() {
            if let (Some(variable), Some(long)) = (arg.get_env(), arg.get_long()) {
                let new = || (format!("--{long}"), Vec::new());
                let (_, of) = variables.entry(variable.to_string_lossy().into_owned()).or_insert_with(new);
                of.push(command.get_name().to_owned());
            }
            if has_many_values(arg) {
                let name = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
                values.entry(name.unwrap_or_default()).or_insert_with(|| listed(arg));
            }
        }
        let after_help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        options(command, out)?;
        as_it_is(&after_help, out)?;
    }
    section("EXIT CODES", codes, out)?;
    let mut roff = Roff::default();
    roff.control("SH", ["ENVIRONMENT"]);
    for (variable, (option, of)) in variables {
        let text = format!("{option} of {}", of.join(", "));
        roff.control("TP", []).text([bold(variable)]).text([roman(text)]);
    }
    roff.control("SH", ["VALUES"]);
    for (name, values) in values {
        roff.control("TP", []).text([bold(name)]).text([roman(values)]);
    }
    roff.to_writer(out)?;
    section("EXAMPLES", examples, out)
}

/// The options of a command, without a heading, without `--help`, which each has, and without long lists of values.
fn options(command: Command, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Vec::new();
    let command = command.mut_args(|arg: Arg| {
        let is_help = arg.get_id() == "help";
        let hides = arg.is_hide_possible_values_set() || has_many_values(&arg);
        arg.hide(is_help).hide_possible_values(hides)
    });
    Man::new(command).render_options_section(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    let (_, options) = page.split_once(".SH OPTIONS\n").unwrap_or_default();
    out.write_all(options.as_bytes())
}

/// Whether the values of an argument are shown, and in a place of their own, once for all commands.
fn has_many_values(arg: &Arg) -> bool {
    !arg.is_hide_possible_values_set() && arg.get_possible_values().len() > 5
}

fn listed(arg: &Arg) -> String {
    let values = arg.get_possible_values();
    values.iter().map(PossibleValue::get_name).collect::<Vec<_>>().join(", ")
}

/// A part of a help text, without its first line, which the heading repeats.
fn section(heading: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let (_, lines) = text.split_once('\n').unwrap_or_default();
    let mut roff = Roff::default();
    roff.control("SH", [heading]).to_writer(out)?;
    as_it_is(lines, out)
}

/// Lines that stay lines.
fn as_it_is(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut roff = Roff::default();
    roff.control("PP", []).control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []).to_writer(out)
}
