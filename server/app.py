"""The application: two APIs behind one port, told apart by Host."""

from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from server import middleware, openapi, proxies
from server.portal import ROOT, Portal
from server.reference import Reference
from server.routes import Route, carrier_routes, reference_routes, store_routes, user_routes
from server.services import Services
from server.settings import Settings

# JSON bodies here are a few hundred bytes.
MAX_BODY_BYTES = 64 * 1024


def build(settings: Settings, services: Services) -> web.Application:
    """Compose the application; opening and closing `services` is the caller's."""
    hosts = (*settings.all_user_hosts, *settings.all_store_hosts)
    app = web.Application(
        client_max_size=MAX_BODY_BYTES,
        middlewares=[
            middleware.identify,
            middleware.measured(services.metrics.request),
            middleware.answer_errors,
            proxies.believe(settings.trusted_proxies),
            middleware.only_known_hosts(hosts),
            middleware.only_plain_bodies(max_bytes=MAX_BODY_BYTES),
        ],
    )

    async def send_watchers_away(_app: web.Application) -> None:
        services.store.send_away()

    # Streams end only when they are told to.
    app.on_shutdown.append(send_watchers_away)
    app.on_response_prepare.append(middleware.security_headers(always_secure=not settings.development))
    # One application for each name: aiohttp would start and stop a shared one once for each.
    user, store = user_api(services, settings).routes, store_api(services, settings).routes
    store = [*store, *carrier_routes(services.phone)]
    for host in settings.all_user_hosts:
        app.add_domain(host, _api(user, user_portal(user)))
    for host in settings.all_store_hosts:
        app.add_domain(host, _api(store, store_portal(store)))
    return app


def user_portal(routes: list[Route], folder: Path = ROOT / "user-portal" / "dist") -> Portal:
    """The app in a browser, as Expo exports it."""
    return Portal("user portal", folder=folder, hashed="/_expo/static/", reserved=_reserved(routes))


def store_portal(routes: list[Route], folder: Path = ROOT / "store-portal" / "dist") -> Portal:
    """The store's dashboard, as Vite builds it."""
    return Portal("store portal", folder=folder, hashed="/assets/", reserved=_reserved(routes))


def _reserved(routes: list[Route]) -> set[str]:
    # What belongs to the other API does not exist here, rather than being a page.
    return {"user", "store", *(route.path.split("/")[1] for route in routes)}


class Api(NamedTuple):
    """The routes of one API, and the OpenAPI document that describes them."""

    routes: list[Route]
    document: openapi.Json


def user_api(services: Services, settings: Settings) -> Api:
    """The User API."""
    return _described("User API", user_routes(services), settings)


def store_api(services: Services, settings: Settings) -> Api:
    """The Store API."""
    return _described("Store API", store_routes(services), settings)


def _described(name: str, routes: list[Route], settings: Settings) -> Api:
    reference = Reference()
    routes = [*routes, *reference_routes(reference)]
    document = openapi.document(name, routes, secure_cookies=not settings.development)
    reference.describe(document)
    return Api(routes, document)


def _api(routes: list[Route], portal: Portal) -> web.Application:
    api = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[portal.middleware])
    api.add_routes([route.defined() for route in routes])
    return api
