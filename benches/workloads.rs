//! The workloads of `pqcheck bench` under Criterion: the same inputs, the same drivers, verified before and after. Of
//! each backend the path that it takes here, because several paths of one library do not get on in one process.
//!
//! What is timed is a pass over all inputs, and the throughput is in calls. Criterion knows nothing of turns: for a
//! comparison between backends or over time, `pqcheck bench` is the better tool.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pqcheck::backend::{ALL, Subject};
use pqcheck::bench::ready;
use pqcheck::bench::workload::Workload;
use pqcheck::spec::Algorithm;

fn workloads(criterion: &mut Criterion) {
    for workload in Algorithm::CORE.into_iter().flat_map(|algorithm| Workload::of(algorithm, false)) {
        let mut group = criterion.benchmark_group(workload.id());
        group.throughput(Throughput::Elements(workload.inputs() as u64));
        for backend in ALL {
            let Some(path) = backend.chosen_path(workload.algorithm) else { continue };
            let subject = Subject { backend, path, forced: false };
            if subject.barred().is_some() {
                continue;
            }
            (path.enter)();
            let mut ready = ready(path, &workload).unwrap_or_else(|why| panic!("{}: {why}", subject.name()));
            group.bench_function(subject.name(), |bencher| bencher.iter(|| assert!(ready.pass())));
            ready.verify().unwrap_or_else(|why| panic!("{}: after the timing: {why}", subject.name()));
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = pqcheck_criterion();
    targets = workloads
}
criterion_main!(benches);

/// Short, because there are some fifty of them.
fn pqcheck_criterion() -> Criterion {
    use std::time::Duration;
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
}
