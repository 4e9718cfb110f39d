"""The image of pqcheck as an archive, made without an engine: one name for all platforms.

An OCI image layout, which registries' tools copy as it is, and beside it the list that `docker load` of old engines reads.
The same binaries give the same bytes. What the image starts, and its labels, are those of docker/Dockerfile.
"""

import gzip
import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

EPOCH = "1970-01-01T00:00:00Z"
RECIPE = Path(__file__).resolve().parent.parent / "docker/Dockerfile"
SECOND = 1_000_000_000


def archive(binaries, version, revision):
    """The bytes of the archive, of architecture to binary."""
    files, images, loads = {}, [], []
    for arch, binary in binaries.items():
        plain = tar({"pqcheck": (binary.read_bytes(), 0o755)})
        layer = gzip.compress(plain, 9, mtime=0)
        described = {
            "architecture": arch, "os": "linux", "created": EPOCH,
            "config": config(version, revision),
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]},
            "history": [{"created": EPOCH, "created_by": "COPY pqcheck /pqcheck"}],
        }
        described = blob(files, text(described), "application/vnd.oci.image.config.v1+json")
        layer = blob(files, layer, "application/vnd.oci.image.layer.v1.tar+gzip")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": described, "layers": [layer]}
        images.append(blob(files, text(manifest), manifest["mediaType"]) | {"platform": {"architecture": arch, "os": "linux"}})
        name = f"pqcheck:{version}" if not loads else f"pqcheck:{version}-{arch}"
        loads.append({"Config": path(described), "RepoTags": [name], "Layers": [path(layer)]})
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": images}
    whole = blob(files, text(index), index["mediaType"]) | {"annotations": {"org.opencontainers.image.ref.name": version}}
    files["index.json"] = text({"schemaVersion": 2, "mediaType": index["mediaType"], "manifests": [whole]})
    files["oci-layout"] = text({"imageLayoutVersion": "1.0.0"})
    files["manifest.json"] = text(loads)
    return tar({name: (content, 0o644) for name, content in sorted(files.items())})


def config(version, revision):
    """What the stage `prebuilt` says."""
    stage = re.search(r" AS prebuilt\n(.*?)\nFROM ", RECIPE.read_text(), re.S)[1]
    health = r"^HEALTHCHECK --interval=(\d+)s --timeout=(\d+)s --retries=(\d+) CMD (.*)$"
    interval, timeout, retries, command = re.search(health, stage, re.M).groups()
    given = {"${VERSION}": version, "${REVISION}": revision}
    return {
        "User": re.search(r"^USER (\S+)$", stage, re.M)[1],
        "Entrypoint": json.loads(re.search(r"^ENTRYPOINT (.*)$", stage, re.M)[1]),
        "Healthcheck": {"Test": ["CMD", *json.loads(command)], "Interval": int(interval) * SECOND,
                        "Timeout": int(timeout) * SECOND, "Retries": int(retries)},
        "Labels": {name: given.get(value, value) for name, value in sorted(re.findall(r'(org\.[\w.]+)="([^"]*)"', stage))},
    }


def blob(files, content, kind):
    """Puts a content among the files by its digest; its descriptor."""
    digest = hashlib.sha256(content).hexdigest()
    files[f"blobs/sha256/{digest}"] = content
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}


def path(descriptor):
    return "blobs/" + descriptor["digest"].replace(":", "/")


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def tar(files):
    """An archive without owners and times."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()
