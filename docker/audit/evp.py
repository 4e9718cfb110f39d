"""ML-KEM-768 and ML-DSA-87 of the image's own OpenSSL, through the EVP interface of libcrypto.

Debian trixie's python3-cryptography (43) has neither, its libcrypto (3.5) has both. A binding and nothing more: it
checks what OpenSSL returns and adds no cryptography of its own. Knows nothing of files, rows or requests.
"""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p

ML_KEM = "ML-KEM-768"
ML_DSA = "ML-DSA-87"

_OCTET_STRING = 5  # OSSL_PARAM_OCTET_STRING, openssl/core.h
_KEPT_ERRORS = 256


class Error(Exception):
    """OpenSSL refused; the message says what was tried and what OpenSSL said."""


class _Param(ctypes.Structure):
    """OSSL_PARAM, openssl/core.h."""

    _fields_ = [
        ("key", c_char_p),
        ("data_type", c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    ]


def _load():
    try:
        library = ctypes.CDLL("libcrypto.so.3")
    except OSError as error:
        raise Error(f"no libcrypto: {error}") from None
    pointers = POINTER(c_size_t)
    signatures = {
        # name: (result, arguments)
        "BIO_new": (c_void_p, [c_void_p]),
        "BIO_s_mem": (c_void_p, []),
        "BIO_new_mem_buf": (c_void_p, [c_char_p, c_int]),
        "BIO_read_ex": (c_int, [c_void_p, c_void_p, c_size_t, pointers]),
        "BIO_ctrl_pending": (c_size_t, [c_void_p]),
        "BIO_free": (c_int, [c_void_p]),
        "ERR_clear_error": (None, []),
        "ERR_error_string_n": (None, [c_ulong, c_char_p, c_size_t]),
        "ERR_get_error": (c_ulong, []),
        "EVP_PKEY_CTX_free": (None, [c_void_p]),
        "EVP_PKEY_CTX_new_from_name": (c_void_p, [c_void_p, c_char_p, c_char_p]),
        "EVP_PKEY_CTX_new_from_pkey": (c_void_p, [c_void_p, c_void_p, c_char_p]),
        "EVP_PKEY_decapsulate": (c_int, [c_void_p, c_void_p, pointers, c_char_p, c_size_t]),
        "EVP_PKEY_decapsulate_init": (c_int, [c_void_p, c_void_p]),
        "EVP_PKEY_encapsulate": (c_int, [c_void_p, c_void_p, pointers, c_void_p, pointers]),
        "EVP_PKEY_encapsulate_init": (c_int, [c_void_p, c_void_p]),
        "EVP_PKEY_free": (None, [c_void_p]),
        "EVP_PKEY_generate": (c_int, [c_void_p, POINTER(c_void_p)]),
        "EVP_PKEY_get_raw_public_key": (c_int, [c_void_p, c_void_p, pointers]),
        "EVP_PKEY_is_a": (c_int, [c_void_p, c_char_p]),
        "EVP_PKEY_keygen_init": (c_int, [c_void_p]),
        "EVP_PKEY_new_raw_public_key_ex": (c_void_p, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
        "EVP_PKEY_sign": (c_int, [c_void_p, c_void_p, pointers, c_char_p, c_size_t]),
        "EVP_PKEY_sign_message_init": (c_int, [c_void_p, c_void_p, c_void_p]),
        "EVP_PKEY_verify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
        "EVP_PKEY_verify_message_init": (c_int, [c_void_p, c_void_p, c_void_p]),
        "EVP_SIGNATURE_fetch": (c_void_p, [c_void_p, c_char_p, c_char_p]),
        "OpenSSL_version": (c_char_p, [c_int]),
        "PEM_read_bio_PUBKEY": (c_void_p, [c_void_p] * 4),
        "PEM_read_bio_PrivateKey": (c_void_p, [c_void_p] * 4),
        "PEM_write_bio_PUBKEY": (c_int, [c_void_p] * 2),
        "PEM_write_bio_PrivateKey": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_int, c_void_p, c_void_p]),
    }
    for name, (result, arguments) in signatures.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise Error(f"this libcrypto has no {name}: OpenSSL 3.5 or later is needed") from None
        function.restype, function.argtypes = result, arguments
    return library


