"""Passkeys (WebAuthn): registered, and asked to sign a challenge of ours.

Each host name is a relying party of its own, as browsers have it: a passkey of one is unknown to the other. The rules
are in sections 7.1 and 7.2 of https://www.w3.org/TR/webauthn-3/. py_webauthn checks what an authenticator answers, but
for the sign count: that is compared and stored in one step, and only after the signature proved good.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType, Protocol
from uuid import UUID

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json, parse_client_data_json
from webauthn.registration.verify_registration_response import VerifiedRegistration

from auth.factors.errors import PasskeyCloned, PasskeyNotFound, PasskeyRefused, TooManyPasskeys
from auth.tokens.keys import b64url

PasskeyId = NewType("PasskeyId", UUID)

# What the browser's `toJSON` makes of a credential, checked in shape but not in meaning.
CredentialJson = dict[str, Any]

# As many as are listed in one challenge.
MAX_PASSKEYS = 20


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """One of our host names (`id`, without port) and the origins that its pages can have."""

    id: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passkey:
    """A registered credential; `public_key` is a COSE key."""

    id: PasskeyId
    account_id: UUID
    rp_id: str
    credential_id: bytes
    public_key: bytes = field(repr=False)
    transports: tuple[str, ...]
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A credential whose registration was verified."""

    rp_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    name: str


class PasskeyStorage(Protocol):
    """The passkeys of one kind of principal."""

    async def add(self, account_id: UUID, new: NewPasskey, *, now: datetime) -> Passkey:
        """Keep a passkey. Raises PasskeyKnown."""

    async def list(self, account_id: UUID) -> Sequence[Passkey]:
        """The account's passkeys, oldest first."""

    async def find(self, credential_id: bytes) -> Passkey | None:
        """Find a passkey by what the authenticator calls it."""

    async def advance(self, passkey_id: PasskeyId, sign_count: int, *, now: datetime) -> bool:
        """Note a use; False unless the count grew, or the authenticator does not count and never did."""

    async def rename(self, account_id: UUID, passkey_id: PasskeyId, name: str) -> Passkey | None:
        """Name a passkey anew."""

    async def remove(self, account_id: UUID, passkey_id: PasskeyId) -> bool:
        """Forget a passkey; False if the account has no such one."""


class Passkeys:
    """The passkeys of one kind of principal."""

    def __init__(self, storage: PasskeyStorage, *, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now

    async def list(self, account_id: UUID) -> Sequence[Passkey]:
        """The account's passkeys, of every relying party, oldest first."""
        return await self._storage.list(account_id)

    async def register(
        self, account_id: UUID, party: RelyingParty, credential: CredentialJson, *, challenge: str, name: str
    ) -> Passkey:
        """Verify what an authenticator made for `challenge`, and keep it.

        Raises PasskeyRefused, PasskeyKnown or TooManyPasskeys.
        """
        if len(await self._storage.list(account_id)) >= MAX_PASSKEYS:
            raise TooManyPasskeys
        made = _verified_registration(credential, party, challenge)
        transports = credential["response"].get("transports") or []
        new = NewPasskey(
            rp_id=party.id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=tuple(transports),
            name=name,
        )
        return await self._storage.add(account_id, new, now=self._now())

    async def verify(
        self,
        party: RelyingParty,
        credential: CredentialJson,
        *,
        challenge: str,
        account_id: UUID | None,
        require_user_verification: bool,
    ) -> Passkey:
        """Verify what an authenticator signed, and note the use.

        Without `account_id`, the passkey tells whose it is, and its user handle must say the same.
        Raises PasskeyRefused or PasskeyCloned.
        """
        with _strangers_bytes():
            given = parse_authentication_credential_json(credential)
            _require_own_frame(given.response.client_data_json)
        passkey = await self._known(given.raw_id, party, account_id)
        if given.response.user_handle not in _handles(passkey, optional=account_id is not None):
            raise PasskeyRefused("its user handle names another account")
        with _strangers_bytes():
            verified = verify_authentication_response(
                credential=given,
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=party.id,
                expected_origin=list(party.origins),
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,  # not judged there: see the top of this file
                require_user_verification=require_user_verification,
            )
        if not await self._storage.advance(passkey.id, verified.new_sign_count, now=self._now()):
            raise PasskeyCloned("its sign count did not grow", passkey.account_id)
        return passkey

    async def rename(self, account_id: UUID, passkey_id: PasskeyId, name: str) -> Passkey:
        """Name a passkey anew. Raises PasskeyNotFound."""
        passkey = await self._storage.rename(account_id, passkey_id, name)
        if passkey is None:
            raise PasskeyNotFound
        return passkey

    async def remove(self, account_id: UUID, passkey_id: PasskeyId) -> None:
        """Forget a passkey. Raises PasskeyNotFound."""
        if not await self._storage.remove(account_id, passkey_id):
            raise PasskeyNotFound

    async def _known(self, credential_id: bytes, party: RelyingParty, account_id: UUID | None) -> Passkey:
        passkey = await self._storage.find(credential_id)
        if passkey is None or passkey.rp_id != party.id:
            raise PasskeyRefused("it is not registered here")
        if account_id is not None and passkey.account_id != account_id:
            raise PasskeyRefused("it belongs to another account")
        return passkey


def challenge_of(credential: CredentialJson) -> str:
    """The challenge that a credential says it answers; whether it does is for the signature. Raises PasskeyRefused."""
    with _strangers_bytes():
        client_data = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    return b64url(client_data.challenge)


def _verified_registration(credential: CredentialJson, party: RelyingParty, challenge: str) -> VerifiedRegistration:
    with _strangers_bytes():
        _require_own_frame(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
        )


def _require_own_frame(client_data_json: bytes) -> None:
    # Section 7.2, step 13: our pages are never framed, so an answer from within another site's page is not ours.
    if parse_client_data_json(client_data_json).cross_origin:
        raise PasskeyRefused("it was asked for within another site's page")


def _handles(passkey: Passkey, *, optional: bool) -> Collection[bytes | None]:
    # Section 7.2, step 6: an authenticator need not tell it to someone who is known already.
    return (passkey.account_id.bytes, None) if optional else (passkey.account_id.bytes,)


@contextmanager
def _strangers_bytes() -> Iterator[None]:
    """Whatever a parser of a stranger's bytes raises, the credential proves nothing. Raises PasskeyRefused.

    The name of the class says which check failed; its words could repeat what the credential says.
    """
    try:
        yield
    except PasskeyRefused:
        raise
    except Exception as error:
        raise PasskeyRefused(type(error).__name__) from error
