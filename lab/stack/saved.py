"""An image as `docker save` writes it: platform, layers with the instructions that made them, and in what two images
differ. Knows nothing of what is right."""

import hashlib
import json
import tarfile
from dataclasses import dataclass

import engine
from report import Difference, Layer


@dataclass
class Saved:
    platform: str
    config: dict
    layers: list
    # Where in the archive each layer lies.
    places: list


def read(path):
    try:
        with tarfile.open(path) as tar:
            manifest = json.load(tar.extractfile("manifest.json"))[0]
            config = json.load(tar.extractfile(manifest["Config"]))
            digests = config["rootfs"]["diff_ids"]
            made = [each.get("created_by", "") for each in config.get("history", []) if not each.get("empty_layer")]
            # A base that was imported may say nothing of its layers; those that are said are the last.
            made = [""] * (len(digests) - len(made)) + made[-len(digests):]
            layers = [
                Layer(digest, tar.getmember(place).size, plain(words), contains_pqcheck(tar, place))
                for digest, place, words in zip(digests, manifest["Layers"], made)
            ]
    except (tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise engine.Refusal(f"{path}: not what `docker save` writes ({error})") from None
    return Saved(f"{config['os']}/{config['architecture']}", config, layers, manifest["Layers"])


def plain(words):
    """The instruction without what builders write before and after it."""
    words = words.replace("/bin/sh -c #(nop) ", "").replace("# buildkit", "")
    if "/bin/sh -c " in words:
        words = "RUN " + words.split("/bin/sh -c ", 1)[1]
    return " ".join(words.split())


def contains_pqcheck(tar, place):
    """Whether a layer is that of the binary, and nothing else."""
    with tarfile.open(fileobj=tar.extractfile(place)) as layer:
        return [member.name.lstrip("./") for member in layer if not member.isdir()] == ["pqcheck"]


def differences(first, one, second, two):
    """The layers that are not the same in two builds, the deepest first."""
    found = []
    with tarfile.open(first) as left, tarfile.open(second) as right:
        for layer, place, other, there in zip(one.layers, one.places, two.layers, two.places):
            if layer.digest == other.digest:
                continue
            before, after = files(left, place), files(right, there)
            names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
            content = [name for name in names if (before.get(name) or [0])[0] != (after.get(name) or [0])[0]]
            # Files of which only a date differs are named where there are no others.
            examples = content[:5] if content else [f"{name} (date or owner)" for name in names[:5]]
            found.append(Difference(layer.instruction, layer.pqcheck or other.pqcheck, len(names), examples))
    if len(one.layers) != len(two.layers):
        found.append(Difference(f"{len(one.layers)} layers became {len(two.layers)}", False, 0))
    return found


def files(tar, place):
    """What a layer has, by name: content, and everything else that is in the tar."""
    found = {}
    with tarfile.open(fileobj=tar.extractfile(place)) as layer:
        for member in layer:
            content = member.linkname
            if member.isreg():
                content = digest(layer.extractfile(member))
            found[member.name] = (content, member.type, member.mode, member.uid, member.gid, member.mtime)
    return found


def digest(file):
    sha = hashlib.sha256()
    while piece := file.read(1 << 20):
        sha.update(piece)
    return sha.hexdigest()
