"""GET /.well-known/jwks.json, on each host: the public keys of that host's access tokens (RFC 7517)."""

from typing import Literal

from aiohttp import web

from auth.http.operations import Answer, answered, gives
from auth.tokens.keys import LOOK_EVERY, SigningKeys, b64url


class PublicKey(Answer):
    """An Ed25519 key (RFC 8037, section 2); `x` is the key, `kid` its name in a token's header."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"
    kid: str
    x: str


class PublicKeys(Answer):
    """Every key that verifies, and the one that will sign next."""

    keys: list[PublicKey]


class KeyApi:
    """The handler, for anybody."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    @gives(PublicKeys)
    async def show(self, _request: web.Request) -> web.Response:
        """List the public keys of this API's access tokens."""
        response = answered(
            PublicKeys(
                keys=[PublicKey(kid=key.kid, x=b64url(key.public.public_bytes_raw())) for key in self._keys.all()]
            )
        )
        # Far shorter than the time for which a key is shown before it signs.
        response.headers["Cache-Control"] = f"public, max-age={int(LOOK_EVERY.total_seconds())}"
        return response
