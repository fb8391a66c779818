"""Keys on disk."""

from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth.errors import BadKeyFile
from auth.keys import SigningKey, SigningKeys, refresh_key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_is_named_by_its_thumbprint() -> None:
    """The key of RFC 8037, appendix A.1, has the thumbprint of its appendix A.3."""
    secret = urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = SigningKey.of(Ed25519PrivateKey.from_private_bytes(secret))
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_first_key_is_made_once(tmp_path: Path) -> None:
    """A process that starts later signs with the same key."""
    assert SigningKeys(tmp_path / "user").newest.kid == SigningKeys(tmp_path / "user").newest.kid


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """Nobody else can read a key, or list the directory it is in; no draft is left behind."""
    SigningKeys(tmp_path / "keys")
    refresh_key(tmp_path / "keys" / "refresh.key")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {"0001.pem": 0o600, "refresh.key": 0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Whoever writes first decides for all."""

    def start(_number: int) -> tuple[str, bytes]:
        return SigningKeys(tmp_path).newest.kid, refresh_key(tmp_path / "refresh.key")

    with ThreadPoolExecutor(max_workers=8) as processes:
        assert len(set(processes.map(start, range(8)))) == 1


def test_the_newest_key_signs_and_older_ones_stay_known(tmp_path: Path) -> None:
    """Files are numbered in the order of their age."""
    old = SigningKeys(tmp_path).newest
    new = SigningKey.of(Ed25519PrivateKey.generate())
    (tmp_path / "0002.pem").write_bytes(_pem(new.private))
    keys = SigningKeys(tmp_path)
    assert keys.newest.kid == new.kid
    assert keys.find(old.kid) is not None


def test_what_is_no_key_is_refused_by_name(tmp_path: Path) -> None:
    """The operator is told which file, and why."""
    (tmp_path / "0001.pem").write_bytes(b"not a key")
    with pytest.raises(BadKeyFile, match=r"0001\.pem cannot be used as a key: it is no unencrypted PEM"):
        SigningKeys(tmp_path)
    other_curve = generate_private_key(SECP256R1())
    pem = other_curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "0001.pem").write_bytes(pem)
    with pytest.raises(BadKeyFile, match="no Ed25519 key"):
        SigningKeys(tmp_path)
    (tmp_path / "refresh.key").write_bytes(b"short")
    with pytest.raises(BadKeyFile, match="5 bytes instead of 32"):
        refresh_key(tmp_path / "refresh.key")
