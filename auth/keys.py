"""The secret keys of the process: files with mode 0600, made on first use and shared by every process."""

import json
import os
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from auth.errors import BadKeyFile

REFRESH_KEY_BYTES = 32
_FIRST = "0001.pem"
_NUMBERED = re.compile(r"\d{4}\.pem")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair (RFC 8032) and its name on the wire."""

    kid: str
    private: Ed25519PrivateKey
    public: Ed25519PublicKey

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> Self:
        """Name the key by its thumbprint (RFC 7638; for Ed25519: RFC 8037, appendix A.3)."""
        public = private.public_key()
        # In the order of their names, as the RFC has it.
        members = {"crv": "Ed25519", "kty": "OKP", "x": b64url(public.public_bytes_raw())}
        canonical = json.dumps(members, separators=(",", ":")).encode()
        return cls(kid=b64url(sha256(canonical).digest()), private=private, public=public)


class SigningKeys:
    """The key pairs of one principal, oldest first. The newest signs; each of them verifies.

    `directory` holds one PEM file (PKCS #8) for each key, named 0001.pem, 0002.pem and so on. The first is made when
    there is none. Raises BadKeyFile.
    """

    def __init__(self, directory: Path) -> None:
        _make_private(directory)
        if not _numbered(directory):
            _settle(directory / _FIRST, _fresh_pem())
        keys = [SigningKey.of(_load(path)) for path in _numbered(directory)]
        self.newest = keys[-1]
        self._by_kid = {key.kid: key for key in keys}

    def find(self, kid: str) -> SigningKey | None:
        """Return the key of that name."""
        return self._by_kid.get(kid)


def refresh_key(path: Path) -> bytes:
    """Return the 32 secret bytes in `path`; make them when there are none. Raises BadKeyFile."""
    _make_private(path.parent)
    if not path.exists():
        _settle(path, secrets.token_bytes(REFRESH_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != REFRESH_KEY_BYTES:
        raise BadKeyFile(path, reason=f"it holds {len(key)} bytes instead of {REFRESH_KEY_BYTES}")
    return key


def b64url(data: bytes) -> str:
    """Encode without padding. RFC 7515, section 2."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _numbered(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if _NUMBERED.fullmatch(path.name))


def _fresh_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise BadKeyFile(path, reason="it is no unencrypted PEM private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyFile(path, reason="it is no Ed25519 key")
    return key


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def _settle(path: Path, content: bytes) -> None:
    """Write the file whole or not at all. When several processes try at once, the first one's content stays."""
    with NamedTemporaryFile(dir=path.parent, prefix=".new-") as draft:  # made with mode 0600
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return
