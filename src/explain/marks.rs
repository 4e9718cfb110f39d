//! How a log says that something went well or failed, whatever the cause. Data; knows no cause.

use super::cause::{Sign, proof};
use super::line::Echo;

/// One kind of line that says how something went.
pub(super) struct Mark {
    /// What it looks like.
    pub(super) sign: Sign,
    /// What it says.
    pub(super) says: Says,
}

/// What a line says about the way things go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The whole was built or sent.
    Built,
    /// A tool came to a good end: what it complained about before, it survived.
    Ended,
    /// Something works, but what failed beside it has still failed.
    Works,
    /// A service runs; what it says from then on is its own affair.
    Serves,
    /// The build step that the line belongs to was done.
    StepDone,
    /// The build step that the line belongs to has failed.
    StepFailed,
    /// The next build step begins, so the one before was done.
    NextStep,
    /// The build or the program has failed.
    Failed,
    /// A tool has failed.
    Error,
    /// Something was fetched over the network after all.
    Fetched,
}

const fn mark(says: Says, needle: &'static str, shape: &'static str) -> Mark {
    Mark { sign: proof(needle, shape), says }
}

/// The same, also in lines that repeat a command.
const fn last_word(says: Says, needle: &'static str, shape: &'static str) -> Mark {
    Mark { sign: Sign { also: Echo::Command, ..proof(needle, shape) }, says }
}

impl Mark {
    /// With words that must not be there.
    const fn unless(self, words: &'static [&'static str]) -> Self {
        Self { sign: self.sign.unless(words), says: self.says }
    }
}

