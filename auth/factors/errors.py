"""What can go wrong with second factors. As in auth/errors.py: none knows HTTP, carries a secret or repeats input."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from auth.errors import AuthError


class ChallengeOver(AuthError):
    """The challenge is unknown, used, expired, tried too often, or for something else; which of them is not told."""

    message = "This took too long or was tried too often; start again."


class SecondFactorRefused(AuthError):
    """The code is wrong or was used before, or the passkey's answer proves nothing; which of them is not told."""

    message = "That is not right. Take the newest code, or another of your methods."


@dataclass(eq=False)
class TooManyCodes(AuthError):
    """So many wrong codes of the authenticator app came that no more are looked at for a while."""

    retry_after: timedelta

    message = "Too many wrong codes. Use a recovery code or a passkey, or come back later."


class ProofRequired(AuthError):
    """The session has not proved again, in the last minutes, who holds it."""

    message = "Prove first that it is you: with your password, and your second factor if there is one."


class TotpActive(AuthError):
    """The account has an authenticator app."""

    message = "An authenticator app is set up already; remove it first."


class NoTotpEnrolment(AuthError):
    """There is no fresh secret to confirm."""

    message = "There is nothing to confirm; set the authenticator app up again."


class NoSecondFactor(AuthError):
    """Recovery codes stand in for a second factor, and the account has none."""

    message = "Set up an authenticator app or a passkey first."


@dataclass(eq=False)
class PasskeyRefused(AuthError):
    """What the authenticator answered proves nothing here; `reason` is for the log and the audit."""

    reason: str

    message = "This passkey was not accepted; try again."


@dataclass(eq=False)
class PasskeyCloned(PasskeyRefused):
    """The signature is good and its count does not grow: two authenticators seem to hold one key."""

    account_id: UUID


class PasskeyKnown(AuthError):
    """This credential is registered already."""

    message = "This passkey is registered already."


class TooManyPasskeys(AuthError):
    """The account has as many passkeys as it can."""

    message = "There are too many passkeys; remove one first."


class PasskeyNotFound(AuthError):
    """The account has no such passkey."""

    message = "There is no such passkey."
