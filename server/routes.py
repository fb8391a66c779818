"""Every URL on one page."""

from dataclasses import dataclass

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler

from auth.api_keys.gate import ScopedGates
from auth.api_keys.records import Scope
from auth.errors import InvalidRefreshToken, LinkInvalid, RefreshTokenReused, SessionEnded
from auth.http.operations import Gate
from auth.throttle.throttle import EXPORT, FORGOT, MAILED_TOKEN, REFRESH, SECOND_FACTOR, SIGN_UP, VOICE_START
from pipelines.assistants.api import EditingApi
from pipelines.events.api import WebhookApi
from pipelines.knowledge.api import KnowledgeApi
from pipelines.live.api import LiveApi
from server.errors import UNEXPECTED, told
from server.front import Front
from server.reference import Reference
from server.second_factors import SecondFactorDoors
from server.services import Services


@dataclass(frozen=True, slots=True)
class Route:
    """One URL: what answers it, and the gates before that, outermost first."""

    method: str
    path: str
    handler: Handler
    gates: tuple[Gate, ...] = ()

    def defined(self) -> web.RouteDef:
        """As aiohttp takes it."""
        handler = self.handler
        for gate in reversed(self.gates):
            handler = gate.before(handler)
        return web.RouteDef(self.method, self.path, handler, {"expect_handler": expect})


async def expect(request: web.Request) -> web.StreamResponse | None:
    """Answer `Expect` (RFC 9110, section 10.1.1). It comes before every middleware, so it raises nothing."""
    if request.headers[hdrs.EXPECT].lower() != "100-continue":
        return told(UNEXPECTED)
    if request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # What was sent so far is no part of the answer.
        request.writer.output_size = 0
    return None


def get(path: str, handler: Handler, *gates: Gate) -> Route:
    """A GET; aiohttp answers HEAD with it, too."""
    return Route("GET", path, handler, gates)


def post(path: str, handler: Handler, *gates: Gate) -> Route:
    """A POST."""
    return Route("POST", path, handler, gates)


def delete(path: str, handler: Handler, *gates: Gate) -> Route:
    """A DELETE."""
    return Route("DELETE", path, handler, gates)


def patch(path: str, handler: Handler, *gates: Gate) -> Route:
    """A PATCH."""
    return Route("PATCH", path, handler, gates)


def user_routes(services: Services) -> list[Route]:
    """The User API: for the mobile app."""
    accounts = services.user_api
    own = services.user_account
    sessions = services.user_sessions
    voice = services.user_doors
    webrtc = services.user_webrtc
    history = services.history
    signed_in = services.user_sign_in.required
    second_factor_proved = services.user_second_factors.second_factor_proved
    throttle = services.user_sign_in.throttle
    factor_given = throttle.limited(SECOND_FACTOR)
    refreshing = throttle.limited_refusals(REFRESH, InvalidRefreshToken, RefreshTokenReused, SessionEnded)
    mailed = throttle.limited_refusals(MAILED_TOKEN, LinkInvalid)
    front = Front()
    return [
        get("/health", front.health),
        get("/.well-known/jwks.json", services.user_keys.show),
        post("/user/auth/signup", accounts.sign_up, throttle.limited(SIGN_UP)),
        post("/user/auth/login", accounts.log_in),
        post("/user/auth/login/second-factor", accounts.log_in_second_factor, factor_given),
        post("/user/auth/passkey/options", services.user_second_factors.api.passkey_options, factor_given),
        post("/user/auth/passkey/login", accounts.log_in_passkey, factor_given),
        post("/user/auth/refresh", accounts.refresh, refreshing),
        post("/user/auth/logout", accounts.log_out, signed_in),
        post("/user/auth/password", own.change_password, signed_in),
        post("/user/auth/password/forgot", own.forgot_password),
        post("/user/auth/password/reset", own.reset_password, mailed),
        post(
            "/user/auth/email",
            own.change_email,
            signed_in,
            second_factor_proved,
            throttle.limited(FORGOT),
        ),
        post("/user/auth/email/verify", own.verify_email, mailed),
        post("/user/auth/email/resend", own.resend_verification, signed_in, throttle.limited(FORGOT)),
        get("/user/me", accounts.me, signed_in),
        patch("/user/me", own.rename, signed_in),
        delete("/user/me", own.delete, signed_in, second_factor_proved),
        get("/user/me/export", services.user_export.export, signed_in, throttle.limited(EXPORT)),
        *second_factor_routes("/user", services.user_second_factors, signed_in),
        get("/user/sessions", sessions.show, signed_in),
        delete("/user/sessions", sessions.end_others, signed_in),
        delete("/user/sessions/{id}", sessions.end, signed_in),
        get("/user/audit", services.user_audit.page, signed_in),
        post("/user/voice/start", voice.start, signed_in, throttle.limited(VOICE_START)),
        get("/user/voice/ws", voice.connect),
        post("/user/voice/offer", webrtc.offer),
        patch("/user/voice/offer", webrtc.trickle),
        get("/user/stores", services.directory.page, signed_in),
        get("/user/stores/{slug}", services.directory.show, signed_in),
        get("/user/conversations", history.page, signed_in),
        get("/user/conversations/{id}", history.show, signed_in),
        delete("/user/conversations/{id}", history.delete, signed_in),
        get("/user/conversations/{id}/recording", history.recording, signed_in),
        *_outbox(services),
    ]


