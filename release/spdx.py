"""A bill of materials as SPDX 2.3, JSON."""

import re

# What licences say that the SPDX list does not have.
OWN = {
    "LicenseRef-public-domain": "The authors have put the file into the public domain; it says so at its head.",
    "LicenseRef-CRYPTOGAMS": "The source code in this file is licensed under the CRYPTOGAMS license. "
                             "For further details see http://www.openssl.org/~appro/cryptogams/.",
}
PURPOSE = {"application": "APPLICATION", "library": "LIBRARY", "data": "OTHER"}


def document(root, components, created):
    """The binary's checksum makes the name space unique, as the standard asks."""
    everything = [root, *components]
    ids = {each.ref: identifier(each.ref) for each in everything}
    used = sorted({name for each in everything for name in re.findall(r"LicenseRef-[\w.-]+", each.licence)})
    parts = {each.ref for each in components if not each.ref.startswith("pkg:cargo/")}
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", ids[root.ref])]
    relations += [(ids[each.ref], "CONTAINS" if need in parts else "DEPENDS_ON", ids[need])
                  for each in everything for need in sorted(each.needs)]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{root.name}-{root.version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{root.name}-{root.version}-{root.sha256}",
        "creationInfo": {"created": created, "creators": [f"Tool: {root.name}-release-{root.version}"]},
        "packages": [package(each, ids[each.ref]) for each in everything],
        "hasExtractedLicensingInfos": [
            {"licenseId": name, "name": name.removeprefix("LicenseRef-"), "extractedText": OWN[name]} for name in used],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other} for one, kind, other in relations],
    }


def package(each, name):
    made = {
        "SPDXID": name,
        "name": each.name,
        "versionInfo": each.version,
        "supplier": "NOASSERTION",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": each.licence,
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": PURPOSE[each.kind],
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": each.purl}],
    }
    if each.sha256:
        made["checksums"] = [{"algorithm": "SHA256", "checksumValue": each.sha256}]
    if each.origin:
        made["homepage"] = each.origin
    if each.note:
        made["comment"] = each.note
    return made


def identifier(ref):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", ref.removeprefix("pkg:"))
