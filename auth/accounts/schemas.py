"""What clients send and get about accounts and sessions."""

import unicodedata
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr

from auth.accounts.accounts import Email, canonical
from auth.accounts.queries import Store, User
from auth.errors import InvalidEmail
from auth.http.operations import Answer, Body
from auth.passwords.hashing import MAX_CHARACTERS, MIN_CHARACTERS

NAME_MAX_CHARACTERS = 80
# No control characters, and more than white space.
NAME_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"

# RFC 5321, section 4.5.3.1.3, as errata 1690 has it.
EMAIL_MAX_CHARACTERS = 254

# Ours have 43; what is longer is none.
REFRESH_TOKEN_MAX_CHARACTERS = 64
MAIL_TOKEN_MAX_CHARACTERS = 64


def _email(address: str) -> Email:
    try:
        return canonical(address)
    except InvalidEmail as error:
        raise ValueError(str(error)) from None


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX_CHARACTERS:
        raise ValueError(f"It needs 1 to {NAME_MAX_CHARACTERS} characters.")
    # NUL is one of them; PostgreSQL cannot store it.
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise ValueError("It cannot hold control characters.")
    return name


def _new_password(password: SecretStr) -> SecretStr:
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise ValueError(f"It needs {MIN_CHARACTERS} to {MAX_CHARACTERS} characters.")
    # Some clients end a text at NUL: what they would send next time is not what was hashed.
    if "\0" in password.get_secret_value():
        raise ValueError("It cannot hold NUL characters.")
    return password


# The validators above judge and explain; what JSON Schema can say of their rules stands here, for the document.
EmailField = Annotated[
    Email,
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email", "minLength": 3, "maxLength": EMAIL_MAX_CHARACTERS}),
]
NameField = Annotated[
    str,
    AfterValidator(_name),
    Field(json_schema_extra={"minLength": 1, "maxLength": NAME_MAX_CHARACTERS, "pattern": NAME_PATTERN}),
]
NewPasswordField = Annotated[
    SecretStr,
    AfterValidator(_new_password),
    Field(json_schema_extra={"minLength": MIN_CHARACTERS, "maxLength": MAX_CHARACTERS, "pattern": r"^[^\u0000]*$"}),
]
PasswordField = Annotated[SecretStr, Field(max_length=MAX_CHARACTERS)]
MailTokenField = Annotated[SecretStr, Field(min_length=1, max_length=MAIL_TOKEN_MAX_CHARACTERS)]


class SignUp(Body):
    """A new account. What is easy to guess is refused as a password."""

    email: EmailField
    password: NewPasswordField
    name: NameField


class LogIn(Body):
    """The rules for new passwords do not apply: an old password may be older than they are."""

    email: EmailField
    password: PasswordField


class Refresh(Body):
    """What a user's client keeps of its session."""

    session_id: UUID
    refresh_token: Annotated[SecretStr, Field(max_length=REFRESH_TOKEN_MAX_CHARACTERS)]


class LogOut(Body):
    """Which of one's own sessions to end: this one, or every one."""

    everywhere: bool = False


class PasswordChange(Body):
    """A new password, and the one that counts until now."""

    current_password: PasswordField
    new_password: NewPasswordField


class ForgottenPassword(Body):
    """The address of the account whose password was forgotten."""

    email: EmailField


class PasswordReset(Body):
    """A new password, and the token of the mailed link."""

    token: MailTokenField
    new_password: NewPasswordField


class EmailVerification(Body):
    """The token of the mailed link."""

    token: MailTokenField


class EmailChange(Body):
    """The address that shall be the account's, and the password."""

    email: EmailField
    password: PasswordField


class ProfileChange(Body):
    """What the account shall call itself."""

    name: NameField


class AccountDeletion(Body):
    """The password: deleting cannot be undone."""

    password: PasswordField


class Tokens(Answer):
    """What a user's client keeps, in its platform's secure storage."""

    access_token: str
    refresh_token: str
    session_id: UUID


class AccessToken(Answer):
    """What the portal keeps in memory; the rest of its session is in cookies."""

    access_token: str


class UserProfile(Answer):
    """A user, as it sees itself."""

    id: UUID
    email: str
    email_verified: bool
    name: str
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """What is shown of an account."""
        return cls(
            id=user.id,
            email=user.email,
            email_verified=user.email_verified,
            name=user.name,
            created_at=user.created_at,
        )


class StoreProfile(Answer):
    """A store, as it sees itself; `slug` names it in addresses."""

    id: UUID
    email: str
    email_verified: bool
    name: str
    slug: str
    created_at: datetime

    @classmethod
    def of(cls, store: Store) -> Self:
        """What is shown of an account."""
        return cls(
            id=store.id,
            email=store.email,
            email_verified=store.email_verified,
            name=store.name,
            slug=store.slug,
            created_at=store.created_at,
        )
