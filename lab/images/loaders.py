"""Compares what `pqcheck doctor` says about the libraries of every ELF file of an image with what the image's own
loader says: `ldd` of glibc, `--list` of musl.

Knows nothing of how either finds them.
"""

import io
import json
import re
import subprocess
import tarfile

SECONDS = 600
# Files per call, because a command line is bounded.
BATCH = 1000
LOADER = re.compile(r"(^|/)ld-(linux|musl)")


def compare(image, container, words):
    """How much was compared, and what differs; `words` are files that are known to, as `FILE why`."""
    files, links = contents(image)
    musl = next((path for path in files if path.endswith("/libc.so") and "musl" in path), None)
    theirs = of_musl(container, image, musl, files) if musl else of_glibc(container, image, files)
    ours = of_doctor(container, image, files)
    known = dict(word.split(" ", 1) for word in words)
    complaints = []
    for path in files:
        if path not in ours:
            complaints.append(f"{path}: doctor says nothing about it")
            continue
        expected, found = theirs[path], ours[path]
        if resolved(expected, links) != resolved(found, links):
            if known.pop(path, None) is None:
                complaints.append(f"{path}: the loader says {show(expected)}; doctor says {show(found)}")
    complaints += [f"{path}: was known to differ ({why}), and agrees" for path, why in known.items()]
    if len(files) < 3 or not any(theirs.values()):
        complaints.append(f"only {len(files)} ELF files were found, so nothing was compared")
    names = sum(len(libraries) for libraries in theirs.values())
    missing = sum(path is None for libraries in theirs.values() for path in libraries.values())
    note = f"{len(files)} ELF files, {names} libraries of theirs, {missing} of them not found"
    return note, complaints


def contents(image):
    """The ELF files of an image, and its symbolic links."""
    made = subprocess.run(["docker", "create", image, "/none"], capture_output=True, text=True, check=True).stdout.strip()
    try:
        data = subprocess.run(["docker", "export", made], capture_output=True, check=True).stdout
    finally:
        subprocess.run(["docker", "rm", made], capture_output=True, check=True)
    files, links = [], {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            if member.issym():
                links["/" + member.name] = member.linkname
            elif member.isreg() and member.size > 64:
                head = tar.extractfile(member).read(18)
                # Programs and shared libraries: ET_EXEC and ET_DYN.
                if head[:4] == b"\x7fELF" and head[16] in (2, 3):
                    files.append("/" + member.name)
    return sorted(files), links


def of_glibc(container, image, files):
    """`ldd FILE…`: per file, name → path or None; an empty answer for what is static."""
    script = 'xargs -d "\\n" ldd'
    text = ask([*container, "-i", "--entrypoint", "sh", image, "-c", script], files)
    answers, current = {path: {} for path in files}, None
    for line in text.splitlines():
        if line.endswith(":") and line[:-1] in answers:
            current = answers[line[:-1]]
            continue
        found = re.fullmatch(r"\t(\S+) => (?:(not found)|(\S+) \(0x[0-9a-f]+\))", line)
        if found:
            current[found[1]] = found[3]
    return answers


def of_musl(container, image, loader, files):
    """`LOADER --list FILE`, one after the other."""
    script = f'while read -r file; do echo "$file:"; {loader} --list "$file" 2>&1; done'
    text = ask([*container, "-i", "--entrypoint", "sh", image, "-c", script], files)
    answers, current = {path: {} for path in files}, None
    for line in text.splitlines():
        if line.endswith(":") and line[:-1] in answers:
            current = answers[line[:-1]]
        elif found := re.fullmatch(r"\t(\S+) => (\S+) \(0x[0-9a-f]+\)", line):
            # musl answers for its own libc under any name, with itself.
            if found[1] != "ldd":
                current[found[1]] = found[2]
        elif missing := re.match(r"Error loading shared library ([^:]+):", line):
            current[missing[1]] = None
    return answers


def of_doctor(container, image, files):
    """`pqcheck doctor --format json FILE…`."""
    answers = {}
    for at in range(0, len(files), BATCH):
        done = subprocess.run(
            [*container, "--entrypoint", "/pqcheck", image, "doctor", "--format", "json", *files[at : at + BATCH]],
            capture_output=True, text=True, timeout=SECONDS,
        )
        try:
            programs = json.loads(done.stdout)["programs"]
        except (ValueError, KeyError):
            raise SystemExit(f"doctor wrote no report (exit code {done.returncode}): {(done.stderr + done.stdout)[:500]}")
        for program in programs:
            answers[program["path"]] = {each["name"]: each["path"] for each in program.get("libraries", [])}
    return answers


def ask(words, files):
    done = subprocess.run(words, input="".join(f"{path}\n" for path in files), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
    return done.stdout


def resolved(libraries, links):
    """With every path as the file that it leads to; without the loader, which `ldd` names for every file."""
    return {name: path and follow(path, links) for name, path in libraries.items() if not LOADER.search(name)}


def follow(path, links):
    done = ""
    for _ in range(40):
        parts = [part for part in path.split("/") if part]
        done = ""
        for at, part in enumerate(parts):
            if part == "..":
                done = done.rsplit("/", 1)[0]
                continue
            if part == ".":
                continue
            done += "/" + part
            if done in links:
                target = links[done]
                base = target if target.startswith("/") else done.rsplit("/", 1)[0] + "/" + target
                path = "/".join([base, *parts[at + 1 :]])
                break
        else:
            return done
    return done


def show(libraries):
    return ", ".join(f"{name} => {path or 'not found'}" for name, path in sorted(libraries.items())) or "nothing"
