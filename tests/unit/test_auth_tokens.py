"""Access tokens: what is accepted, and everything that is not."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from auth.errors import AccessTokenExpired, InvalidAccessToken
from auth.principals import Kind, SessionId
from auth.tokens.access import LEEWAY_S, TTL, AccessTokens
from auth.tokens.keys import SigningKey, SigningKeys, b64url
from tests.auth_world import Clock

PRINCIPAL_ID = uuid4()
SESSION_ID = SessionId(uuid4())


class Mint:
    """A user's tokens, and the means to forge others beside them."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.keys = SigningKeys(folder / "user", now=self.clock)
        self.tokens = AccessTokens(Kind.USER, self.keys, now=self.clock)
        self.store_tokens = AccessTokens(Kind.STORE, SigningKeys(folder / "store", now=self.clock), now=self.clock)
        self.good = self.tokens.issue(PRINCIPAL_ID, SESSION_ID)
        self.key = self.keys.signing

    def forged(self, *, claims: dict[str, object] | None = None, headers: dict[str, object] | None = None) -> str:
        """Sign the good token's content again with the real key, with some of it replaced; None takes it out."""
        kept = _without_none(jwt.decode(self.good, options={"verify_signature": False}) | (claims or {}))
        heads = _without_none(jwt.get_unverified_header(self.good) | (headers or {}))
        return jwt.encode(kept, self.key.private, algorithm="EdDSA", headers=heads)

    def signed_otherwise(self, header: dict[str, object], signature: Callable[[bytes], bytes]) -> str:
        """Put another header and signature around the good token's claims."""
        signed = f"{b64url(json.dumps(header).encode())}.{self.good.split('.')[1]}"
        return f"{signed}.{b64url(signature(signed.encode()))}"


def _without_none(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def mint(tmp_path: Path) -> Mint:
    """A fresh mint."""
    return Mint(tmp_path)


def test_a_token_proves_who_and_until_when(mint: Mint) -> None:
    """What was issued comes back, with the time it ends."""
    principal = mint.tokens.verify(mint.good)
    assert (principal.kind, principal.id, principal.session_id) == (Kind.USER, PRINCIPAL_ID, SESSION_ID)
    assert principal.expires_at == mint.clock.now + TTL


def test_a_token_expires(mint: Mint) -> None:
    """It is told apart from a bad one, so that a client knows to refresh."""
    mint.clock.forward(TTL + timedelta(seconds=4))
    mint.tokens.verify(mint.good)
    mint.clock.forward(timedelta(seconds=1))
    with pytest.raises(AccessTokenExpired) as refusal:
        mint.tokens.verify(mint.good)
    assert refusal.value.reason == "expired"


def test_each_principal_has_its_own(mint: Mint) -> None:
    """A user's token is worth nothing to the store API, and the other way round."""
    with pytest.raises(InvalidAccessToken, match="not valid here"):
        mint.store_tokens.verify(mint.good)
    with pytest.raises(InvalidAccessToken):
        mint.tokens.verify(mint.store_tokens.issue(PRINCIPAL_ID, SESSION_ID))


def test_even_with_one_key_the_principals_stay_apart(mint: Mint) -> None:
    """Issuer and audience hold where an operator copied a key from one directory to the other."""
    careless = AccessTokens(Kind.STORE, mint.keys, now=mint.clock)
    with pytest.raises(InvalidAccessToken):
        careless.verify(mint.good)


# What an attacker, or a fault, makes of a token, under the reason for which it is refused.
ATTACKS: dict[str, dict[str, Callable[[Mint], str]]] = {
    "too long": {
        "far too long": lambda mint: mint.forged(claims={"more": "x" * 2048}),
    },
    "DecodeError": {
        "empty": lambda _: "",
        "no token": lambda _: "not.a.token",
        "truncated": lambda mint: mint.good[:-1],
        "not ASCII": lambda mint: mint.good + "é",
        "deep JSON in the header": lambda _: f"{b64url(b'[' * 1000)}.e30.AA",
        "encrypted, in five parts": lambda mint: f"{mint.good}.AA.AA",
    },
    "UnicodeEncodeError": {
        "not even Unicode": lambda mint: mint.good + "\udcff",
    },
    "unknown key": {
        "no kid": lambda mint: mint.signed_otherwise({"alg": "EdDSA", "typ": "at+jwt"}, mint.key.private.sign),
        "unknown kid": lambda mint: mint.forged(headers={"kid": "../../etc/passwd"}),
    },
    "InvalidTokenError": {
        "a number for kid": lambda mint: mint.signed_otherwise(
            {"alg": "EdDSA", "typ": "at+jwt", "kid": 1}, mint.key.private.sign
        ),
        "an extension that must be understood": lambda mint: mint.forged(headers={"crit": ["exp"], "exp": 1}),
    },
    "InvalidAlgorithmError": {
        "alg none": lambda mint: mint.signed_otherwise(
            {"alg": "none", "typ": "at+jwt", "kid": mint.key.kid}, lambda _: b""
        ),
        "alg missing": lambda mint: mint.signed_otherwise(
            {"typ": "at+jwt", "kid": mint.key.kid}, mint.key.private.sign
        ),
        "HS256 with the public key": lambda mint: mint.signed_otherwise(
            {"alg": "HS256", "typ": "at+jwt", "kid": mint.key.kid}, lambda signed: _hs256(mint.key, signed)
        ),
    },
    "InvalidSignatureError": {
        "without its signature": lambda mint: mint.good.rsplit(".", 1)[0] + ".",
        "claims of another token": lambda mint: _with_claims_of(mint, mint.tokens.issue(uuid4(), SESSION_ID)),
        "a key of its own, embedded": lambda mint: mint.signed_otherwise(
            {"alg": "EdDSA", "typ": "at+jwt", "kid": mint.key.kid, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}},
            Ed25519PrivateKey.generate().sign,
        ),
        "a key of its own, to be fetched": lambda mint: mint.signed_otherwise(
            {"alg": "EdDSA", "typ": "at+jwt", "kid": mint.key.kid, "jku": "https://evil.example/jwks.json"},
            Ed25519PrivateKey.generate().sign,
        ),
        "another key under our name": lambda mint: mint.signed_otherwise(
            {"alg": "EdDSA", "typ": "at+jwt", "kid": mint.key.kid}, Ed25519PrivateKey.generate().sign
        ),
    },
    "not an access token": {
        "another type": lambda mint: mint.forged(headers={"typ": "JWT"}),
        "no type": lambda mint: mint.signed_otherwise({"alg": "EdDSA", "kid": mint.key.kid}, mint.key.private.sign),
    },
    "InvalidIssuerError": {
        "another issuer": lambda mint: mint.forged(claims={"iss": "storeline-store-accounts"}),
    },
    "InvalidAudienceError": {
        "another audience": lambda mint: mint.forged(claims={"aud": "storeline-store-api"}),
        "several audiences": lambda mint: mint.forged(claims={"aud": ["storeline-user-api", "storeline-store-api"]}),
    },
    "ValidationError": {
        "an end that is no number": lambda mint: mint.forged(claims={"exp": "9999999999"}),
    },
    "ValueError": {
        "a session that is no id": lambda mint: mint.forged(claims={"sid": "1"}),
        "a subject that is no id": lambda mint: mint.forged(claims={"sub": "admin"}),
    },
    "issued in the future": {
        "issued in the future": lambda mint: mint.forged(claims={"iat": int(mint.clock.now.timestamp()) + 6}),
    },
    "not yet valid": {
        "not yet valid": lambda mint: mint.forged(claims={"nbf": int(mint.clock.now.timestamp()) + 6}),
    },
}


