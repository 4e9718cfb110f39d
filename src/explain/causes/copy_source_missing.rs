//! COPY or ADD finds no such file in the build context or stage.

use crate::explain::cause::{Cause, always, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "copy-source-missing",
        finds: "COPY or ADD names a file that is not in the build context, or not in the stage that it \
              copies from.",
        why: "COPY takes paths from the build context (the last argument of docker build), never from the \
              Dockerfile's directory. The builder does not see what .dockerignore excludes.",
        fix: &[
            "Check the path from the root of the build context: upper and lower case count.",
            "Look for a line in .dockerignore that excludes the file; a later line that begins with ! brings it back.",
            "Pass the right context: docker build -f sub/Dockerfile . from the directory where the paths start.",
            "If the build makes the file (dist/, target/), run that step first, or COPY it --from the stage that makes it.",
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
        let name = found.list("name", "The source of a COPY");
        if found.says(&["overlay2", "--from"]) {
            found.because(format!("{name} is not in the stage of COPY --from: the step that makes it puts it elsewhere, or did not run.")).best(3)
        } else if found.says(&["forbidden path"]) {
            found.because(format!("{name} is outside the build context, and the builder sees nothing else."))
        } else {
            found.because(format!(
                "{name} is not in the build context (or the stage) of this COPY: no file has this name there, or .dockerignore excludes it."
            ))
        }
    },
};
