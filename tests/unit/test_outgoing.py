"""No request to an address that a store chose reaches the server's own network."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from auth.principals import StoreId
from pipelines import outgoing
from pipelines.outgoing import (
    MAX_PER_STORE,
    AnswerTooLong,
    PublicResolver,
    Unreachable,
    UrlRefused,
    check,
    is_public,
)

STORE, OTHER_STORE = StoreId(UUID(int=1)), StoreId(UUID(int=2))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "https://example.com:8443/hook?store=1",
        "https://93.184.215.14/hook",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook",
        "https://b\u00fccher.example/hook",
    ],
)
def test_public_urls_are_called(url: str) -> None:
    """Over https, on any port, by name or address."""
    assert check(url).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "/hook",
        "",
        "https://",
        "https:///hook",
        "https://name:password@example.com/",
        "https://name@example.com/",
        "https://@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:70000/",
        "https://example.com:https/",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://example.com/\r\nHost: other",
        "https://" + "a" * 3_000 + ".com/",
        # This machine, in all spellings.
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://api.localhost/",
        "https://printer.local/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://127.1/",
        "https://127.8.9.10/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://0.0.0.0/",
        "https://0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        # Networks that are not everybody's.
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[fec0::1]/",
        "https://100.64.0.1/",
        "https://100.100.100.200/",
        "https://192.0.0.1/",
        "https://192.0.2.1/",
        "https://198.18.0.1/",
        "https://192.88.99.1/",
        "https://224.0.0.1/",
        "https://239.255.255.250/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://[100::1]/",
        "https://[3fff::1]/",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    """Before anything is resolved or sent."""
    with pytest.raises(UrlRefused):
        check(url)


def test_this_machine_is_called_in_development_only() -> None:
    """Over http, too; and nothing else is allowed by that."""
    for url in ("http://localhost:9000/hook", "http://127.0.0.1:9000/", "https://[::1]/"):
        assert check(url, loopback=True)
    for url in ("http://example.com/", "https://10.0.0.1/", "https://169.254.169.254/", "https://2130706433/"):
        with pytest.raises(UrlRefused):
            check(url, loopback=True)


@dataclass
class Names(AbstractResolver):
    """A resolver that answers differently each time, as whoever rebinds a name has it."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the next answer."""
        self.asked.append(host)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"]])
async def test_names_of_private_addresses_are_refused(addresses: list[str]) -> None:
    """A single one among public addresses is enough."""
    async with outgoing.opened(resolver=Names([addresses])) as out:
        with pytest.raises(UrlRefused):
            await out.post("https://rebinding.example/", b"{}", {}, of=STORE, timeout_s=1)


async def test_a_name_is_asked_once() -> None:
    """What was checked is what is connected to: a second answer is never asked for."""
    names = Names([["93.184.215.14"], ["127.0.0.1"]])
    assert [one["host"] for one in await PublicResolver(names).resolve("rebinding.example", 443)] == ["93.184.215.14"]
    assert names.asked == ["rebinding.example"]


def test_addresses_that_carry_another_are_refused() -> None:
    """Even if what is in them is public: who unwraps it may be inside."""
    for text in ("::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1", "2001:0:5db8:d70e::1"):
        assert not is_public(ip_address(text))


async def _served(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> TestServer:
    app = web.Application()
    app.router.add_post("/", handler)
    server = TestServer(app)
    await server.start_server()
    return server


async def test_a_redirect_is_not_followed() -> None:
    """It is an answer like any other."""
    asked: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "http://169.254.169.254/"})

    server = await _served(redirect)
    async with server, outgoing.opened(loopback=True) as out:
        reply = await out.post(str(server.make_url("/")), b"{}", {}, of=STORE, timeout_s=5)
    assert (reply.status, asked) == (307, ["/"])


async def test_a_long_answer_is_not_read() -> None:
    """Neither is one that unpacks to much: nothing is unpacked."""

    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(5 * 1024):
                await response.write(bytes(1024))
        except ConnectionError:
            pass
        return response

    server = await _served(flood)
    async with server, outgoing.opened(loopback=True) as out:
        with pytest.raises(AnswerTooLong):
            await out.post(str(server.make_url("/")), b"{}", {}, of=STORE, timeout_s=5)


async def test_an_endpoint_that_hangs_is_left() -> None:
    """When its time is over."""
    hanging = asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await hanging.wait()
        return web.Response()

    server = await _served(hang)
    async with server, outgoing.opened(loopback=True) as out:
        with pytest.raises(Unreachable):
            await out.post(str(server.make_url("/")), b"{}", {}, of=STORE, timeout_s=0.05)
        hanging.set()


async def test_nobody_there() -> None:
    """A refused connection may be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with outgoing.opened(loopback=True) as out:
        with pytest.raises(Unreachable):
            await out.post(f"http://127.0.0.1:{port}/", b"{}", {}, of=STORE, timeout_s=5)


async def test_a_store_whose_endpoints_hang_holds_up_itself_alone() -> None:
    """However many requests it wants to send: a few are under way, and another store's goes out at once."""
    hanging, asked = asyncio.Event(), 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        if await request.text() == "slow":
            asked += 1
            await hanging.wait()
        return web.Response()

    server = await _served(answer)
    async with server, outgoing.opened(loopback=True) as out:
        url = str(server.make_url("/"))
        slow = [
            asyncio.create_task(out.post(url, b"slow", {}, of=STORE, timeout_s=60))
            for _ in range(2 * outgoing.MAX_CONNECTIONS)
        ]
        assert (await out.post(url, b"quick", {}, of=OTHER_STORE, timeout_s=10)).status == 200
        assert asked == MAX_PER_STORE
        hanging.set()
        await asyncio.gather(*slow)
