"""Each of the two principals, composed: accounts, sign-in, second factors, and the handlers that both hosts have."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol

from aiohttp import web

from auth.accounts.accounts import AccountQueries, Accounts
from auth.accounts.changes import AccountChanges, AccountT, AccountT_co, ChangeQueries
from auth.accounts.own_api import AccountApi
from auth.audit.api import AuditApi
from auth.audit.log import Audit
from auth.audit.queries import AuditQueries
from auth.http.asking import require, verified
from auth.http.operations import Gate
from auth.mail.letters import Letters
from auth.mail.link_queries import MailTokenQueries
from auth.mail.links import MailTokens
from auth.principals import Kind
from auth.sessions.api import SessionApi
from auth.sessions.queries import SessionQueries
from auth.sessions.sessions import Sessions
from auth.throttle.queries import ThrottleQueries
from auth.throttle.throttle import Throttle
from auth.tokens.access import AccessTokens
from auth.tokens.key_api import KeyApi
from auth.tokens.keys import SigningKeys, shared_secret
from pipelines.doors.ticket_queries import TicketQueries
from pipelines.identity import Verify
from server import second_factors
from server.foundation import Foundation
from server.second_factors import SecondFactorDoors


class AccountTable(AccountQueries[AccountT_co], ChangeQueries[AccountT_co], Protocol[AccountT_co]):
    """The accounts of one kind in PostgreSQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The sessions, tokens, audit log and limits of one kind of principal, and the gate that asks for a token."""

    sessions: Sessions
    keys: SigningKeys
    tokens: AccessTokens
    required: Gate
    verify: Verify
    audit: Audit
    throttle: Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class Side(Generic[AccountT]):
    """One principal, and the handlers that are the same for both; `origins` are those of its own pages."""

    kind: Kind
    origins: tuple[str, ...]
    accounts: Accounts[AccountT]
    changes: AccountChanges[AccountT]
    sign_in: SignIn
    second_factors: SecondFactorDoors
    account: AccountApi[AccountT]
    sessions: SessionApi
    keys: KeyApi
    audit: AuditApi


def compose(
    base: Foundation,
    kind: Kind,
    table: AccountTable[AccountT],
    *,
    forget: Callable[[web.Request, web.Response], None] = lambda _request, _response: None,
) -> Side[AccountT]:
    """Compose one; `forget` makes the client of a deleted account forget its session. Raises BadKeyFile."""
    settings = base.settings
    hosts, origin = {
        Kind.USER: (settings.all_user_hosts, settings.user_origin),
        Kind.STORE: (settings.all_store_hosts, settings.store_origin),
    }[kind]
    sign_in, letters = _sign_in(base, kind), Letters(origin)
    accounts = Accounts(table, base.passwords, sign_in.audit)
    changes = AccountChanges(
        queries=table,
        passwords=base.passwords,
        sessions=sign_in.sessions,
        tokens=MailTokens(MailTokenQueries(base.pool, kind), now=base.now),
        mail=base.mail,
        letters=letters,
        audit=sign_in.audit,
        forget=TicketQueries(base.pool).forget,
    )
    factors = second_factors.compose(
        kind,
        base.pool,
        accounts,
        sign_in.audit,
        sign_in.throttle,
        mail=base.mail,
        letters=letters,
        key=shared_secret(base.keys / "second-factor.key"),
        now=base.now,
        origins={host: base.origins((host,)) for host in hosts},
    )
    return Side(
        kind=kind,
        origins=base.origins(hosts),
        accounts=accounts,
        changes=changes,
        sign_in=sign_in,
        second_factors=factors,
        account=AccountApi(changes, sign_in.throttle, forget=forget),
        sessions=SessionApi(sign_in.sessions),
        keys=KeyApi(sign_in.keys),
        audit=AuditApi(sign_in.audit),
    )


def _sign_in(base: Foundation, kind: Kind) -> SignIn:
    sessions = Sessions(
        SessionQueries(base.pool, kind),
        refresh_key=shared_secret(base.keys / "refresh.key"),
        now=base.now,
        refreshed=partial(base.metrics.refreshed, kind),
    )
    keys = SigningKeys(base.keys / kind, now=base.now)
    tokens = AccessTokens(kind, keys, now=base.now)
    return SignIn(
        sessions=sessions,
        keys=keys,
        tokens=tokens,
        required=require(tokens, sessions),
        verify=partial(verified, tokens=tokens, sessions=sessions),
        audit=Audit(kind, AuditQueries(base.pool), now=base.now),
        throttle=Throttle(
            ThrottleQueries(base.pool),
            kind,
            key=shared_secret(base.keys / "throttle.key"),
            now=base.now,
            generosity=base.generosity,
        ),
    )
