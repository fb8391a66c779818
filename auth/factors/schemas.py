"""What clients send and get about second factors."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, RootModel, SecretStr

from auth.accounts.schemas import AccessToken, NameField, Tokens
from auth.factors.passkeys import Passkey
from auth.factors.second_factor import Asked, Given, Method, Overview
from auth.factors.webauthn_schemas import Assertion, Attestation, CreationOptions, RequestOptions, request_options
from auth.http.operations import Answer, Body
from auth.passwords.hashing import MAX_CHARACTERS

# Ours have 43.
Challenge = Annotated[str, Field(min_length=1, max_length=64)]


class Password(Body):
    """The password of whoever is signed in."""

    password: Annotated[SecretStr, Field(max_length=MAX_CHARACTERS)]


class TotpCode(Body):
    """What the authenticator app shows."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class TotpAnswer(TotpCode):
    """A code of the authenticator app."""

    challenge: Challenge
    method: Literal["totp"]

    def given(self) -> Given:
        """What is given for the challenge."""
        return Given(Method.TOTP, self.code)


class RecoveryAnswer(Body):
    """One of the recovery codes, however it is grouped, in either case."""

    challenge: Challenge
    method: Literal["recovery_code"]
    code: Annotated[str, Field(min_length=24, max_length=40, pattern=r"^[0-9A-Za-z -]+$")]

    def given(self) -> Given:
        """What is given for the challenge."""
        return Given(Method.RECOVERY_CODE, self.code)


class PasskeyAnswer(Body):
    """What a passkey made of the options that came with the challenge."""

    challenge: Challenge
    method: Literal["passkey"]
    credential: Assertion

    def given(self) -> Given:
        """What is given for the challenge."""
        return Given(Method.PASSKEY, self.credential.as_json())


class SecondFactorAnswer(
    RootModel[Annotated[TotpAnswer | RecoveryAnswer | PasskeyAnswer, Field(discriminator="method")]]
):
    """A second factor in one of three ways; `method` tells which."""


class PasskeyLogIn(Body):
    """What a passkey made of the options; the challenge is within."""

    credential: Assertion


class PasskeyRegistration(Body):
    """What an authenticator made of the options, and the name under which it is listed."""

    credential: Attestation
    name: NameField


class PasskeyRenaming(Body):
    """The name under which a passkey is listed."""

    name: NameField


class SecondFactorChallenge(Answer):
    """Send `challenge` back with one of `methods`, until `expires_at`. `passkey` is null unless it is one of them."""

    challenge: str
    expires_at: datetime
    methods: list[Method]
    passkey: RequestOptions | None


class SecondFactorWanted(Answer):
    """The password is right, and a second factor is wanted."""

    second_factor: SecondFactorChallenge


class UserLoggedIn(RootModel[Tokens | SecondFactorWanted]):
    """Tokens, or what to do to get them: the member `second_factor` tells."""


class StoreLoggedIn(RootModel[AccessToken | SecondFactorWanted]):
    """An access token, or what to do to get one: the member `second_factor` tells."""


class Proved(Answer):
    """Until when second factors can be changed."""

    proved_until: datetime


class Proving(RootModel[Proved | SecondFactorWanted]):
    """Done, or what more is wanted: the member `second_factor` tells."""


class PasskeyOptions(Answer):
    """What the browser is asked with, to log in."""

    public_key: RequestOptions


class PasskeyRegistrationOptions(Answer):
    """What the browser is asked with, to make a passkey."""

    public_key: CreationOptions


class TotpEnrolment(Answer):
    """For the authenticator app: `uri` as a QR code, or `secret` typed in. Shown only now."""

    secret: str
    uri: str


class NewRecoveryCodes(Answer):
    """Shown only now."""

    recovery_codes: list[str]


class TotpConfirmed(Answer):
    """Recovery codes, shown only now, come with the first factor; null when there are some already."""

    recovery_codes: list[str] | None


class ShownPasskey(Answer):
    """A passkey in the list; it works on the host `rp_id`."""

    id: UUID
    name: str
    rp_id: str
    created_at: datetime
    last_used_at: datetime | None


class PasskeyRegistered(TotpConfirmed):
    """The new passkey, and recovery codes if it is the first factor."""

    passkey: ShownPasskey


class ShownTotp(Answer):
    """The authenticator app."""

    since: datetime


class SecondFactorsShown(Answer):
    """What is set up. An account without app and passkey logs in with the password alone."""

    totp: ShownTotp | None
    passkeys: list[ShownPasskey]
    recovery_codes_left: int


def wanted(asked: Asked) -> SecondFactorWanted:
    """Show a challenge."""
    options = request_options(asked.challenge, asked.party, asked.passkeys, user_verification="preferred")
    return SecondFactorWanted(
        second_factor=SecondFactorChallenge(
            challenge=asked.challenge.token,
            expires_at=asked.challenge.expires_at,
            methods=list(asked.methods),
            passkey=options if Method.PASSKEY in asked.methods else None,
        )
    )


def shown(overview: Overview) -> SecondFactorsShown:
    """Show what is set up."""
    return SecondFactorsShown(
        totp=ShownTotp(since=overview.totp_since) if overview.totp_since else None,
        passkeys=[shown_passkey(passkey) for passkey in overview.passkeys],
        recovery_codes_left=overview.recovery_codes_left,
    )


def shown_passkey(passkey: Passkey) -> ShownPasskey:
    """Show a passkey."""
    return ShownPasskey(
        id=passkey.id,
        name=passkey.name,
        rp_id=passkey.rp_id,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )
