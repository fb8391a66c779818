"""Set second factors up, and take them away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from auth.audit.log import Audit, Event
from auth.factors.challenges import Bound, Challenges, Issued, Purpose
from auth.factors.errors import ChallengeOver, NoSecondFactor
from auth.factors.passkeys import CredentialJson, Passkey, PasskeyId, RelyingParty, challenge_of
from auth.factors.second_factor import Factors, Method, Overview
from auth.factors.totp import Enrolment
from auth.principals import Place, Principal


@dataclass(frozen=True, slots=True)
class Registration:
    """An authenticator may make a passkey for this challenge, unless it holds one of `known` already."""

    challenge: Issued
    party: RelyingParty
    known: Sequence[Passkey]


class SecondFactorSetup:
    """What whoever is signed in does about their own second factors. `parties` are the relying parties by host name."""

    def __init__(
        self, factors: Factors, challenges: Challenges, parties: Mapping[str, RelyingParty], audit: Audit
    ) -> None:
        self._factors = factors
        self._challenges = challenges
        self._parties = parties
        self._audit = audit

    async def overview(self, account_id: UUID) -> Overview:
        """Tell what is set up."""
        return await self._factors.overview(account_id)

    async def enrol_totp(self, account_id: UUID, *, label: str) -> Enrolment:
        """Make the secret of an authenticator app. Raises TotpActive."""
        return await self._factors.totp.enrol(account_id, label=label)

    async def confirm_totp(self, who: Principal, code: str, place: Place) -> list[str] | None:
        """Make the app count; return recovery codes if there were none.

        Raises NoTotpEnrolment, SecondFactorRefused or TooManyCodes.
        """
        await self._factors.totp.confirm(who.id, code)
        await self._note(Event.SECOND_FACTOR_ADDED, who, place, Method.TOTP)
        return await self._first_recovery_codes(who.id)

    async def remove_totp(self, who: Principal, place: Place) -> None:
        """Forget the app. Raises NoSecondFactor."""
        if not await self._factors.totp.remove(who.id):
            raise NoSecondFactor
        await self._removed(who, place, Method.TOTP)

    async def ask_for_registration(self, who: Principal, place: Place) -> Registration:
        """Ask an authenticator for a new passkey."""
        known = [passkey for passkey in await self._factors.passkeys.list(who.id) if passkey.rp_id == place.host]
        issued = await self._challenges.issue(Purpose.PASSKEY_REGISTRATION, Bound(who.id, who.session_id))
        return Registration(issued, self._parties[place.host], known)

    async def register_passkey(
        self, who: Principal, credential: CredentialJson, place: Place, *, name: str
    ) -> tuple[Passkey, list[str] | None]:
        """Keep a passkey that was made for a challenge of this session; with recovery codes if there were none.

        Raises ChallengeOver, PasskeyRefused, PasskeyKnown or TooManyPasskeys.
        """
        token = challenge_of(credential)
        if await self._challenges.begin_try(token, Purpose.PASSKEY_REGISTRATION) != Bound(who.id, who.session_id):
            raise ChallengeOver
        # Before it is kept: of two that answer one challenge, one is registered.
        await self._challenges.spend(token)
        party = self._parties[place.host]
        passkey = await self._factors.passkeys.register(who.id, party, credential, challenge=token, name=name)
        await self._note(Event.SECOND_FACTOR_ADDED, who, place, Method.PASSKEY)
        return passkey, await self._first_recovery_codes(who.id)

    async def rename_passkey(self, account_id: UUID, passkey_id: PasskeyId, name: str) -> Passkey:
        """Name a passkey anew. Raises PasskeyNotFound."""
        return await self._factors.passkeys.rename(account_id, passkey_id, name)

    async def remove_passkey(self, who: Principal, passkey_id: PasskeyId, place: Place) -> None:
        """Forget a passkey. Raises PasskeyNotFound."""
        await self._factors.passkeys.remove(who.id, passkey_id)
        await self._removed(who, place, Method.PASSKEY)

    async def renew_recovery_codes(self, who: Principal, place: Place) -> list[str]:
        """Replace the recovery codes. Raises NoSecondFactor."""
        if not (await self._factors.overview(who.id)).is_set_up:
            raise NoSecondFactor
        codes = await self._factors.recovery_codes.renew(who.id)
        await self._note(Event.RECOVERY_CODES_RENEWED, who, place, Method.RECOVERY_CODE)
        return codes

    async def _first_recovery_codes(self, account_id: UUID) -> list[str] | None:
        if await self._factors.recovery_codes.left(account_id):
            return None
        return await self._factors.recovery_codes.renew(account_id)

    async def _removed(self, who: Principal, place: Place, method: Method) -> None:
        await self._note(Event.SECOND_FACTOR_REMOVED, who, place, method)
        if not (await self._factors.overview(who.id)).is_set_up:
            await self._factors.recovery_codes.remove(who.id)

    async def _note(self, event: Event, who: Principal, place: Place, method: Method) -> None:
        await self._audit.note(event, place.device, principal_id=who.id, session_id=who.session_id, method=method)
