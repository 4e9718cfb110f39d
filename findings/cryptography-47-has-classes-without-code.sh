#!/bin/sh
# The Python package `cryptography` 47.0.0 has the classes of ML-KEM and ML-DSA, and the wheel brings OpenSSL 4.0.0, which
# has both algorithms. Every use is refused all the same. 48.0.0, with the same OpenSSL, works.
#
# One would expect: where the class is there and the OpenSSL inside has the algorithm, it can be used. A service that
# looks for the class at its start, and not for a key, learns of it from its first client.
#
# Seen, Linux on x86-64, Python 3.11:
#
#     47.0.0, OpenSSL 4.0.0 14 Apr 2026: MLKEM768PrivateKey UnsupportedAlgorithm, MLDSA65PrivateKey UnsupportedAlgorithm
#     48.0.0, OpenSSL 4.0.0 14 Apr 2026: MLKEM768PrivateKey works, MLDSA65PrivateKey works
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

seen() {
    python3 -m venv "$folder/$1" && "$folder/$1/bin/pip" install --quiet "cryptography==$1" || exit 2
    "$folder/$1/bin/python" - <<'END'
import cryptography
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

words = []
for kind in (mlkem.MLKEM768PrivateKey, mldsa.MLDSA65PrivateKey):
    try:
        kind.generate()
        words.append(f"{kind.__name__} works")
    except Exception as error:
        words.append(f"{kind.__name__} {type(error).__name__}")
print(f"{cryptography.__version__}, {backend.openssl_version_text()}: {', '.join(words)}")
END
}

for version in 47.0.0 48.0.0; do seen "$version"; done >"$folder/seen"
cat "$folder/seen"
sed -n 's/^#     //p' "$0" | diff - "$folder/seen" || { echo "this has changed"; exit 1; }
