//! The image that a build or a container starts from cannot be had.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "base-image-missing",
        finds: "The image named by FROM, docker run or a pod does not exist in the registry, not for this platform, or not for you.",
        why: "A registry answers the same for an image that is misspelt, private or deleted; tags disappear, and not every image is \
              built for every platform.",
        fix: &[
            "Check the name and the tag on the registry: docker manifest inspect NAME:TAG.",
            "If it is private: docker login (in Kubernetes an imagePullSecret) before the build.",
            "If it is not made for this platform, choose a tag that is, or build with --platform.",
            "If it was built here only, build it first, and do not --pull.",
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
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let why = if found.says(&["toomanyrequests", "rate limit"]) {
            fix = vec![
                "docker login (a free account has a higher limit), or wait until the limit is lifted.".to_owned(),
                "Use a mirror of the registry: \"registry-mirrors\" in /etc/docker/daemon.json.".to_owned(),
            ];
            format!("The registry refuses to serve {name} for now: too many pulls came from this address.")
        } else if found.says(&["no match for platform", "no matching manifest", "operating system"]) {
            fix.swap(0, 2);
            format!("{name} exists, but not for the platform of this machine{}.", found.first("need").map_or_else(String::new, |need| format!(" ({need})")))
        } else if found.says(&["invalid reference", "should not be blank", "parse stage name"]) {
            fix = vec!["Look at FROM: an ARG used there has to stand before the first FROM, and needs a value (--build-arg NAME=VALUE).".to_owned()];
            format!("The name of {name} is empty or malformed: a variable in it has no value.")
        } else if found.says(&["denied", "unauthorized", "insufficient_scope", "no basic auth"]) {
            format!("The registry has no {name}, or does not show it to you: the name is misspelt, it is private, or it was never pushed.")
        } else {
            format!("The registry has no {name}: the name or the tag does not exist (any more).")
        };
        words(why, fix)
    },
};
