"""Whether carried.toml tells the truth: of the crates that Cargo.lock names, and of a program that has symbols."""

import json
import subprocess
import zlib
from pathlib import Path

import bom


def amiss(programs):
    """What does not hold, a line each."""
    folders = {package["name"]: Path(package["manifest_path"]).parent for package in bom.metadata()}
    complaints = []
    for entry in bom.carried():
        name, crate = entry["id"], entry["crate"]
        if crate not in folders:
            complaints.append(f"{name}: no crate {crate} any more")
            continue
        for file, texts in entry.get("says", {}).items():
            said = (folders[crate] / file).read_text()
            complaints += [f"{name}: {crate}/{file} does not say `{text}`" for text in texts if text not in said]
        files, digest = bom.listing(entry, folders[crate])
        if digest != entry.get("digest", digest):
            complaints.append(f"{name}: {len(files)} files of {crate} have the digest {digest}; look at what it carries, then keep that")
    for program in programs:
        complaints += contradicted(Path(program))
    return complaints


def contradicted(program):
    """Entries for this architecture that the program contradicts."""
    symbols = subprocess.run(["nm", str(program)], capture_output=True, text=True)
    if not symbols.stdout:
        return [f"{program}: no symbols: {symbols.stderr.strip()}"]
    here = {"x86_64": "amd64", "aarch64": "arm64"}[bom.run("uname", "-m").strip()]
    asked = [entry for entry in bom.carried() if "symbol" in entry and here in entry.get("only", [here])]
    missing = [f"{entry['id']}: no symbol {entry['symbol']} in {program}" for entry in asked if entry["symbol"] not in symbols.stdout]
    present = [(entry["id"], symbol) for entry in asked for symbol in entry.get("never", []) if symbol in symbols.stdout]
    return missing + [f"{name}: {program} has {symbol}; its code needs an entry of its own" for name, symbol in present]


def against_audit(arch, binary):
    """Crates that cargo links and the list in the binary (cargo auditable) does not have."""
    listed = {(package["name"], package["version"]) for package in json.loads(zlib.decompress(section(binary, ".dep-v0")))["packages"]}
    return sorted(f"{name} {version}" for name, version in set(bom.tree(bom.TARGETS[arch])) - listed)


def section(binary, name):
    """The content of a section, of whatever architecture the binary is."""
    line = next(line for line in bom.run("readelf", "-SW", str(binary)).splitlines() if f" {name} " in line)
    offset, size = (int(number, 16) for number in line.split(name)[1].split()[2:4])
    return binary.read_bytes()[offset:offset + size]