_lib = _load()


def version():
    """What this libcrypto says of itself."""
    return _lib.OpenSSL_version(0).decode()


class Key:
    """An EVP_PKEY; private or public is what it was read from."""

    def __init__(self, pointer, algorithm):
        self._pointer, self.algorithm = pointer, algorithm
        if not _lib.EVP_PKEY_is_a(pointer, algorithm.encode()):
            raise Error(f"the key is not of {algorithm}")

    def __del__(self):
        _lib.EVP_PKEY_free(self._pointer)

    @classmethod
    def generate(cls, algorithm):
        """A new key pair; the randomness is OpenSSL's own."""
        context = _some(_lib.EVP_PKEY_CTX_new_from_name(None, algorithm.encode(), None), f"find {algorithm}")
        try:
            _one(_lib.EVP_PKEY_keygen_init(context), "prepare to make a key")
            pointer = c_void_p()
            _one(_lib.EVP_PKEY_generate(context, byref(pointer)), "make a key")
        finally:
            _lib.EVP_PKEY_CTX_free(context)
        return cls(pointer.value, algorithm)

    @classmethod
    def from_private_pem(cls, pem, algorithm):
        return cls(_read(_lib.PEM_read_bio_PrivateKey, pem, "read a private key in PEM"), algorithm)

    @classmethod
    def from_public_pem(cls, pem, algorithm):
        return cls(_read(_lib.PEM_read_bio_PUBKEY, pem, "read a public key in PEM"), algorithm)

    @classmethod
    def from_public_bytes(cls, raw, algorithm):
        """From the bytes of FIPS 203's ek or FIPS 204's pk."""
        pointer = _lib.EVP_PKEY_new_raw_public_key_ex(None, algorithm.encode(), None, raw, len(raw))
        return cls(_some(pointer, f"take {len(raw)} bytes for a public key of {algorithm}"), algorithm)

    def private_pem(self):
        def write(bio):
            return _lib.PEM_write_bio_PrivateKey(bio, self._pointer, None, None, 0, None, None)

        return _written(write, "write a private key")

    def public_pem(self):
        return _written(lambda bio: _lib.PEM_write_bio_PUBKEY(bio, self._pointer), "write a public key")

    def public_bytes(self):
        size = c_size_t()
        _one(_lib.EVP_PKEY_get_raw_public_key(self._pointer, None, byref(size)), "measure a public key")
        raw = ctypes.create_string_buffer(size.value)
        _one(_lib.EVP_PKEY_get_raw_public_key(self._pointer, raw, byref(size)), "write a public key")
        return raw.raw[: size.value]

    def sign(self, message, context):
        """FIPS 204, Algorithm 2, hedged; `context` is its ctx."""
        return self._signing(_lib.EVP_PKEY_sign_message_init, context, lambda it: _sign(it, message))

    def verify(self, message, context, signature):
        """FIPS 204, Algorithm 3. A malformed signature is a wrong one."""

        def check(it):
            _lib.ERR_clear_error()
            right = _lib.EVP_PKEY_verify(it, signature, len(signature), message, len(message)) == 1
            _lib.ERR_clear_error()
            return right

        return self._signing(_lib.EVP_PKEY_verify_message_init, context, check)

    def encapsulate(self):
        """FIPS 203, Algorithm 20: (c, shared_secret)."""

        def run(it):
            _one(_lib.EVP_PKEY_encapsulate_init(it, None), "prepare to encapsulate")
            size, secret_size = c_size_t(), c_size_t()
            _one(_lib.EVP_PKEY_encapsulate(it, None, byref(size), None, byref(secret_size)), "measure a ciphertext")
            c, secret = ctypes.create_string_buffer(size.value), ctypes.create_string_buffer(secret_size.value)
            _one(_lib.EVP_PKEY_encapsulate(it, c, byref(size), secret, byref(secret_size)), "encapsulate")
            return c.raw[: size.value], secret.raw[: secret_size.value]

        return self._with_context(run)

    def decapsulate(self, c):
        """FIPS 203, Algorithm 21: the shared secret. A wrong c gives another secret, one of the wrong length an error."""

        def run(it):
            _one(_lib.EVP_PKEY_decapsulate_init(it, None), "prepare to decapsulate")
            size = c_size_t()
            _one(_lib.EVP_PKEY_decapsulate(it, None, byref(size), c, len(c)), "measure a shared secret")
            secret = ctypes.create_string_buffer(size.value)
            _one(_lib.EVP_PKEY_decapsulate(it, secret, byref(size), c, len(c)), "decapsulate")
            return secret.raw[: size.value]

        return self._with_context(run)

    def _signing(self, prepare, context, run):
        scheme = _some(_scheme(self.algorithm), f"find {self.algorithm}")
        data = ctypes.create_string_buffer(context, len(context))
        parameters = (_Param * 2)()
        parameters[0] = _Param(b"context-string", _OCTET_STRING, ctypes.cast(data, c_void_p), len(context), 0)

        def prepared(it):
            _one(prepare(it, scheme, parameters), f"use the key with {self.algorithm}")
            return run(it)

        return self._with_context(prepared)

    def _with_context(self, run):
        context = _some(_lib.EVP_PKEY_CTX_new_from_pkey(None, self._pointer, None), "use a key")
        try:
            return run(context)
        finally:
            _lib.EVP_PKEY_CTX_free(context)