def store_routes(services: Services) -> list[Route]:
    """The Store API: for the portal in a browser."""
    accounts = services.store_api
    own = services.store_account
    sessions = services.store_sessions
    voice = services.store_doors
    webrtc = services.store_webrtc
    signed_in = services.store_sign_in.required
    second_factor_proved = services.store_second_factors.second_factor_proved
    throttle = services.store_sign_in.throttle
    factor_given = throttle.limited(SECOND_FACTOR)
    refreshing = throttle.limited_refusals(REFRESH, InvalidRefreshToken, RefreshTokenReused, SessionEnded)
    mailed = throttle.limited_refusals(MAILED_TOKEN, LinkInvalid)
    own_page = services.own_page
    front = Front()
    return [
        get("/health", front.health),
        get("/.well-known/jwks.json", services.store_keys.show),
        post("/store/auth/signup", accounts.sign_up, own_page, throttle.limited(SIGN_UP)),
        post("/store/auth/login", accounts.log_in, own_page),
        post("/store/auth/login/second-factor", accounts.log_in_second_factor, own_page, factor_given),
        post("/store/auth/passkey/options", services.store_second_factors.api.passkey_options, own_page, factor_given),
        post("/store/auth/passkey/login", accounts.log_in_passkey, own_page, factor_given),
        post("/store/auth/refresh", accounts.refresh, own_page, refreshing),
        post("/store/auth/logout", accounts.log_out, own_page),
        post("/store/auth/password", own.change_password, signed_in),
        post("/store/auth/password/forgot", own.forgot_password),
        post("/store/auth/password/reset", own.reset_password, mailed),
        post(
            "/store/auth/email",
            own.change_email,
            signed_in,
            second_factor_proved,
            throttle.limited(FORGOT),
        ),
        post("/store/auth/email/verify", own.verify_email, mailed),
        post("/store/auth/email/resend", own.resend_verification, signed_in, throttle.limited(FORGOT)),
        get("/store/me", accounts.me, signed_in),
        patch("/store/me", own.rename, signed_in),
        delete("/store/me", own.delete, signed_in, second_factor_proved),
        get("/store/me/export", services.store_export.export, signed_in, throttle.limited(EXPORT)),
        *second_factor_routes("/store", services.store_second_factors, signed_in),
        get("/store/sessions", sessions.show, signed_in),
        delete("/store/sessions", sessions.end_others, signed_in),
        delete("/store/sessions/{id}", sessions.end, signed_in),
        get("/store/audit", services.store_audit.page, signed_in),
        post("/store/voice/start", voice.start_test_call, signed_in, throttle.limited(VOICE_START)),
        get("/store/voice/ws", voice.connect),
        post("/store/voice/offer", webrtc.offer),
        patch("/store/voice/offer", webrtc.trickle),
        get("/store/api-keys", services.api_keys.show, signed_in),
        post("/store/api-keys", services.api_keys.add, signed_in, second_factor_proved),
        delete("/store/api-keys/{id}", services.api_keys.revoke, signed_in),
        *assistant_routes(services.editing, services.scoped),
        *webhook_routes(services.webhooks, services.scoped),
        *knowledge_routes(services.store_knowledge, services.scoped),
        *conversation_routes(services),
        get("/store/overview", services.overview.overview, signed_in),
        *live_routes(services.live, signed_in),
        *_outbox(services),
    ]


def conversation_routes(services: Services) -> list[Route]:
    """What was said to a store's assistants, and left with them."""
    history, export, inbox = services.history, services.conversation_export, services.inbox
    read, write = (services.scoped.open_to(each) for each in (Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_WRITE))
    messages_write = services.scoped.open_to(Scope.MESSAGES_WRITE)
    limited = services.store_sign_in.throttle.limited(EXPORT)
    return [
        get("/store/conversations", history.search, read),
        get("/store/exports/conversations/json", export.json, read, limited),
        get("/store/exports/conversations/csv", export.csv, read, limited),
        get("/store/conversations/{id}", history.show, read),
        delete("/store/conversations/{id}", history.delete, write),
        get("/store/conversations/{id}/recording", history.recording, read),
        get("/store/messages", inbox.page, services.scoped.open_to(Scope.MESSAGES_READ)),
        patch("/store/messages/{id}", inbox.mark, messages_write),
        delete("/store/messages/{id}", inbox.delete, messages_write),
    ]


