//! The `pqcheck` program: everything it does is in [`pqcheck::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    pqcheck::cli::main()
}
