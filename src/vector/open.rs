//! Paths to texts: finds vector files in folders, reads them within limits and unpacks them.
//! Knows extensions and gzip, and nothing of what the texts say.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::error::{Error, LIMIT};

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whether it was named, not found in a folder.
    pub(super) named: bool,
}

/// The files that `paths` name, and the vector files of the folders, each file once.
pub(super) fn find(paths: &[impl AsRef<Path>]) -> Result<Vec<Source>, Error> {
    let mut found = Found::default();
    for path in paths {
        let path = path.as_ref();
        if fs::metadata(path).map_err(|cause| failed(path, cause))?.is_dir() {
            found.folder(path, &mut Vec::new())?;
        } else {
            found.file(path, true)?;
        }
    }
    Ok(found.sources)
}

#[derive(Default)]
struct Found {
    sources: Vec<Source>,
    /// Where each real file is in `sources`.
    seen: HashMap<PathBuf, usize>,
}

impl Found {
    /// `above` holds the real paths of the folders that `path` lies in.
    fn folder(&mut self, path: &Path, above: &mut Vec<PathBuf>) -> Result<(), Error> {
        let real = fs::canonicalize(path).map_err(|cause| failed(path, cause))?;
        if above.contains(&real) {
            return Err(Error::Loop { path: path.to_owned() });
        }
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = entries.map_err(|cause| failed(path, cause))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        above.push(real);
        for entry in entries {
            let path = entry.path();
            let wanted = has_vector_extension(&path);
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => self.folder(&path, above)?,
                Ok(metadata) if metadata.is_file() && wanted => self.file(&path, false)?,
                // A dangling link or the like; it matters if it would have been read.
                Err(cause) if wanted => return Err(failed(&path, cause)),
                _ => {}
            }
        }
        above.pop();
        Ok(())
    }

    fn file(&mut self, path: &Path, named: bool) -> Result<(), Error> {
        let real = fs::canonicalize(path).map_err(|cause| failed(path, cause))?;
        match self.seen.get(&real).and_then(|index| self.sources.get_mut(*index)) {
            Some(source) => source.named |= named,
            None => {
                self.seen.insert(real, self.sources.len());
                self.sources.push(Source { path: path.to_owned(), named });
            }
        }
        Ok(())
    }
}

fn has_vector_extension(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.ends_with(".json") || name.ends_with(".rsp")
}

/// The text of a file, unpacked if it is gzip by its first bytes.
pub(super) fn load(path: &Path) -> Result<String, Error> {
    text(path, unpack(path, slurp(path, LIMIT)?, LIMIT)?)
}

fn slurp(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|cause| failed(path, cause))?;
    let metadata = file.metadata().map_err(|cause| failed(path, cause))?;
    if metadata.len() > limit {
        return Err(Error::TooLarge { path: path.to_owned(), bytes: metadata.len() });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    // A pipe has no length, and a file may grow.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|cause| failed(path, cause))?;
    match bytes.len() as u64 {
        read if read > limit => Err(Error::TooLarge { path: path.to_owned(), bytes: read }),
        _ => Ok(bytes),
    }
}

fn unpack(path: &Path, bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Error> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::with_capacity(bytes.len().saturating_mul(2));
    let mut decoder = MultiGzDecoder::new(bytes.as_slice()).take(limit + 1);
    decoder.read_to_end(&mut unpacked).map_err(|cause| Error::Gzip { path: path.to_owned(), cause })?;
    if unpacked.len() as u64 > limit {
        return Err(Error::UnpacksTooLarge { path: path.to_owned() });
    }
    Ok(unpacked)
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    let path = path.to_owned();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::Empty { path });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
    {
        return Err(Error::ByteOrderMark { path });
    }
    String::from_utf8(bytes)
        .map_err(|error| Error::NotText { path, offset: error.utf8_error().valid_up_to() })
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::Io { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn message<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_file_above_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.json");
        File::create(&path).unwrap().set_len(1 << 30).unwrap();
        let error = message(load(&path));
        assert!(error.ends_with("file has 1.0 GiB, pqcheck reads at most 256 MiB; split it"), "{error}");
    }

    #[test]
    fn a_file_without_length_is_read_to_the_limit() {
        let error = message(slurp(Path::new("/dev/zero"), 1 << 20));
        assert_eq!(error, "/dev/zero: file has 2 MiB, pqcheck reads at most 256 MiB; split it");
    }

    #[test]
    fn a_bomb_is_not_unpacked_beyond_the_limit() {
        let path = Path::new("bomb.json.gz");
        assert_eq!(unpack(path, zipped(&[b' '; 1000]), 1000).unwrap().len(), 1000);
        let error = message(unpack(path, zipped(&[b' '; 1001]), 1000));
        assert_eq!(error, "bomb.json.gz: unpacks to more than 256 MiB, which is pqcheck's limit; split it");
    }

    #[test]
    fn gzip_that_is_cut_or_followed_by_garbage_is_damaged() {
        let path = Path::new("x.json.gz");
        let whole = zipped(b"{\"a\": 1}");
        for cut in 2..whole.len() {
            assert!(matches!(unpack(path, whole[..cut].to_vec(), LIMIT), Err(Error::Gzip { .. })), "{cut}");
        }
        let garbage = [&whole[..], b"garbage"].concat();
        assert!(matches!(unpack(path, garbage, LIMIT), Err(Error::Gzip { .. })));
        // Two members in a row are one file.
        assert_eq!(unpack(path, whole.repeat(2), LIMIT).unwrap(), b"{\"a\": 1}".repeat(2));
    }

    #[test]
    fn what_is_no_text_is_told_apart() {
        let read = |bytes: &[u8]| message(text(Path::new("x.json"), bytes.to_vec()));
        assert_eq!(read(b""), "x.json: file is empty; fetch it again");
        assert_eq!(read(b" \n"), "x.json: file is empty; fetch it again");
        assert!(read(b"\xef\xbb\xbf{}").contains("byte order mark"));
        assert!(read(b"\xff\xfe{\0}\0").contains("byte order mark"));
        assert!(read(b"{\"a\": \"\xff\"}").contains("not UTF-8 text at byte 7;"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = message(find(&["no/such/file.json"]));
        assert_eq!(
            error,
            "no/such/file.json: no such file or directory (os error 2); check the path and its permissions"
        );
    }

    #[test]
    fn a_folder_gives_its_vector_files_sorted_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("m")).unwrap();
        for name in
            ["z.json", "README.md", "LICENSE", "corpus.bin", "import.py", "a.rsp.gz", "m/k.JSON", "x.gz"]
        {
            fs::write(at(name), "x").unwrap();
        }
        std::os::unix::fs::symlink(at("z.json"), at("zz.json")).unwrap();
        let found = find(&[folder.path().to_owned(), at("z.json")]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|source| (source.path.strip_prefix(folder.path()).unwrap().to_str().unwrap(), source.named))
            .collect();
        assert_eq!(names, [("a.rsp.gz", false), ("m/k.JSON", false), ("z.json", true)]);
    }

    #[test]
    fn a_loop_of_folders_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/back")).unwrap();
        let error = message(find(&[folder.path()]));
        assert!(error.contains("a/back: symbolic link to a folder that contains it; remove it"), "{error}");
    }

    #[test]
    fn a_dangling_link_to_vectors_is_an_error_and_another_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("notes.txt")).unwrap();
        assert!(find(&[folder.path()]).unwrap().is_empty());
        std::os::unix::fs::symlink("nowhere", folder.path().join("x.json")).unwrap();
        assert!(message(find(&[folder.path()])).contains("x.json: no such file or directory"));
    }
}
