"""Whose word counts about where a request comes from."""

from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpClient

from server import proxies

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ([], "10.0.0.1"),
        (["192.0.2.1"], "192.0.2.1"),
        (["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
        (["203.0.113.9", "192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, 10.0.0.7"], "192.0.2.1"),
        (["192.0.2.1, 10.0.0.7, fd00::1"], "192.0.2.1"),
        (["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        (["192.0.2.1, nonsense, 10.0.0.7"], "10.0.0.7"),
        (["nonsense"], "10.0.0.1"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["2001:db8::1"], "2001:db8::1"),
        ([""], "10.0.0.1"),
    ],
)
def test_the_rightmost_stranger_is_the_client(forwarded_for: list[str], client: str) -> None:
    """Each trusted proxy vouches for the one before it, and nobody for what stands further left."""
    assert str(proxies.client(ip_address("10.0.0.1"), forwarded_for, TRUSTED)) == client


@pytest.mark.parametrize(
    ("trusted", "headers", "seen"),
    [
        ([], {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, "127.0.0.1 http"),
        (["10.0.0.0/8"], {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, "127.0.0.1 http"),
        (["127.0.0.1"], {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}, "192.0.2.1 https"),
        (["127.0.0.1"], {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "gopher"}, "192.0.2.1 http"),
        (["127.0.0.1"], {"X-Forwarded-Proto": "http, https"}, "127.0.0.1 https"),
        (["127.0.0.1"], {"X-Forwarded-Host": "evil.example", "Forwarded": "for=192.0.2.1"}, "127.0.0.1 http"),
    ],
)
async def test_only_trusted_proxies_are_believed(
    trusted: list[str], headers: dict[str, str], seen: str, aiohttp_client: AiohttpClient
) -> None:
    """Whoever else sends their headers is taken for who they are; the Host is never taken from them."""

    async def show(request: web.Request) -> web.Response:
        assert request.host == "user-api.local"
        return web.Response(text=f"{request.remote} {request.scheme}")

    app = web.Application(middlewares=[proxies.believe([ip_network(network) for network in trusted])])
    app.router.add_get("/", show)
    client = await aiohttp_client(app)
    assert await (await client.get("/", headers={"Host": "user-api.local", **headers})).text() == seen
