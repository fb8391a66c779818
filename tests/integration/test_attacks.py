"""The attack table: each row is a request, and the refusal it must get. None changes anything, or harms the server."""

import base64
import gzip
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from multidict import CIMultiDict

from auth.api_keys import secrets
from auth.tokens.keys import SigningKey, SigningKeys
from server import app, database, demo
from server.services import open_services
from server.settings import Settings
from tests.doubles import Doubles
from tests.raw_http import JSON, STORE, USER, exchange, post, request, served

LOGIN = "/user/auth/login"
SIGNUP = "/user/auth/signup"
OWN_PAGE = "Origin: http://store.localhost:8080"
THIEF = SigningKey.of(Ed25519PrivateKey.generate())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A server with the demo in it, a user and a store signed in, and the keys that a thief would like to have."""

    port: int
    pool: asyncpg.Pool
    user_key: SigningKey
    user: dict[str, str]
    store_token: str
    store_cookies: dict[str, str]
    api_key: str

    def forged(self, *, claims: dict[str, Any] | None = None, headers: dict[str, Any] | None = None) -> str:
        """The user's token with other claims or headers, under the server's own signature."""
        good = self.user["access_token"]
        return jwt.encode(
            {**jwt.decode(good, options={"verify_signature": False}), **(claims or {})},
            self.user_key.private,
            algorithm="EdDSA",
            headers={**jwt.get_unverified_header(good), **(headers or {})},
        )

    def signed_otherwise(self, sign: Callable[[bytes], bytes], **headers: object) -> str:
        """The user's claims under another header and signature."""
        _, claims, _ = self.user["access_token"].split(".")
        signed = f"{b64url(json.dumps(headers).encode())}.{claims}"
        return f"{signed}.{b64url(sign(signed.encode()))}"

    def cookies(self, *, prefix: str = "") -> str:
        """The store's cookies as a header, under other names if there is a prefix."""
        return "Cookie: " + "; ".join(f"{prefix}{name}={value}" for name, value in self.store_cookies.items())

    async def everything(self) -> dict[str, str]:
        """What is stored, as one hash for each table; but for what counts and logs the attacks themselves."""
        tables = await self.pool.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename !~ 'yoyo' AND tablename NOT IN ('throttle', 'audit_log')"
        )
        return {
            name: await self.pool.fetchval(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} AS t")  # noqa: S608 - PostgreSQL's own names
            for (name,) in tables
        }


def b64url(data: bytes) -> str:
    """Without padding, as JWTs have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Attack:
    """One row. Some need what only the running server knows."""

    name: str
    sent: bytes | Callable[[Scene], bytes]
    status: int
    code: str


def token(name: str, forge: Callable[[Scene], str], code: str = "invalid_access_token") -> Attack:
    """Somebody asks who they are with an access token of their making."""
    return Attack(name, lambda s: request("GET", "/user/me", f"Authorization: Bearer {forge(s)}"), 401, code)


def key(name: str, forge: Callable[[Scene], str], status: int, code: str, path: str = "/store/messages") -> Attack:
    """A program asks with an API key; the store's own is for messages."""
    return Attack(
        f"API key: {name}",
        lambda s: request("GET", path, f"Authorization: Bearer {forge(s)}", host=STORE),
        status,
        code,
    )


def refresh(name: str, *headers: str, status: int, code: str, sent_as: str = JSON, prefix: str = "") -> Attack:
    """Somebody makes the portal's browser, with the store's cookies, ask for a new session."""
    return Attack(
        name,
        lambda s: request(
            "POST", "/store/auth/refresh", sent_as, s.cookies(prefix=prefix), *headers, host=STORE, body=b"{}"
        ),
        status,
        code,
    )


def upgrade(name: str, query: Callable[[Scene], str], *headers: str, status: int, code: str) -> Attack:
    """Somebody opens the voice socket."""
    handshake = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    return Attack(name, lambda s: request("GET", f"/user/voice/ws{query(s)}", *handshake, key, *headers), status, code)


MALFORMED = (400, "malformed_request")
INVALID = (400, "invalid_request")
STRANGER = (421, "unknown_host")
NOTHING = (404, "not_found")

