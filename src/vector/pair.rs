//! ACVP prompts and expected results to whole sets: which two files belong together.
//! Two halves belong together when they lie in one folder, or are both named, and are of one set.

use std::path::{Path, PathBuf};

use super::acvp::{self, Key, Part};
use super::content::{Content, FoundSuite, understand};
use super::error::Error;
use super::json::Document;
use super::open::{self, Source};

/// How files with the questions are called, and those with the answers: by ACVP, by its clients.
const NAMES: [(&str, &str); 3] =
    [("prompt", "expectedResults"), ("vectors", "expected"), ("request", "response")];

/// One half of a set.
pub(super) struct Half {
    order: usize,
    source: Source,
    part: Part,
    key: Key,
    document: Document<'static>,
}

impl Half {
    /// A half with what tells its set.
    pub(super) fn new(order: usize, source: Source, part: Part, document: Document<'static>) -> Self {
        Self { order, source, part, key: acvp::key(&document), document }
    }

    fn folder(&self) -> Option<&Path> {
        self.source.path.parent()
    }

    /// Whether `other` may be the other half.
    fn fits(&self, other: &Self) -> bool {
        self.part != other.part
            && self.key.agrees(&other.key)
            && (self.folder() == other.folder() || (self.source.named && other.source.named))
    }

    /// Where the other half would be by its name.
    fn missing(&self) -> PathBuf {
        let name = self.source.path.file_name().unwrap_or_default().to_string_lossy();
        let of_part = NAMES.map(|(prompt, results)| match self.part {
            Part::Results => (results, prompt),
            _ => (prompt, results),
        });
        let name = match of_part.into_iter().find(|(own, _)| name.contains(own)) {
            Some((own, other)) => name.replacen(own, other, 1),
            None => format!("{}.json", of_part[0].1),
        };
        self.source.path.with_file_name(name)
    }

    fn alone(self) -> Error {
        let missing = self.missing();
        let (has, lacks) = match self.part {
            Part::Results => ("expected results", "their prompt"),
            _ => ("a prompt", "its expected results"),
        };
        Error::HalfPair { path: self.source.path, has, lacks, missing }
    }
}

/// Joins the halves, and adds the sets to `found`. The projection of a set has its reasons too, so it is the
/// one that counts where a pair beside it holds the same cases.
pub(super) fn join_all(
    mut halves: Vec<Half>,
    found: &mut Vec<FoundSuite>,
    passed_over: &mut dyn FnMut(&Path, &str),
) -> Result<(), Error> {
    fetch_missing(&mut halves)?;
    let (mut results, prompts): (Vec<_>, Vec<_>) =
        halves.into_iter().partition(|half| half.part == Part::Results);
    let projections = found.len();
    for prompt in prompts {
        let Some(index) = partner(&prompt, &results)? else {
            alone(prompt, found, passed_over)?;
            continue;
        };
        let results = results.swap_remove(index);
        let pair = joined(prompt, results)?;
        match pair.key.as_ref().and_then(|key| beside(&pair.source.path, key, &found[..projections])) {
            Some(whole) if same_questions(whole, &pair) => {
                passed_over(&pair.source.path, "the projection in this folder has the same cases");
            }
            _ => found.push(pair),
        }
    }
    results.into_iter().try_for_each(|results| alone(results, found, passed_over))
}

/// A half that was named brings the file beside it that has the other half.
fn fetch_missing(halves: &mut Vec<Half>) -> Result<(), Error> {
    for index in 0..halves.len() {
        let half = &halves[index];
        if !half.source.named || halves.iter().any(|other| half.fits(other)) {
            continue;
        }
        let plain = half.missing();
        let packed = PathBuf::from(format!("{}.gz", plain.display()));
        let unpacked = plain.with_extension("");
        let Some(path) = [plain, packed, unpacked].into_iter().find(|path| path.is_file()) else { continue };
        let order = half.order;
        for content in understand(&path, &open::load(&path)?)? {
            let Content::Half { part, document } = content else { continue };
            let other = Half::new(order, Source { path: path.clone(), named: true }, part, document);
            if halves.iter().any(|half| half.fits(&other)) {
                halves.push(other);
            }
        }
    }
    Ok(())
}