def _with_claims_of(mint: Mint, other: str) -> str:
    header, _, signature = mint.good.split(".")
    return f"{header}.{other.split('.')[1]}.{signature}"


def _hs256(key: SigningKey, signed: bytes) -> bytes:
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return algorithm.sign(signed, key.public.public_bytes(Encoding.Raw, PublicFormat.Raw))


@pytest.mark.parametrize(
    ("reason", "attack"),
    [pytest.param(reason, attack, id=name) for reason, rows in ATTACKS.items() for name, attack in rows.items()],
)
def test_what_is_not_ours_is_refused(mint: Mint, reason: str, attack: Callable[[Mint], str]) -> None:
    """Each for its own reason, which is for the log, and never taken for one that has merely expired."""
    with pytest.raises(InvalidAccessToken) as refusal:
        mint.tokens.verify(attack(mint))
    assert refusal.type is InvalidAccessToken
    assert refusal.value.reason == reason


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "iat", "exp", "jti"])
def test_every_claim_is_required(mint: Mint, claim: str) -> None:
    """None has a default."""
    with pytest.raises(InvalidAccessToken):
        mint.tokens.verify(mint.forged(claims={claim: None}))


def test_the_forger_itself_is_sound(mint: Mint) -> None:
    """Replacing nothing gives a good token, so that each row above fails for its own reason."""
    assert mint.tokens.verify(mint.forged()).id == PRINCIPAL_ID
    fast_clock_s = int(mint.clock.now.timestamp()) + LEEWAY_S
    assert mint.tokens.verify(mint.forged(claims={"iat": fast_clock_s, "nbf": fast_clock_s})).id == PRINCIPAL_ID
    header = jwt.get_unverified_header(mint.good)
    assert mint.tokens.verify(mint.signed_otherwise(header, mint.key.private.sign)).id == PRINCIPAL_ID


@given(noise=st.text())
def test_noise_is_refused(noise: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No text makes the verifier fail in any other way."""
    tokens = AccessTokens(Kind.USER, SigningKeys(tmp_path_factory.getbasetemp() / "noise", now=Clock()), now=Clock())
    with pytest.raises(InvalidAccessToken):
        tokens.verify(noise)
