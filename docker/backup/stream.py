"""The form of a backup file: chunks of ChaCha20-Poly1305 under a key of the file's own.

The cipher is python3-cryptography's, which is libcrypto's, which is what pqcheck tests in this image. The form is
that of an age file's payload: 64 KiB a chunk, the nonce a counter of 11 bytes and one byte that is 1 in the last
chunk alone; the key is HKDF-SHA-256 of the kept key and 32 random bytes in the head. So chunks can neither be moved
nor left out, a file cannot end early, and no nonce comes twice. There is no public key in it: what is kept secret is
one symmetric key of 256 bits. Knows nothing of what is in the file.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"pqcheck-stack backup 1\n"
SALT = 32
CHUNK = 65536
TAG = 16


class Error(Exception):
    """The file is not what the key once wrote."""


class Writer:
    """Takes bytes in pieces of any length and writes them sealed; only `finish` makes the file whole."""

    def __init__(self, key, file):
        salt = os.urandom(SALT)
        self._cipher, self._file = _cipher(key, salt), file
        self._waiting, self._count = bytearray(), 0
        file.write(MAGIC + salt)

    def write(self, piece):
        self._waiting += piece
        # The last chunk is sealed otherwise, so one that is merely full has to wait.
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def finish(self):
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, chunk, last):
        self._file.write(self._cipher.encrypt(_nonce(self._count, last), chunk, None))
        self._count += 1


def read(key, file):
    """The pieces that were written, each only after its tag was found right."""
    head = file.read(len(MAGIC) + SALT)
    if len(head) != len(MAGIC) + SALT or not head.startswith(MAGIC):
        raise Error("is no backup file")
    cipher = _cipher(key, head[len(MAGIC) :])
    count, sealed = 0, file.read(CHUNK + TAG)
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(count, last=not following), sealed, None)
        except InvalidTag:
            raise Error(f"chunk {count} is changed, or the file is cut off, or this is not its key") from None
        if not following:
            return
        count, sealed = count + 1, following


def _cipher(key, salt):
    return ChaCha20Poly1305(HKDF(SHA256(), length=32, salt=salt, info=MAGIC).derive(key))


def _nonce(count, last):
    return count.to_bytes(11, "big") + bytes([last])
