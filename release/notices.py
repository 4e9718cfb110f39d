"""The licences of everything that is in the binaries, with their texts."""

HEAD = """pqcheck is licensed under MIT or Apache-2.0, at your choice. The binaries hold the following.

The GNU C Library is linked statically, under the LGPL: with the source of pqcheck and `make dist` anybody can link
the binaries again with another one. Where a crate brings no licence text, its licence is as named here; the texts of
Apache-2.0 and MIT are in LICENSE-APACHE and LICENSE-MIT.

"""


def document(components):
    """What has a text in common stands together over it."""
    lines = [HEAD]
    lines += [f"{each.name} {each.version}: {each.licence}{' - ' + each.origin if each.origin else ''}\n" for each in components]
    texts = {}
    for each in components:
        for text in each.texts:
            texts.setdefault(text.strip(), []).append(f"{each.name} {each.version}")
    for text, names in sorted(texts.items(), key=lambda item: item[1]):
        lines.append(f"\n{'=' * 100}\n{', '.join(dict.fromkeys(names))}\n{'-' * 100}\n{text}\n")
    return "".join(lines)