/// Which of `results` answers `prompt`: one of its folder before one of another.
fn partner(prompt: &Half, results: &[Half]) -> Result<Option<usize>, Error> {
    let fitting: Vec<_> = (0..results.len()).filter(|index| prompt.fits(&results[*index])).collect();
    let near: Vec<_> =
        fitting.iter().copied().filter(|index| results[*index].folder() == prompt.folder()).collect();
    match (near.as_slice(), fitting.as_slice()) {
        ([], []) => Ok(None),
        ([one], _) | ([], [one]) => Ok(Some(*one)),
        _ => {
            let by_name = prompt.missing();
            let named = near.into_iter().find(|index| results[*index].source.path == by_name);
            named.map(Some).ok_or_else(|| Error::Ambiguous { path: prompt.source.path.clone() })
        }
    }
}

fn joined(prompt: Half, results: Half) -> Result<FoundSuite, Error> {
    let path = &prompt.source.path;
    let document = acvp::join(prompt.document, results.document).map_err(|half| match half {
        acvp::Half::Prompt(fault) => Error::Field { path: path.clone(), fault },
        acvp::Half::Results(fault) => Error::Field { path: results.source.path, fault },
    })?;
    let at = |fault| Error::Field { path: path.clone(), fault };
    let name = acvp::suite(&document).map_err(at)?;
    let cases = acvp::cases(&document).map_err(at)?;
    Ok(FoundSuite { order: prompt.order, name, key: Some(prompt.key), cases, source: prompt.source })
}

/// A half without the other one is an error, unless its set is there as a whole, or nothing says that it is one of
/// pqcheck's algorithms.
fn alone(half: Half, found: &[FoundSuite], passed_over: &mut dyn FnMut(&Path, &str)) -> Result<(), Error> {
    let why = if half.source.named {
        return Err(half.alone());
    } else if half.key.is_nameless() {
        "answers of an algorithm that it does not name, without their prompt"
    } else if beside(&half.source.path, &half.key, found).is_some() {
        "the projection in this folder has the whole set"
    } else {
        return Err(half.alone());
    };
    passed_over(&half.source.path, why);
    Ok(())
}

/// The set of this key in the folder of `path`.
fn beside<'f>(path: &Path, key: &Key, found: &'f [FoundSuite]) -> Option<&'f FoundSuite> {
    let is_of = |suite: &&FoundSuite| {
        suite.source.path.parent() == path.parent()
            && suite.key.as_ref().is_some_and(|other| other.agrees(key))
    };
    found.iter().find(is_of)
}

