"""Issue and verify access tokens: short-lived JWTs (RFC 7519) in the profile of RFC 9068.

`client_id`, which RFC 9068 also asks for, is left out: each principal has one client, and `aud` names it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

import jwt
from jwt.types import Options
from pydantic import BaseModel, ConfigDict, ValidationError

from auth.errors import AccessTokenExpired, InvalidAccessToken
from auth.principals import Kind, Principal, SessionId
from auth.tokens.keys import SigningKeys

# auth.tokens.keys.FORGOTTEN_AFTER is longer: no key is forgotten before its last token is over.
TTL = timedelta(minutes=10)

# For the clocks of several machines.
LEEWAY_S = 5

# RFC 8725 (best current practices): the verifier chooses the algorithm, never the token.
ALGORITHM: Final = "EdDSA"
TYPE: Final = "at+jwt"

# An access token has about 500 characters; what is far longer is not worth decoding.
MAX_CHARACTERS = 2048

_CHECKS: Options = {
    "require": ["iss", "aud", "sub", "sid", "iat", "exp", "jti"],
    "strict_aud": True,
    # Judged below by the injected clock; PyJWT only knows the machine's.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class _Claims(BaseModel):
    """The claims we read once the signature is verified; times in seconds since the epoch."""

    model_config = ConfigDict(strict=True, extra="ignore")

    sub: str
    sid: str
    iat: int
    exp: int
    nbf: int | None = None


class AccessTokens:
    """The access tokens of one principal: with its own keys, issuer and audience, worth nothing to the other."""

    def __init__(self, kind: Kind, keys: SigningKeys, *, now: Callable[[], datetime], ttl: timedelta = TTL) -> None:
        self._kind = kind
        self._keys = keys
        self._now = now
        self._ttl = ttl
        self._issuer = f"storeline-{kind}-accounts"
        self._audience = f"storeline-{kind}-api"

    def issue(self, principal_id: UUID, session_id: SessionId) -> str:
        """Return a token which proves, for `ttl`, that this principal is signed in with this session."""
        issued_at = int(self._now().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(principal_id),
            "sid": str(session_id),
            "iat": issued_at,
            "exp": issued_at + int(self._ttl.total_seconds()),
            "jti": token_urlsafe(16),
        }
        key = self._keys.signing
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": TYPE})

    def verify(self, token: str) -> Principal:
        """Return what the token proves. Raises AccessTokenExpired or InvalidAccessToken."""
        if len(token) > MAX_CHARACTERS:
            raise InvalidAccessToken("too long")
        try:
            return self._principal(self._verified_claims(token))
        # ValueError: an id that is no UUID, or bytes that were no UTF-8 and reach us as lone surrogates.
        except (jwt.InvalidTokenError, ValidationError, ValueError) as error:
            # The name of the class says which check failed; its words could repeat what the token says.
            raise InvalidAccessToken(type(error).__name__) from error

    def _verified_claims(self, token: str) -> _Claims:
        kid = jwt.get_unverified_header(token).get("kid")
        key = self._keys.find(kid) if kid else None
        if key is None:
            raise InvalidAccessToken("unknown key")
        verified = jwt.decode_complete(
            token,
            key.public,
            algorithms=[ALGORITHM],
            issuer=self._issuer,
            audience=self._audience,
            options=_CHECKS,
        )
        if verified["header"].get("typ") != TYPE:
            raise InvalidAccessToken("not an access token")
        return _Claims.model_validate(verified["payload"])

    def _principal(self, claims: _Claims) -> Principal:
        now_s = self._now().timestamp()
        if claims.iat > now_s + LEEWAY_S:
            raise InvalidAccessToken("issued in the future")
        if claims.nbf is not None and claims.nbf > now_s + LEEWAY_S:
            raise InvalidAccessToken("not yet valid")
        if claims.exp <= now_s - LEEWAY_S:
            raise AccessTokenExpired("expired")
        return Principal(
            kind=self._kind,
            id=UUID(claims.sub),
            session_id=SessionId(UUID(claims.sid)),
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
        )
