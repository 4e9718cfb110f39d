//! COPY --from or --target names a stage that the Dockerfile does not have.

use crate::explain::cause::{Cause, Hit, Seen, context, likely, proof};
use crate::report::page::Page;

/// What stages are usually called; an image of this name hardly exists.
const USUAL: &str = "\
    build builder build-env build-stage build_stage building base installer install deps \
    dependencies prod production development dev test runtime runner final publish compile compiler \
    compile-image planner chef cacher frontend backend stage stage1 stage-1 release dist assets \
    common source src bulid bulider buidler";

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "stage-missing",
        finds: "COPY --from, FROM or --target names a build stage that the Dockerfile does not have before \
              that line.",
        why: "The builder takes a name that is no stage for an image, tries to pull it, and complains about \
              access to a registry.",
        fix: &[
            "Name the stage: FROM image AS name, before the COPY --from that uses it.",
            "Correct the spelling on one of the two sides.",
            "If you mean an image, give its full name with registry and tag.",
        ],
    },
    signs: &[
        proof("invalid from flag value", r"invalid from flag value (?<name>\S+?):").echoed(),
        proof("could not be found", r"target stage \x22?(?<name>[^\x22\s]+)\x22? could not be found")
            .echoed(),
        proof("failed to reach build target", r"build target (?<name>\S+)").echoed(),
        proof("it needs to be defined before current stage", r"copy from stage \x22?(?<name>[^\x22\s]+)")
            .echoed(),
        proof("circular dependency detected on stage", r"on stage:? (?<name>\S+)").echoed(),
        proof("invalid stage", r"invalid (?:from )?stage(?: index)?:? (?<name>\S+)").echoed(),
        proof("no stage or image found with that name", r"(?<name>[\w.-]+)\x22?: no stage or image found")
            .echoed(),
        proof(
            "build stage",
            r"build stage \x22?(?<name>[\w.-]+)\x22? (?:not found|does not exist|not defined)",
        )
        .echoed(),
        likely("pull access denied", r"pull access denied for (?<name>[\w.-]+)[,:]").echoed(),
        likely("pull access denied", r"solve: (?<name>[\w.-]+): .*pull access denied").echoed(),
        likely("insufficient_scope", r"/library/(?<name>[\w.-]+):latest: .*insufficient_scope").echoed(),
        context("--from=", r"(?:COPY|ADD)\s+(?:--\S+\s+)*--from=\x22?(?<name>[\w./:-]+)"),
        context("from=", r"--mount=\S*from=(?<name>[\w./:-]+)"),
    ],
    // Where no registry answers, the builder complains about that when it looks for the image of this name.
    brings: &["base-image-missing", "copy-source-missing", "dns-failure", "network-reset", "tls-ca"],
    counts: is_a_stage,
    words: |found| {
        let name = found.or("name", "that name");
        found.because(format!("No stage before this line of the Dockerfile has the name `{name}`, so the builder took it for an image."))
            .replace_first(format!("Name the stage: FROM … AS {name}, before its first use."))
    },
};

/// An image that cannot be pulled is a missing stage if COPY --from asked for it, or if it has the name of one.
/// Where no registry answered, only the name tells: nobody knows whether there is such an image.
fn is_a_stage(hit: &Hit, seen: &Seen<'_>) -> bool {
    if hit.needle == "invalid from flag value"
        && hit.text.contains(": Get \"")
        && !hit.text.contains("denied")
    {
        return hit.named("name").is_some_and(is_usual);
    }
    if !["pull access denied", "insufficient_scope"].contains(&hit.needle) {
        return true;
    }
    let asked = |name: &str| {
        seen.of(CAUSE.page.id)
            .any(|other| other.needle.contains("from=") && other.named("name") == Some(name))
    };
    hit.named("name").is_some_and(|name| is_usual(name) || asked(name))
}

fn is_usual(name: &str) -> bool {
    USUAL.split(' ').any(|usual| usual == name)
}
