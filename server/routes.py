"""Every URL on one page."""

from dataclasses import dataclass

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.typedefs import Handler

from auth.accounts.queries import Store, User
from auth.accounts.store_api import StoreApi
from auth.accounts.user_api import UserApi
from auth.api_keys.gate import ScopedGates
from auth.api_keys.records import Scope
from auth.errors import InvalidRefreshToken, LinkInvalid, RefreshTokenReused, SessionEnded
from auth.http.operations import Gate
from auth.throttle.throttle import EXPORT, FORGOT, MAILED_TOKEN, REFRESH, SECOND_FACTOR, SIGN_UP, VOICE_START, Throttle
from pipelines.assistants.api import EditingApi
from pipelines.doors.api import VoiceDoors
from pipelines.doors.webrtc import WebRtcDoor
from pipelines.events.api import WebhookApi
from pipelines.knowledge.api import KnowledgeApi
from pipelines.tools.trying_api import ToolsApi
from pipelines.widgets.api import WidgetApi
from pipelines.widgets.door import WidgetDoor
from server.errors import UNEXPECTED, told
from server.front import ReadyDoor, health
from server.phone import Phone
from server.reference import Reference
from server.second_factors import SecondFactorDoors
from server.services import Services, StoreServices
from server.sides import Side
from telephony.api import PhoneApi


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


def put(path: str, handler: Handler, *gates: Gate) -> Route:
    """A PUT."""
    return Route("PUT", path, handler, gates)


def patch(path: str, handler: Handler, *gates: Gate) -> Route:
    """A PATCH."""
    return Route("PATCH", path, handler, gates)


def user_routes(services: Services) -> list[Route]:
    """The User API: for the mobile app."""
    user = services.user
    accounts, history = user.api, user.history
    signed_in, throttle = user.side.sign_in.required, user.side.sign_in.throttle
    return [
        *_ready_routes(services),
        *sign_in_routes(user.side, accounts),
        post("/user/auth/logout", accounts.log_out, signed_in),
        *own_account_routes(user.side),
        get("/user/me", accounts.me, signed_in),
        get("/user/me/export", user.export.export, signed_in, throttle.limited(EXPORT)),
        post("/user/voice/start", user.doors.start, signed_in, throttle.limited(VOICE_START)),
        *voice_routes("/user", user.doors, user.webrtc),
        get("/user/stores", user.directory.page, signed_in),
        get("/user/stores/{slug}", user.directory.show, signed_in),
        get("/user/conversations", history.search, signed_in),
        get("/user/conversations/{id}", history.show, signed_in),
        delete("/user/conversations/{id}", history.delete, signed_in),
        get("/user/conversations/{id}/recording", history.recording, signed_in),
        *_outbox(services),
    ]


def store_routes(services: Services) -> list[Route]:
    """The Store API: for the portal in a browser."""
    store = services.store
    accounts = store.api
    signed_in, throttle = store.side.sign_in.required, store.side.sign_in.throttle
    return [
        *_ready_routes(services),
        *sign_in_routes(store.side, accounts, store.own_page),
        post("/store/auth/logout", accounts.log_out, store.own_page),
        *own_account_routes(store.side),
        get("/store/me", accounts.me, signed_in),
        get("/store/me/export", store.export.export, signed_in, throttle.limited(EXPORT)),
        post("/store/voice/start", store.doors.start_test_call, signed_in, throttle.limited(VOICE_START)),
        *voice_routes("/store", store.doors, store.webrtc),
        get("/store/api-keys", store.api_keys.show, signed_in),
        post("/store/api-keys", store.api_keys.add, signed_in, store.side.second_factors.second_factor_proved),
        delete("/store/api-keys/{id}", store.api_keys.revoke, signed_in),
        *assistant_routes(store.editing, store.own_tools, store.scoped),
        *webhook_routes(store.webhooks, store.scoped),
        *knowledge_routes(store.knowledge, store.scoped),
        *conversation_routes(store),
        get("/store/overview", store.overview.overview, signed_in),
        *widget_routes(services.store.widgets, services.store.widget, signed_in),
        *live_routes(store, signed_in),
        *phone_routes(services.phone.api, store.scoped, throttle),
        *_outbox(services),
    ]


def _ready_routes(services: Services) -> list[Route]:
    door = ReadyDoor(services.readiness)
    return [get("/ready", door.ready), get("/ready/requests", door.requests)]


