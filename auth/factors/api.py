"""Second factors over HTTP, for both principals: what is set up, and adding, removing, proving."""

from http import HTTPStatus

from aiohttp import web

from auth.errors import AccountGone, TooBusy, TooManyAttempts, WrongPassword
from auth.factors.errors import (
    ChallengeOver,
    NoSecondFactor,
    NoTotpEnrolment,
    PasskeyKnown,
    PasskeyNotFound,
    PasskeyRefused,
    SecondFactorRefused,
    TooManyCodes,
    TooManyPasskeys,
    TotpActive,
)
from auth.factors.passkeys import PasskeyId
from auth.factors.proofs import FreshProofs
from auth.factors.schemas import (
    NewRecoveryCodes,
    PasskeyOptions,
    PasskeyRegistered,
    PasskeyRegistration,
    PasskeyRegistrationOptions,
    PasskeyRenaming,
    Password,
    Proved,
    Proving,
    SecondFactorAnswer,
    SecondFactorsShown,
    ShownPasskey,
    TotpCode,
    TotpConfirmed,
    TotpEnrolment,
    shown,
    shown_passkey,
    wanted,
)
from auth.factors.second_factor import Asked, SecondFactors
from auth.factors.setup import KnownAccounts, SecondFactorSetup
from auth.factors.webauthn_schemas import creation_options, request_options
from auth.http.asking import place_of, principal_of
from auth.http.operations import answered, gives, path_id, refuses, takes
from auth.throttle.throttle import REPEATED_PASSWORD, Throttle


class SecondFactorApi:
    """Handlers; all but `passkey_options` belong behind `auth.http.asking.require`.

    What adds or removes a factor belongs behind `auth.factors.proofs.require_fresh_proof` as well.
    """

    def __init__(
        self,
        factors: SecondFactors,
        setup: SecondFactorSetup,
        proofs: FreshProofs,
        accounts: KnownAccounts,
        throttle: Throttle,
    ) -> None:
        self._factors = factors
        self._setup = setup
        self._proofs = proofs
        self._accounts = accounts
        self._throttle = throttle

    @gives(PasskeyOptions)
    async def passkey_options(self, request: web.Request) -> web.Response:
        """Ask for a passkey of whoever comes, to log in without a password. The body is not read."""
        challenge, party = await self._factors.ask_for_passkey(host=place_of(request).host)
        options = request_options(challenge, party, (), user_verification="required")
        return answered(PasskeyOptions(public_key=options))

    @gives(SecondFactorsShown)
    async def show(self, request: web.Request) -> web.Response:
        """Show which second factors are set up."""
        return answered(shown(await self._setup.overview(principal_of(request).id)))

    @takes(Password)
    @gives(Proving)
    @refuses(WrongPassword, AccountGone, TooBusy, TooManyAttempts)
    async def prove(self, request: web.Request, form: Password) -> web.Response:
        """Prove again who you are, which adding and removing second factors needs: good for five minutes.

        With a second factor set up the answer is a challenge, as it is for a login; see `proof/second-factor`.
        """
        who, place = principal_of(request), place_of(request)
        async with self._throttle.attempt(REPEATED_PASSWORD, address=place.device.address, account=str(who.id)):
            proving = await self._proofs.begin(who, form.password.get_secret_value(), place)
        return answered(wanted(proving) if isinstance(proving, Asked) else Proved(proved_until=proving))

    @takes(SecondFactorAnswer)
    @gives(Proved)
    @refuses(ChallengeOver, SecondFactorRefused, TooManyCodes, PasskeyRefused)
    async def prove_second_factor(self, request: web.Request, form: SecondFactorAnswer) -> web.Response:
        """Finish proving who you are."""
        answer = form.root
        until = await self._proofs.finish(principal_of(request), answer.challenge, answer.given(), place_of(request))
        return answered(Proved(proved_until=until))

    @gives(TotpEnrolment, status=HTTPStatus.CREATED)
    @refuses(TotpActive, AccountGone)
    async def enrol_totp(self, request: web.Request) -> web.Response:
        """Make the secret of an authenticator app.

        It counts once a code of it is sent to `totp/confirm`, within 15 minutes. The body is not read.
        """
        account_id = principal_of(request).id
        account = await self._accounts.get(account_id)
        enrolment = await self._setup.enrol_totp(account_id, label=account.email)
        return answered(TotpEnrolment(secret=enrolment.secret, uri=enrolment.uri), status=HTTPStatus.CREATED)

    @takes(TotpCode)
    @gives(TotpConfirmed)
    @refuses(NoTotpEnrolment, SecondFactorRefused, TooManyCodes)
    async def confirm_totp(self, request: web.Request, form: TotpCode) -> web.Response:
        """Make the authenticator app count, from the next login on."""
        codes = await self._setup.confirm_totp(principal_of(request), form.code, place_of(request))
        return answered(TotpConfirmed(recovery_codes=codes))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(NoSecondFactor)
    async def remove_totp(self, request: web.Request) -> web.Response:
        """Forget the authenticator app; with the last factor the recovery codes go, too."""
        await self._setup.remove_totp(principal_of(request), place_of(request))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(NewRecoveryCodes)
    @refuses(NoSecondFactor)
    async def renew_recovery_codes(self, request: web.Request) -> web.Response:
        """Replace the recovery codes; older ones are worth nothing from now on. The body is not read."""
        codes = await self._setup.renew_recovery_codes(principal_of(request), place_of(request))
        return answered(NewRecoveryCodes(recovery_codes=codes))

    @gives(PasskeyRegistrationOptions)
    @refuses(AccountGone)
    async def passkey_registration_options(self, request: web.Request) -> web.Response:
        """Ask an authenticator for a new passkey. The body is not read."""
        who = principal_of(request)
        account = await self._accounts.get(who.id)
        registration = await self._setup.ask_for_registration(who, place_of(request))
        options = creation_options(registration, who.id, label=account.email, name=account.name)
        return answered(PasskeyRegistrationOptions(public_key=options))

    @takes(PasskeyRegistration)
    @gives(PasskeyRegistered, status=HTTPStatus.CREATED)
    @refuses(ChallengeOver, PasskeyRefused, PasskeyKnown, TooManyPasskeys)
    async def register_passkey(self, request: web.Request, form: PasskeyRegistration) -> web.Response:
        """Keep the new passkey. It counts from the next login on."""
        passkey, codes = await self._setup.register_passkey(
            principal_of(request), form.credential.as_json(), place_of(request), name=form.name
        )
        registered = PasskeyRegistered(passkey=shown_passkey(passkey), recovery_codes=codes)
        return answered(registered, status=HTTPStatus.CREATED)

    @takes(PasskeyRenaming)
    @gives(ShownPasskey)
    @refuses(PasskeyNotFound)
    async def rename_passkey(self, request: web.Request, form: PasskeyRenaming) -> web.Response:
        """Name a passkey anew."""
        passkey = await self._setup.rename_passkey(principal_of(request).id, _passkey_id(request), form.name)
        return answered(shown_passkey(passkey))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(PasskeyNotFound)
    async def remove_passkey(self, request: web.Request) -> web.Response:
        """Forget a passkey; with the last factor the recovery codes go, too."""
        await self._setup.remove_passkey(principal_of(request), _passkey_id(request), place_of(request))
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _passkey_id(request: web.Request) -> PasskeyId:
    return PasskeyId(path_id(request, lambda _: PasskeyNotFound()))
