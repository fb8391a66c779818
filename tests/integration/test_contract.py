"""The OpenAPI documents and the code say the same."""

import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from auth.errors import EmailTaken, SessionBusy
from auth.http.operations import gives, operation_of, refuses
from server import app, errors, openapi
from server.errors import PROBLEMS, problem_for
from server.middleware import answer_errors
from server.routes import Route
from server.services import open_services
from server.settings import Settings
from tests import contract
from tests.doubles import Doubles

Json = dict[str, Any]


@pytest.fixture
async def apis(database_url: str, tmp_path: Path) -> AsyncIterator[list[app.Api]]:
    """Both APIs."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with open_services(settings, database_url, Doubles()) as services:
        yield [app.user_api(services, settings), app.store_api(services, settings)]


def operations(document: Json) -> list[tuple[str, str, Json]]:
    """Every operation with its method and path."""
    return [(method, path, op) for path, methods in document["paths"].items() for method, op in methods.items()]


def codes(operation: Json) -> dict[int, set[str]]:
    """The codes of each refusal of an operation."""
    refusals = {int(status): answer for status, answer in operation["responses"].items() if int(status) >= 400}
    narrowed = {
        status: answer["content"]["application/json"]["schema"]["allOf"][1] for status, answer in refusals.items()
    }
    return {
        status: set(schema["properties"]["error"]["properties"]["code"]["enum"]) for status, schema in narrowed.items()
    }


async def test_bounds_are_told_as_json_schema_has_them(apis: list[app.Api]) -> None:
    """Also those of numbers that are checked behind a validator of their own."""
    for api in apis:
        candidate = api.document["components"]["schemas"]["Candidate"]["properties"]["sdp_mline_index"]
        assert candidate["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 64}
        assert not re.search('"(ge|le|gt|lt)":', json.dumps(api.document))


async def test_every_route_is_described_and_nothing_else(apis: list[app.Api]) -> None:
    """The document lists the routes, no more and no less, each under an id of its own."""
    for api in apis:
        described = operations(api.document)
        assert {(method.upper(), path) for method, path, _ in described} == {
            (route.method, route.path) for route in api.routes
        }
        ids = [operation["operationId"] for *_, operation in described]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-z][A-Za-z0-9]+", each) for each in ids)
        assert all(operation["summary"] for *_, operation in described)


async def test_every_refusal_is_described(apis: list[app.Api]) -> None:
    """Each error that a handler or a gate declares is among the codes of its status; 422 is never used."""
    for api in apis:
        for route in api.routes:
            told = codes(api.document["paths"][route.path][route.method.lower()])
            assert 422 not in told
            for refusal in operation_of(route.defined().handler).refusals:
                problem = problem_for(refusal)
                assert problem is not None
                assert problem.code in told[problem.status]


async def test_every_problem_can_happen(apis: list[app.Api]) -> None:
    """No domain error has a code that no operation documents."""
    told = {
        code
        for api in apis
        for *_, operation in operations(api.document)
        for each in codes(operation).values()
        for code in each
    }
    unused = [error.__name__ for error, problem in PROBLEMS.items() if problem.code not in told]
    assert unused == []


async def test_what_the_edge_answers_is_described(apis: list[app.Api]) -> None:
    """Every problem that stands beside the domain's is in the documents' table."""
    known = {each.code for each in vars(errors).values() if isinstance(each, errors.Problem)}
    for api in apis:
        assert {each["code"] for each in api.document["x-edge-problems"]} == known


async def test_names_of_models_are_plain(apis: list[app.Api]) -> None:
    """Two models of one name would be named after their modules, and generated clients with them."""
    for api in apis:
        assert [name for name in api.document["components"]["schemas"] if not name.isalnum()] == []


def test_an_error_without_code_is_not_described() -> None:
    """An operation that refuses with an error that has no status and code stops the start: the mistake is ours."""

    class Unknown(Exception):
        pass

    @refuses(Unknown)
    async def refusing(_request: web.Request) -> web.Response:
        raise Unknown

    with pytest.raises(openapi.UndeclaredProblem, match="Unknown"):
        openapi.document("API", [Route("GET", "/x", refusing)], secure_cookies=False)


async def test_both_hosts_serve_theirs(database_url: str, tmp_path: Path) -> None:
    """To programs as JSON, and to people as a page whose one style is all that its policy allows."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    async with (
        open_services(settings, database_url, Doubles()) as services,
        TestClient(TestServer(app.build(settings, services))) as client,
    ):
        for host, api in (
            ("user-api.local", app.user_api(services, settings)),
            ("store-api.local", app.store_api(services, settings)),
        ):
            answer = await client.get("/openapi.json", headers={"Host": host})
            assert json.loads(await answer.read()) == api.document
            page = await client.get("/docs", headers={"Host": host})
            text = await page.text()
            assert page.content_type == "text/html"
            (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
            hashed = b64encode(sha256(style.encode()).digest()).decode()
            assert f"style-src 'sha256-{hashed}'" in page.headers["Content-Security-Policy"]
            assert not re.search(r"<script|style=|https?://(?!\w+\.localhost)", text)
            for *_, operation in operations(api.document):
                assert f'id="{operation["operationId"]}"' in text
                for code in set().union(*codes(operation).values()):
                    assert f"<code>{code}</code>" in text


@gives(status=HTTPStatus.NO_CONTENT)
@refuses(EmailTaken)
async def _honest(request: web.Request) -> web.Response:
    if "taken" in request.query:
        raise EmailTaken
    if "busy" in request.query:
        raise SessionBusy(timedelta(seconds=1))
    return web.Response(status=HTTPStatus.OK if "ok" in request.query else HTTPStatus.NO_CONTENT)


@pytest.mark.parametrize(
    ("asked", "told"),
    [("/", []), ("/?taken", []), ("/?ok", ["GET / answers 200"]), ("/?busy", ["GET / raises SessionBusy"])],
)
async def test_what_is_not_declared_is_noticed(asked: str, told: list[str]) -> None:
    """The watcher of the other tests tells a status and an error that a handler did not announce."""
    application = web.Application(middlewares=[answer_errors, contract.watch])
    application.add_routes([web.get("/", _honest)])
    async with TestClient(TestServer(application)) as client:
        await client.get(asked)
    noticed, contract.undeclared[:] = [*contract.undeclared], []
    assert [text.partition("(")[0] for text in noticed] == told
