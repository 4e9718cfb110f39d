//! Any bytes as an archive of an image: its tree, walked and looked into.
#![no_main]

use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use pqcheck::image::content::Content;
use pqcheck::image::root::{Listed, Root};

fuzz_target!(|bytes: &[u8]| {
    let content = Content::Kept { bytes: bytes.into(), size: bytes.len() as u64 };
    let Ok(root) = Root::archived(Path::new("fuzz.tar"), &content) else { return };
    let mut waiting = vec![PathBuf::from("/")];
    let mut left = 1000;
    while let Some(folder) = waiting.pop() {
        for (name, kind) in root.list(&folder).unwrap_or_default() {
            left -= 1;
            if left == 0 {
                return;
            }
            let path = folder.join(&name);
            if let Ok(found) = root.lookup(&path) {
                let _ = root.open(&found).and_then(|content| content.head(4096));
                let _ = root.elf(&found);
            }
            if kind == Listed::Folder {
                waiting.push(path);
            }
        }
    }
});