def _sign(context, message):
    size = c_size_t()
    _one(_lib.EVP_PKEY_sign(context, None, byref(size), message, len(message)), "measure a signature")
    signature = ctypes.create_string_buffer(size.value)
    _one(_lib.EVP_PKEY_sign(context, signature, byref(size), message, len(message)), "sign")
    return signature.raw[: size.value]


# Fetched once and kept: a fetch costs more than a verification.
_schemes = {}


def _scheme(algorithm):
    if algorithm not in _schemes:
        _schemes[algorithm] = _lib.EVP_SIGNATURE_fetch(None, algorithm.encode(), None)
    return _schemes[algorithm]


def _read(reader, pem, what):
    bio = _some(_lib.BIO_new_mem_buf(pem, len(pem)), what)
    try:
        # With a null callback OpenSSL would ask the terminal for a passphrase; a service has none to give.
        return _some(reader(bio, None, None, ctypes.cast(c_char_p(b""), c_void_p)), what)
    finally:
        _lib.BIO_free(bio)


def _written(write, what):
    bio = _some(_lib.BIO_new(_lib.BIO_s_mem()), what)
    try:
        _one(write(bio), what)
        size = c_size_t(_lib.BIO_ctrl_pending(bio))
        text = ctypes.create_string_buffer(size.value)
        _one(_lib.BIO_read_ex(bio, text, size.value, byref(size)), what)
        return text.raw[: size.value]
    finally:
        _lib.BIO_free(bio)


def _some(pointer, what):
    if not pointer:
        raise Error(f"OpenSSL cannot {what}{_said()}")
    return pointer


def _one(result, what):
    if result != 1:
        raise Error(f"OpenSSL cannot {what}{_said()}")


def _said():
    """The first of OpenSSL's errors, which is the cause; the others are forgotten."""
    code = _lib.ERR_get_error()
    _lib.ERR_clear_error()
    if not code:
        return ""
    text = ctypes.create_string_buffer(_KEPT_ERRORS)
    _lib.ERR_error_string_n(code, text, _KEPT_ERRORS)
    return f": {text.value.decode(errors='replace')}"
