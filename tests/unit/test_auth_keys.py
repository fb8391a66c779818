"""Keys on disk."""

import os
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from auth.errors import BadKeyFile
from auth.principals import Kind, SessionId
from auth.tokens.access import LEEWAY_S, TTL, AccessTokens
from auth.tokens.keys import FORGOTTEN_AFTER, LOOK_EVERY, SIGNS_AFTER, SigningKey, SigningKeys, rotate, shared_secret
from tests.auth_world import Clock


def test_a_key_is_named_by_its_thumbprint() -> None:
    """The key of RFC 8037, appendix A.1, has the thumbprint of its appendix A.3."""
    secret = urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = SigningKey.of(Ed25519PrivateKey.from_private_bytes(secret))
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_first_key_is_made_once(tmp_path: Path) -> None:
    """A process that starts later signs with the same key."""
    assert (
        SigningKeys(tmp_path / "user", now=Clock()).signing.kid
        == SigningKeys(tmp_path / "user", now=Clock()).signing.kid
    )
    assert rotate(tmp_path / "store", now=Clock().now).name == "0001.pem"


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """Nobody else can read a key, or list the directory it is in; no draft is left behind."""
    SigningKeys(tmp_path / "keys", now=Clock())
    shared_secret(tmp_path / "keys" / "refresh.key")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {"0001.pem": 0o600, "refresh.key": 0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Whoever writes first decides for all."""

    def start(_number: int) -> tuple[str, bytes]:
        return SigningKeys(tmp_path, now=Clock()).signing.kid, shared_secret(tmp_path / "refresh.key")

    with ThreadPoolExecutor(max_workers=8) as processes:
        assert len(set(processes.map(start, range(8)))) == 1


def _rotate(directory: Path, clock: Clock) -> str:
    """Publish a key at the clock's time and not at the machine's; return its file's name."""
    path = rotate(directory, now=clock.now)
    os.utime(path, times=(clock.now.timestamp(),) * 2)
    return path.name


def test_a_new_key_is_known_before_it_signs(tmp_path: Path) -> None:
    """Two processes that run meanwhile: neither restarts, and no token of one is unknown to the other."""
    clock = Clock()
    one, other = SigningKeys(tmp_path, now=clock), SigningKeys(tmp_path, now=clock)
    old = one.signing
    assert _rotate(tmp_path, clock) == "0002.pem"
    clock.forward(SIGNS_AFTER - timedelta(seconds=1))
    assert one.signing.kid == old.kid
    assert [key.kid for key in other.all()] == [key.kid for key in one.all()]
    clock.forward(timedelta(seconds=1))
    new = one.signing
    assert new.kid != old.kid
    assert other.find(new.kid) is not None
    assert other.signing.kid == new.kid


def test_a_process_that_slept_meets_a_new_key(tmp_path: Path) -> None:
    """It looks for what it does not know; for rubbish, not more than once in a while."""
    clock = Clock()
    process = SigningKeys(tmp_path, now=clock)
    _rotate(tmp_path, clock)
    new = SigningKeys(tmp_path, now=clock).all()[-1]
    assert process.find("rubbish") is None
    assert process.find(new.kid) is None
    clock.forward(LOOK_EVERY)
    assert process.find(new.kid) is not None


def test_an_old_key_is_forgotten_after_its_last_token(tmp_path: Path) -> None:
    """A token that it signed at the last moment is accepted to its end; then nothing of it is, and its file goes."""
    clock = Clock()
    process = SigningKeys(tmp_path, now=clock)
    tokens = AccessTokens(Kind.USER, process, now=clock)
    old = process.signing
    _rotate(tmp_path, clock)
    clock.forward(SIGNS_AFTER - timedelta(seconds=1))
    last = tokens.issue(uuid4(), SessionId(uuid4()))
    assert jwt.get_unverified_header(last)["kid"] == old.kid
    clock.forward(TTL + timedelta(seconds=LEEWAY_S - 1))
    tokens.verify(last)
    assert _rotate(tmp_path, clock) == "0003.pem"
    assert (tmp_path / "0001.pem").exists()
    clock.forward(FORGOTTEN_AFTER)
    assert process.find(old.kid) is None
    assert old.kid not in {key.kid for key in process.all()}
    assert _rotate(tmp_path, clock) == "0004.pem"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0003.pem", "0004.pem"]
    assert (tmp_path / "0004.pem").stat().st_mode & 0o777 == 0o600


def test_a_broken_key_stops_no_running_process(tmp_path: Path) -> None:
    """Nor does a directory that was emptied by mistake."""
    clock = Clock()
    process = SigningKeys(tmp_path, now=clock)
    before = process.signing
    (tmp_path / "0002.pem").write_bytes(b"not a key")
    clock.forward(LOOK_EVERY)
    with capture_logs() as logs:
        assert process.signing == before
    broken = str(tmp_path / "0002.pem")
    reason = f"{broken} cannot be used as a key: it is no unencrypted PEM private key."
    assert [(log["event"], log["path"], log["error"]) for log in logs] == [("key_not_read", broken, reason)]
    for path in tmp_path.iterdir():
        path.unlink()
    clock.forward(LOOK_EVERY)
    assert process.signing == before


def test_what_is_no_key_is_refused_by_name(tmp_path: Path) -> None:
    """The operator is told which file, and why."""
    (tmp_path / "0001.pem").write_bytes(b"not a key")
    with pytest.raises(BadKeyFile, match=r"0001\.pem cannot be used as a key: it is no unencrypted PEM"):
        SigningKeys(tmp_path, now=Clock())
    other_curve = generate_private_key(SECP256R1())
    pem = other_curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "0001.pem").write_bytes(pem)
    with pytest.raises(BadKeyFile, match="no Ed25519 key"):
        SigningKeys(tmp_path, now=Clock())
    (tmp_path / "refresh.key").write_bytes(b"short")
    with pytest.raises(BadKeyFile, match=r"refresh\.key cannot be used as a key: it holds 5 bytes instead of 32"):
        shared_secret(tmp_path / "refresh.key")
