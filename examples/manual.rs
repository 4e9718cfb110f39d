//! Writes the shell completions and the man pages into a folder.
//!
//! Knows no option by name: everything comes from the command line's own definition.

use std::path::PathBuf;
use std::{env, fs, io};

use clap_complete::Shell;

fn main() -> io::Result<()> {
    let folder = env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "usage: manual FOLDER"))?;

    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut pqcheck::cli::command(), "pqcheck", &completions)?;
    }

    let man = folder.join("man");
    fs::create_dir_all(&man)?;
    clap_mangen::generate_to(pqcheck::cli::command(), &man)
}
