"""Every URL on one page."""

from aiohttp import web

from auth.http import behind
from auth.store_api import StoreApi
from auth.user_api import UserApi
from pipelines.conversations.history import History
from pipelines.doors.api import VoiceDoors
from server.front import Front
from server.services import Services


def user_routes(services: Services) -> list[web.RouteDef]:
    """The User API: for the mobile app."""
    accounts: UserApi = services.user_api
    voice: VoiceDoors = services.user_doors
    history: History = services.history
    signed_in = services.user_sign_in.required
    front = Front("User API")
    return [
        web.get("/", front.greet),
        web.get("/health", front.health),
        web.post("/user/auth/signup", accounts.sign_up),
        web.post("/user/auth/login", accounts.log_in),
        web.post("/user/auth/refresh", accounts.refresh),
        web.post("/user/auth/logout", behind(signed_in, accounts.log_out)),
        web.get("/user/me", behind(signed_in, accounts.me)),
        web.post("/user/voice/start", behind(signed_in, voice.start)),
        web.get("/user/voice/ws", voice.connect),
        web.get("/user/conversations", behind(signed_in, history.page)),
        web.get("/user/conversations/{id}", behind(signed_in, history.show)),
    ]


def store_routes(services: Services) -> list[web.RouteDef]:
    """The Store API: for the portal in a browser."""
    accounts: StoreApi = services.store_api
    voice: VoiceDoors = services.store_doors
    history: History = services.history
    signed_in = services.store_sign_in.required
    front = Front("Store API")
    return [
        web.get("/", front.greet),
        web.get("/health", front.health),
        web.post("/store/auth/signup", accounts.sign_up),
        web.post("/store/auth/login", accounts.log_in),
        web.post("/store/auth/refresh", accounts.refresh),
        web.post("/store/auth/logout", accounts.log_out),
        web.get("/store/me", behind(signed_in, accounts.me)),
        web.post("/store/voice/start", behind(signed_in, voice.start)),
        web.get("/store/voice/ws", voice.connect),
        web.get("/store/conversations", behind(signed_in, history.page)),
        web.get("/store/conversations/{id}", behind(signed_in, history.show)),
    ]
