"""Sessions whose key was agreed on with ML-KEM-768: a client encapsulates to our key and names itself by the result.

From the shared secret a key is derived that authenticates the client's requests and our answers (HMAC-SHA-256), each
with a count that only grows. Knows nothing of HTTP and of what is in a request.
"""

import collections
import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass

import evp

KEPT = 1000
SECONDS = 600
LABEL = b"pqcheck-stack session 1"


class Refused(Exception):
    """A request that does not belong to a session; the message says why."""


@dataclass
class Session:
    key: bytes
    ends: float
    count: int = 0


class Sessions:
    """All sessions of this process, the oldest given up for new ones. The ML-KEM key lives as long as they do."""

    def __init__(self):
        self._key = evp.Key.generate(evp.ML_KEM)
        self.ek = self._key.public_bytes()
        self._open, self._lock = collections.OrderedDict(), threading.Lock()

    def answers(self):
        """Whether both sides of an exchange with our key arrive at the same secret; for the health check."""
        c, theirs = evp.Key.from_public_bytes(self.ek, evp.ML_KEM).encapsulate()
        return hmac.compare_digest(theirs, self._key.decapsulate(c))

    def open(self, c):
        """A new session from the ciphertext `c`: its name, and the proof that we hold the decapsulation key."""
        key = derive(self._key.decapsulate(c), self.ek, c)
        name = secrets.token_hex(16)
        with self._lock:
            self._open[name] = Session(key, time.monotonic() + SECONDS)
            if len(self._open) > KEPT:
                self._open.popitem(last=False)
        return name, tag(key, b"opened", 0, name.encode())

    def check(self, name, count, given, body):
        """Whether a request with this body belongs to a session; returns what seals the answer."""
        with self._lock:
            session = self._open.get(name)
            if session is None or session.ends < time.monotonic():
                self._open.pop(name, None)
                raise Refused("no such session, or it has ended; open one at /kem/sessions")
            if not hmac.compare_digest(tag(session.key, b"request", count, body), given):
                raise Refused("the MAC does not fit the request")
            if count <= session.count:
                raise Refused(f"the count must be above {session.count}: this request was there before")
            session.count = count
        return lambda answer: tag(session.key, b"answer", count, answer)


def derive(shared_secret, ek, c):
    """The key of a session, bound to the exchange that it comes from."""
    return hmac.digest(shared_secret, LABEL + hashlib.sha256(ek + c).digest(), "sha256")


def tag(key, purpose, count, body):
    return hmac.digest(key, purpose + b"\0" + count.to_bytes(8, "big") + body, "sha256")
