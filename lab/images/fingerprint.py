#!/usr/bin/env python3
"""Says which algorithm a liboqs really speaks, by the digest of what it answers to a fixed stream.

    fingerprint.py LIBRARY SYMBOL=DIGEST…     e.g. OQS_SIG_ml_dsa_87=648f7336…

The library's randomness is SHAKE128(""); ten times: ML-KEM absorbs ek, c, K and the K of another ciphertext;
ML-DSA absorbs pk and sig of the empty message with rnd = 0. Exit code 1 when a digest differs, 2 when there is
none. Knows nothing of pqcheck: it is the independent proof that a library which the tests build is what its name says.
"""

import ctypes
import hashlib
import sys

# ek, dk, c and K; pk, sk and sig: bytes.
KEM = {
    "512": (800, 1632, 768), "768": (1184, 2400, 1088), "1024": (1568, 3168, 1568),
    "460896": (524160, 13568, 188),
}
SIG = {
    "44": (1312, 2560, 2420), "65": (1952, 4032, 3309), "87": (2592, 4896, 4627),
    "2": (1312, 2528, 2420), "3": (1952, 4000, 3293), "5": (2592, 4864, 4595),
}
ROUNDS = 10


def main():
    library = ctypes.CDLL(sys.argv[1])
    wrong = 0
    for wanted in sys.argv[2:]:
        symbol, digest = wanted.split("=")
        found = fingerprint(library, symbol)
        if not found.startswith(digest):
            print(f"{sys.argv[1]}: {symbol}: fingerprint {found}, not {digest}")
            wrong = 1
    sys.exit(wrong)


def fingerprint(library, symbol):
    size = next(part for part in symbol.split("_")[::-1] if part.isdigit() or part in KEM)
    stream, answers = Stream(), hashlib.shake_128()
    zeros = False

    def draw(buffer, length):
        ctypes.memmove(buffer, bytes(length) if zeros else stream.read(length), length)

    hook = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)(draw)
    library.OQS_randombytes_custom_algorithm(hook)

    def call(name, *arguments):
        function = getattr(library, f"{symbol}_{name}", None)
        if function is None:
            refuse(f"there is no {symbol}_{name}")
        status = function(*arguments)
        if status != 0:
            refuse(f"{symbol}_{name} answered {status}")

    for _ in range(ROUNDS):
        if symbol.startswith("OQS_KEM"):
            ek, dk, c = (ctypes.create_string_buffer(n) for n in KEM[size])
            secret, again = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
            call("keypair", ek, dk)
            call("encaps", c, secret, ek)
            call("decaps", again, c, dk)
            if secret.raw != again.raw:
                refuse(f"{symbol}: the two sides disagree")
            call("decaps", again, stream.read(len(c)), dk)
            parts = (ek, c, secret, again)
        else:
            pk, sk, sig = (ctypes.create_string_buffer(n) for n in SIG[size])
            length = ctypes.c_size_t(len(sig))
            zeros = False
            call("keypair", pk, sk)
            zeros = True
            call("sign", sig, ctypes.byref(length), b"", ctypes.c_size_t(0), sk)
            call("verify", b"", ctypes.c_size_t(0), sig, length, pk)
            parts = (pk, sig)
        for part in parts:
            answers.update(part.raw)
    return answers.hexdigest(32)


class Stream:
    """The output of SHAKE128(""), read piece by piece."""

    def __init__(self):
        self.bytes, self.at = hashlib.shake_128().digest(1 << 20), 0

    def read(self, length):
        piece = self.bytes[self.at : self.at + length]
        self.at += length
        return piece


def refuse(what):
    print(f"{sys.argv[1]}: {what}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
