//! The causes of failed builds and starts, one file each, and how they are found in a log: one pass over its bytes
//! (`scan`), what was survived (`course`), what is left in order (`judge`). Reads no file and knows no terminal.

use std::io::{self, Read};

use crate::report::causes::Diagnosis;
use crate::report::page::Page;

mod cause;
mod causes;
mod course;
mod judge;
mod line;
mod marks;
mod package;
mod rules;
mod scan;
mod text;

use scan::Scan;

pub use cause::Cause;
pub use causes::ALL;

/// How many bytes of a log are read at once.
const PIECE: usize = 128 << 10;

/// The page of every cause.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    ALL.iter().map(|cause| &cause.page)
}

/// Reads a log of any size, without holding it in memory, and says what failed and why.
pub fn run(log: &mut dyn Read) -> io::Result<Diagnosis> {
    let mut scan = Scan::new();
    let mut piece = vec![0; PIECE];
    loop {
        match log.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => scan.push(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(judge::judge(scan.finish()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::report::causes::Outcome;

    fn diagnose(log: &[u8]) -> Diagnosis {
        run(&mut &*log).unwrap()
    }

    /// The first cause of `log`, or how it ended.
    fn first(log: &str) -> String {
        let diagnosis = diagnose(log.as_bytes());
        match diagnosis.causes.first() {
            Some(cause) => cause.id.clone(),
            None => format!("{:?}", diagnosis.outcome).to_lowercase(),
        }
    }

    #[test]
    fn every_page_is_complete() {
        for page in pages() {
            assert!(
                page.finds.ends_with('.') && page.why.ends_with('.') && !page.fix.is_empty(),
                "{}",
                page.id
            );
            assert!(page.fix.iter().all(|line| line.ends_with('.')), "{}", page.id);
        }
    }

    #[test]
    fn the_ids_are_those_of_the_files_and_each_is_there_once() {
        let ids: BTreeSet<&str> = pages().map(|page| page.id).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/explain/causes");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let stems = files.map(|file| file.file_stem().unwrap().to_str().unwrap().replace('_', "-"));
        assert_eq!(
            ids,
            stems.filter(|stem| stem != "mod").collect::<BTreeSet<_>>().iter().map(String::as_str).collect()
        );
        assert_eq!(ids.len(), ALL.len());
        let brought = ALL.iter().flat_map(|cause| cause.brings.iter().map(|id| (cause.page.id, *id)));
        for (cause, id) in brought {
            assert!(ids.contains(id) && id != cause, "{cause} brings {id}");
        }
    }

    #[test]
    fn what_was_survived_is_no_cause() {
        let broken = "#5 1.0 curl: (56) Recv failure: Connection reset by peer\n";
        let failed = "#6 2.0 x.c:1:10: fatal error: oqs/oqs.h: No such file or directory\n#6 ERROR: process \"x\" did not complete successfully: exit code: 2\n";
        assert_eq!(first(&format!("{broken}#5 DONE 3.1s\n{failed}")), "oqs-header-missing");
        assert_eq!(first(&format!("{broken}#5 DONE 3.1s\n#6 naming to x done\n")), "succeeded");
        assert_eq!(
            first(&format!("{broken}#5 ERROR: process \"x\" did not complete successfully: exit code: 56\n")),
            "network-reset"
        );
        let classic = "Step 1/2 : RUN a || true\n/bin/sh: 1: cmake: not found\nStep 2/2 : RUN b\n";
        assert_eq!(first(&format!("{classic}Successfully built 0123456789ab\n")), "succeeded");
        assert_eq!(first(&format!("{classic}exec /b: exec format error\n")), "exec-format");
    }

    #[test]
    fn what_was_tried_again_with_success_is_no_cause() {
        let retry = "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='x', port=443): Read timed out.\")'\n";
        let failed =
            "ERROR: Failed building wheel for x\nERROR: Could not build wheels for x, which is required\n";
        assert_eq!(first(&format!("{retry}Downloading x-1.0.tar.gz (3 kB)\n{failed}")), "pip-build-failed");
        assert_eq!(first(&format!("{retry}{failed}")), "network-reset");
        let curl = "curl: (56) Recv failure: Connection reset by peer\n";
        let other = "x.c:1: error: expected ';'\nmake: *** [x.o] Error 1\n";
        assert_eq!(
            first(&format!(
                "{curl}Warning: Problem: timeout. Will retry in 1 seconds. 3 retries left.\n{other}"
            )),
            "unknown"
        );
        assert_eq!(first(&format!("{curl}{other}")), "network-reset");
        let up = "a-1 | ModuleNotFoundError: No module named 'ray'\na-1 | Application startup complete.\n";
        assert_eq!(first(up), "succeeded");
        assert_eq!(
            first(&format!("{up}a-1 | PermissionError: [Errno 13] Permission denied: '/x'\n")),
            "permission-denied"
        );
    }

    #[test]
    fn a_command_is_not_what_came_of_it() {
        assert_eq!(
            first("Step 1/2 : RUN echo 'No space left on device'\nmake: *** [x] Error 2\n"),
            "unknown"
        );
        assert_eq!(first("  12 | >>> RUN exec format error\nERROR: failed to solve: x\n"), "unknown");
    }

    #[test]
    fn the_cause_comes_before_what_it_brings_about() {
        let log =
            "E: Unable to locate package cmake\nErr:1 http://x Temporary failure resolving 'x'\nE: failed\n";
        assert_eq!(first(log), "dns-failure");
        let log = "cc: error: x: No such file\n/bin/sh: 1: gcc: not found\nwrite error: No space left on device\nmake: *** [x] Error 1\n";
        assert_eq!(first(log), "disk-full");
    }

    #[test]
    fn lines_are_counted_through_progress_bars_windows_ends_and_utf_16() {
        let log = "a\r\n10%\r20%\r100%\r\n\r\nx: exec /app: exec format error\r\n";
        for bytes in [log.as_bytes().to_vec(), log.encode_utf16().flat_map(u16::to_le_bytes).collect()] {
            let diagnosis = diagnose(&bytes);
            assert_eq!((diagnosis.lines, diagnosis.causes[0].evidence[0].line), (4, 4));
        }
    }

    #[test]
    fn pieces_of_any_size_give_the_same() {
        let mut log = b"noise\n".repeat(100_000);
        log.extend_from_slice(b"./x: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file\n");
        log.extend(std::iter::repeat_n(b'x', 700_000));
        log.extend_from_slice(b" No space left on device");
        let whole = diagnose(&log);
        assert_eq!(whole.lines, 100_002);
        let lines: Vec<u64> = whole.causes.iter().map(|cause| cause.evidence[0].line).collect();
        // A full disk comes first, because it may have brought about the other.
        assert_eq!(lines, [100_002, 100_001]);
        for size in [1, 7, 4096, 65_537] {
            let mut scan = Scan::new();
            log.chunks(size).for_each(|piece| scan.push(piece));
            assert_eq!(judge::judge(scan.finish()), whole, "{size}");
        }
    }

    #[test]
    fn hostile_bytes_are_no_trouble() {
        for log in [
            &b""[..],
            b"\0",
            b"\xff\xfe",
            b"\xff\xfe\x00",
            b"\xfe\xff\xd8\x00",
            b"\x1b[",
            b"#",
            b"|",
            b"\r",
            b"[m",
            b"\xc3\x28 E: \xff",
        ] {
            assert_ne!(diagnose(log).outcome, Outcome::Failed, "{log:?}");
        }
        assert_eq!(diagnose(b"").lines, 0);
        assert_eq!(diagnose(b"x").lines, 1);
        assert_eq!(diagnose(b"x\n").lines, 1);
    }

    #[test]
    fn a_million_signs_take_no_memory_and_are_cut() {
        let log = "exec /app: exec format error\n".repeat(100_000)
            + &"#9999 x: No space left on device\n".repeat(100_000);
        let diagnosis = diagnose(log.as_bytes());
        assert!(diagnosis.causes.iter().all(|cause| cause.evidence.len() <= 6), "{diagnosis:?}");
    }
}
