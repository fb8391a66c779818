"""What goes wrong at start; and domain errors as HTTP answers."""

import math
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

import structlog
from aiohttp import web

from auth import errors as auth
from auth.factors import errors as factors
from pipelines.assistants.records import (
    AssistantNotFound,
    DefaultAssistantKept,
    DraftChanged,
    NoAssistant,
    NotPublished,
    SlugTaken,
    StoreNotFound,
    TooManyAssistants,
    VersionNotFound,
)
from pipelines.conversations.recordings import NoRecording, RecordingsAway
from pipelines.conversations.records import ConversationLive, ConversationNotFound
from pipelines.doors.api import NotAnUpgrade, OriginRefused
from pipelines.doors.calls import NoSuchCall, TooManySignals
from pipelines.doors.starts import RoomsUnavailable, TransportNotOffered
from pipelines.doors.tickets import TicketRefused
from pipelines.events.records import DeliveryNotFound, TooManyWebhooks, WebhookNotFound
from pipelines.grounding.knowledge import KnowledgeUnavailable
from pipelines.knowledge.records import MAX_ENTRIES, EntryChanged, EntryNotFound, TitleTaken, TooManyEntries
from pipelines.live.commands import CannotBeJoined, ConversationOver, NotAnswered, TakenOver
from pipelines.live.watching import TooManyWatchers
from pipelines.outgoing import UrlRefused
from pipelines.places import StoreBusy, StoreMinutesUsed, TooManyCalls
from pipelines.registry import CapacityReached, ResumeRefused, ShuttingDown
from pipelines.tools.messages import MessageNotFound
from pipelines.tools.trying_api import ToolNotFound
from pipelines.transports.webrtc.offers import OfferUnreadable, OfferWithoutAudio
from pipelines.views.records import MAX_VIEWS, TooManyViews, ViewNameTaken, ViewNotFound
from pipelines.widgets.records import TooManyWidgets, WidgetNotFound
from telephony.calls import CallNotFound
from telephony.lines import NobodyAnswers
from telephony.numbers import NumberNotFound, NumberRefused
from telephony.outbound import DialledTooOften, PhoneMinutesUsed, PhoneUnavailable

log = structlog.get_logger()


class CannotStart(Exception):
    """The process cannot start; the message says what is wrong and what to do."""


