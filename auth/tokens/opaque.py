"""Opaque tokens: 256 random bits that mean nothing by themselves, and that only their bearer has.

Sessions are refreshed, links mailed, second factors asked for and calls opened with them; each kind has its own table.
"""

import secrets
from hashlib import sha256

BYTES = 32


def fresh() -> str:
    """Return a new token, 43 characters of base64url."""
    return secrets.token_urlsafe(BYTES)


def digest(token: str) -> bytes:
    """Return what is stored of a token, 32 bytes: there is nothing to guess, so nothing to slow down with salt."""
    # aiohttp hands on bytes that are no UTF-8 as lone surrogates.
    return sha256(token.encode(errors="surrogatepass")).digest()
