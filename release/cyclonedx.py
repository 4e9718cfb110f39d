"""A bill of materials as CycloneDX 1.6, JSON."""

import uuid

# Any name space will do, if it stays the same.
SPACE = uuid.UUID("6f1cb5b1-6a4c-5b8e-9a39-0f1f6a3b7c55")


def document(root, components, created):
    """Nothing of it is drawn: the same binary has the same serial number."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, root.purl + root.sha256)}",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": f"{root.name} release", "version": root.version}]},
            "component": entry(root),
        },
        "components": [entry(each) for each in components],
        "dependencies": [{"ref": each.ref, "dependsOn": sorted(each.needs)} for each in [root, *components]],
    }


def entry(each):
    made = {"type": each.kind, "bom-ref": each.ref, "name": each.name, "version": each.version}
    if each.note:
        made["description"] = each.note
    if each.sha256:
        made["hashes"] = [{"alg": "SHA-256", "content": each.sha256}]
    made |= {"licenses": [{"expression": each.licence}], "purl": each.purl}
    if each.origin:
        made["externalReferences"] = [{"type": "vcs", "url": each.origin}]
    return made
