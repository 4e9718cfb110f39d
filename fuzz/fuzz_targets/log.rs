//! Any bytes as a log: no panic, bounded time, evidence within the log.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    let diagnosis = pqcheck::explain::run(&mut &*log).expect("bytes can be read");
    for cause in &diagnosis.causes {
        assert!(cause.evidence.iter().all(|line| (1..=diagnosis.lines).contains(&line.line)));
        assert!(!cause.evidence.is_empty() && !cause.fix.is_empty());
    }
});
