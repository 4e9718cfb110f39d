//! CMake is not there, or too old for the project.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "cmake-missing-or-too-old",
        finds: "A build needs CMake but does not find it, or finds a version that does not fit the project.",
        why: "CMake configures liboqs, oqs-provider, and the crates and wheels that compile them. Slim \
              images have no CMake, and older distributions have one that is too old.",
        fix: &[
            "Install cmake in the build stage: apt-get install -y cmake (Alpine: apk add cmake; Fedora: dnf install -y cmake).",
            "For a newer version than the distribution's: pip install 'cmake>=VERSION', Kitware's packages, or a newer base image.",
            "Make sure that the right one comes first in PATH: command -v cmake; cmake --version.",
        ],
    },
    signs: &[
        proof(
            "or higher is required",
            r"CMake (?<need>[\d.]+)\S* or higher is required\.\s*(?:You are running version (?<version>[\d.]+))?",
        ),
        proof(
            "cmake: |cmake3: |cmake': |cmake’: ",
            r"(?:^|[\s:'\x22/])cmake3?'?: (?:command not found|not found|No such file or directory|Command not found)",
        ),
        proof("not installed?", r"is 'cmake' not installed\?"),
        proof("executable file not found", r"'?\x22?cmake\x22?'?: executable file not found"),
        proof("No such file or directory: '", r"No such file or directory: '(?:\S*/)?cmake'"),
        proof(
            "unable to execute|failed: No such file",
            r"unable to execute 'cmake'|command 'cmake' failed: No such file",
        ),
        proof(
            "CMake must be installed|cmake is not installed|CMake is required|Cannot find cmake|install cmake|CMake not found|cmake executable",
            r"CMake must be installed to build|cmake is not installed|CMake is required|Cannot find cmake|Please install cmake|CMake not found|cmake executable not found",
        ),
        proof(
            "could not find ",
            r"Could not find (?:a suitable )?(?:CMake|'cmake')(?: executable)?(?: in |,|\.|$)",
        ),
        proof("no cmake or cmake3", r"no cmake or cmake3 with version >= (?<need>[\d.]+) found"),
        proof("Problem with the CMake", r"Problem with the CMake installation"),
        proof("Program 'cmake", r"Program '?cmake'? not found"),
        proof("configure: error", r"configure: error:.*cmake.*(?:not found|missing|required)"),
        proof(
            "is required",
            r"CMake (?:version )?(?:>= ?)?(?<need>\d[\d.]+) or (?:newer|later|above|greater) is required",
        ),
        proof("is not known to this version of CMake", r"Policy \x22(?<name>CMP\d+)\x22"),
        proof("Compatibility with CMake <", r"Compatibility with CMake < (?<by>[\d.]+) has been removed"),
        likely(
            "Unknown CMake command",
            r"Unknown CMake command \x22(?<name>FetchContent_\w+|cmake_\w+|target_\w+|add_compile_definitions|add_link_options|list|find_package_\w+|check_\w+)\x22",
        ),
        likely(
            "requires cmake|need cmake|at least cmake",
            r"(?:requires|need) (?:at least )?cmake (?:version )?(?:>=? ?)?(?<need>\d[\d.]+).*(?:found|have|but)",
        ),
    ],
    brings: &["pip-build-failed", "libclang-missing"],
    counts: always,
    words: |found| {
        let install = found.install("cmake", "cmake", "cmake");
        if let Some(floor) = found.first("by") {
            return found.because(format!(
                "The project relies on behaviour of CMake before {floor}, which CMake 4 removed: the installed CMake is too new."
            )).cured_by([
                "Configure with -DCMAKE_POLICY_VERSION_MINIMUM=3.5 (or set that variable in the environment).",
                "Use a newer release of the project, or pip install 'cmake<4'.",
            ]);
        }
        match (found.first("need"), found.first("version")) {
            (Some(need), Some(version)) => found.because(format!(
                "The project needs CMake {need} but finds {version}, the version in this distribution's release."
            )).cured_by([
                format!("Install a newer CMake: pip install 'cmake>={need}', or Kitware's packages.").as_str(),
                "Use a newer base image, whose cmake is new enough.",
                "If a newer CMake is installed, put it first in PATH: command -v cmake; cmake --version.",
            ]),
            (Some(need), None) => found.because(format!("The build needs CMake {need} or later and found none."))
                .cured_by([format!("{install}; if that is older than {need}: pip install 'cmake>={need}'.")]),
            _ if found.says(&["not known to this version", "unknown cmake command"]) => found.because(format!(
                "The project uses {}, which this CMake is too old to know.", found.quoted("name", "a command")
            )).cured_by(["Install a newer CMake: pip install cmake, or Kitware's packages."]),
            _ => found.because(
                "The build runs `cmake`, but no directory in PATH has it: it is not installed in this image or build stage."
            ).cured_by([format!("{install} in the build stage.").as_str(), CAUSE.page.fix[1]]),
        }
    },
};
