//! The image that a build or a container starts from cannot be had.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "base-image-missing",
        finds: "The registry does not have the image that FROM, docker run or a pod names, has it for other \
              platforms only, or denies access.",
        why: "A registry answers alike for an image that is misspelt, private or deleted. Tags disappear, \
              and not every image is built for every platform.",
        fix: &[
            "Check the name and the tag: docker manifest inspect NAME:TAG.",
            "If the image is private, log in before the build: docker login (in Kubernetes: an imagePullSecret).",
            "If the image lacks this platform, choose a tag that has it, or build with --platform.",
            "If only this machine has the image, build it first and do not use --pull.",
        ],
    },
    signs: &[
        proof("manifest unknown", r"(?:manifest for )?(?<name>[\w./-]+:[\w.-]+)?.*manifest unknown").echoed(),
        proof("manifest for", r"manifest for (?<name>\S+) not found").echoed(),
        proof("pull access denied", r"pull access denied for (?<name>[\w./:-]+)").echoed(),
        proof("pull access denied", r"(?:solve: )?(?<name>[\w./:-]+): .*pull access denied").echoed(),
        proof("insufficient_scope", r"(?:solve: )?(?<name>[\w./:-]+): .*insufficient_scope").echoed(),
        proof("no match for platform in manifest", r"(?:solve: )?(?<name>[\w./:@-]+): .*no match for platform").echoed(),
        proof("no match for platform in manifest", "").echoed(),
        proof("no matching manifest for", r"no matching manifest for (?<need>\S+)").echoed(),
        proof("failed to resolve source metadata for", r"source metadata for (?<name>[\w./:@-]+): .*(?:not found|denied|unauthorized|forbidden|unknown)").echoed(),
        proof(": not found", r"(?:failed to solve(?: with frontend \S+)?: )(?:failed to \S+ \S+ \S+: )?(?<name>[\w./-]+:[\w.-]+)(?:@\S+)?: not found$").echoed(),
        proof(": not found", r"^ERROR:? (?<name>[\w.-]+(?:/[\w.-]+)*:[\w.-]+): not found$").echoed(),
        proof("repository does not exist", r"(?:for (?<name>[\w./:-]+),)?.*repository does not exist").echoed(),
        proof("not found: does not exist", r"repository (?<name>\S+) not found: does not exist").echoed(),
        proof("Failed to pull image", r"Failed to pull image \x22(?<name>[^\x22]+)\x22").echoed(),
        proof("ErrImagePull|ImagePullBackOff", ""),
        proof("Back-off pulling image", r"pulling image \x22(?<name>[^\x22]+)\x22"),
        proof("No such image", r"No such image: (?<name>\S+)").echoed(),
        proof("name unknown", r"(?<name>[\w./-]+:[\w.-]+).*name unknown|name unknown").echoed(),
        proof("initializing source docker://", r"docker://(?<name>\S+?):? (?:reading manifest|requested access|pinging)").echoed(),
        proof("unable to copy from source docker://", r"docker://(?<name>\S+?):? ").echoed(),
        proof("toomanyrequests|pull rate limit", "").echoed(),
        likely("invalid reference format|denied: requested access to the resource is denied", "").echoed(),
        likely("unauthorized: ", r"unauthorized: (?:authentication required|incorrect username|access to the requested)").echoed(),
        likely("no basic auth credentials", "").echoed(),
        likely("image operating system", r"image operating system \x22(?<need>\w+)\x22 cannot be used on this platform").echoed(),
        likely("base name (", r"base name \((?<name>[^)]+)\) should not be blank|failed to parse stage name").echoed(),
    ],
    brings: &["copy-source-missing"],
    counts: always,
    words: |found| {
        let name = found.list("name", "the image");
        if found.says(&["toomanyrequests", "rate limit"]) {
            found.because(format!("The registry refuses {name} for now: too many pulls came from this address.")).cured_by([
                "Log in (docker login: a free account has a higher limit), or wait until the limit is lifted.",
                "Use a mirror of the registry: \"registry-mirrors\" in /etc/docker/daemon.json.",
            ])
        } else if found.says(&["no match for platform", "no matching manifest", "operating system"]) {
            let platform = found.first("need").map_or_else(String::new, |need| format!(" ({need})"));
            found.because(format!("The registry has {name}, but not for this machine's platform{platform}.")).best(2)
        } else if found.says(&["invalid reference", "should not be blank", "parse stage name"]) {
            found.because(format!("The name of {name} is empty or malformed: a variable in it has no value.")).cured_by([
                "Check FROM: an ARG used there must stand before the first FROM and needs a value (--build-arg NAME=VALUE).",
            ])
        } else if found.says(&["denied", "unauthorized", "insufficient_scope", "no basic auth"]) {
            found.because(format!(
                "The registry does not have {name} or denies access: the name is misspelt, the image is private, or nobody pushed it."
            ))
        } else {
            found.because(format!("The registry does not have {name}: the name or the tag does not exist (any more)."))
        }
    },
};
