"""Every URL on one page."""

from dataclasses import dataclass

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler

from auth.errors import InvalidRefreshToken, LinkInvalid, RefreshTokenReused, SessionEnded
from auth.http.operations import Gate
from auth.throttle.throttle import EXPORT, FORGOT, MAILED_TOKEN, REFRESH, SECOND_FACTOR, SIGN_UP, VOICE_START
from pipelines.assistants.api import EditingApi
from pipelines.knowledge.api import KnowledgeApi
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
    history = services.history
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
        *assistant_routes(services.editing, signed_in),
        get("/store/webhooks", services.webhooks.show, signed_in),
        post("/store/webhooks", services.webhooks.add, signed_in),
        delete("/store/webhooks/{id}", services.webhooks.delete, signed_in),
        post("/store/webhooks/{id}/enable", services.webhooks.enable, signed_in),
        get("/store/webhooks/{id}/deliveries", services.webhooks.deliveries, signed_in),
        post("/store/webhook-deliveries/{id}/replay", services.webhooks.replay, signed_in),
        get("/store/conversations", history.search, signed_in),
        get(
            "/store/exports/conversations/json", services.conversation_export.json, signed_in, throttle.limited(EXPORT)
        ),
        get("/store/exports/conversations/csv", services.conversation_export.csv, signed_in, throttle.limited(EXPORT)),
        *knowledge_routes(services.store_knowledge, signed_in),
        get("/store/conversations/{id}", history.show, signed_in),
        delete("/store/conversations/{id}", history.delete, signed_in),
        get("/store/conversations/{id}/recording", history.recording, signed_in),
        get("/store/messages", services.inbox.page, signed_in),
        patch("/store/messages/{id}", services.inbox.mark, signed_in),
        delete("/store/messages/{id}", services.inbox.delete, signed_in),
        *_outbox(services),
    ]


def knowledge_routes(knowledge: KnowledgeApi, signed_in: Gate) -> list[Route]:
    """What the store's assistant knows."""
    return [
        get("/store/knowledge/entries", knowledge.page, signed_in),
        post("/store/knowledge/entries", knowledge.create, signed_in),
        post("/store/knowledge/import", knowledge.import_entries, signed_in),
        post("/store/knowledge/ask", knowledge.ask, signed_in),
        get("/store/knowledge/unanswered", knowledge.unanswered, signed_in),
        get("/store/knowledge/entries/{id}", knowledge.show, signed_in),
        patch("/store/knowledge/entries/{id}", knowledge.change, signed_in),
        delete("/store/knowledge/entries/{id}", knowledge.delete, signed_in),
    ]


def _outbox(services: Services) -> list[Route]:
    """Mail that goes nowhere, on a developer's machine."""
    return [get("/outbox", services.outbox.outbox)] if services.outbox else []


def assistant_routes(editing: EditingApi, signed_in: Gate) -> list[Route]:
    """What a store decides about its assistants."""
    return [
        get("/store/assistants", editing.page, signed_in),
        post("/store/assistants", editing.create, signed_in),
        get("/store/assistants/{id}", editing.show, signed_in),
        delete("/store/assistants/{id}", editing.delete, signed_in),
        patch("/store/assistants/{id}/draft", editing.edit, signed_in),
        post("/store/assistants/{id}/publish", editing.publish, signed_in),
        post("/store/assistants/{id}/restore", editing.restore, signed_in),
        post("/store/assistants/{id}/default", editing.make_default, signed_in),
        get("/store/assistants/{id}/versions", editing.versions, signed_in),
        get("/store/assistants/{id}/versions/{number}", editing.version, signed_in),
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