class BadSettings(CannotStart):
    """Settings that cannot be used, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


class Problem(NamedTuple):
    """How a domain error is answered: its status, its stable code, and its sentence unless the error has one."""

    status: HTTPStatus
    code: str
    message: str | None = None


# The first class that fits decides, so the narrower ones stand first.
PROBLEMS: dict[type[Exception], Problem] = {
    auth.InvalidRequest: Problem(HTTPStatus.BAD_REQUEST, "invalid_request"),
    auth.BodyTooSlow: Problem(HTTPStatus.REQUEST_TIMEOUT, "body_too_slow"),
    auth.MediaNotTaken: Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "media_not_taken"),
    auth.NotJson: Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json"),
    auth.CrossSiteRequest: Problem(HTTPStatus.FORBIDDEN, "cross_site_request"),
    auth.EmailTaken: Problem(HTTPStatus.CONFLICT, "email_taken"),
    auth.CommonPassword: Problem(HTTPStatus.BAD_REQUEST, "password_too_common"),
    auth.WrongCredentials: Problem(HTTPStatus.UNAUTHORIZED, "wrong_credentials"),
    # Not 401, which clients answer with a refresh.
    auth.WrongPassword: Problem(HTTPStatus.FORBIDDEN, "wrong_password"),
    auth.AccountGone: Problem(HTTPStatus.UNAUTHORIZED, "account_gone"),
    auth.TooBusy: Problem(HTTPStatus.SERVICE_UNAVAILABLE, "too_busy"),
    auth.TooManyAttempts: Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts"),
    auth.LinkInvalid: Problem(HTTPStatus.BAD_REQUEST, "link_invalid"),
    auth.MailUnavailable: Problem(HTTPStatus.SERVICE_UNAVAILABLE, "mail_unavailable"),
    auth.MailBusy: Problem(HTTPStatus.SERVICE_UNAVAILABLE, "mail_busy"),
    auth.AccessTokenMissing: Problem(HTTPStatus.UNAUTHORIZED, "access_token_missing"),
    auth.AccessTokenExpired: Problem(HTTPStatus.UNAUTHORIZED, "token_expired"),
    auth.InvalidAccessToken: Problem(HTTPStatus.UNAUTHORIZED, "invalid_access_token"),
    auth.ApiKeyMistyped: Problem(HTTPStatus.UNAUTHORIZED, "api_key_mistyped"),
    auth.ApiKeyRefused: Problem(HTTPStatus.UNAUTHORIZED, "api_key_refused"),
    auth.ScopeMissing: Problem(HTTPStatus.FORBIDDEN, "scope_missing"),
    auth.ApiKeyNotFound: Problem(HTTPStatus.NOT_FOUND, "api_key_not_found"),
    auth.TooManyApiKeys: Problem(HTTPStatus.CONFLICT, "too_many_api_keys"),
    auth.InvalidRefreshToken: Problem(HTTPStatus.UNAUTHORIZED, "invalid_refresh_token"),
    auth.RefreshTokenReused: Problem(HTTPStatus.UNAUTHORIZED, "refresh_token_reused"),
    auth.SessionEnded: Problem(HTTPStatus.UNAUTHORIZED, "session_ended"),
    auth.SessionBusy: Problem(HTTPStatus.TOO_MANY_REQUESTS, "session_busy"),
    auth.SessionNotFound: Problem(HTTPStatus.NOT_FOUND, "session_not_found"),
    factors.ChallengeOver: Problem(HTTPStatus.FORBIDDEN, "challenge_over"),
    factors.SecondFactorRefused: Problem(HTTPStatus.FORBIDDEN, "second_factor_refused"),
    factors.TooManyCodes: Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_codes"),
    factors.ProofRequired: Problem(HTTPStatus.FORBIDDEN, "proof_required"),
    factors.TotpActive: Problem(HTTPStatus.CONFLICT, "totp_active"),
    factors.NoTotpEnrolment: Problem(HTTPStatus.CONFLICT, "no_totp_enrolment"),
    factors.NoSecondFactor: Problem(HTTPStatus.CONFLICT, "no_second_factor"),
    factors.PasskeyRefused: Problem(HTTPStatus.FORBIDDEN, "passkey_refused"),
    factors.PasskeyKnown: Problem(HTTPStatus.CONFLICT, "passkey_known"),
    factors.TooManyPasskeys: Problem(HTTPStatus.CONFLICT, "too_many_passkeys"),
    factors.PasskeyNotFound: Problem(HTTPStatus.NOT_FOUND, "passkey_not_found"),
    ConversationNotFound: Problem(HTTPStatus.NOT_FOUND, "conversation_not_found", "There is no such conversation."),
    ConversationLive: Problem(HTTPStatus.CONFLICT, "conversation_live", "This conversation goes on; end it first."),
    NoRecording: Problem(HTTPStatus.NOT_FOUND, "no_recording", "There is no recording of this conversation."),
    RecordingsAway: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "recordings_away", "Recordings are out of reach; try again in a moment."
    ),
    MessageNotFound: Problem(HTTPStatus.NOT_FOUND, "message_not_found", "There is no such message."),
    EntryNotFound: Problem(HTTPStatus.NOT_FOUND, "entry_not_found", "There is no such entry."),
    TitleTaken: Problem(HTTPStatus.CONFLICT, "title_taken", "Another entry has this title."),
    EntryChanged: Problem(
        HTTPStatus.CONFLICT, "entry_changed", "Somebody has changed this entry meanwhile; read it again."
    ),
    TooManyEntries: Problem(
        HTTPStatus.CONFLICT, "too_many_entries", f"A store can have {MAX_ENTRIES:,} entries; delete some."
    ),
    KnowledgeUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "knowledge_unavailable", "The entries cannot be searched now; try again."
    ),
    UrlRefused: Problem(HTTPStatus.BAD_REQUEST, "url_refused"),
    TooManyWebhooks: Problem(HTTPStatus.CONFLICT, "too_many_webhooks", "You have as many endpoints as one may have."),
    WebhookNotFound: Problem(HTTPStatus.NOT_FOUND, "webhook_not_found", "There is no such endpoint."),
    DeliveryNotFound: Problem(HTTPStatus.NOT_FOUND, "delivery_not_found", "There is no such delivery."),
    NoAssistant: Problem(HTTPStatus.NOT_FOUND, "no_assistant", "No store of this name answers here."),
    StoreNotFound: Problem(HTTPStatus.NOT_FOUND, "store_not_found", "No store of this name answers here."),
    AssistantNotFound: Problem(HTTPStatus.NOT_FOUND, "assistant_not_found", "There is no such assistant."),
    VersionNotFound: Problem(HTTPStatus.NOT_FOUND, "version_not_found", "Nothing was published under this number."),
    ToolNotFound: Problem(HTTPStatus.NOT_FOUND, "tool_not_found", "The draft has no tool of this name."),
    SlugTaken: Problem(HTTPStatus.CONFLICT, "slug_taken", "Another of your assistants has this slug."),
    DraftChanged: Problem(
        HTTPStatus.CONFLICT, "draft_changed", "Somebody else has changed this draft; read it again and then change it."
    ),
    TooManyAssistants: Problem(HTTPStatus.CONFLICT, "too_many_assistants", "A store can have 20 assistants."),
    NotPublished: Problem(HTTPStatus.CONFLICT, "not_published", "Publish this assistant first."),
    DefaultAssistantKept: Problem(
        HTTPStatus.CONFLICT, "default_assistant", "Make another assistant the default one before you delete this."
    ),
    WidgetNotFound: Problem(HTTPStatus.NOT_FOUND, "widget_not_found", "There is no such widget."),
    TooManyWidgets: Problem(HTTPStatus.CONFLICT, "too_many_widgets", "You have as many widgets as one may have."),
    NotAnUpgrade: Problem(HTTPStatus.UPGRADE_REQUIRED, "upgrade_required", "Open this address as a websocket."),
    TicketRefused: Problem(
        HTTPStatus.UNAUTHORIZED, "ticket_refused", "This ticket does not open the line; ask for a new one."
    ),
    ResumeRefused: Problem(
        HTTPStatus.CONFLICT, "resume_refused", "That conversation cannot be taken up here any more; start a new one."
    ),
    OriginRefused: Problem(HTTPStatus.FORBIDDEN, "origin_refused", "Pages of that site may not open the line."),
    TransportNotOffered: Problem(
        HTTPStatus.NOT_FOUND, "transport_not_offered", "This server does not offer this transport."
    ),
    RoomsUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "rooms_unavailable", "Daily gives us no room now; try again, or another way."
    ),
    OfferUnreadable: Problem(HTTPStatus.BAD_REQUEST, "offer_unreadable", "This is no SDP offer that can be answered."),
    OfferWithoutAudio: Problem(
        HTTPStatus.BAD_REQUEST, "offer_without_audio", "Offer audio in both directions first, in Opus."
    ),
    NoSuchCall: Problem(HTTPStatus.NOT_FOUND, "no_such_call", "There is no such call; start a new one."),
    TooManySignals: Problem(
        HTTPStatus.CONFLICT, "too_many_signals", "This call has changed too often; start a new one."
    ),
    CapacityReached: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "capacity_reached", "Every line is taken; try again in a moment."
    ),
    TooManyCalls: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too_many_calls", "You are in as many conversations as one may be in; end one."
    ),
    StoreBusy: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "store_busy", "All lines of this store are taken; try again in a moment."
    ),
    StoreMinutesUsed: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "store_minutes_used", "This store takes no more calls today; try tomorrow."
    ),
    ViewNotFound: Problem(HTTPStatus.NOT_FOUND, "view_not_found", "There is no such view."),
    ViewNameTaken: Problem(HTTPStatus.CONFLICT, "view_name_taken", "Another view has this name."),
    TooManyViews: Problem(HTTPStatus.CONFLICT, "too_many_views", f"A store can have {MAX_VIEWS} saved views."),
    ConversationOver: Problem(HTTPStatus.CONFLICT, "conversation_over", "This conversation is over."),
    TakenOver: Problem(HTTPStatus.CONFLICT, "taken_over", "Somebody speaks to the caller; they have to hand back."),
    CannotBeJoined: Problem(
        HTTPStatus.CONFLICT,
        "cannot_be_joined",
        "The model of this conversation hears and speaks by itself; nobody can whisper to it or speak in its place.",
    ),
    NotAnswered: Problem(
        HTTPStatus.GATEWAY_TIMEOUT,
        "conversation_silent",
        "The process that runs this conversation does not answer; look whether it still goes on.",
    ),
    TooManyWatchers: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too_many_watchers", "Too many pages of this store are open; close one."
    ),
    NumberRefused: Problem(HTTPStatus.BAD_REQUEST, "number_refused"),
    NumberNotFound: Problem(HTTPStatus.NOT_FOUND, "number_not_found", "You have no such telephone number."),
    CallNotFound: Problem(HTTPStatus.NOT_FOUND, "call_not_found", "There is no such call."),
    NobodyAnswers: Problem(
        HTTPStatus.CONFLICT, "nobody_answers", "This assistant is not published, or does not talk to callers."
    ),
    DialledTooOften: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "dialled_too_often", "You make as many calls as one may; try again in a minute."
    ),
    PhoneMinutesUsed: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "phone_minutes_used", "You have called for as long as one may in one day."
    ),
    PhoneUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "phone_unavailable", "This server cannot make telephone calls now."
    ),
    ShuttingDown: Problem(HTTPStatus.SERVICE_UNAVAILABLE, "shutting_down", "This server is closing; try again."),
}

# What is answered around the handlers; codes do not follow the names that a Python version has for statuses.
UNKNOWN_HOST = Problem(
    HTTPStatus.MISDIRECTED_REQUEST,
    "unknown_host",
    "This server does not answer to that host name; see USER_API_HOSTS and STORE_API_HOSTS.",
)
INTERNAL_ERROR = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal_error",
    "Something went wrong on our side; the log has it under this request's X-Request-Id.",
)
BAD_REQUEST = Problem(HTTPStatus.BAD_REQUEST, "bad_request", "This request cannot be understood.")
NOT_FOUND = Problem(HTTPStatus.NOT_FOUND, "not_found", "There is nothing at this address.")
WRONG_METHOD = Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method.")
TOO_LARGE = Problem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "request_entity_too_large",
    "This is too large: JSON may have 64 KB, a file 1 MB.",
)
MALFORMED = Problem(HTTPStatus.BAD_REQUEST, "malformed_request", "These bytes are no HTTP request.")
ENCODED_BODY = Problem(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoded_body", "Send the body as it is, without Content-Encoding."
)
UNEXPECTED = Problem(
    HTTPStatus.EXPECTATION_FAILED, "expectation_failed", "Nothing but 100-continue can be expected here."
)
DATABASE_AWAY = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE, "database_away", "Our database is out of reach; try again in a moment."
)
EDGE = (
    BAD_REQUEST,
    NOT_FOUND,
    WRONG_METHOD,
    TOO_LARGE,
    UNKNOWN_HOST,
    INTERNAL_ERROR,
    MALFORMED,
    ENCODED_BODY,
    UNEXPECTED,
    DATABASE_AWAY,
)


def problem_for(kind: type[Exception]) -> Problem | None:
    """How errors of one class are answered; None for those that are no domain errors."""
    return next((problem for known, problem in PROBLEMS.items() if issubclass(kind, known)), None)


def problem_of(error: Exception) -> web.Response:
    """The answer to a domain error; an unknown one is logged and answered 500 without its text."""
    problem = problem_for(type(error))
    if problem is None:
        log.error("request_failed", exc_info=error)
        return told(INTERNAL_ERROR)
    answer = wire(problem.status, problem.code, problem.message or str(error))
    if problem.status is HTTPStatus.UNAUTHORIZED:
        # RFC 9110, section 15.5.2: a 401 says how to prove oneself.
        answer.headers["WWW-Authenticate"] = "Bearer"
    if problem.status is HTTPStatus.UPGRADE_REQUIRED:
        # RFC 9110, section 15.5.22: a 426 says to what.
        answer.headers["Upgrade"] = "websocket"
    retry_after = getattr(error, "retry_after", None)
    if isinstance(retry_after, timedelta):
        answer.headers["Retry-After"] = str(math.ceil(retry_after.total_seconds()))
    return answer


def problem_of_http(error: web.HTTPException) -> web.Response:
    """The answer to what aiohttp refuses by itself."""
    problem = next((problem for problem in EDGE if problem.status == error.status), BAD_REQUEST)
    answer = told(problem)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


def told(problem: Problem) -> web.Response:
    """A problem whose sentence is always the same."""
    return wire(problem.status, problem.code, problem.message or "")


def wire(status: HTTPStatus, code: str, message: str) -> web.Response:
    """`{"error": {"code", "message"}}`: the code is for programs and stable, the message for people."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
