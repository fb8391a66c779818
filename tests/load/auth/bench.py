"""`make bench-auth`: how fast accounts are, beside the same on FastAPI and SQLAlchemy, and what logins do to audio.

Each server has one core to itself; the client and PostgreSQL share the others. Rounds alternate between the servers, so
that whatever else the machine does meets both. The last line is JSON.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from server import database

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CLIENTS = 8
ROUND_S = 4.0
ROUNDS = 5
LOGINS_PER_S = 50
LOGINS_S = 30
PASSWORD = "a long enough passphrase"
# The name under which ours answers; theirs does not look.
HOST = {"Host": "user.localhost"}

Request = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and the pipe to it."""

    process: subprocess.Popen[str]
    url: str

    def ask(self) -> dict[str, Any]:
        """Ask for the ticks since the last time."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def running(module: str, database_url: str) -> Iterator[Server]:
    """Start a server on the first core, and end it."""
    first, *others = sorted(os.sched_getaffinity(0))
    command = [sys.executable, "-m", f"tests.load.auth.{module}", database_url]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        os.sched_setaffinity(process.pid, {first})
        os.sched_setaffinity(0, set(others) or {first})
        try:
            assert process.stdout
            yield Server(process, f"http://127.0.0.1:{process.stdout.readline().strip()}")
        finally:
            process.terminate()


@dataclass
class Client:
    """One signed-in user."""

    http: aiohttp.ClientSession
    server: Server
    tokens: dict[str, str]

    async def me(self) -> None:
        """GET /user/me."""
        headers = {**HOST, "Authorization": f"Bearer {self.tokens['access_token']}"}
        async with self.http.get(f"{self.server.url}/user/me", headers=headers) as response:
            await _checked(response, 200)

    async def refresh(self) -> None:
        """POST /user/auth/refresh."""
        body = {key: self.tokens[key] for key in ("session_id", "refresh_token")}
        async with self.http.post(f"{self.server.url}/user/auth/refresh", json=body, headers=HOST) as response:
            self.tokens = await _checked(response, 200)


async def _checked(response: aiohttp.ClientResponse, status: int) -> dict[str, str]:
    body = await response.read()
    if response.status != status:
        raise RuntimeError(f"{response.url}: {response.status} {body!r}")
    answer: dict[str, str] = json.loads(body)
    return answer


@asynccontextmanager
async def clients(server: Server) -> AsyncIterator[list[Client]]:
    """Sign up as many users as there are clients."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        signed_up = []
        for _ in range(CLIENTS):
            form = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "name": "Bench"}
            async with http.post(f"{server.url}/user/auth/signup", json=form, headers=HOST) as response:
                signed_up.append(Client(http, server, await _checked(response, 201)))
        yield signed_up


async def rate(requests: list[Request]) -> float:
    """Requests a second while each client asks again as soon as it is answered."""
    ends = time.perf_counter() + ROUND_S
    done = 0

    async def ask(request: Request) -> None:
        nonlocal done
        while time.perf_counter() < ends:
            await request()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(ask(request) for request in requests))
    return done / (time.perf_counter() - began)


async def compare(ours: Server, theirs: Server) -> dict[str, Any]:
    """Both servers by turns; medians of the rounds."""
    rates: dict[str, list[float]] = {}
    async with clients(ours) as our_clients, clients(theirs) as their_clients:
        for number in range(ROUNDS):
            for route in ("me", "refresh"):
                for name, those in (("ours", our_clients), ("theirs", their_clients)):
                    rates.setdefault(f"{route} {name}", []).append(
                        await rate([getattr(client, route) for client in those])
                    )
            print(f"round {number + 1} of {ROUNDS}:", *(f"{key} {each[-1]:.0f}/s" for key, each in rates.items()))
    median = {key: statistics.median(each) for key, each in rates.items()}
    return {
        f"{route}_{what}": value
        for route in ("me", "refresh")
        for what, value in (
            ("per_s", round(median[f"{route} ours"])),
            ("fastapi_per_s", round(median[f"{route} theirs"])),
            ("ratio", round(median[f"{route} ours"] / median[f"{route} theirs"], 2)),
        )
    }


async def log_in_steadily(server: Server) -> dict[str, Any]:
    """Offer LOGINS_PER_S for LOGINS_S, whether or not they are answered, and ask how late ticks were meanwhile."""
    email = f"{uuid4().hex}@example.com"
    statuses: dict[int, int] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        form = {"email": email, "password": PASSWORD}
        async with http.post(
            f"{server.url}/user/auth/signup", json={**form, "name": "Bench"}, headers=HOST
        ) as response:
            await _checked(response, 201)

        async def log_in() -> None:
            async with http.post(f"{server.url}/user/auth/login", json=form, headers=HOST) as response:
                await response.read()
                statuses[response.status] = statuses.get(response.status, 0) + 1

        server.ask()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(LOGINS_PER_S * LOGINS_S):
                await asyncio.sleep(max(0.0, began + number / LOGINS_PER_S - time.perf_counter()))
                tasks.create_task(log_in())
    ticks = server.ask()
    return {
        "logins_answered": statuses.get(200, 0),
        "logins_put_off": statuses.get(503, 0) + statuses.get(429, 0),
        "tick_late_p50_ms": round(ticks["p50_ms"], 1),
        "tick_late_p99_ms": round(ticks["p99_ms"], 1),
    }


def main() -> None:
    """Measure, and end with one line of JSON."""
    with (
        tempfile.TemporaryDirectory() as folder,
        database.embedded(Path(folder)) as url,
        running("ours", url) as ours,
        running("theirs", url) as theirs,
    ):
        compared = asyncio.run(compare(ours, theirs))
        print(f"{LOGINS_PER_S} logins a second for {LOGINS_S} s …")
        steady = asyncio.run(log_in_steadily(ours))
    print(json.dumps({**compared, **steady}))


if __name__ == "__main__":
    main()