def phone_routes(phone: PhoneApi, scoped: ScopedGates, throttle: Throttle) -> list[Route]:
    """A store's telephone."""
    read, write = scoped.open_to(Scope.PHONE_READ), scoped.open_to(Scope.PHONE_WRITE)
    return [
        get("/store/phone/numbers", phone.numbers, read),
        patch("/store/phone/numbers/{id}", phone.choose, write),
        get("/store/phone/limits", phone.limits, read),
        get("/store/phone/calls", phone.page, read),
        post("/store/phone/calls", phone.dial, write, throttle.limited(VOICE_START)),
        get("/store/phone/calls/{id}", phone.show, read),
        post("/store/phone/calls/{id}/end", phone.end, write),
        post("/store/phone/softphone", phone.softphone, write, throttle.limited(VOICE_START)),
    ]


def carrier_routes(phone: Phone) -> list[Route]:
    """What carriers ask, on the host of PUBLIC_URL; in no document of ours, for the protocols are theirs."""
    daily = [post("/phone/daily/dialin", phone.daily.webhook.ring)] if phone.daily else []
    if phone.twilio is None:
        return daily
    asked, signed = phone.twilio.webhooks, phone.twilio.webhooks.signed
    return [
        *daily,
        get("/phone/twilio/media", phone.twilio.media.connect),
        post("/phone/twilio/voice", signed(asked.voice)),
        post("/phone/twilio/status", signed(asked.status)),
        post("/phone/twilio/fallback", signed(asked.fallback)),
        post("/phone/twilio/voicemail/thanks", signed(asked.thanks)),
        post("/phone/twilio/voicemail/recorded", signed(asked.recorded)),
        post("/phone/twilio/voicemail/transcribed", signed(asked.transcribed)),
        post("/phone/twilio/calls/{id}/answered", signed(asked.answered)),
        post("/phone/twilio/calls/{id}/status", signed(asked.status)),
        post("/phone/twilio/calls/{id}/machine", signed(asked.machine)),
        post("/phone/twilio/calls/{id}/streamed", signed(asked.streamed)),
        post("/phone/twilio/calls/{id}/briefing", signed(asked.briefing)),
        post("/phone/twilio/calls/{id}/accepted", signed(asked.accepted)),
    ]


def sign_in_routes(side: Side[User] | Side[Store], accounts: UserApi | StoreApi, *own_page: Gate) -> list[Route]:
    """The ways in. `own_page` comes before what reads or sets a cookie."""
    at, throttle = f"/{side.kind}/auth", side.sign_in.throttle
    factor_given = throttle.limited(SECOND_FACTOR)
    refreshing = throttle.limited_refusals(REFRESH, InvalidRefreshToken, RefreshTokenReused, SessionEnded)
    return [
        get("/health", health),
        get("/.well-known/jwks.json", side.keys.show),
        post(f"{at}/signup", accounts.sign_up, *own_page, throttle.limited(SIGN_UP)),
        post(f"{at}/login", accounts.log_in, *own_page),
        post(f"{at}/login/second-factor", accounts.log_in_second_factor, *own_page, factor_given),
        post(f"{at}/passkey/options", side.second_factors.api.passkey_options, *own_page, factor_given),
        post(f"{at}/passkey/login", accounts.log_in_passkey, *own_page, factor_given),
        post(f"{at}/refresh", accounts.refresh, *own_page, refreshing),
    ]


def own_account_routes(side: Side[User] | Side[Store]) -> list[Route]:
    """What one does with one's own account."""
    kind, own, sessions = side.kind, side.account, side.sessions
    signed_in, throttle = side.sign_in.required, side.sign_in.throttle
    proved = side.second_factors.second_factor_proved
    mailed = throttle.limited_refusals(MAILED_TOKEN, LinkInvalid)
    return [
        post(f"/{kind}/auth/password", own.change_password, signed_in),
        post(f"/{kind}/auth/password/forgot", own.forgot_password),
        post(f"/{kind}/auth/password/reset", own.reset_password, mailed),
        post(f"/{kind}/auth/email", own.change_email, signed_in, proved, throttle.limited(FORGOT)),
        post(f"/{kind}/auth/email/verify", own.verify_email, mailed),
        post(f"/{kind}/auth/email/resend", own.resend_verification, signed_in, throttle.limited(FORGOT)),
        patch(f"/{kind}/me", own.rename, signed_in),
        delete(f"/{kind}/me", own.delete, signed_in, proved),
        *second_factor_routes(f"/{kind}", side.second_factors, signed_in),
        get(f"/{kind}/sessions", sessions.show, signed_in),
        delete(f"/{kind}/sessions", sessions.end_others, signed_in),
        delete(f"/{kind}/sessions/{{id}}", sessions.end, signed_in),
        get(f"/{kind}/audit", side.audit.page, signed_in),
    ]


