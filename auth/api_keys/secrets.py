"""What an API key looks like: `slk_`, 32 random characters, and a checksum of 6.

The prefix lets scanners of published code find keys (the pattern is `slk_[0-9A-Za-z]{38}`); the checksum lets them, and
us, tell a key from something else without asking the database.
https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
"""

import re
import secrets
from hashlib import sha256
from zlib import crc32

from auth.errors import ApiKeyMistyped

PREFIX = "slk_"
# 32 of 62 characters are 190 bits.
RANDOM_CHARS = 32
CHECKSUM_CHARS = 6
SHOWN_CHARS = 4

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_CHARS + CHECKSUM_CHARS}}}")


def fresh() -> str:
    """Return a new API key, 42 characters."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_CHARS))
    return f"{PREFIX}{random}{_checksum(random)}"


def is_meant(token: str) -> bool:
    """Whether somebody who sends this means an API key."""
    return token.startswith(PREFIX)


def digest(key: str) -> bytes:
    """Return what is stored of a key, 32 bytes. Raises ApiKeyMistyped."""
    random, checksum = key[len(PREFIX) : -CHECKSUM_CHARS], key[-CHECKSUM_CHARS:]
    if not _PATTERN.fullmatch(key) or _checksum(random) != checksum:
        raise ApiKeyMistyped
    return sha256(key.encode()).digest()


def _checksum(random: str) -> str:
    """CRC-32 in base 62; six characters hold 35 bits."""
    left, characters = crc32(random.encode()), []
    for _ in range(CHECKSUM_CHARS):
        left, digit = divmod(left, len(_ALPHABET))
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
