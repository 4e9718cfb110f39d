//! COPY or ADD finds no such file in the build context or stage.

use crate::explain::cause::{Cause, always, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "copy-source-missing",
        finds: "COPY or ADD named a file that is neither in the build context nor in the stage that it is copied from.",
        why: "Paths of COPY are taken from the build context (the last argument of docker build), never from the Dockerfile's \
              directory, and what .dockerignore excludes is not there for the builder.",
        fix: &[
            "Check the path from the root of the build context, letter by letter: upper and lower case count.",
            "Look for a line in .dockerignore that excludes it; a later line beginning with ! brings it back.",
            "Pass the right context: docker build -f sub/Dockerfile . from the directory that the paths start in.",
            "If the file is made by the build (dist/, target/), run that step first, or copy it --from the stage that makes it.",
        ],
    },
    signs: &[
        proof("COPY failed", r"(?:COPY|ADD) failed: (?:stat|lstat|file not found in build context or excluded by \.dockerignore: stat) (?<name>[^:]+): (?:no such file|file does not exist)").echoed(),
        proof("ADD failed", r"ADD failed: .*?(?:stat|lstat) (?<name>[^:]+): (?:no such file|file does not exist)").echoed(),
        proof(" failed: ", r"(?:COPY|ADD) failed: (?:no source files (?:were )?specified|forbidden path outside the build context: (?<name>\S+))").echoed(),
        proof(": not found", r"(?:cache key|checksum of ref).*: \x22?(?<name>/?[^\x22:]+?)\x22?:? not found(?:: not found)?").echoed(),
        proof("failed to walk", r"failed to walk \S+?/buildkit-mount\d+(?<name>/\S+?)?: lstat .*no such file or directory").echoed(),
        proof("buildkit-mount", r"lstat \S*buildkit-mount\d+(?<name>/\S+?): no such file or directory").echoed(),
        proof("checking on sources under", r"stat: \x22?(?<name>[^\x22:]+)\x22?: no such file or directory").echoed(),
        proof("no files found matching", r"found matching \x22(?<name>[^\x22]+)\x22").echoed(),
        proof("no items matching glob", r"no items matching glob \x22(?<name>[^\x22]+)\x22").echoed(),
        proof("failed to get fileinfo for", r"fileinfo for (?<name>\S+?): lstat .*no such file").echoed(),
        proof("copying files", r"resolving src: failed to get fileinfo for (?<name>\S+)").echoed(),
        proof("not found in build context", r"(?:file )?(?<name>\S+) not found in build context").echoed(),
        proof("excluded by .dockerignore", r"(?<name>\S+): not found or excluded by \.dockerignore").echoed(),
        proof("forbidden path outside the build context", r"build context: (?<name>\S+)").echoed(),
    ],
    brings: &["stage-missing"],
    counts: always,
    words: |found| {
        let name = found.list("name", "the source of a COPY");
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let why = if found.says(&["overlay2", "--from"]) {
            fix.swap(0, 3);
            format!("{name} is not in the stage that COPY --from takes it from: the step that should make it puts it elsewhere, or did not run.")
        } else if found.says(&["forbidden path"]) {
            format!("{name} is outside of the build context, and the builder gets nothing but the context.")
        } else {
            format!("{name} is not in the build context (or the stage) that COPY takes it from: it is not there under this name, or .dockerignore excludes it.")
        };
        words(why, fix)
    },
};
