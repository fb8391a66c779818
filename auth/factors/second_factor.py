"""The second factor of an account: what is set up, asking for it, and judging what is given.

An account has one once an authenticator app is confirmed or a passkey registered. Recovery codes stand in for either;
they come with the first factor and go with the last.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from auth.audit.log import Audit, Event, Outcome
from auth.errors import AuthError
from auth.factors.challenges import Bound, Challenges, Issued, Purpose
from auth.factors.errors import (
    ChallengeOver,
    PasskeyCloned,
    PasskeyRefused,
    SecondFactorRefused,
    TooManyCodes,
)
from auth.factors.passkeys import CredentialJson, Passkey, Passkeys, RelyingParty, challenge_of
from auth.factors.recovery_codes import RecoveryCodes
from auth.factors.totp import Totp
from auth.principals import Place, SessionId


class Method(StrEnum):
    """A way to give a second factor."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gives as a second factor: a code, or for a passkey the credential."""

    method: Method
    code: str | CredentialJson


@dataclass(frozen=True, slots=True)
class Asked:
    """A second factor is wanted: for this challenge, in one of these ways; `passkeys` are those of this host."""

    challenge: Issued
    methods: tuple[Method, ...]
    party: RelyingParty
    passkeys: tuple[Passkey, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What an account has set up, without secrets."""

    totp_since: datetime | None
    passkeys: Sequence[Passkey]
    recovery_codes_left: int

    @property
    def is_set_up(self) -> bool:
        """Whether a login asks for a second factor."""
        return self.totp_since is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """The kinds of factors, of one kind of principal."""

    totp: Totp
    passkeys: Passkeys
    recovery_codes: RecoveryCodes

    async def overview(self, account_id: UUID) -> Overview:
        """Tell what is set up."""
        return Overview(
            totp_since=await self.totp.confirmed_at(account_id),
            passkeys=await self.passkeys.list(account_id),
            recovery_codes_left=await self.recovery_codes.left(account_id),
        )


class SecondFactors:
    """Asks for second factors, and judges them. `parties` are the relying parties by host name."""

    def __init__(
        self, factors: Factors, challenges: Challenges, parties: Mapping[str, RelyingParty], audit: Audit
    ) -> None:
        self._factors = factors
        self._challenges = challenges
        self._parties = parties
        self._audit = audit

    async def are_set_up(self, account_id: UUID) -> bool:
        """Tell whether the account has any."""
        return (await self._factors.overview(account_id)).is_set_up

    async def ask(
        self, purpose: Purpose, account_id: UUID, place: Place, *, session_id: SessionId | None = None
    ) -> Asked | None:
        """Ask for a second factor, after the password was right; None when the account has none."""
        has = await self._factors.overview(account_id)
        if not has.is_set_up:
            return None
        here = tuple(passkey for passkey in has.passkeys if passkey.rp_id == place.host)
        usable = {
            Method.TOTP: has.totp_since is not None,
            Method.PASSKEY: bool(here),
            Method.RECOVERY_CODE: has.recovery_codes_left > 0,
        }
        return Asked(
            challenge=await self._challenges.issue(purpose, Bound(account_id, session_id)),
            methods=tuple(method for method, is_usable in usable.items() if is_usable),
            party=self._parties[place.host],
            passkeys=here,
        )

    async def answer(
        self, purpose: Purpose, token: str, given: Given, place: Place, *, session_id: SessionId | None = None
    ) -> UUID:
        """Judge what is given for a challenge, and return whose it was; it works once.

        Raises ChallengeOver, SecondFactorRefused, TooManyCodes or PasskeyRefused.
        """
        bound = await self._challenges.begin_try(token, purpose)
        if bound.account_id is None or bound.session_id != session_id:
            raise ChallengeOver
        async with self._noted(purpose, given.method, place, bound):
            await self._verify(bound.account_id, given, token, host=place.host)
            await self._challenges.spend(token)
        return bound.account_id

    async def ask_for_passkey(self, *, host: str) -> tuple[Issued, RelyingParty]:
        """Ask for a passkey of whoever comes, to log in without a password."""
        return await self._challenges.issue(Purpose.PASSKEY_LOGIN, Bound()), self._parties[host]

    async def log_in_by_passkey(self, credential: CredentialJson, place: Place) -> UUID:
        """Return whose passkey it is. It is both factors at once, so the authenticator must have verified its holder.

        Raises ChallengeOver or PasskeyRefused.
        """
        token = challenge_of(credential)
        bound = await self._challenges.begin_try(token, Purpose.PASSKEY_LOGIN)
        async with self._noted(Purpose.PASSKEY_LOGIN, Method.PASSKEY, place, bound) as recognised:
            passkey = await self._factors.passkeys.verify(
                self._parties[place.host],
                credential,
                challenge=token,
                account_id=None,
                require_user_verification=True,
            )
            await self._challenges.spend(token)
            recognised.append(passkey.account_id)
        return passkey.account_id

    async def _verify(self, account_id: UUID, given: Given, token: str, *, host: str) -> None:
        match given:
            case Given(Method.TOTP, str(code)):
                await self._factors.totp.verify(account_id, code)
            case Given(Method.RECOVERY_CODE, str(code)):
                await self._factors.recovery_codes.verify(account_id, code)
            case Given(Method.PASSKEY, dict(credential)):
                await self._factors.passkeys.verify(
                    self._parties[host],
                    credential,
                    challenge=token,
                    account_id=account_id,
                    # The password was the other factor; a key that is only touched is as good as an app.
                    require_user_verification=False,
                )
            case _:
                raise TypeError(given.method)

    @asynccontextmanager
    async def _noted(self, purpose: Purpose, method: Method, place: Place, bound: Bound) -> AsyncIterator[list[UUID]]:
        """Note how the block came out; it adds whom it recognised if nobody was before."""
        recognised = [bound.account_id] if bound.account_id else []

        async def note(outcome: Outcome, **about: str) -> None:
            await self._audit.note(
                Event.SECOND_FACTOR_GIVEN,
                place.device,
                principal_id=recognised[0] if recognised else None,
                session_id=bound.session_id,
                outcome=outcome,
                purpose=purpose,
                method=method,
                **about,
            )

        try:
            yield recognised
        except (ChallengeOver, SecondFactorRefused, TooManyCodes, PasskeyRefused) as error:
            if isinstance(error, PasskeyCloned):
                recognised.append(error.account_id)
            await note(Outcome.REFUSED, reason=_reason(error))
            raise
        await note(Outcome.OK)


def _reason(error: AuthError) -> str:
    return error.reason if isinstance(error, PasskeyRefused) else type(error).__name__