HOSTS = [
    Attack("another name", request("GET", "/health", host="evil.example"), *STRANGER),
    Attack("an address", request("GET", "/health", host="127.0.0.1"), *STRANGER),
    Attack("a trailing dot", request("GET", "/user/me", host=f"{USER}."), *STRANGER),
    Attack("our name in another's", request("GET", "/user/me", host=f"{USER}.evil.example"), *STRANGER),
    Attack("a name and password before it", request("GET", "/user/me", host=f"a:b@{USER}"), *STRANGER),
    Attack("an empty port", request("GET", "/user/me", host=f"{USER}:"), *STRANGER),
    Attack("a port too large", request("GET", "/user/me", host=f"{USER}:65536"), *STRANGER),
    Attack("a port below zero", request("GET", "/user/me", host=f"{USER}:-1"), *STRANGER),
    Attack("a port in other digits", request("GET", "/user/me", host=f"{USER}:\uff18\uff10"), *STRANGER),
    Attack("a port of thousands of digits", request("GET", "/user/me", host=f"{USER}:{'1' * 5000}"), *STRANGER),
    Attack("bytes that are no text", request("GET", "/user/me", host=f"{USER}\udcff"), *STRANGER),
    Attack("two", request("GET", "/user/me", f"Host: {STORE}"), *MALFORMED),
    Attack("the same twice", request("GET", "/user/me", f"Host: {USER}"), *MALFORMED),
    Attack("none", b"GET /health HTTP/1.1\r\n\r\n", *MALFORMED),
    Attack("none, in HTTP/1.0", b"GET /health HTTP/1.0\r\n\r\n", *STRANGER),
    Attack("none, in HTTP/0.9", b"GET /health\r\n\r\n", *STRANGER),
    Attack("the target's is another of ours", request("GET", f"http://{STORE}/store/me"), *STRANGER),
    Attack("the target's is another's", request("GET", "http://evil.example/health"), *STRANGER),
    Attack(
        "forwarded, to a stranger",
        request("GET", "/health", f"X-Forwarded-Host: {USER}", host="evil.example"),
        *STRANGER,
    ),
    Attack("the store's path on the user's host", request("GET", "/store/me"), *NOTHING),
    Attack("the user's path on the store's host", request("GET", "/user/me", host=STORE), *NOTHING),
]

TARGETS = [
    Attack("nothing there", request("GET", "/admin"), *NOTHING),
    Attack("an encoded slash", request("GET", "/user%2Fme"), *NOTHING),
    Attack("up and down again", request("GET", "/user/../store/me"), *NOTHING),
    Attack("up, encoded", request("GET", "/user/%2e%2e/%2e%2e/etc/passwd"), *NOTHING),
    Attack("up from nothing", request("GET", "/nothing/../health"), *NOTHING),
    Attack("an empty segment", request("GET", "//health"), *NOTHING),
    Attack("another host in the path", request("GET", f"//{STORE}/store/me"), *NOTHING),
    Attack("NUL, encoded", request("GET", "/user/me%00"), *NOTHING),
    Attack("no UTF-8, encoded", request("GET", "/%ff%fe"), *NOTHING),
    Attack("broken percent signs", request("GET", "/%zz%"), *NOTHING),
    Attack("NUL", request("GET", "/user/me\0"), *MALFORMED),
    Attack("no UTF-8", request("GET", "/\udcff\udcfe"), *MALFORMED),
    Attack("no UTF-8 in the query", request("GET", "/user/voice/ws?token=\udcff"), *MALFORMED),
    Attack("no slash", request("GET", "health"), *MALFORMED),
    Attack("a tunnel", request("CONNECT", f"{USER}:443"), *NOTHING),
    Attack("the whole server", request("OPTIONS", "*"), *NOTHING),
    Attack("OPTIONS", request("OPTIONS", "/user/me"), 405, "method_not_allowed"),
    Attack("TRACE", request("TRACE", "/user/me"), 405, "method_not_allowed"),
    Attack("another method", request("PUT", "/user/auth/login"), 405, "method_not_allowed"),
    Attack(
        "another method, in a header",
        request("GET", "/user/auth/logout", "X-HTTP-Method-Override: POST"),
        405,
        "method_not_allowed",
    ),
    Attack("HEAD", request("HEAD", "/user/me"), 401, ""),
    Attack("an unknown method", request("BREW", "/user/me"), *MALFORMED),
    Attack("a method in small letters", request("get", "/health"), *MALFORMED),
    Attack("a target of 9 KB", request("GET", "/" + "a" * 9_000), *MALFORMED),
]

