"""What a binary is made of: crates, the C sources that they carry, and what the linker takes from the system.

The crates are those that cargo links: normal dependencies of the shipped features on that target, no macros, no build
scripts, no tests. Knows no format of a bill of materials.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {"amd64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}
COMPILERS = {"amd64": "cc", "arm64": "aarch64-linux-gnu-gcc"}


class Amiss(Exception):
    """What is said does not hold."""


@dataclass
class Component:
    """Something with a version and a licence of its own; `ref` names it inside of a document."""

    ref: str
    name: str
    version: str
    purl: str
    licence: str
    origin: str
    sha256: str = ""
    kind: str = "library"
    note: str = ""
    texts: list = field(default_factory=list)
    needs: list = field(default_factory=list)


def gather(arch, binary):
    """The binary, and its components sorted by their names."""
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(package["name"], package["version"]): package.get("checksum", "") for package in lock}
    packages = {(package["name"], package["version"]): package for package in metadata()}
    edges = tree(TARGETS[arch])
    refs = {key: f"pkg:cargo/{key[0]}@{key[1].replace('+', '%2B')}" for key in edges}
    components = {}
    for key, needs in edges.items():
        package = packages[key]
        components[key] = Component(
            refs[key], *key, refs[key], expression(package["license"]), package["repository"] or "", checksums[key],
            note=package["description"] or "", texts=licence_texts(Path(package["manifest_path"]).parent),
            needs=sorted(refs[need] for need in needs))
    root = components.pop(next(iter(edges)))
    root.kind, root.sha256 = "application", digest(binary)
    root.purl = f"pkg:generic/{root.name}@{root.version}?arch={arch}"
    for entry in carried():
        if arch not in entry.get("only", list(TARGETS)):
            continue
        name = entry["crate"]
        carrier = root if name == root.name else next((crate for crate in components.values() if crate.name == name), None)
        if carrier is None:
            continue
        source = ROOT if carrier is root else Path(packages[carrier.name, carrier.version]["manifest_path"]).parent
        part = in_sources(entry, source, carrier)
        carrier.needs.append(part.ref)
        components[part.ref] = part
    for part in from_system(arch):
        root.needs.append(part.ref)
        components[part.ref] = part
    return root, sorted(components.values(), key=lambda each: (each.name, each.version, each.ref))


def metadata():
    """What every crate says of itself."""
    return json.loads(cargo("metadata", "--format-version", "1"))["packages"]


def tree(target):
    """Crate to crates, the package itself first, as cargo resolves features for that target alone."""
    edges, above = {}, []
    text = cargo("tree", "--edges", "normal,no-proc-macro", "--target", target, "--prefix", "depth", "--format", " {p}")
    for line in text.splitlines():
        depth, name, version = line.split()[:3]
        key = name, version.removeprefix("v")
        edges.setdefault(key, set())
        del above[int(depth):]
        if above:
            edges[above[-1]].add(key)
        above.append(key)
    return edges


def carried():
    """The entries of carried.toml."""
    return tomllib.loads((ROOT / "release/carried.toml").read_text())["component"]


def in_sources(entry, source, carrier):
    """The component of an entry, whose files lie in the folder of its crate."""
    commit, repository = entry.get("commit"), entry["origin"].removeprefix("https://github.com/").lower()
    version = entry.get("version", commit)
    purl = f"pkg:github/{repository}@{commit}" if commit else f"pkg:generic/{entry['id']}@{version}"
    note = (f"{entry['note']} The SHA-256 is that of the list of its files in {carrier.name} {carrier.version}, "
            "sorted by path, as sha256sum prints it.")
    texts = [path.read_text() if is_licence(path) else leading_comment(path)
             for path in (source / text for text in entry["texts"])]
    return Component(f"{carrier.name}/{entry['id']}", entry["name"], version, purl, entry["licence"], entry["origin"],
                     listing(entry, source)[1], kind=entry.get("kind", "library"), note=note, texts=texts)


def listing(entry, source):
    """The files of an entry, and the SHA-256 of their list."""
    files = sorted({path for pattern in entry["files"] for path in source.glob(pattern) if path.is_file()})
    files = [path for path in files if not any(path.match(pattern) for pattern in entry.get("without", []))]
    lines = "".join(f"{digest(path)}  {path.relative_to(source).as_posix()}\n" for path in files)
    return files, hashlib.sha256(lines.encode()).hexdigest()


def from_system(arch):
    """Rust's standard library, and the C library and the compiler's own that a static program holds."""
    rustc = dict(line.split(": ", 1) for line in run(os.environ.get("RUSTC", "rustc"), "-vV").splitlines() if ": " in line)
    yield Component("system/rust", "Rust standard library", rustc["release"], f"pkg:github/rust-lang/rust@{rustc['release']}",
                    "MIT OR Apache-2.0", "https://github.com/rust-lang/rust", note=f"Commit {rustc['commit-hash']}")
    compiler = COMPILERS[arch] if run("uname", "-m").strip() == "x86_64" else "cc"
    defines = run(compiler, "-E", "-dM", "-include", "features.h", "-x", "c", "/dev/null").splitlines()
    macros = dict(line.split()[1:3] for line in defines if len(line.split()) == 3)
    glibc = f"{macros['__GLIBC__']}.{macros['__GLIBC_MINOR__']}"
    gcc = run(compiler, "-dumpfullversion").strip()
    yield archive(compiler, "libc.a", "GNU C Library", "glibc", glibc, "LGPL-2.1-or-later", "https://sourceware.org/glibc")
    yield archive(compiler, "libgcc_eh.a", "libgcc", "gcc", gcc, "GPL-3.0-or-later WITH GCC-exception-3.1", "https://gcc.gnu.org")


def archive(compiler, file, name, source, version, licence, origin):
    """A static library of the compiler; where dpkg knows it, by its package, as scanners look for it."""
    path = Path(run(compiler, f"-print-file-name={file}").strip()).resolve()
    purl, texts, note = f"pkg:generic/{source}@{version}", [], "Linked statically."
    owner = shutil.which("dpkg-query") and subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True).stdout
    if owner:
        package = owner.split(": ")[0]
        distribution = re.search(r"^ID=\"?(\w+)", Path("/etc/os-release").read_text(), re.M)[1]
        exact, upstream = run("dpkg-query", "-W", "-f", "${Version} ${source:Package}", package).split()
        purl = f"pkg:deb/{distribution}/{package.split(':')[0]}@{exact.replace('+', '%2B')}?upstream={upstream}"
        note += f" From the package {package} {exact}."
        words = Path(f"/usr/share/doc/{package.split(':')[0]}/copyright")
        texts = [words.read_text()] if words.exists() else []
    return Component(f"system/{source}", name, version, purl, licence, origin, digest(path), note=note, texts=texts)


def licence_texts(folder):
    return [path.read_text(errors="replace") for path in sorted(folder.iterdir()) if path.is_file() and is_licence(path)]


def is_licence(path):
    return re.match(r"(?i)(licen[sc]e|copying|copyright|notice|unlicense)", path.name) is not None


def leading_comment(path):
    """The comments that a source file opens with."""
    return re.match(r"(\s*(/\*.*?\*/|//[^\n]*\n|#(?!\w)[^\n]*\n))*", path.read_text(errors="replace"), re.S)[0].strip() + "\n"


def expression(licence):
    """An SPDX expression; crates of old write `MIT/Apache-2.0`."""
    return re.sub(r"\s*/\s*", " OR ", licence)


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def cargo(command, *arguments):
    return run(os.environ.get("CARGO", "cargo"), command, "--locked", "--offline", *arguments)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        raise Amiss(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