def voice_routes(principal: str, doors: VoiceDoors, webrtc: WebRtcDoor) -> list[Route]:
    """Where conversations go on that `start` has let in."""
    return [
        get(f"{principal}/voice/ws", doors.connect),
        post(f"{principal}/voice/offer", webrtc.offer),
        patch(f"{principal}/voice/offer", webrtc.trickle),
    ]


def conversation_routes(store: StoreServices) -> list[Route]:
    """What was said to a store's assistants, and left with them."""
    history, export, inbox = store.history, store.conversation_export, store.inbox
    read, write = (store.scoped.open_to(each) for each in (Scope.CONVERSATIONS_READ, Scope.CONVERSATIONS_WRITE))
    messages_write = store.scoped.open_to(Scope.MESSAGES_WRITE)
    limited = store.side.sign_in.throttle.limited(EXPORT)
    return [
        get("/store/conversations", history.search, read),
        get("/store/exports/conversations/json", export.json, read, limited),
        get("/store/exports/conversations/csv", export.csv, read, limited),
        get("/store/conversations/{id}", history.show, read),
        delete("/store/conversations/{id}", history.delete, write),
        get("/store/conversations/{id}/recording", history.recording, read),
        get("/store/messages", inbox.page, store.scoped.open_to(Scope.MESSAGES_READ)),
        patch("/store/messages/{id}", inbox.mark, messages_write),
        delete("/store/messages/{id}", inbox.delete, messages_write),
    ]


def live_routes(store: StoreServices, signed_in: Gate) -> list[Route]:
    """What a store's staff sees and does of conversations that go on, and its saved views: nothing for its programs."""
    live, acting, listening, views = store.live, store.acting, store.listening, store.views
    return [
        get("/store/conversation-views", views.show, signed_in),
        post("/store/conversation-views", views.add, signed_in),
        put("/store/conversation-views/{id}", views.change, signed_in),
        delete("/store/conversation-views/{id}", views.delete, signed_in),
        get("/store/live", live.running, signed_in),
        get("/store/live/events", live.events, signed_in),
        post("/store/live/{id}/whisper", acting.whisper, signed_in),
        post("/store/live/{id}/hold", acting.hold, signed_in),
        post("/store/live/{id}/resume", acting.resume, signed_in),
        post("/store/live/{id}/end", acting.end, signed_in),
        post("/store/live/{id}/listen", listening.ticket, signed_in),
        get("/store/live/{id}/listen", listening.listen),
    ]


def widget_routes(widgets: WidgetApi, door: WidgetDoor, signed_in: Gate) -> list[Route]:
    """Buttons for a store's own pages. What those ask comes without any proof, from sites that the store has named."""
    return [
        get("/store/widgets", widgets.show, signed_in),
        post("/store/widgets", widgets.add, signed_in),
        put("/store/widgets/{id}", widgets.change, signed_in),
        delete("/store/widgets/{id}", widgets.delete, signed_in),
        get("/widget.js", door.script),
        Route("OPTIONS", "/widget/{key}/voice/{door}", door.preflight),
        post("/widget/{key}/voice/start", door.start),
        post("/widget/{key}/voice/offer", door.offer),
    ]


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


def assistant_routes(editing: EditingApi, tools: ToolsApi, scoped: ScopedGates) -> list[Route]:
    """What a store decides about its assistants."""
    read, write = scoped.open_to(Scope.ASSISTANTS_READ), scoped.open_to(Scope.ASSISTANTS_WRITE)
    return [
        get("/store/models", editing.models, read),
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
        # Secrets: no less than changing them.
        get("/store/assistants/{id}/tools", tools.tools, write),
        post("/store/assistants/{id}/tools/call", tools.call_tool, write),
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
