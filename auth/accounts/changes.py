"""What happens to an account after sign-up: passwords, addresses and names change, and accounts end.

Whoever is signed in repeats the password for what could take the account away. Whoever is not brings a link that was
mailed to the account's address.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from auth.accounts.accounts import Email
from auth.accounts.queries import Credentials
from auth.audit.log import Audit, Event, Outcome
from auth.errors import AccountGone, EmailTaken, LinkInvalid, WrongPassword
from auth.mail.letters import Letters
from auth.mail.link_queries import Proof, Purpose
from auth.mail.links import MailTokens
from auth.mail.outgoing import Letter, Mail
from auth.passwords.hashing import Passwords
from auth.principals import Device, Principal, SessionId
from auth.sessions.queries import Ending, RevokedReason
from auth.sessions.sessions import Sessions


class Account(Protocol):
    """What both kinds of account have."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def email(self) -> str:
        """The address it is opened with."""

    @property
    def email_verified(self) -> bool:
        """Whether a link mailed there was followed."""

    @property
    def name(self) -> str:
        """What it calls itself."""


AccountT = TypeVar("AccountT", bound=Account)
AccountT_co = TypeVar("AccountT_co", bound=Account, covariant=True)


class ChangeQueries(Protocol[AccountT_co]):
    """One table of accounts."""

    async def find(self, id_: UUID, /) -> AccountT_co | None:
        """Find an account by its id."""

    async def find_credentials(self, email: str) -> Credentials | None:
        """Find what a login with this e-mail address is checked against."""

    async def credentials_of(self, account_id: UUID) -> Credentials | None:
        """Find what somebody who is signed in is checked against."""

    async def change_password(self, known: Credentials, password_hash: str, ending: Ending) -> list[SessionId] | None:
        """Replace the password and end sessions, at once, unless it has changed since it was read: then None.

        Mailed links that could change it end, too.
        """

    async def rename(self, account_id: UUID, name: str) -> None:
        """Change the name."""

    async def delete(self, account_id: UUID) -> None:
        """Delete the account with everything that hangs on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanges(Generic[AccountT]):
    """Changes to the accounts of one kind. `forget` lets other rooms drop what the database would not by itself."""

    queries: ChangeQueries[AccountT]
    passwords: Passwords
    sessions: Sessions
    tokens: MailTokens
    mail: Mail
    letters: Letters
    audit: Audit
    forget: Callable[[UUID], Awaitable[None]]

    async def change_password(self, principal: Principal, *, current: str, new: str, device: Device) -> None:
        """Replace the password and end every other session. Raises WrongPassword, CommonPassword or TooBusy."""
        known = await self._proved(principal, current, device)
        account = await self._get(principal.id)
        password_hash = await self.passwords.hash_new(new, own_words=(account.email, account.name))
        ending = self.sessions.ending(RevokedReason.PASSWORD_CHANGED, device, keep=principal.session_id)
        ended = await self.queries.change_password(known, password_hash, ending)
        if ended is None:
            # Somebody else was faster, so `current` is not the password any more.
            raise WrongPassword
        self.sessions.ended(ended, ending.reason)
        await self._noted(Event.PASSWORD_CHANGED, principal, device)
        self._tell(self.letters.password_changed(account.email))

    def forgot_password(self, email: Email, device: Device) -> None:
        """Mail a link to the account of this address, if there is one. Raises MailUnavailable or MailBusy.

        All of the work is done beside the request: whoever asks cannot tell, nor measure, whether there is one.
        """
        self.mail.order(lambda: self._write_reset(email, device))

    async def reset_password(self, token: str, *, new: str, device: Device) -> None:
        """Replace the password and end every session. Raises LinkInvalid, CommonPassword or TooBusy."""
        proof = await self.tokens.look_at(Purpose.RESET_PASSWORD, token)
        account = await self.queries.find(proof.account_id)
        if account is None:
            raise LinkInvalid
        password_hash = await self.passwords.hash_new(new, own_words=(account.email, account.name))
        ending = self.sessions.ending(RevokedReason.PASSWORD_RESET, device)
        async with self.tokens.use(Purpose.RESET_PASSWORD, token) as held:
            ended = await held.set_password_hash(password_hash, ending)
        self.sessions.ended(ended, ending.reason)
        await self.audit.note(Event.PASSWORD_RESET, device, principal_id=account.id)
        self._tell(self.letters.password_changed(account.email))

    def welcome(self, account_id: UUID, email: Email) -> None:
        """Ask somebody who has just signed up to confirm the address, if mail can be sent."""
        self.mail.offer(lambda: self._write_verification(account_id, email))

    async def verify_again(self, principal: Principal) -> None:
        """Mail another link to confirm the address, unless it is. Raises MailUnavailable or MailBusy."""
        account = await self._get(principal.id)
        if not account.email_verified:
            self.mail.order(lambda: self._write_verification(account.id, account.email))

    async def change_email(self, principal: Principal, email: Email, *, password: str, device: Device) -> None:
        """Mail a link to the new address, which counts once that is followed.

        Raises WrongPassword, EmailTaken, MailUnavailable, MailBusy or TooBusy.
        """
        await self._proved(principal, password, device)
        taken_by = await self.queries.find_credentials(email)
        if taken_by is not None and taken_by.id != principal.id:
            raise EmailTaken
        self.mail.order(lambda: self._write_verification(principal.id, email))
        await self._noted(Event.EMAIL_CHANGE_ASKED, principal, device)

    async def verify_email(self, token: str, device: Device) -> None:
        """Give the account the address that the link was mailed to, as a verified one.

        Raises LinkInvalid, or EmailTaken.
        """
        async with self.tokens.use(Purpose.VERIFY_EMAIL, token) as held:
            before = await held.set_email()
        changed = before != held.proof.email
        event = Event.EMAIL_CHANGED if changed else Event.EMAIL_VERIFIED
        await self.audit.note(event, device, principal_id=held.proof.account_id)
        if changed:
            self._tell(self.letters.email_changed(before))

    async def rename(self, principal: Principal, name: str, device: Device) -> None:
        """Change the name."""
        await self.queries.rename(principal.id, name)
        await self._noted(Event.RENAMED, principal, device)

    async def delete(self, principal: Principal, *, password: str, device: Device) -> None:
        """End every session and what hangs on it, then delete all there is. Raises WrongPassword or TooBusy."""
        await self._proved(principal, password, device)
        account = await self._get(principal.id)
        await self.sessions.revoke_all(principal.id, device, reason=RevokedReason.ACCOUNT_DELETED)
        await self.forget(principal.id)
        await self.queries.delete(principal.id)
        await self._noted(Event.ACCOUNT_DELETED, principal, device)
        self._tell(self.letters.account_deleted(account.email))

    async def _proved(self, principal: Principal, password: str, device: Device) -> Credentials:
        known = await self.queries.credentials_of(principal.id)
        if known is None:
            raise AccountGone
        if not await self.passwords.verify(password, known.password_hash):
            await self._noted(Event.PASSWORD_REFUSED, principal, device, Outcome.REFUSED)
            raise WrongPassword
        return known

    async def _get(self, account_id: UUID) -> AccountT:
        account = await self.queries.find(account_id)
        if account is None:
            raise AccountGone
        return account

    async def _write_verification(self, account_id: UUID, email: str) -> Letter | None:
        token = await self.tokens.issue(Purpose.VERIFY_EMAIL, Proof(account_id, email))
        return self.letters.verify_email(email, token) if token else None

    async def _write_reset(self, email: Email, device: Device) -> Letter | None:
        known = await self.queries.find_credentials(email)
        if known is None:
            return None
        token = await self.tokens.issue(Purpose.RESET_PASSWORD, Proof(known.id, email))
        await self.audit.note(Event.PASSWORD_RESET_ASKED, device, principal_id=known.id)
        return self.letters.reset_password(email, token) if token else None

    def _tell(self, letter: Letter) -> None:
        async def written() -> Letter:
            return letter

        self.mail.offer(written)

    async def _noted(self, event: Event, principal: Principal, device: Device, outcome: Outcome = Outcome.OK) -> None:
        await self.audit.note(
            event, device, principal_id=principal.id, session_id=principal.session_id, outcome=outcome
        )
