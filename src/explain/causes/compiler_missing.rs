//! A compiler, linker or build program is not installed.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

/// What a build calls by name. A macro, because expressions are put together from literals.
macro_rules! tools {
    () => {
        r"(?<name>(?:[\w]+-)*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|cc1|cc1plus|ld|lld|ld\.lld|mold|as|ar|ranlib|make|gmake|ninja|nasm|yasm|gfortran|rustc|cargo|go|javac|mvn|meson|autoreconf|autoconf|automake|aclocal|libtoolize|bison|flex|pkg-config|pkgconf|protoc|swig)(?:-\d+)?)"
    };
}

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "compiler-missing",
        finds: "A build calls a compiler, linker or build program (gcc, g++, cc, make, ninja, rustc …) that \
              is not installed, or lacks the C library's headers, which every compiler needs.",
        why: "Slim and Alpine base images have no compiler. Packages that must be compiled (wheels without a \
              binary for this platform, crates with C code, native node modules) fail there.",
        fix: &[
            "Install the tools in the build stage: apt-get install -y build-essential (Alpine: apk add build-base; Fedora: dnf install -y gcc gcc-c++ make).",
            "Build in a stage with the full image and copy the result into the slim one.",
            "For Python, use an image for which wheels exist (glibc, a current Python): nothing is then compiled.",
        ],
    },
    signs: &[
        proof("linker", r"error: linker '(?<name>[^']+)' not found"),
        proof("failed to find tool", r"failed to find tool\.? (?:Is )?['\x22](?<name>[^'\x22]+)['\x22]"),
        proof("No such file or directory", r"command '(?<name>[^']+)' failed: No such file or directory")
            .unless(&["cmake"]),
        proof("unable to execute", concat!(r"unable to execute '?(?:\S*/)?", tools!(), r"'?: No such file")),
        proof(
            "command not found|: not found",
            concat!(r"(?:^|[\s:/'])", tools!(), r"'?: (?:command not found|not found|Command not found)$"),
        ),
        proof(
            "No such file or directory",
            concat!(r"(?:^|[\s:/])", tools!(), r": No such file or directory$"),
        ),
        proof("No such file or directory", concat!(r"No such file or directory: '(?:\S*/)?", tools!(), "'$")),
        proof(
            "executable file not found",
            concat!(r"exec: \x22(?:\S*/)?", tools!(), r"\x22: executable file not found"),
        ),
        proof("Can't exec", concat!(r"Can't exec \x22", tools!(), r"\x22: No such file")),
        proof("execvp", r"(?:cannot execute|error trying to exec) '(?<name>\w+)': execvp"),
        proof("posix_spawn", r"(?:cannot execute|error trying to exec) '(?<name>\w+)': posix_spawn"),
        proof("could be found", r"No CMAKE_(?<by>\w+)_COMPILER could be found"),
        proof("not set, after EnableLanguage", r"CMAKE_(?<by>\w+)_COMPILER not set"),
        proof("was not found in the PATH", r"The CMAKE_(?<by>\w+)_COMPILER"),
        proof("Could not find compiler set in", ""),
        proof("unable to find a build program", r"build program corresponding to \x22(?<name>[^\x22]+)\x22"),
        proof("no acceptable", r"no acceptable (?<name>C|C\+\+|\w+) compiler found"),
        proof("find Rust compiler", r"can(?:'?t| ?not) find rust compiler"),
        proof("the Rust package manager, is not installed|No working compiler found", ""),
        proof("not installed?", r"is '(?<name>[\w+.-]+)' not installed\?").unless(&["cmake"]),
        proof("Could not detect Ninja", r"Could not detect (?<name>Ninja)"),
        proof("Could not find Ninja", r"Could not find (?<name>Ninja)"),
        proof("kind: NotFound", r"Os \{ code: 2, kind: NotFound.*openssl-src"),
        proof("installed?", r"Command '(?<name>[\w+-]+)' not found\. Is \w+ installed"),
        proof("protoc", r"(?:Could not find|Failed to find|not find the) '?(?<name>protoc)'?"),
        proof("because gcc is not installed", ""),
        proof("Unknown compiler(s)", r"Unknown compiler\(s\): "),
        proof("not found: make", r"Error: not found: (?<name>make)"),
        proof(
            "gyp ERR! find Python",
            r"gyp ERR! find Python.*(?:could not find any python|is not set|not found)",
        ),
        proof("Could not find any Python installation to use", ""),
        proof("C compiler", r"C compiler \x22(?<name>[^\x22]+)\x22 not found"),
        proof(
            "No such file or directory",
            r"fatal error: (?<need>(?:stdio|stdlib|string|stdint|assert|errno|limits|features|inttypes|unistd|math)\.h|bits/\S+\.h|sys/(?:types|cdefs)\.h|gnu/stubs\S*\.h|c?stddef|iostream|cstdint|cstdlib): No such file",
        ),
        proof("cannot find ", r"cannot find (?<need>S?crt[1in]\.o|crtbeginS?\.o)"),
        likely("is not able to compile a simple test program", r"The (?<by>C|CXX|\w+) compiler"),
        likely("compiler cannot create executables", r"(?<by>C|C\+\+) compiler cannot create executables"),
        likely("Microsoft Visual C++", r"Microsoft Visual C\+\+ [\d.]+ (?:or greater )?is required"),
        likely("Unsupported compiler -- at least C++11", ""),
        likely("g++ or clang++", r"(?:need|requires?|install).*g\+\+ or clang\+\+"),
    ],
    brings: &["pip-build-failed", "shared-library-missing", "python-module-missing", "bad-shebang"],
    counts: always,
    words: |found| {
        let install = found.install("build-essential", "build-base", "gcc gcc-c++ make");
        if let Some(header) = found.first("need") {
            let install =
                found.install("libc6-dev build-essential", "musl-dev build-base", "glibc-devel gcc gcc-c++");
            return found
                .because(format!(
                    "The compiler is there, but not the C library's development files: `{header}` is missing."
                ))
                .cured_by([format!("{install} in the build stage.")]);
        }
        let tool = found.first("name").map(|name| name.rsplit('/').next().unwrap_or(name));
        let own = match tool {
            Some("rustc" | "cargo") => Some(found.install("rustc cargo", "rust cargo", "rust cargo")),
            Some("go") => Some(found.install("golang-go", "go", "golang")),
            Some("ninja" | "Ninja") => Some(found.install("ninja-build", "ninja", "ninja-build")),
            Some(
                tool @ ("make" | "gmake" | "meson" | "bison" | "flex" | "nasm" | "yasm" | "swig" | "autoconf"
                | "automake" | "gfortran"),
            ) => Some(found.install(tool, tool, tool)),
            Some("pkg-config" | "pkgconf") => Some(found.install("pkg-config", "pkgconf", "pkgconf")),
            Some("autoreconf" | "aclocal" | "libtoolize") => Some(found.install(
                "autoconf automake libtool",
                "autoconf automake libtool",
                "autoconf automake libtool",
            )),
            Some("protoc") => Some(found.install("protobuf-compiler", "protoc", "protobuf-compiler")),
            Some(tool) if tool.starts_with("aarch64-linux-gnu") => Some(
                "apt-get install -y gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross"
                    .to_owned(),
            ),
            Some(tool) if tool.starts_with("musl-") || tool.contains("linux-musl") => {
                Some(found.install("musl-tools", "build-base", "musl-gcc"))
            }
            _ if found.says(&["rust"]) => Some(found.install("rustc cargo", "rust cargo", "rust cargo")),
            _ if found.says(&["find python"]) => Some(found.install(
                "python3 build-essential",
                "python3 build-base",
                "python3 gcc gcc-c++ make",
            )),
            _ => None,
        };
        let why = match tool {
            Some(tool) => {
                format!("The build calls `{tool}`, which is not installed in this image or build stage.")
            }
            None => {
                "The build needs a compiler, but none is installed in this image or build stage.".to_owned()
            }
        };
        let mut fix = vec![format!("{} in the build stage.", own.as_deref().unwrap_or(&install))];
        fix.extend(own.map(|_| format!("For C and C++ code as well: {install}.")));
        fix.push(CAUSE.page.fix[1].to_owned());
        if found.says(&["command '", "wheel"]) {
            fix.push(CAUSE.page.fix[2].to_owned());
        }
        found.because(why).cured_by(fix)
    },
};
