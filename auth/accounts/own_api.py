"""What one can do with one's own account, on both hosts alike; it never reads a cookie."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Generic

from aiohttp import web

from auth.accounts.changes import AccountChanges, AccountT
from auth.accounts.schemas import (
    AccountDeletion,
    EmailChange,
    EmailVerification,
    ForgottenPassword,
    PasswordChange,
    PasswordReset,
    ProfileChange,
)
from auth.errors import (
    AccountGone,
    CommonPassword,
    EmailTaken,
    LinkInvalid,
    MailBusy,
    MailUnavailable,
    TooBusy,
    TooManyAttempts,
    WrongPassword,
)
from auth.http.asking import device_of, principal_of
from auth.http.operations import Answer, answered, gives, refuses, takes
from auth.principals import Device, Principal
from auth.throttle.throttle import FORGOT, REPEATED_PASSWORD, Throttle


class Accepted(Answer):
    """A mail will arrive if all is as it should be."""

    status: str = "accepted"


class AccountApi(Generic[AccountT]):
    """Handlers. Those for people who are signed in belong behind `auth.http.asking.require`; the others are open.

    `forget` makes the client of a deleted account forget its session.
    """

    def __init__(
        self,
        changes: AccountChanges[AccountT],
        throttle: Throttle,
        *,
        forget: Callable[[web.Request, web.Response], None] = lambda _request, _response: None,
    ) -> None:
        self._changes = changes
        self._throttle = throttle
        self._forget = forget

    @takes(PasswordChange)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(WrongPassword, CommonPassword, AccountGone, TooBusy, TooManyAttempts)
    async def change_password(self, request: web.Request, form: PasswordChange) -> web.Response:
        """Replace the password. Every other session ends; this one goes on."""
        principal, device = principal_of(request), device_of(request)
        async with self._repeating(principal, device):
            await self._changes.change_password(
                principal,
                current=form.current_password.get_secret_value(),
                new=form.new_password.get_secret_value(),
                device=device,
            )
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @takes(ForgottenPassword)
    @gives(Accepted, status=HTTPStatus.ACCEPTED)
    @refuses(MailUnavailable, MailBusy, TooManyAttempts)
    async def forgot_password(self, request: web.Request, form: ForgottenPassword) -> web.Response:
        """Mail a link to choose a new password. The answer is the same whether there is such an account or not."""
        device = device_of(request)
        await self._throttle.take(FORGOT, address=device.address, account=form.email)
        self._changes.forgot_password(form.email, device)
        return answered(Accepted(), status=HTTPStatus.ACCEPTED)

    @takes(PasswordReset)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(LinkInvalid, CommonPassword, TooBusy)
    async def reset_password(self, request: web.Request, form: PasswordReset) -> web.Response:
        """Replace a forgotten password with the token of a mailed link, which works once. Every session ends."""
        await self._changes.reset_password(
            form.token.get_secret_value(), new=form.new_password.get_secret_value(), device=device_of(request)
        )
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @takes(EmailVerification)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(LinkInvalid, EmailTaken)
    async def verify_email(self, request: web.Request, form: EmailVerification) -> web.Response:
        """Confirm an address with the token of a mailed link, which works once. A changed one counts from now on."""
        await self._changes.verify_email(form.token.get_secret_value(), device_of(request))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(Accepted, status=HTTPStatus.ACCEPTED)
    @refuses(AccountGone, MailUnavailable, MailBusy)
    async def resend_verification(self, request: web.Request) -> web.Response:
        """Mail another link to confirm the address, unless that is done. The body is not read."""
        await self._changes.verify_again(principal_of(request))
        return answered(Accepted(), status=HTTPStatus.ACCEPTED)

    @takes(EmailChange)
    @gives(Accepted, status=HTTPStatus.ACCEPTED)
    @refuses(WrongPassword, EmailTaken, AccountGone, TooBusy, TooManyAttempts, MailUnavailable, MailBusy)
    async def change_email(self, request: web.Request, form: EmailChange) -> web.Response:
        """Mail a link to another address, which becomes the account's once that is followed."""
        principal, device = principal_of(request), device_of(request)
        async with self._repeating(principal, device):
            await self._changes.change_email(
                principal, form.email, password=form.password.get_secret_value(), device=device
            )
        return answered(Accepted(), status=HTTPStatus.ACCEPTED)

    @takes(ProfileChange)
    @gives(status=HTTPStatus.NO_CONTENT)
    async def rename(self, request: web.Request, form: ProfileChange) -> web.Response:
        """Change the name. A store's slug stays: others have links with it."""
        await self._changes.rename(principal_of(request), form.name, device_of(request))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @takes(AccountDeletion)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(WrongPassword, AccountGone, TooBusy, TooManyAttempts)
    async def delete(self, request: web.Request, form: AccountDeletion) -> web.Response:
        """Delete the account and everything of it. Every session and every call ends first."""
        principal, device = principal_of(request), device_of(request)
        async with self._repeating(principal, device):
            await self._changes.delete(principal, password=form.password.get_secret_value(), device=device)
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        self._forget(request, response)
        return response

    def _repeating(self, principal: Principal, device: Device) -> AbstractAsyncContextManager[None]:
        return self._throttle.attempt(REPEATED_PASSWORD, address=device.address, account=str(principal.id))
