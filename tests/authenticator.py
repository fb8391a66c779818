"""A passkey in software: what an authenticator and its browser make together, each part open to forgery."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from auth.tokens.keys import b64url

Options = dict[str, Any]
CredentialJson = dict[str, Any]

USER_PRESENT = 0x01
USER_VERIFIED = 0x04
ATTESTED = 0x40


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Authenticator:
    """One key of an authenticator, and the browser that shows it pages of `origin`.

    `counts` is False for the many that report no sign count; `verifies` is False for a key that is only touched.
    """

    origin: str
    counts: bool = True
    verifies: bool = True
    rp_id: str = ""
    user_handle: str = ""
    sign_count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=_new_key)

    def copy(self) -> Self:
        """A clone, which counts on by itself."""
        return type(self)(**vars(self))

    def create(self, options: Options, *, cross_origin: bool = False) -> CredentialJson:
        """Make a credential, attested by nobody, as `navigator.credentials.create()` does."""
        self.rp_id, self.user_handle = options["rp"]["id"], options["user"]["id"]
        point = self.key.public_key().public_numbers()
        # https://www.rfc-editor.org/rfc/rfc9053#section-7.1.1
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        length = len(self.credential_id).to_bytes(2, "big")
        attested = bytes(16) + length + self.credential_id + cbor2.dumps(cose)
        data = self._authenticator_data(flags=ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options["challenge"], cross_origin=cross_origin)
        response = {
            "clientDataJSON": b64url(client_data),
            "attestationObject": b64url(attestation),
            "transports": ["internal", "hybrid"],
            "publicKeyAlgorithm": -7,
        }
        return self._credential(response)

    def get(self, options: Options, *, cross_origin: bool = False) -> CredentialJson:
        """Sign a challenge, as `navigator.credentials.get()` does."""
        if self.counts:
            self.sign_count += 1
        data = self._authenticator_data()
        client_data = self._client_data("webauthn.get", options["challenge"], cross_origin=cross_origin)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64url(client_data),
            "authenticatorData": b64url(data),
            "signature": b64url(signature),
            "userHandle": self.user_handle,
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> CredentialJson:
        name = b64url(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _authenticator_data(self, *, flags: int = 0) -> bytes:
        # https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data
        flags |= USER_PRESENT | (USER_VERIFIED if self.verifies else 0)
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client_data(self, type_: str, challenge: str, *, cross_origin: bool) -> bytes:
        return json.dumps(
            {"type": type_, "challenge": challenge, "origin": self.origin, "crossOrigin": cross_origin}
        ).encode()