/// All marks.
pub(super) static ALL: &[Mark] = &[
    // Container engines.
    mark(Says::Built, "Successfully built", r"^Successfully built [0-9a-f]{8,64}$"),
    mark(Says::Built, "Successfully tagged", r"^Successfully tagged \S+"),
    mark(Says::Built, "naming to ", r"^(=> => )?naming to \S+.*(done|\d\.\ds)$"),
    mark(Says::Built, "writing image sha256", r"^(=> => )?writing image sha256:\w+.*(done|\d\.\ds)$"),
    mark(Says::Built, "pushing manifest", r"pushing manifest for \S+.*done$"),
    mark(Says::Built, "exporting to", r"^(=> )?exporting to (image|oci|docker|client)\S*.*\d\.\ds done$"),
    mark(Says::Built, "Successfully tagged", r"^(COMMIT|Successfully tagged) \S+"),
    mark(Says::Built, " Built", r"^(✔ )?(Image |Service )?\S+\s+Built(\s+\d+\.\ds)?$"),
    mark(
        Says::StepDone,
        "DONE 0|DONE 1|DONE 2|DONE 3|DONE 4|DONE 5|DONE 6|DONE 7|DONE 8|DONE 9",
        r"^DONE \d+\.\d+s$",
    ),
    last_word(Says::StepFailed, "ERROR: ", r"^ERROR: \S"),
    last_word(Says::NextStep, "Step ", r"^Step \d+(/\d+)? : "),
    last_word(Says::NextStep, "STEP ", r"^STEP \d+(/\d+)?: "),
    last_word(Says::NextStep, "##[group]Run ", r"^##\[group\]Run "),
    last_word(
        Says::Failed,
        "returned a non-zero code|failed to solve|executor failed running|did not complete successfully",
        "",
    ),
    last_word(Says::Failed, "failed to build", r"(Service '\S+' failed to build|ERROR: failed to build)"),
    last_word(Says::Failed, "COPY failed", r"^COPY failed"),
    last_word(Says::Failed, "ADD failed", r"^ADD failed"),
    last_word(
        Says::Failed,
        "Error response from daemon|Error: building at STEP|error building image|error building at STEP",
        "",
    ),
    last_word(Says::Failed, "Process completed with exit code", r"Process completed with exit code [1-9]"),
    last_word(Says::Failed, "Job failed", r"Job failed: exit (code|status) [1-9]"),
    last_word(Says::Failed, "OCI runtime", r"OCI runtime (create|exec) failed"),
    last_word(Says::Failed, "exited with code", r"exited with code ([1-9]\d*|-\d+)"),
    last_word(Says::Failed, "Back-off restarting failed container|CrashLoopBackOff", ""),
    // Tools.
    mark(Says::Ended, "Successfully installed", r"^Successfully installed \S+"),
    mark(
        Says::Ended,
        "Finished",
        r"^Finished (`|'|dev|release|test|bench|the)?.*\b(target\(s\)|targets) in ",
    ),
    mark(Says::Ended, "Installed package", r"^Installed package '"),
    mark(Says::Ended, "packages in", r"^(added|changed|up to date).* packages? in \d"),
    mark(Says::Ended, "audited", r"^(added|changed|removed|up to date).*audited \d+ packages?"),
    mark(Says::Ended, "Done in", r"^(✨  ?)?Done in \d"),
    mark(Says::Ended, "packages in", r"^Installed \d+ packages? in \d"),
    mark(Says::Ended, "MiB in", r"^OK: \d+ (MiB|KiB|B) in \d+ packages"),
    mark(Says::Ended, "Complete!", r"^Complete!$"),
    mark(Says::Ended, "BUILD SUCCESS", ""),
    mark(Says::Ended, "test result: ok", r"^test result: ok\. "),
    mark(Says::Ended, "100% tests passed", ""),
    mark(
        Says::Ended,
        "passed",
        r"^=+ (\d+ \w+, )*\d+ passed(, \d+ (skipped|warnings?|xfailed|xpassed|deselected))* in [\d.]+s.*=+$",
    ),
    mark(Says::Works, "Build files have been written to", ""),
    mark(Says::Works, "Built target", r"^\[100%\] Built target"),
    mark(Says::Works, "Linking", r"^\[100%\] Linking"),
    mark(
        Says::Works,
        "] Linking|] Install|] Creating|] Generating|] Running",
        r"^\[(?<name>\d+)/(?<need>\d+)\] \S",
    ),
    mark(Says::Works, "compiled successfully|Processing triggers for", ""),
    mark(Says::Works, "built in", r"^✓ built in "),
    mark(Says::Works, "Successfully built", r"^Successfully built \S+"),
    // Services.
    mark(Says::Serves, "ready to accept connections", r"(?i)ready to accept connections"),
    mark(Says::Serves, "Application startup complete", ""),
    mark(Says::Serves, "start worker process", r"start worker process(es)?\b"),
    mark(Says::Serves, "ready for connections", r"ready for connections"),
    mark(Says::Serves, "Server is ready", ""),
    mark(Says::Serves, "Listening at", r"Listening at: http"),
    mark(Says::Serves, "Server listening on", r"Server listening on "),
    // Failures of tools. What is tolerated says so.
    mark(Says::Error, ": *** ", r"^g?make(\[\d+\])?: \*\*\* ").unless(&["(ignored)"]),
    mark(Says::Error, "ninja: build stopped", ""),
    mark(Says::Error, "FAILED: ", r"^FAILED: "),
    mark(Says::Error, "CMake Error", r"^CMake Error"),
    mark(Says::Error, "errors occurred!", r"Configuring incomplete, errors occurred"),
    mark(Says::Error, "configure: error", ""),
    mark(Says::Error, "could not compile", r"error: could not compile"),
    mark(Says::Error, "failed to run custom build command", ""),
    mark(Says::Error, "panicked at", r"^thread '.*' (\(\d+\) )?panicked at"),
    mark(Says::Error, "fatal error", r"fatal error: "),
    mark(Says::Error, "ld returned", r"collect2: (fatal )?error: ld returned [1-9]"),
    mark(Says::Error, "linker command failed", ""),
    mark(
        Says::Error,
        "E: Unable|E: Failed|E: The |E: Package|E: Version|E: Sub-process|E: Some|E: You|E: Could|E: Release|E: Method|E: Error|E: dpkg|E: Command|E: Invalid|E: Unmet|E: Broken|E: Can",
        r"^E: \S",
    ),
    mark(Says::Error, "ERROR: ", r"^ERROR: ").unless(&["dependency resolver"]),
    mark(Says::Error, "error: ", r"^((cargo|uv|pip|clang|gcc|g\+\+|cc|c\+\+|ld|go|npm|git): )?error: "),
    mark(Says::Error, "error[", r"^error\[E\d+\]"),
    mark(Says::Error, "fatal: ", r"^fatal: "),
    mark(Says::Error, "npm ERR!", r"^npm ERR! (code|errno|Failed|command)"),
    mark(Says::Error, "npm error", r"^npm error "),
    mark(Says::Error, "ERR_PNPM|Traceback (most recent call last)", ""),
    mark(Says::Error, "Error: ", r"^(\w+\.)*(\w+)?Error: ").unless(&["warning"]),
    mark(Says::Error, "BUILD FAILURE|BUILD FAILED|ELIFECYCLE|Segmentation fault|command not found", ""),
    mark(Says::Error, ": not found", r"^(/bin/)?(ba|da|z)?sh: (line )?\d+: .*: not found$"),
    mark(Says::Error, "cannot execute", ""),
    mark(Says::Error, "curl: (", r"^curl: \(\d+\) "),
    mark(Says::Error, "exit status", r"\bexit status [1-9]"),
    mark(Says::Error, "exit code", r"\bexit code:? [1-9]"),
    // What the network gave after all.
    mark(Says::Fetched, "Downloading ", r"^Downloading \S+\.(whl|tar\.gz|zip)\b"),
    mark(Says::Fetched, "Will retry in", ""),
    mark(Says::Fetched, "saved [", r" saved \[\d+"),
    mark(Says::Fetched, "Setting up ", r"^Setting up \S+ \("),
    mark(Says::Fetched, "Installing collected packages|Receiving objects: 100%", ""),
    mark(Says::Fetched, "OK: ", r"^OK: \d+ (distinct packages available|MiB|KiB)"),
];