def live_routes(live: LiveApi, signed_in: Gate) -> list[Route]:
    """What a store sees of the conversations that go on: for its staff, and not for its programs."""
    return [get("/store/live", live.running, signed_in)]


def webhook_routes(webhooks: WebhookApi, scoped: ScopedGates) -> list[Route]:
    """Whom a store has told of what happens; the list shows secrets, so it is no less than changing it."""
    write = scoped.open_to(Scope.WEBHOOKS_WRITE)
    return [
        get("/store/webhooks", webhooks.show, write),
        post("/store/webhooks", webhooks.add, write),
        delete("/store/webhooks/{id}", webhooks.delete, write),
        post("/store/webhooks/{id}/enable", webhooks.enable, write),
        get("/store/webhooks/{id}/deliveries", webhooks.deliveries, write),
        post("/store/webhook-deliveries/{id}/replay", webhooks.replay, write),
    ]


def knowledge_routes(knowledge: KnowledgeApi, scoped: ScopedGates) -> list[Route]:
    """What the store's assistant knows."""
    read, write = scoped.open_to(Scope.KNOWLEDGE_READ), scoped.open_to(Scope.KNOWLEDGE_WRITE)
    return [
        get("/store/knowledge/entries", knowledge.page, read),
        post("/store/knowledge/entries", knowledge.create, write),
        post("/store/knowledge/import", knowledge.import_entries, write),
        post("/store/knowledge/ask", knowledge.ask, read),
        get("/store/knowledge/unanswered", knowledge.unanswered, read),
        get("/store/knowledge/entries/{id}", knowledge.show, read),
        patch("/store/knowledge/entries/{id}", knowledge.change, write),
        delete("/store/knowledge/entries/{id}", knowledge.delete, write),
    ]


def _outbox(services: Services) -> list[Route]:
    """Mail that goes nowhere, on a developer's machine."""
    return [get("/outbox", services.outbox.outbox)] if services.outbox else []


def assistant_routes(editing: EditingApi, scoped: ScopedGates) -> list[Route]:
    """What a store decides about its assistants."""
    read, write = scoped.open_to(Scope.ASSISTANTS_READ), scoped.open_to(Scope.ASSISTANTS_WRITE)
    return [
        get("/store/assistants", editing.page, read),
        post("/store/assistants", editing.create, write),
        get("/store/assistants/{id}", editing.show, read),
        delete("/store/assistants/{id}", editing.delete, write),
        patch("/store/assistants/{id}/draft", editing.edit, write),
        post("/store/assistants/{id}/publish", editing.publish, write),
        post("/store/assistants/{id}/restore", editing.restore, write),
        post("/store/assistants/{id}/default", editing.make_default, write),
        get("/store/assistants/{id}/versions", editing.versions, read),
        get("/store/assistants/{id}/versions/{number}", editing.version, read),
    ]


def reference_routes(reference: Reference) -> list[Route]:
    """What each API says about itself."""
    return [get("/openapi.json", reference.document), get("/docs", reference.page)]


def second_factor_routes(principal: str, doors: SecondFactorDoors, signed_in: Gate) -> list[Route]:
    """What both APIs have about second factors; what adds or removes one takes a fresh proof."""
    factors = doors.api
    proved = doors.proved
    return [
        get(f"{principal}/me/second-factors", factors.show, signed_in),
        post(f"{principal}/me/proof", factors.prove, signed_in),
        post(f"{principal}/me/proof/second-factor", factors.prove_second_factor, signed_in),
        post(f"{principal}/me/totp", factors.enrol_totp, signed_in, proved),
        post(f"{principal}/me/totp/confirm", factors.confirm_totp, signed_in),
        delete(f"{principal}/me/totp", factors.remove_totp, signed_in, proved),
        post(f"{principal}/me/recovery-codes", factors.renew_recovery_codes, signed_in, proved),
        post(f"{principal}/me/passkey-options", factors.passkey_registration_options, signed_in, proved),
        post(f"{principal}/me/passkeys", factors.register_passkey, signed_in),
        patch(f"{principal}/me/passkeys/{{id}}", factors.rename_passkey, signed_in),
        delete(f"{principal}/me/passkeys/{{id}}", factors.remove_passkey, signed_in, proved),
    ]
