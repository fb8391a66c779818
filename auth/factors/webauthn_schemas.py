"""What the browser's WebAuthn calls make and take, under the names that they have there.

https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON and the sections after it.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasGenerator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from webauthn.helpers.cose import COSEAlgorithmIdentifier

from auth.factors.challenges import TTL, Issued
from auth.factors.passkeys import CredentialJson, Passkey, RelyingParty
from auth.factors.setup import Registration
from auth.http.operations import Answer, Body
from auth.tokens.keys import b64url

# Ed25519, P-256 and RSA, in the order of our liking.
ALGORITHMS = (
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
TIMEOUT_MS = int(TTL.total_seconds() * 1000)


def _base64url(max_bytes: int) -> Any:  # noqa: ANN401 - pydantic's FieldInfo, which types as Any
    return Field(min_length=1, max_length=max_bytes * 4 // 3 + 2, pattern=r"^[A-Za-z0-9_-]+$")


CredentialId = Annotated[str, _base64url(1023)]
ClientData = Annotated[str, _base64url(4096)]
AuthenticatorData = Annotated[str, _base64url(4096)]
Signature = Annotated[str, _base64url(4096)]
UserHandle = Annotated[str, _base64url(64)]
Transport = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z-]+$")]
AttestationObject = Annotated[str, _base64url(16_384)]


class FromBrowser(Body):
    """A part of what `PublicKeyCredential.toJSON()` makes; members that we do not need are ignored."""

    model_config = ConfigDict(
        extra="ignore", alias_generator=AliasGenerator(alias=to_camel), validate_by_name=False, validate_by_alias=True
    )


class AssertionResponse(FromBrowser):
    """What the authenticator signed."""

    client_data_json: Annotated[ClientData, Field(alias="clientDataJSON")]
    authenticator_data: AuthenticatorData
    signature: Signature
    user_handle: UserHandle | None = None


class Assertion(FromBrowser):
    """The answer of `navigator.credentials.get()`."""

    id: CredentialId
    raw_id: CredentialId
    response: AssertionResponse
    type: Literal["public-key"]

    def as_json(self) -> CredentialJson:
        """As py_webauthn reads it."""
        return self.model_dump(by_alias=True)


class AttestationResponse(FromBrowser):
    """What the authenticator made; `transports` are ways to reach it."""

    client_data_json: Annotated[ClientData, Field(alias="clientDataJSON")]
    attestation_object: AttestationObject
    transports: Annotated[list[Transport], Field(default_factory=list, max_length=8)]


class Attestation(FromBrowser):
    """The answer of `navigator.credentials.create()`."""

    id: CredentialId
    raw_id: CredentialId
    response: AttestationResponse
    type: Literal["public-key"]

    def as_json(self) -> CredentialJson:
        """As py_webauthn reads it."""
        return self.model_dump(by_alias=True)


class ForBrowser(Answer):
    """A part of what the browser's WebAuthn calls take."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)


class Descriptor(ForBrowser):
    """A passkey, to be used or left out."""

    type: Literal["public-key"] = "public-key"
    id: str
    transports: list[str]


class RequestOptions(ForBrowser):
    """For `navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(…)})`.

    An empty `allowCredentials` means any passkey of this host.
    """

    challenge: str
    rp_id: str
    timeout: int = TIMEOUT_MS
    allow_credentials: list[Descriptor]
    user_verification: Literal["required", "preferred"]


class RelyingPartyEntity(ForBrowser):
    """Who we are to the authenticator."""

    id: str
    name: str


class UserEntity(ForBrowser):
    """Who the account is to the authenticator."""

    id: str
    name: str
    display_name: str


class Parameters(ForBrowser):
    """A signature algorithm that we verify, by its COSE number."""

    type: Literal["public-key"] = "public-key"
    alg: int


class AuthenticatorSelection(ForBrowser):
    """A key that can be found without a name is liked better, since it can log in without a password."""

    resident_key: Literal["preferred"] = "preferred"
    user_verification: Literal["preferred"] = "preferred"


class CreationOptions(ForBrowser):
    """For `navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(…)})`."""

    rp: RelyingPartyEntity
    user: UserEntity
    challenge: str
    pub_key_cred_params: list[Parameters]
    timeout: int = TIMEOUT_MS
    exclude_credentials: list[Descriptor]
    authenticator_selection: AuthenticatorSelection = AuthenticatorSelection()
    attestation: Literal["none"] = "none"


def request_options(
    challenge: Issued,
    party: RelyingParty,
    passkeys: Sequence[Passkey],
    *,
    user_verification: Literal["required", "preferred"],
) -> RequestOptions:
    """Show what the browser asks a passkey with."""
    return RequestOptions(
        challenge=challenge.token,
        rp_id=party.id,
        allow_credentials=[_descriptor(passkey) for passkey in passkeys],
        user_verification=user_verification,
    )


def creation_options(registration: Registration, account_id: UUID, *, label: str, name: str) -> CreationOptions:
    """Show what the browser makes a passkey with."""
    return CreationOptions(
        rp=RelyingPartyEntity(id=registration.party.id, name="Storeline"),
        user=UserEntity(id=b64url(account_id.bytes), name=label, display_name=name),
        challenge=registration.challenge.token,
        pub_key_cred_params=[Parameters(alg=algorithm) for algorithm in ALGORITHMS],
        exclude_credentials=[_descriptor(passkey) for passkey in registration.known],
    )


def _descriptor(passkey: Passkey) -> Descriptor:
    return Descriptor(id=b64url(passkey.credential_id), transports=list(passkey.transports))
