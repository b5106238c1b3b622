"""Bytes, keys and seals: docs/format/README.md."""
import ctypes
import datetime
import hashlib
import hmac
import struct
import sys

try:
    import argon2.low_level
    import zstandard
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    XXHASH = ctypes.CDLL("libxxhash.so.0")  # python3-xxhash cannot hash under a secret
except (ImportError, OSError) as missing:
    print(f"reader: {missing}: install python3-cryptography python3-zstandard python3-argon2 libxxhash0", file=sys.stderr)
    sys.exit(77)

MIB = 1 << 20
M64 = (1 << 64) - 1


class Damaged(Exception):
    pass


def expect(condition, problem):
    if not condition:
        raise Damaged(problem)


class Bytes:
    """Takes structures off the front of bytes; README.md, Notation."""

    def __init__(self, data, what):
        self.data, self.at, self.what = data, 0, what

    def raw(self, size):
        expect(self.at + size <= len(self.data), f"{self.what} is cut short")
        self.at += size
        return self.data[self.at - size:self.at]

    def left(self):
        return len(self.data) - self.at

    def end(self):
        expect(self.left() == 0, f"{self.what} has bytes left over")

    def u8(self):
        return self.raw(1)[0]

    def u32(self):
        return int.from_bytes(self.raw(4), "little")

    def u64(self):
        return int.from_bytes(self.raw(8), "little")

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 0x7f) << shift
            if byte < 0x80:
                expect(value <= M64, f"{self.what} has a number beyond 64 bits")
                return value
        raise Damaged(f"{self.what} has a number that does not end")

    def sized(self):
        return self.raw(self.varint())

    def text(self):
        return self.sized().decode("utf-8", "replace")

    def instant(self):
        since = datetime.timedelta(microseconds=int.from_bytes(self.raw(8), "little", signed=True))
        return (datetime.datetime(1970, 1, 1) + since).isoformat(timespec="microseconds") + "Z"

    def flag(self):
        flag = self.u8()
        expect(flag <= 1, f"{self.what} has a flag that is neither 0 nor 1")
        return flag == 1

    def id(self):
        return (self.u32(), self.u64())

    def many(self, item):
        return [item() for _ in range(self.varint())]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def sized(data):
    return varint(len(data)) + data


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf(key, salt, info, size=32):
    extracted, out, block = mac(salt, key), b"", b""
    for counter in range(1, size // 32 + 2):
        block = mac(extracted, block + info + bytes([counter]))
        out += block
    return out[:size]


def unseal(key, number, bound, sealed, what):
    try:
        return AESGCM(key).decrypt(struct.pack(">IQ", 0, number), sealed, bound)
    except InvalidTag:
        raise Damaged(f"the seal of {what} does not open") from None


def unwrap(material, salt, purpose, context, wrapped):
    """None where the commitment is that of another key."""
    both = hkdf(material, salt, sized(purpose) + sized(context), 64)
    if not hmac.compare_digest(both[32:], wrapped[32:64]):
        return None
    return unseal(both[:32], 0, context, wrapped[64:], "a wrapped key")


def unwrap_under(key, context, wrapped):
    return unwrap(key, wrapped[:32], b"holdfast wrap under key", context, wrapped)


class Digest128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


XXHASH.XXH3_128bits_withSecret.restype = Digest128
XXHASH.XXH3_128bits_withSecret.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


class FastHash:
    def __init__(self, key):
        self.secret = hkdf(key, b"", b"holdfast fast hash", 192)

    def __call__(self, data):
        out = XXHASH.XXH3_128bits_withSecret(data, len(data), self.secret, len(self.secret))
        return out.low, out.high


def decompress(data, size, what):
    how, data = data[:1], data[1:]
    if how == b"\0":
        out = data
    else:
        expect(how == b"\1", f"{what} is compressed in an unknown way")
        expect(zstandard.frame_content_size(data) == size, f"{what} has another size than it should")
        try:
            out = zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
        except zstandard.ZstdError as problem:
            raise Damaged(f"{what} does not decompress: {problem}") from None
    expect(len(out) == size, f"{what} has another size than it should")
    return out


def argon2id(secret, salt, passes, memory):
    return argon2.low_level.hash_secret_raw(secret, salt, time_cost=passes, memory_cost=memory // 1024, parallelism=1,
                                            hash_len=32, type=argon2.low_level.Type.ID, version=0x13)


def check_signature(public, message, signature, what):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise Damaged(f"the signature of {what} does not fit") from None


def unwrap_with(secret, context, wrapped):
    private = X25519PrivateKey.from_private_bytes(secret)
    shared = private.exchange(X25519PublicKey.from_public_bytes(wrapped[:32]))
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return unwrap(shared, wrapped[:32] + public, b"holdfast wrap to public key", context, wrapped)
