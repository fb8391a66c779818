"""What can go wrong with accounts, tokens and sessions.

Nothing here knows HTTP. `str(error)` is a plain sentence for whoever asked; it never carries a secret or repeats input.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from auth.principals import SessionId


class AuthError(Exception):
    """Every refusal of this room; `message` is its sentence."""

    message: str

    def __str__(self) -> str:
        return self.message


# Errors with data are compared by identity, as exceptions are: eq would take their hash away.


@dataclass(eq=False)
class InvalidRequest(AuthError):
    """What was asked cannot be understood; the message names the field."""

    message: str


class BodyTooSlow(AuthError):
    """The body did not arrive in time."""

    message = "The body did not arrive in time; try again."


class InvalidEmail(AuthError):
    """This is no e-mail address."""

    message = "That is not a valid e-mail address."


class MediaNotTaken(AuthError):
    """The body is declared as a type of file that is not read here."""

    message = "This type of file is not read here; see /docs for those that are, and name one in Content-Type."


class NotJson(AuthError):
    """The body is not declared as JSON."""

    message = "Send the body as JSON, with Content-Type: application/json."


@dataclass(eq=False)
class CrossSiteRequest(AuthError):
    """A page of another site tried to use this browser's cookies. `header` is the one that told."""

    header: str

    def __str__(self) -> str:
        return f"Only the store portal's own pages may ask this; the {self.header} header names another."


class EmailTaken(AuthError):
    """Another account of the same kind has this e-mail address."""

    message = "An account with this e-mail address exists already."


class SlugTaken(AuthError):
    """Another store has this slug."""

    message = "Another store has this short name."


class CommonPassword(AuthError):
    """The new password is among the first that an attacker tries."""

    message = (
        "This password is easy to guess: it is a common one, or made of your own name. Try four words of your own."
    )


class WrongCredentials(AuthError):
    """No account has this e-mail address and this password; which of the two is wrong is not told."""

    message = "The e-mail address or the password is wrong."


class WrongPassword(AuthError):
    """Somebody who is signed in could not repeat the password."""

    message = "The password is wrong."


class AccountGone(AuthError):
    """The account of a principal that is still signed in was deleted."""

    message = "This account does not exist any more."


@dataclass(eq=False)
class TooBusy(AuthError):
    """More passwords wait to be hashed than can be answered soon."""

    retry_after: timedelta

    message = "Too many people are signing in at this moment; try again in a second."


@dataclass(eq=False)
class TooManyAttempts(AuthError):
    """A limit of `auth.throttle.throttle` is used up."""

    retry_after: timedelta

    message = "That was tried too often; wait a little, then try again."


class LinkInvalid(AuthError):
    """A mailed link proves nothing, or nothing any more: unknown, used, expired, or for something else."""

    message = "This link is not valid any more; ask for a new one."


class MailUnavailable(AuthError):
    """Nothing is set up that could send mail."""

    message = "This server cannot send mail, so this is not available; its owner can set MAIL_SMTP_URL."


@dataclass(eq=False)
class MailBusy(AuthError):
    """More letters wait than the mail server takes."""

    retry_after: timedelta

    message = "Too much mail is waiting at this moment; try again in a few seconds."


class AccessTokenMissing(AuthError):
    """The request carries no access token."""

    message = "Send an access token: Authorization: Bearer …"


@dataclass(eq=False)
class InvalidAccessToken(AuthError):
    """The access token proves nothing here; `reason` is for the log."""

    reason: str

    message = "This access token is not valid here."


class AccessTokenExpired(InvalidAccessToken):
    """The access token was good and is over."""

    message = "This access token has expired; refresh the session, then ask again."


class ApiKeyMistyped(AuthError):
    """It looks like an API key, and its checksum is wrong: nothing was looked up."""

    message = "This API key is mistyped: a character of it is wrong or missing."


class ApiKeyRefused(AuthError):
    """No store has this API key, or it is over."""

    message = "This API key is not known, or it was revoked or has expired."


@dataclass(eq=False)
class ScopeMissing(AuthError):
    """The API key is good, but not for this."""

    scope: str

    def __str__(self) -> str:
        return f"This API key does not have the scope {self.scope}."


class ApiKeyNotFound(AuthError):
    """The store has no API key of this id; whether another one has is not told."""

    message = "There is no such API key."


class TooManyApiKeys(AuthError):
    """The store has as many API keys as one may have."""

    message = "You have as many API keys as one may have; revoke one first."


class InvalidRefreshToken(AuthError):
    """The session does not know this refresh token. Nothing was changed."""

    message = "This refresh token does not belong to a session; log in again."


@dataclass(eq=False)
class RefreshTokenReused(AuthError):
    """A refresh token came back after its successor had been given out, so the session was revoked."""

    session_id: SessionId

    message = "This refresh token was used before. To be safe the session was ended; log in again."


@dataclass(eq=False)
class SessionEnded(AuthError):
    """The session was revoked or is over."""

    session_id: SessionId

    message = "This session has ended; log in again."


@dataclass(eq=False)
class SessionBusy(AuthError):
    """More requests for this one session wait than any honest client sends."""

    retry_after: timedelta

    message = "Too many requests for this session at once; try again in a second."


class SessionNotFound(AuthError):
    """The account has no live session of this id; whether another one has is not told."""

    message = "There is no such session."


@dataclass(eq=False)
class BadKeyFile(AuthError):
    """A key on disk cannot be used."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path} cannot be used as a key: {self.reason}."
