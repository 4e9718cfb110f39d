//! How fast vector files are read, in bytes of text per second: the whole of `vectors/` where it is there, and
//! one large file of each format, made of the test fixtures. What is timed is reading, unpacking, parsing and
//! turning the fields into cases, not the first access to the disk. Knows nothing of how long the cases run.

use std::fs;
use std::hint::black_box;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pqcheck::vector;

/// About what each of the made files holds.
const SIZE: usize = 32 << 20;

fn parse(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = tempfile::tempdir().expect("a temporary folder");
    let mut inputs = vec![
        ("acvp", made_file(made.path(), "acvp.json", &acvp(root))),
        ("wycheproof", made_file(made.path(), "wycheproof.json", &wycheproof(root))),
        ("rsp", made_file(made.path(), "kat.rsp", &rsp(root))),
    ];
    if root.join("vectors").is_dir() {
        inputs.push(("vectors", root.join("vectors")));
    }
    let mut group = criterion.benchmark_group("parse");
    group.sample_size(10);
    for (name, path) in inputs {
        group.throughput(Throughput::Bytes(text_bytes(&path)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| vector::read(black_box(&[&path])).expect("readable vectors"));
        });
    }
    group.finish();
}

/// One real encapsulation and two real decapsulations, over and over in groups of their own.
fn acvp(root: &Path) -> String {
    let text = fixture(root, "acvp/older/ML-KEM-encapDecap-FIPS203/internalProjection.json");
    repeated(&text, &[1, 76, 77])
}

/// Two real signatures, over and over.
fn wycheproof(root: &Path) -> String {
    let text = fixture(root, "wycheproof/mldsa_44_verify_test.json");
    repeated(&text.replace("\"numberOfTests\": 2,", ""), &[1, 8])
}

/// The test groups of `text` as often as it takes, each time with numbers of their own for the cases.
fn repeated(text: &str, numbers: &[usize]) -> String {
    let (head, groups) = text.split_once("\"testGroups\": [").expect("test groups");
    let (groups, tail) = groups.rsplit_once(']').expect("their end");
    let times = SIZE / groups.len();
    let groups = (0..times).map(|time| {
        numbers.iter().rev().fold(groups.to_owned(), |groups, number| {
            let from = format!("\"tcId\": {number},");
            groups.replace(&from, &format!("\"tcId\": {},", 1000 * (time + 1) + number))
        })
    });
    format!("{head}\"testGroups\": [{}]{tail}", groups.collect::<Vec<_>>().join(","))
}

/// A real record, over and over.
fn rsp(root: &Path) -> String {
    let text = fixture(root, "rsp/kat_MLKEM_512.rsp");
    let (_, record) = text.split_once("count = 1\n").expect("a second record");
    (0..SIZE / record.len()).map(|count| format!("count = {count}\n{record}")).collect()
}

fn fixture(root: &Path, name: &str) -> String {
    fs::read_to_string(root.join("tests/fixtures").join(name)).expect("a fixture")
}

fn made_file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a written file");
    path
}

/// The bytes of text under `path`, unpacked.
fn text_bytes(path: &Path) -> u64 {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder");
        return entries.map(|entry| text_bytes(&entry.expect("an entry").path())).sum();
    }
    let name = path.to_string_lossy();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    if !plain.ends_with(".json") && !plain.ends_with(".rsp") {
        return 0;
    }
    let bytes = fs::read(path).expect("a file");
    let mut text = Vec::new();
    if name.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text).expect("gzip data");
    } else {
        text = bytes;
    }
    text.len() as u64
}

criterion_group!(benches, parse);
criterion_main!(benches);