/// Whether two sets ask the same and expect the same; the classes may differ, as only one has reasons.
fn same_questions(one: &FoundSuite, other: &FoundSuite) -> bool {
    one.cases.len() == other.cases.len()
        && one.cases.iter().zip(&other.cases).all(|(a, b)| {
            a.name == b.name && a.algorithm == b.algorithm && a.operation == b.operation && a.task == b.task
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::file::{read, read_noting};
    use super::*;

    const PAIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/acvp/pair/ML-KEM-keyGen-FIPS203");
    const PROJECTION: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/acvp/projection/ML-KEM-keyGen-FIPS203");

    /// A folder with these files of the fixtures, each under another name if one is given.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (from, to) in files {
            let to = folder.path().join(to);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
        folder
    }

    fn prompt() -> String {
        format!("{PAIR}/prompt.json")
    }

    fn results() -> String {
        format!("{PAIR}/expectedResults.json")
    }

    fn projection() -> String {
        format!("{PROJECTION}/internalProjection.json")
    }

    #[track_caller]
    fn replaced(path: &Path, from: &str, to: &str) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    #[test]
    fn a_pair_is_one_suite_wherever_it_is_named() {
        let whole = read(&[projection()]).unwrap();
        let apart = folder(&[(&prompt(), "a/questions.json"), (&results(), "b/answers.json")]);
        let (questions, answers) =
            (apart.path().join("a/questions.json"), apart.path().join("b/answers.json"));
        for paths in [
            vec![PAIR.into()],
            vec![prompt().into()],
            vec![results().into()],
            vec![results().into(), prompt().into()],
            vec![questions, answers],
        ] {
            let read = read(&paths).unwrap();
            assert_eq!(read.len(), 1, "{paths:?}");
            assert_eq!(read[0].name, "acvp/ML-KEM-keyGen-FIPS203");
            assert_eq!(read[0].cases, whole[0].cases);
        }
    }

    #[test]
    fn a_half_alone_names_the_file_that_is_missing() {
        let alone = folder(&[(&prompt(), "prompt.json")]);
        let path = alone.path().join("prompt.json");
        let expect = format!(
            "{}: a prompt without its expected results; put `{}` beside it or give both files",
            path.display(),
            alone.path().join("expectedResults.json").display()
        );
        assert_eq!(read(&[alone.path()]).unwrap_err().to_string(), expect);
        assert_eq!(read(&[path]).unwrap_err().to_string(), expect);

        let alone = folder(&[(&results(), "kem-expectedResults.json")]);
        let error = read(&[alone.path()]).unwrap_err().to_string();
        assert!(error.contains(": expected results without their prompt; put `"), "{error}");
        assert!(error.contains("kem-prompt.json` beside it"), "{error}");
    }

    #[test]
    fn halves_in_two_folders_do_not_find_each_other() {
        let apart = folder(&[(&prompt(), "a/prompt.json"), (&results(), "b/expectedResults.json")]);
        assert!(matches!(read(&[apart.path()]), Err(Error::HalfPair { .. })));
    }

    #[test]
    fn a_pair_beside_its_projection_is_not_counted_twice() {
        let all = folder(&[
            (&prompt(), "prompt.json"),
            (&results(), "expectedResults.json"),
            (&projection(), "internalProjection.json"),
        ]);
        let mut notes = 0;
        let suites = read_noting(&[all.path()], &mut |_, _| notes += 1).unwrap();
        assert_eq!((suites.len(), suites[0].cases.len(), notes), (1, 1, 1));
    }

    #[test]
    fn a_pair_that_says_otherwise_than_the_projection_is_a_suite_of_its_own() {
        let all = folder(&[
            (&prompt(), "prompt.json"),
            (&results(), "expectedResults.json"),
            (&projection(), "internalProjection.json"),
        ]);
        replaced(&all.path().join("prompt.json"), "\"d\": \"", "\"d\": \"00\", \"e\": \"");
        assert!(
            read(&[all.path()])
                .unwrap_err()
                .to_string()
                .contains("field `d`: length 1, the standard says 32 bytes")
        );
        fs::copy(prompt(), all.path().join("prompt.json")).unwrap();
        let zero = format!("\"d\": \"{}\", \"e\": \"", "00".repeat(32));
        replaced(&all.path().join("prompt.json"), "\"d\": \"", &zero);
        let names: Vec<_> = read(&[all.path()]).unwrap().into_iter().map(|suite| suite.name).collect();
        let path = |name: &str| all.path().join(name).display().to_string();
        assert_eq!(names, [path("internalProjection.json"), path("prompt.json")]);
    }

    #[test]
    fn questions_and_answers_are_matched_one_to_one() {
        let pair = folder(&[(&prompt(), "prompt.json"), (&results(), "expectedResults.json")]);
        replaced(&pair.path().join("expectedResults.json"), "\"tcId\": 1", "\"tcId\": 2");
        let error = read(&[pair.path()]).unwrap_err().to_string();
        assert!(error.ends_with("prompt.json: tgId 1/tcId 1: field `tcId`: has no answer in the expected results; fetch both files from one release"), "{error}");

        let pair = folder(&[(&prompt(), "prompt.json"), (&results(), "expectedResults.json")]);
        replaced(
            &pair.path().join("expectedResults.json"),
            "\"tests\": [",
            "\"tests\": [{\"tcId\": 9, \"ek\": \"00\"},",
        );
        let error = read(&[pair.path()]).unwrap_err().to_string();
        assert!(error.ends_with("expectedResults.json: tgId 1/tcId 9: field `tcId`: answers no question of the prompt; fetch both files from one release"), "{error}");
    }

    #[test]
    fn two_pairs_in_one_folder_are_told_apart_by_their_names() {
        let all = folder(&[
            (&prompt(), "a-prompt.json"),
            (&results(), "a-expectedResults.json"),
            (&prompt(), "b-prompt.json"),
            (&results(), "b-expectedResults.json"),
        ]);
        assert_eq!(read(&[all.path()]).unwrap().len(), 2);
        fs::rename(all.path().join("b-expectedResults.json"), all.path().join("c.json")).unwrap();
        fs::rename(all.path().join("a-expectedResults.json"), all.path().join("d.json")).unwrap();
        assert!(matches!(read(&[all.path()]), Err(Error::Ambiguous { .. })));
    }
}
