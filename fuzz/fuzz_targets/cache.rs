//! Any bytes as /etc/ld.so.cache.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pqcheck::image::loader::Cache;

fuzz_target!(|bytes: &[u8]| {
    if let Some(cache) = Cache::parse(bytes) {
        for name in cache.names() {
            assert!(!cache.get(name).is_empty());
        }
    }
});
