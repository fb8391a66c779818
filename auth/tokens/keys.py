"""The secret keys of the process: files with mode 0600, made on first use and shared by every process."""

import json
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise, zip_longest
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from tempfile import NamedTemporaryFile
from typing import Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from auth.errors import BadKeyFile

SECRET_BYTES = 32

# See SigningKeys. The second is longer than the first by far, the third longer than both and an access token's life.
LOOK_EVERY = timedelta(seconds=10)
SIGNS_AFTER = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(minutes=15)

_FIRST = "0001.pem"
_NUMBERED = re.compile(r"\d{4}\.pem")

_log = structlog.get_logger()


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


@dataclass(frozen=True, slots=True)
class _Published:
    """A key and since when every process can find it."""

    key: SigningKey
    at: datetime


class SigningKeys:
    """The key pairs of one principal: one signs, several verify.

    `directory` holds one PEM file (PKCS #8) for each key, named 0001.pem, 0002.pem and so on; the file's time is that
    of its publication. The first is made when there is none. Raises BadKeyFile.

    Running processes find what `rotate` adds by themselves: they look into the directory when they sign, or meet an
    unknown key, at most every LOOK_EVERY. A new key signs only once it has been there for SIGNS_AFTER, so that by
    then each of them finds it. An old key is forgotten when no token that it has signed can still be valid.
    """

    def __init__(self, directory: Path, *, now: Callable[[], datetime]) -> None:
        _make_private(directory)
        if not _numbered(directory):
            _settle(directory / _FIRST, _fresh_pem())
        self._directory = directory
        self._now = now
        self._published = {path: _read(path) for path in _numbered(directory)}
        self._looked_at = now()

    @property
    def signing(self) -> SigningKey:
        """The key that signs now."""
        self._look_again()
        published = list(self._published.values())
        ready = [each for each in published if self._now() - each.at >= SIGNS_AFTER]
        # None is ready where the first was just made; then it is the only one.
        return (ready or published[:1])[-1].key

    def find(self, kid: str) -> SigningKey | None:
        """Return the key of that name, unless it is forgotten."""
        found = self._find(kid)
        if found is None and self._look_again():
            found = self._find(kid)
        return found

    def all(self) -> list[SigningKey]:
        """Return every key that verifies, and the one that will sign next."""
        self._look_again()
        return list(self._remembered())

    def _find(self, kid: str) -> SigningKey | None:
        return next((key for key in self._remembered() if key.kid == kid), None)

    def _remembered(self) -> Iterator[SigningKey]:
        published = list(self._published.values())
        for each, successor in zip_longest(published, published[1:]):
            if successor is None or self._now() - successor.at < FORGOTTEN_AFTER:
                yield each.key

    def _look_again(self) -> bool:
        """Look into the directory, unless that was done a moment ago; return whether it was done now."""
        now = self._now()
        if now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        found = {}
        for path in _numbered(self._directory):
            try:
                found[path] = self._published.get(path) or _read(path)
            except (BadKeyFile, OSError) as error:
                # Only at start is that a reason to stop: here the other keys serve on.
                _log.error("key_not_read", path=str(path), error=str(error))
        # An empty directory is a mishap; whoever is signed in stays so.
        self._published = found or self._published
        return True


def rotate(directory: Path, *, now: datetime) -> Path:
    """Publish a new key, and remove the files of those that are forgotten; return the new file."""
    _make_private(directory)
    files = _numbered(directory)
    newest = int(files[-1].stem) if files else 0
    path = directory / f"{newest + 1:04}.pem"
    _settle(path, _fresh_pem())
    for old, successor in pairwise(files):
        if now - _published_at(successor) >= FORGOTTEN_AFTER:
            old.unlink(missing_ok=True)
    return path


def check(directory: Path) -> int:
    """Return how many keys there are in and below `directory`. Raises BadKeyFile for one that must not be used."""
    paths = sorted(path for path in directory.rglob("*") if path.suffix in {".pem", ".key"})
    for path in paths:
        try:
            if path.suffix == ".pem":
                _load(path)
            else:
                shared_secret(path)
            exposed = path.stat().st_mode & (S_IRWXG | S_IRWXO)
        except OSError as error:
            raise BadKeyFile(path, reason=f"it cannot be read: {error.strerror}") from error
        if exposed:
            raise BadKeyFile(path, reason=f"others may read it; run `chmod 600 {path}`")
    return len(paths)


def shared_secret(path: Path) -> bytes:
    """Return the 32 secret bytes in `path`; make them when there are none. Raises BadKeyFile."""
    _make_private(path.parent)
    if not path.exists():
        _settle(path, secrets.token_bytes(SECRET_BYTES))
    key = path.read_bytes()
    if len(key) != SECRET_BYTES:
        raise BadKeyFile(path, reason=f"it holds {len(key)} bytes instead of {SECRET_BYTES}")
    return key


def b64url(data: bytes) -> str:
    """Encode without padding. RFC 7515, section 2."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _numbered(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if _NUMBERED.fullmatch(path.name))


def _fresh_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read(path: Path) -> _Published:
    return _Published(SigningKey.of(_load(path)), _published_at(path))


def _published_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


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