WIRE = [
    Attack("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", *MALFORMED),
    Attack("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", *MALFORMED),
    Attack("a version that is none", f"GET / HTTP/3.7\r\nHost: {USER}\r\n\r\n".encode(), *MALFORMED),
    Attack("lines without CR", f"GET /health HTTP/1.1\nHost: {USER}\n\n".encode(), *MALFORMED),
    Attack("a header of 9 KB", request("GET", "/health", f"X: {'a' * 9_000}"), *MALFORMED),
    Attack("200 headers", request("GET", "/health", *(f"X-{n}: 1" for n in range(200))), *MALFORMED),
    Attack("NUL in a header", request("GET", "/health", "X: a\0b"), *MALFORMED),
    Attack("CR in a header", request("GET", "/health", "X: a\rb"), *MALFORMED),
    Attack("a folded header", request("GET", "/health", "X: a", " b"), *MALFORMED),
    Attack("a space before the colon", request("GET", "/health", "X : a"), *MALFORMED),
    Attack("two lengths", request("POST", LOGIN, JSON, "Content-Length: 3", body=b"{}"), *MALFORMED),
    Attack("a length below zero", request("POST", LOGIN, JSON, "Content-Length: -2"), *MALFORMED),
    Attack("a length with a sign", request("POST", LOGIN, JSON, "Content-Length: +2"), *MALFORMED),
    Attack("a length beyond counting", request("POST", LOGIN, JSON, f"Content-Length: {'9' * 30}"), *MALFORMED),
    Attack(
        "a length and chunks, to smuggle a request",
        request("POST", LOGIN, JSON, "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + request("GET", "/health")),
        *MALFORMED,
    ),
    Attack(
        "chunked twice",
        request("POST", LOGIN, JSON, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        *MALFORMED,
    ),
    Attack("chunked, but not last", request("POST", LOGIN, JSON, "Transfer-Encoding: chunked, x"), *MALFORMED),
    Attack(
        "a chunk of no length", request("POST", LOGIN, JSON, "Transfer-Encoding: chunked") + b"zz\r\n\r\n", *MALFORMED
    ),
    Attack("an odd expectation", request("POST", LOGIN, JSON, "Expect: a-pony", body=b"{}"), 417, "expectation_failed"),
]

BODIES = [
    Attack(
        "announced too long", request("POST", LOGIN, JSON, "Content-Length: 65537"), 413, "request_entity_too_large"
    ),
    Attack(
        "too long, in chunks",
        request("POST", LOGIN, JSON, "Transfer-Encoding: chunked") + b"11000\r\n" + b"a" * 0x11000 + b"\r\n0\r\n\r\n",
        413,
        "request_entity_too_large",
    ),
    Attack("a bomb", post(LOGIN, gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"), 415, "encoded_body"),
    Attack("compressed, but not really", post(LOGIN, b"{}", "Content-Encoding: br"), 415, "encoded_body"),
    Attack(
        "a form",
        request("POST", LOGIN, "Content-Type: application/x-www-form-urlencoded", body=b"a=b"),
        415,
        "not_json",
    ),
    Attack("plain text", request("POST", LOGIN, "Content-Type: text/plain", body=b"{}"), 415, "not_json"),
    Attack("no type", request("POST", LOGIN, body=b"{}"), 415, "not_json"),
    Attack("two types", post(LOGIN, b"{}", "Content-Type: text/plain"), *MALFORMED),
    Attack("nothing", post(LOGIN, b""), *INVALID),
    Attack("half", post(LOGIN, b'{"email": '), *INVALID),
    Attack("10,000 arrays deep", post(LOGIN, b"[" * 10_000 + b"]" * 10_000), *INVALID),
    Attack("10,000 objects deep", post(LOGIN, b'{"a":' * 10_000 + b"1" + b"}" * 10_000), *INVALID),
    Attack("a number of 20,000 digits", post(LOGIN, b'{"email": ' + b"9" * 20_000 + b"}"), *INVALID),
    Attack("not a number", post(LOGIN, b'{"email": NaN, "password": Infinity}'), *INVALID),
    Attack("an array", post(LOGIN, b"[]"), *INVALID),
    Attack("null", post(LOGIN, b"null"), *INVALID),
    Attack("UTF-16", post(LOGIN, '{"email": "a@example.com"}'.encode("utf-16")), *INVALID),
    Attack("no UTF-8", post(LOGIN, b'{"email": "a\xff@example.com", "password": "x"}'), *INVALID),
    Attack("half of a surrogate pair", post(LOGIN, rb'{"email": "a@example.com", "password": "\ud800"}'), *INVALID),
    Attack(
        "a key twice",
        post(
            LOGIN,
            json.dumps({"email": demo.DEMO_USER_EMAIL, "password": demo.DEMO_PASSWORD})
            .replace("{", '{"email": "other@example.com", ')
            .encode(),
        ),
        *INVALID,
    ),
    Attack(
        "an unknown key",
        post(SIGNUP, b'{"email": "a@example.com", "password": "a long one, truly", "name": "A", "admin": true}'),
        *INVALID,
    ),
    Attack(
        "NUL in a name",
        post(SIGNUP, rb'{"email": "a@example.com", "password": "a long one, truly", "name": "A\u0000"}'),
        *INVALID,
    ),
    Attack(
        "NUL in a password",
        post(SIGNUP, rb'{"email": "a@example.com", "password": "a long one, truly\u0000", "name": "A"}'),
        *INVALID,
    ),
    Attack("NUL in an address", post(LOGIN, rb'{"email": "a\u0000@example.com", "password": "x"}'), *INVALID),
    Attack(
        "a name of 50,000 letters",
        post(SIGNUP, b'{"email": "a@example.com", "password": "a long one, truly", "name": "%b"}' % (b"A" * 50_000)),
        *INVALID,
    ),
    Attack(
        "an address of 50,000 letters",
        post(LOGIN, b'{"email": "%b@a.io", "password": "x"}' % (b"a" * 50_000)),
        *INVALID,
    ),
    Attack("a password of 50,000", post(LOGIN, b'{"email": "a@b.io", "password": "%b"}' % (b"a" * 50_000)), *INVALID),
    Attack("text where a flag belongs", post(LOGIN, b'{"email": true, "password": ["x"]}'), *INVALID),
]

TOKENS = [
    token("alg none", lambda s: s.signed_otherwise(lambda _: b"", alg="none", typ="at+jwt", kid=s.user_key.kid)),
    token(
        "HS256 with the public key",
        lambda s: s.signed_otherwise(
            lambda signed: hmac.digest(s.user_key.public.public_bytes_raw(), signed, sha256),
            alg="HS256",
            typ="at+jwt",
            kid=s.user_key.kid,
        ),
    ),
    token(
        "a key of its own, embedded",
        lambda s: s.signed_otherwise(
            THIEF.private.sign,
            alg="EdDSA",
            typ="at+jwt",
            jwk={"kty": "OKP", "crv": "Ed25519", "x": b64url(THIEF.public.public_bytes_raw())},
        ),
    ),
    token(
        "a key of its own, by address",
        lambda s: s.signed_otherwise(
            THIEF.private.sign, alg="EdDSA", typ="at+jwt", kid=THIEF.kid, jku="https://evil.example/jwks.json"
        ),
    ),
    token(
        "a key of its own, under our name",
        lambda s: s.signed_otherwise(THIEF.private.sign, alg="EdDSA", typ="at+jwt", kid=s.user_key.kid),
    ),
    token("no kid", lambda s: s.signed_otherwise(s.user_key.private.sign, alg="EdDSA", typ="at+jwt")),
    token("an unknown kid", lambda s: s.forged(headers={"kid": "../../../../dev/null"})),
    token("another type", lambda s: s.forged(headers={"typ": "JWT"})),
    token("another issuer", lambda s: s.forged(claims={"iss": "storeline-store-accounts"})),
    token("another audience", lambda s: s.forged(claims={"aud": "storeline-store-api"})),
    token("expired", lambda s: s.forged(claims={"exp": 1_000_000_000, "iat": 999_999_000}), "token_expired"),
    token("issued in the future", lambda s: s.forged(claims={"iat": 4_000_000_000, "exp": 4_000_000_600})),
    token("not yet valid", lambda s: s.forged(claims={"nbf": 4_000_000_000})),
    token("of a session that never was", lambda s: s.forged(claims={"sid": "00000000-0000-4000-8000-000000000000"})),
    token("truncated", lambda s: s.user["access_token"][:-5]),
    token("without its signature", lambda s: s.user["access_token"].rpartition(".")[0] + "."),
    token("another's claims", lambda s: s.user["access_token"].replace(*claims_of(s))),
    token("the store's", lambda s: s.store_token),
    token("the refresh token", lambda s: s.user["refresh_token"]),
    token("of 6 KB", lambda _: "a" * 6_000),
    token("no UTF-8", lambda _: "\udcff\udcfe"),
    Attack(
        "the user's, on the store's host",
        lambda s: request("GET", "/store/me", f"Authorization: Bearer {s.user['access_token']}", host=STORE),
        401,
        "invalid_access_token",
    ),
    Attack(
        "two at once",
        lambda s: request("GET", "/user/me", *[f"Authorization: Bearer {s.user['access_token']}"] * 2),
        401,
        "invalid_access_token",
    ),
    Attack(
        "in the query",
        lambda s: request("GET", f"/user/me?access_token={s.user['access_token']}"),
        401,
        "access_token_missing",
    ),
    Attack(
        "in a cookie",
        lambda s: request("GET", "/user/me", f"Cookie: access_token={s.user['access_token']}"),
        401,
        "access_token_missing",
    ),
    Attack(
        "with another scheme",
        lambda s: request("GET", "/user/me", f"Authorization: Basic {s.user['access_token']}"),
        401,
        "access_token_missing",
    ),
    key("mistyped", lambda s: s.api_key[:-1] + ("a" if s.api_key[-1] != "a" else "b"), 401, "api_key_mistyped"),
    key("invented", lambda _: secrets.fresh(), 401, "api_key_refused"),
    key("with more behind it", lambda s: s.api_key + "0", 401, "api_key_mistyped"),
    key("no UTF-8", lambda _: "slk_\udcff", 401, "api_key_mistyped"),
    key("a line too long", lambda _: "slk_" + "0" * 6_000, 401, "api_key_mistyped"),
    key("without the scope", lambda s: s.api_key, 403, "scope_missing", path="/store/conversations"),
    key("for the account", lambda s: s.api_key, 401, "invalid_access_token", path="/store/me"),
    key("for its sessions", lambda s: s.api_key, 401, "invalid_access_token", path="/store/sessions"),
    key("to see keys", lambda s: s.api_key, 401, "invalid_access_token", path="/store/api-keys"),
    Attack(
        "an API key to make another with",
        lambda s: request(
            "POST",
            "/store/api-keys",
            JSON,
            f"Authorization: Bearer {s.api_key}",
            host=STORE,
            body=b'{"name": "mine", "scopes": ["conversations:read"]}',
        ),
        401,
        "invalid_access_token",
    ),
    Attack(
        "an API key on the user's host",
        lambda s: request("GET", "/user/me", f"Authorization: Bearer {s.api_key}"),
        401,
        "invalid_access_token",
    ),
    Attack(
        "an API key in the query",
        lambda s: request("GET", f"/store/messages?api_key={s.api_key}", host=STORE),
        401,
        "access_token_missing",
    ),
    Attack(
        "an access token to refresh with",
        lambda s: post(
            "/user/auth/refresh",
            json.dumps({"session_id": s.user["session_id"], "refresh_token": s.user["access_token"][:64]}).encode(),
        ),
        401,
        "invalid_refresh_token",
    ),
    Attack(
        "another session's refresh token",
        lambda s: post(
            "/user/auth/refresh",
            json.dumps(
                {"session_id": s.store_cookies["store_session"], "refresh_token": s.store_cookies["store_refresh"]}
            ).encode(),
        ),
        401,
        "invalid_refresh_token",
    ),
]

COOKIES = [
    refresh("another site's page", "Origin: https://evil.example", status=403, code="cross_site_request"),
    refresh("a page from nowhere", "Origin: null", status=403, code="cross_site_request"),
    refresh("our name, another port", "Origin: http://store.localhost:9", status=403, code="cross_site_request"),
    refresh("our name in another's", f"{OWN_PAGE}.evil.example", status=403, code="cross_site_request"),
    refresh("the user API's pages", "Origin: http://user.localhost:8080", status=403, code="cross_site_request"),
    refresh("two origins", OWN_PAGE, "Origin: https://evil.example", status=403, code="cross_site_request"),
    refresh("cross-site", OWN_PAGE, "Sec-Fetch-Site: cross-site", status=403, code="cross_site_request"),
    refresh("a neighbouring host", OWN_PAGE, "Sec-Fetch-Site: same-site", status=403, code="cross_site_request"),
    refresh("a form", sent_as="Content-Type: application/x-www-form-urlencoded", status=415, code="not_json"),
    refresh("a form with a file", sent_as="Content-Type: multipart/form-data; boundary=x", status=415, code="not_json"),
    refresh("a form as text", sent_as="Content-Type: text/plain", status=415, code="not_json"),
    refresh(
        "cookies that a neighbour could plant, over TLS",
        OWN_PAGE,
        "X-Forwarded-Proto: https",
        status=401,
        code="invalid_refresh_token",
    ),
    refresh("cookies of another name", OWN_PAGE, prefix="other_", status=401, code="invalid_refresh_token"),
    Attack(
        "no UTF-8",
        request(
            "POST",
            "/store/auth/refresh",
            JSON,
            "Cookie: store_session=\udcff; store_refresh=\udcfe",
            host=STORE,
            body=b"{}",
        ),
        401,
        "invalid_refresh_token",
    ),
    Attack(
        "instead of an access token",
        lambda s: request("GET", "/store/me", s.cookies(), host=STORE),
        401,
        "access_token_missing",
    ),
]

SOCKETS = [
    upgrade("no ticket", lambda _: "", status=401, code="access_token_missing"),
    upgrade("an invented ticket", lambda _: "?token=abc", status=401, code="ticket_refused"),
    upgrade("a ticket that is no text", lambda _: "?token=%ff%00", status=401, code="ticket_refused"),
    upgrade(
        "the access token as a ticket", lambda s: f"?token={s.user['access_token']}", status=401, code="ticket_refused"
    ),
    upgrade(
        "another site's page", lambda _: "?token=abc", "Origin: https://evil.example", status=403, code="origin_refused"
    ),
    upgrade("a page from nowhere", lambda _: "?token=abc", "Origin: null", status=403, code="origin_refused"),
    Attack(
        "the cookies instead of a ticket",
        lambda s: request(
            "GET",
            "/store/voice/ws",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            s.cookies(),
            host=STORE,
        ),
        401,
        "access_token_missing",
    ),
]

GROUPS = {
    "host": HOSTS,
    "target": TARGETS,
    "wire": WIRE,
    "body": BODIES,
    "token": TOKENS,
    "cookie": COOKIES,
    "socket": SOCKETS,
}


def claims_of(scene: Scene) -> tuple[str, str]:
    """The claims of the user's token, and those of the store's."""
    return scene.user["access_token"].split(".")[1], scene.store_token.split(".")[1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One server for the whole table: a row that harmed it would fail those after it."""
    folder: Path = tmp_path_factory.mktemp("attacks")
    settings = Settings(_env_file=None, data_dir=folder, trusted_proxies=(ip_network("127.0.0.1"),))
    async with (
        open_services(settings, module_database_url, Doubles(), generosity=1_000) as services,
        database.open_pool(module_database_url) as pool,
    ):
        await demo.seed(services)
        async with served(app.build(settings, services)) as port:
            form = {"email": demo.DEMO_USER_EMAIL, "password": demo.DEMO_PASSWORD}
            user = (await exchange(port, post(LOGIN, json.dumps(form).encode()))).json
            form["email"] = demo.DEMO_STORE_EMAIL
            store = await exchange(port, post("/store/auth/login", json.dumps(form).encode(), host=STORE))
            made = await exchange(
                port,
                post(
                    "/store/api-keys",
                    b'{"name": "till", "scopes": ["messages:read"]}',
                    f"Authorization: Bearer {store.json['access_token']}",
                    host=STORE,
                ),
            )
            yield Scene(
                port=port,
                pool=pool,
                user_key=SigningKeys(folder / "keys" / "user", now=lambda: datetime.now(UTC)).signing,
                user=user,
                store_token=store.json["access_token"],
                store_cookies=cookies_of(store.headers),
                api_key=made.json["key"],
            )


def cookies_of(headers: CIMultiDict[str]) -> dict[str, str]:
    """What Set-Cookie sets."""
    pairs = (header.partition(";")[0].partition("=") for header in headers.getall("Set-Cookie"))
    return {name: value for name, _, value in pairs}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "attack",
    [pytest.param(attack, id=f"{group}: {attack.name}") for group, attacks in GROUPS.items() for attack in attacks],
)
async def test_attacks_are_refused(scene: Scene, attack: Attack) -> None:
    """With this status and code, in the same form as every refusal; nothing changes, and the server goes on."""
    before = await scene.everything()
    reply = await exchange(scene.port, attack.sent if isinstance(attack.sent, bytes) else attack.sent(scene))
    assert reply.status == attack.status, reply.body
    if attack.code:
        assert list(reply.json) == ["error"]
        assert set(reply.json["error"]) == {"code", "message"}
        assert reply.json["error"]["code"] == attack.code
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in reply.headers
    assert all("Max-Age=0" in cookie for cookie in reply.headers.getall("Set-Cookie", []))
    assert await scene.everything() == before
    assert (await exchange(scene.port, request("GET", "/health"))).status == 200


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("scheme", "prefix"), [("http", ""), ("https", "__Host-")])
async def test_dead_cookies_are_cleared_behind_a_proxy(scene: Scene, scheme: str, prefix: str) -> None:
    """Under the names that they have for the browser, which speaks to the proxy."""
    names = [f"{prefix}store_session", f"{prefix}store_refresh"]
    dead = f"Cookie: {names[0]}={uuid4()}; {names[1]}=x"
    sent = post("/store/auth/refresh", b"{}", OWN_PAGE, f"X-Forwarded-Proto: {scheme}", dead, host=STORE)
    reply = await exchange(scene.port, sent)
    assert (reply.status, reply.json["error"]["code"]) == (401, "invalid_refresh_token")
    assert cookies_of(reply.headers) == dict.fromkeys(names, '""')


@pytest.mark.asyncio(loop_scope="module")
async def test_the_attackers_tools_are_sound(scene: Scene) -> None:
    """Without the attack, the same requests are answered: each row fails for its own reason."""
    own = f"Authorization: Bearer {scene.forged()}"
    assert (await exchange(scene.port, request("GET", "/user/me", own))).status == 200
    header = jwt.get_unverified_header(scene.user["access_token"])
    own = f"Authorization: Bearer {scene.signed_otherwise(scene.user_key.private.sign, **header)}"
    assert (await exchange(scene.port, request("GET", "/user/me", own, host=f"{USER}:8080"))).status == 200
    assert (await exchange(scene.port, request("GET", f"http://{USER}/user/me", own))).status == 200
    own = f"Authorization: Bearer {scene.api_key}"
    assert (await exchange(scene.port, request("GET", "/store/messages", own, host=STORE))).status == 200
    assert scene.store_cookies.keys() == {"store_session", "store_refresh"}
    page = (OWN_PAGE, "Sec-Fetch-Site: same-origin", scene.cookies())
    refreshed = await exchange(scene.port, post("/store/auth/refresh", b"{}", *page, host=STORE))
    assert refreshed.status == 200
