"""Set second factors up, and take them away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from auth.audit.log import Audit, Event
from auth.errors import AccountGone
from auth.factors.challenges import Bound, Challenges, Issued, Purpose
from auth.factors.errors import ChallengeOver, NoSecondFactor
from auth.factors.passkeys import CredentialJson, Passkey, PasskeyId, RelyingParty, challenge_of
from auth.factors.second_factor import Factors, Method, Overview
from auth.factors.totp import Enrolment
from auth.mail.letters import Letters
from auth.mail.outgoing import Letter, Mail
from auth.principals import Place, Principal


@dataclass(frozen=True, slots=True)
class Registration:
    """An authenticator may make a passkey for this challenge, unless it holds one of `known` already."""

    challenge: Issued
    party: RelyingParty
    known: Sequence[Passkey]


class Account(Protocol):
    """What an authenticator shows of an account, and where its owner reads mail."""

    @property
    def email(self) -> str:
        """Its e-mail address."""

    @property
    def name(self) -> str:
        """Its name."""


class KnownAccounts(Protocol):
    """The accounts of one kind of principal."""

    async def get(self, account_id: UUID) -> Account:
        """Return the account. Raises AccountGone."""


@dataclass(frozen=True, slots=True)
class News:
    """Tells owners by mail what happened to their account: whoever did it may be somebody else."""

    accounts: KnownAccounts
    mail: Mail
    letters: Letters

    def tell(self, account_id: UUID, letter: Callable[[str], Letter]) -> None:
        """Send a letter, which is given the address, if that is possible."""
        self.mail.offer(partial(self._written, account_id, letter))

    async def _written(self, account_id: UUID, letter: Callable[[str], Letter]) -> Letter | None:
        try:
            return letter((await self.accounts.get(account_id)).email)
        except AccountGone:
            return None


_IN_LETTERS = {Method.TOTP: "An authenticator app", Method.PASSKEY: "A passkey"}


class SecondFactorSetup:
    """What whoever is signed in does about their own second factors. `parties` are the relying parties by host name."""

    def __init__(
        self, factors: Factors, challenges: Challenges, parties: Mapping[str, RelyingParty], audit: Audit, news: News
    ) -> None:
        self._factors = factors
        self._challenges = challenges
        self._parties = parties
        self._audit = audit
        self._news = news

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
        return await self._added(who, place, Method.TOTP)

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
        return passkey, await self._added(who, place, Method.PASSKEY)

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
        self._news.tell(who.id, self._news.letters.recovery_codes_renewed)
        return codes

    async def _added(self, who: Principal, place: Place, method: Method) -> list[str] | None:
        """Note it, tell the owner, and return recovery codes if there were none."""
        await self._note(Event.SECOND_FACTOR_ADDED, who, place, method)
        self._news.tell(who.id, partial(self._news.letters.second_factor_added, factor=_IN_LETTERS[method]))
        return await self._factors.recovery_codes.first(who.id)

    async def _removed(self, who: Principal, place: Place, method: Method) -> None:
        await self._note(Event.SECOND_FACTOR_REMOVED, who, place, method)
        self._news.tell(who.id, partial(self._news.letters.second_factor_removed, factor=_IN_LETTERS[method]))
        if not (await self._factors.overview(who.id)).is_set_up:
            await self._factors.recovery_codes.remove(who.id)

    async def _note(self, event: Event, who: Principal, place: Place, method: Method) -> None:
        await self._audit.note(event, place.device, principal_id=who.id, session_id=who.session_id, method=method)
