//! What pqcheck itself takes, beside reading vectors (`parse`) and logs (`explain`): from the start of the program to
//! the verdict of `health`, unpacking the embedded corpus, a child process that does nothing, and `doctor`.
//!
//! `health` and `doctor` are whole processes, from fork to end, of the program as this build has it.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pqcheck::isolate::{Children, End, Event, Limits};
use pqcheck::vector::packed;

fn health(criterion: &mut Criterion) {
    criterion
        .bench_function("health, process", |bencher| bencher.iter(|| succeeds(&mut program(&["health"]))));
}

fn corpus(criterion: &mut Criterion) {
    let count = packed::embedded().expect("the embedded corpus").cases().count();
    let mut group = criterion.benchmark_group("packed corpus");
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function("all cases", |bencher| {
        bencher.iter(|| packed::embedded().expect("the embedded corpus").cases().map(black_box).count());
    });
    group.bench_function("health's cases", |bencher| {
        bencher.iter(|| packed::health().expect("the embedded corpus").cases().map(black_box).count());
    });
    group.finish();
}

fn isolation(criterion: &mut Criterion) {
    let limits = Limits { silence: Duration::from_secs(10), memory: 16 << 20 };
    criterion.bench_function("isolation, a child that says one byte", |bencher| {
        bencher.iter(|| {
            let mut children = Children::new();
            children.spawn(0, limits, |channel| channel.send(&1)).expect("a child process");
            let events: Vec<Event<u8>> = children.collect();
            assert_eq!(events.last(), Some(&Event::Ended { token: 0, end: End::Done }));
        });
    });
}

/// The programs of this machine's /usr/bin, up to a hundred: what is looked at differs from machine to machine.
fn doctor(criterion: &mut Criterion) {
    let programs = programs(Path::new("/usr/bin"));
    let mut group = criterion.benchmark_group("doctor, process");
    group.sample_size(10).throughput(Throughput::Elements(programs.len() as u64));
    group.bench_function("programs of /usr/bin", |bencher| {
        // A program of this machine that is not whole is found, which is not to stop the measurement.
        bencher.iter(|| program(&["doctor"]).args(&programs).status().expect("doctor runs"));
    });
    group.finish();
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    const MOST: usize = 100;
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    found.retain(|path| path.is_file());
    found.sort();
    found.truncate(MOST);
    found
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pqcheck"));
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn succeeds(command: &mut Command) {
    assert!(command.status().expect("the program runs").success());
}

criterion_group!(benches, health, corpus, isolation, doctor);
criterion_main!(benches);
