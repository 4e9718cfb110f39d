//! How fast logs are read, in bytes per second: a build that goes well, and one whose every other line looks like
//! trouble. It times `explain::run` on bytes in memory.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pqcheck::explain;

/// About what each of the logs holds.
const SIZE: usize = 64 << 20;

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("explain");
    group.sample_size(10);
    for (name, log) in [("build", build()), ("trouble", trouble())] {
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| explain::run(&mut black_box(log.as_slice())).expect("bytes can be read"));
        });
    }
    group.finish();
}

/// The log of an ordinary build, in BuildKit's form: commands, a few warnings, one failure at the end.
fn build() -> Vec<u8> {
    let mut log = Vec::with_capacity(SIZE + 4096);
    let mut number = 0;
    while log.len() < SIZE {
        number += 1;
        log.extend_from_slice(
            format!(
                "#14 {number}.5 [{}/1214] Building C object src/sig/ml_dsa/CMakeFiles/ml_dsa_87.dir/sign_{number}.c.o\n\
                 #14 {number}.6 /usr/bin/cc -Iinclude -I../src/common -fPIC -O3 -Wall -Wextra -std=gnu11 -o sign_{number}.c.o -c sign.c\n",
                number % 1214
            )
            .as_bytes(),
        );
        if number % 50 == 0 {
            log.extend_from_slice(b"#14 9.1 sign.c:12:3: warning: unused variable 'x' [-Wunused-variable]\n");
            log.extend_from_slice(
                b"#14 9.1 \x1b[32m   Compiling\x1b[0m serde v1.0.210\r\x1b[2K  12% [====>   ]\n",
            );
        }
    }
    log.extend_from_slice(b"#14 99.9 x.c:1:10: fatal error: oqs/oqs.h: No such file or directory\n");
    log
}

/// A log in which every other line has a word that has to be looked at.
fn trouble() -> Vec<u8> {
    let line = b"2024-05-01T12:00:00.000Z test client::reads ... error: connection reset by peer, as expected in this case\n\
                 test server::writes_all_of_a_large_answer_to_a_slow_client_and_waits_for_the_end ... ok\n";
    line.repeat(SIZE / line.len())
}

criterion_group!(benches, reading);
criterion_main!(benches);
