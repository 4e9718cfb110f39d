# Signs what comes in. Knows no storage.
import sys

from cryptography.hazmat.primitives.asymmetric import mldsa

key = mldsa.MLDSA87PrivateKey.generate()
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read()))
