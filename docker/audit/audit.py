"""The audit table's chain of seals: which bytes of a row are sealed, how a row is sealed, and whether a chain holds.

A seal is an ML-DSA-87 signature over the canonical bytes of a row, which contain the digest of the row before, its
seal included. So a row cannot be changed, taken out of the middle, put in between or moved without a seal that no
longer fits. Rows cut off at the end leave no gap: for that, keep a head (`audit-verify` prints it, and compares it).
Knows nothing of PostgreSQL's storage, and of who may do what (schema.sql).
"""

import hashlib
from dataclasses import dataclass

import evp

CONTEXT = b"pqcheck-stack/audit"  # FIPS 204's ctx: a seal is no signature of anything else
START = bytes(32)  # what the first row follows


@dataclass
class Row:
    """A row of audit.record: `at` in microseconds since 1970, bytes as they are."""

    id: int
    at: int
    author: str
    content: bytes
    signature: bytes
    previous: bytes
    seal: bytes = b""

    def canonical(self):
        """The bytes that are sealed: every field with its length before it, so that no two rows have the same."""
        fields = [
            b"audit row, form 1",
            str(self.id).encode(),
            str(self.at).encode(),
            self.author.encode(),
            self.content,
            self.signature,
            self.previous,
        ]
        return b"".join(len(field).to_bytes(8, "big") + field for field in fields)

    def digest(self):
        """What the next row has as `previous`."""
        return hashlib.sha256(self.canonical() + self.seal).digest()


def seal(key, row):
    """The seal of a row, checked once before anybody relies on it."""
    sealed = key.sign(row.canonical(), CONTEXT)
    if not key.verify(row.canonical(), CONTEXT, sealed):
        raise evp.Error("a seal that was just made does not verify; is this libcrypto healthy?")
    return sealed


def findings(key, rows):
    """What is wrong with the rows, which come in the order of their ids: pairs of an id and a sentence."""
    expected, digest = 1, START
    for row in rows:
        if row.id != expected:
            gone = f"row {expected} is" if row.id == expected + 1 else f"rows {expected} to {row.id - 1} are"
            yield row.id, f"{gone} missing" if row.id > expected else f"row {row.id} is there twice"
            digest = None
        holds = key.verify(row.canonical(), CONTEXT, row.seal)
        if not holds:
            yield row.id, f"row {row.id}: the seal does not fit: the row or its seal was changed"
        elif digest is not None and row.previous != digest:
            yield row.id, f"row {row.id}: does not follow the row before as that is now"
        # What follows a changed row cannot fit it, and is no finding of its own.
        digest = row.digest() if holds else None
        expected = row.id + 1


def seal_new(trigger, plpy, memory):
    """The body of the trigger in schema.sql: numbers, dates and seals the row that is about to be inserted."""
    if "key" not in memory:
        with open(trigger["args"][0], "rb") as file:
            memory["key"] = evp.Key.from_private_pem(file.read(), evp.ML_DSA)
    new = trigger["new"]
    if new["content"] is None or new["signature"] is None:
        plpy.error("a row needs its content and its signature")
    # One row after the other, until the transaction ends: the next one seals what this one has become.
    plpy.execute("SELECT pg_advisory_xact_lock('audit.record'::regclass::bigint)")
    last = plpy.execute(f"SELECT {COLUMNS} FROM audit.record ORDER BY id DESC LIMIT 1")
    before = Row(**last[0]) if last else None
    now = plpy.execute("SELECT at::text, audit.micros(at) FROM (SELECT clock_timestamp() AS at) AS now")[0]
    row = Row(
        id=before.id + 1 if before else 1,
        at=now["micros"],
        author=plpy.execute("SELECT session_user::text AS name")[0]["name"],
        content=new["content"],
        signature=new["signature"],
        previous=before.digest() if before else START,
    )
    row.seal = seal(memory["key"], row)
    new |= {"id": row.id, "at": now["at"], "author": row.author, "previous": row.previous, "seal": row.seal}
    return "MODIFY"


COLUMNS = "id, audit.micros(at) AS at, author, content, signature, previous, seal"
