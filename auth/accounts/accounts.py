"""Sign up and log in: the same for users and stores, each with its own table."""

from dataclasses import replace
from typing import Generic, NewType, Protocol, TypeVar
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from auth.accounts.queries import Credentials
from auth.audit.log import Audit, Event, Outcome
from auth.errors import AccountGone, InvalidEmail, WrongCredentials, WrongPassword
from auth.passwords.hashing import Passwords
from auth.principals import Device

AccountT = TypeVar("AccountT")
AccountT_co = TypeVar("AccountT_co", covariant=True)

# An address in the one form under which an account can have it: see `canonical`.
Email = NewType("Email", str)


def canonical(address: str) -> Email:
    """Check an e-mail address and bring it into its one form, lower case. Raises InvalidEmail.

    RFC 5321 lets "Ann" and "ann" be two mailboxes; no provider does, but people type their name both ways. Dots and
    what follows a plus stay: only some providers ignore them. An international domain has its Unicode form (RFC 5890).
    """
    try:
        # Lower case first: it can lengthen the address, and what is checked is what is stored.
        # Whether the domain takes mail is not asked: DNS may be slow or absent, and a mail will tell better.
        return Email(validate_email(address.lower(), check_deliverability=False).normalized)
    except EmailNotValidError:
        raise InvalidEmail from None


class AccountQueries(Protocol[AccountT_co]):
    """One table of accounts."""

    async def add(self, *, email: str, name: str, password_hash: str) -> UUID:
        """Add an account. Raises EmailTaken."""

    async def find(self, id_: UUID, /) -> AccountT_co | None:
        """Find an account by its id."""

    async def find_credentials(self, email: str) -> Credentials | None:
        """Find what a login with this e-mail address is checked against."""

    async def credentials_of(self, account_id: UUID) -> Credentials | None:
        """Find what somebody who is signed in is checked against."""

    async def replace_password_hash(self, known: Credentials, password_hash: str, /) -> bool:
        """Replace the password's hash, unless it has changed since it was read; tell whether it was replaced."""


class Accounts(Generic[AccountT]):
    """The accounts of one kind of principal."""

    def __init__(self, queries: AccountQueries[AccountT], passwords: Passwords, audit: Audit) -> None:
        self._queries = queries
        self._passwords = passwords
        self._audit = audit

    async def sign_up(self, *, email: Email, password: str, name: str, device: Device) -> UUID:
        """Open an account. Raises EmailTaken, CommonPassword or TooBusy."""
        password_hash = await self._passwords.hash_new(password, own_words=(email, name))
        account_id = await self._queries.add(email=email, name=name, password_hash=password_hash)
        await self._audit.note(Event.SIGNED_UP, device, principal_id=account_id)
        return account_id

    async def log_in(self, *, email: Email, password: str, device: Device) -> Credentials:
        """Return what this e-mail address and password were checked against. Raises WrongCredentials or TooBusy.

        A hash that was made with older parameters is replaced while the password is at hand.
        """
        known = await self._queries.find_credentials(email)
        # Verify even for an unknown e-mail address, so that timing tells nothing.
        fits = await self._passwords.verify(password, known.password_hash if known else None)
        if known is None or not fits:
            principal_id = known.id if known else None
            await self._audit.note(Event.LOGIN_FAILED, device, principal_id=principal_id, outcome=Outcome.REFUSED)
            raise WrongCredentials
        if self._passwords.is_outdated(known.password_hash):
            renewed = replace(known, password_hash=await self._passwords.hash(password))
            if not await self._queries.replace_password_hash(known, renewed.password_hash):
                # Another login was faster, or the password is another one now.
                return await self.log_in(email=email, password=password, device=device)
            return renewed
        return known

    async def confirm_password(self, account_id: UUID, password: str) -> None:
        """Check the password of whoever is signed in. Raises WrongPassword, AccountGone or TooBusy."""
        known = await self._queries.credentials_of(account_id)
        if known is None:
            raise AccountGone
        if not await self._passwords.verify(password, known.password_hash):
            raise WrongPassword

    async def get(self, account_id: UUID) -> AccountT:
        """Return the account. Raises AccountGone."""
        account = await self._queries.find(account_id)
        if account is None:
            raise AccountGone
        return account
