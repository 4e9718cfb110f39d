//! The loaders against this machine's own files, and against trees made on the spot.

use super::*;

#[test]
fn this_programs_own_shell_is_resolved() {
    let root = Root::folder(Path::new("/")).unwrap();
    let Some(found) = root.file(Path::new("/bin/sh")) else { return };
    let facts = root.elf(&found);
    let elf = facts.as_ref().as_ref().unwrap();
    let loaders = Loaders::new(&root);
    let loader = loaders.of(elf).unwrap().unwrap();
    let resolution = loader.resolve(&root, &found, &facts);
    assert!(resolution.needs.iter().all(|need| need.taken != Taken::Nothing), "{resolution:#?}");
    assert_eq!(loader.missing_versions(&resolution), []);
}
