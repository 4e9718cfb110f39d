#!/usr/bin/env python3
"""What a release holds, from the binaries under dist/, without a network.

    python3 release make amd64 arm64     dist/release/: binaries, bills of materials, licences, the image, SHA256SUMS
    python3 release check [PROGRAM…]     whether carried.toml tells the truth, of a program with symbols too

The same commit and the same compilers give the same bytes. Exit code 1 when something does not hold.
"""

import datetime
import json
import shutil
import sys
from pathlib import Path

import bom
import check
import cyclonedx
import image
import notices
import spdx

DIST = bom.ROOT / "dist"
OUT = DIST / "release"


def main(command="", *arguments):
    if command == "make" and arguments and set(arguments) <= set(bom.TARGETS):
        make(arguments)
    elif command == "check":
        complaints = check.amiss(arguments)
        if complaints:
            sys.exit("\n".join(f"release/carried.toml: {complaint}" for complaint in complaints))
    else:
        print(__doc__, file=sys.stderr)
        sys.exit(2)


def make(archs):
    binaries = {arch: DIST / f"pqcheck-linux-{arch}" for arch in archs}
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    when = datetime.datetime.fromtimestamp(int(bom.run("git", "log", "-1", "--format=%ct")), datetime.UTC)
    created = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    everything = {}
    for arch, binary in binaries.items():
        strangers = check.against_audit(arch, binary)
        if strangers:
            raise bom.Amiss(f"{binary.name} does not list {', '.join(strangers)}, which cargo links")
        root, components = bom.gather(arch, binary)
        everything |= {(each.name, each.version, each.ref): each for each in components}
        shutil.copy(binary, OUT)
        for suffix, form in (("cdx", cyclonedx), ("spdx", spdx)):
            document = json.dumps(form.document(root, components, created), indent=2, ensure_ascii=False)
            (OUT / f"{binary.name}.{suffix}.json").write_text(document + "\n")
    (OUT / "THIRD-PARTY.txt").write_text(notices.document([everything[key] for key in sorted(everything)]))
    (OUT / "pqcheck-image.tar").write_bytes(image.archive(binaries, root.version, bom.run("git", "rev-parse", "HEAD").strip()))
    for file in ["LICENSE-APACHE", "LICENSE-MIT"]:
        shutil.copy(bom.ROOT / file, OUT)
    library = Path(bom.run("rustc", "--print", "sysroot").strip()) / "share/doc/rust/COPYRIGHT-library.html"
    if library.exists():
        shutil.copy(library, OUT / "THIRD-PARTY-rust-standard-library.html")
    for file in [*(DIST / "man").iterdir(), *(DIST / "completions").iterdir()]:
        shutil.copy(file, OUT)
    sums = "".join(f"{bom.digest(path)}  {path.name}\n" for path in sorted(OUT.iterdir()))
    (OUT / "SHA256SUMS").write_text(sums)
    print(sums, end="")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except bom.Amiss as wrong:
        sys.exit(f"release: {wrong}")
