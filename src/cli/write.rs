//! Puts bytes where the user wants them: whole, or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::output::{Made, Style};

/// Whether a report goes to a file or to a program, which must find it even if nothing was run, and not an older one.
pub(super) fn is_kept(output: Option<&Path>, format: &str) -> bool {
    output.is_some() || format != "human"
}

/// Writes to the file that `-o` names; to stdout where it names none, or `-`. Says whether it was a file.
pub(super) fn to(
    output: Option<&Path>,
    render: impl FnOnce(Style, &mut dyn Write) -> io::Result<()>,
) -> Result<bool> {
    match output.filter(|path| path.as_os_str() != "-") {
        Some(path) => to_file(path, |out| render(unbroken(), out)).map(|()| true),
        None => to_stdout(|out| render(style(), out)).map(|()| false),
    }
}

/// Writes to stdout. Colour is dropped where stdout does not want it. Who closes the pipe has read enough.
pub(super) fn to_stdout(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match render(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer has nobody to go to.
            drop(out.into_parts());
            Ok(())
        }
        written => written.context("stdout: cannot write; the output is incomplete"),
    }
}

/// How stdout wants it; [`to_stdout`] drops the colour again where it does not. Only on a terminal are lines broken.
pub(super) fn style() -> Style {
    let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let style = unbroken();
    Style { color: true, width: width.unwrap_or(style.width), ..style }
}

/// How a file wants it.
fn unbroken() -> Style {
    let since = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.trim().is_empty() { "localhost" } else { host.trim() };
    let made = Made { seconds: since.try_into().unwrap_or(0), host: String::leak(host.to_owned()) };
    Style { width: usize::MAX, made, ..Style::default() }
}

/// Writes to `path`: into a new file beside it, which then takes its place. A device or a pipe is
/// written directly.
pub(super) fn to_file(path: &Path, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let shown = path.display();
    let special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if special {
        let file = fs::OpenOptions::new().write(true).open(path);
        return file
            .and_then(|file| whole(file, render).map(drop))
            .with_context(|| format!("{shown}: cannot write the report"));
    }
    // A symbolic link stays, and what it leads to is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        match folder.exists() {
            true => bail!("{shown}: {} is no folder", folder.display()),
            false => bail!("{shown}: folder {} does not exist; create it first", folder.display()),
        }
    }
    let mode = fs::metadata(path).map_or(0o666, |metadata| metadata.permissions().mode());
    tempfile::Builder::new()
        .prefix(".pqcheck-")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
        .and_then(|file| whole(file, render))
        .and_then(|file| file.persist(path).map_err(|error| error.error))
        .map(drop)
        .map_err(|error| {
            // Its text names the new file, which nobody asked for.
            let why = error.raw_os_error().map_or(error, io::Error::from_raw_os_error);
            anyhow!("{shown}: cannot write the report: {why}")
        })
}

fn whole<W: Write>(file: W, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
    let mut out = BufWriter::new(file);
    render(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}
