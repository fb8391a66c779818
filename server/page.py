"""An OpenAPI document as a page for people: plain HTML, with no script and nothing from elsewhere."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

Json = dict[str, Any]

STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")

# The page's one style is allowed by its hash. https://www.w3.org/TR/CSP3/#source-list-syntax
_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_EXAMPLES = {
    "uuid": "6f1c2a4e-0d5b-4c6e-9a43-1f0b7d2e8c55",
    "date-time": "2030-01-01T12:00:00Z",
    "email": "ann@storeline.example",
    "password": "correct horse battery",
}


def render(document: Json) -> str:
    """Return the whole page."""
    return _Page(document).html()


class _Page:
    def __init__(self, document: Json) -> None:
        self._document = document
        self._models: Json = document["components"]["schemas"]
        self._operations = [
            (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]
        self._refusing: dict[str, list[str]] = {}
        for _, _, operation in self._operations:
            for code in dict.fromkeys(code for _, code, _ in _told(operation["responses"].items())):
                self._refusing.setdefault(code, []).append(operation["operationId"])

    def html(self) -> str:
        info = self._document["info"]
        tags = [tag["name"] for tag in self._document["tags"]]
        return "".join(
            (
                '<!doctype html><html lang="en"><head><meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width">',
                f"<title>{escape(info['title'])}</title><style>{STYLE}</style></head><body>",
                f"<header><h1>{escape(info['title'])}</h1><p>{_text(info['description'])}</p>",
                '<p><a href="/openapi.json">openapi.json</a> says the same to programs.</p></header><nav>',
                *(self._contents(tag) for tag in tags),
                '<h2>More</h2><ul><li><a href="#codes">Codes of refusals</a></li>',
                '<li><a href="#models">Models</a></li></ul></nav><main>',
                *(self._section(tag) for tag in tags),
                f'<h2 id="codes">Codes of refusals</h2>{self._codes()}<h2 id="models">Models</h2>',
                *(self._model(name, model) for name, model in self._models.items()),
                "</main></body></html>\n",
            )
        )

    def _of(self, tag: str) -> Iterator[tuple[str, str, Json]]:
        return (each for each in self._operations if tag in each[2]["tags"])

    def _contents(self, tag: str) -> str:
        items = (
            f'<li><a href="#{operation["operationId"]}">{_method(method)} {_text(operation["summary"])}</a></li>'
            for method, _, operation in self._of(tag)
        )
        return f"<h2>{escape(tag)}</h2><ul>{''.join(items)}</ul>"

    def _section(self, tag: str) -> str:
        return f"<h2>{escape(tag)}</h2>" + "".join(self._operation(*where) for where in self._of(tag))

    def _operation(self, method: str, path: str, operation: Json) -> str:
        proofs = " or ".join(" with ".join(map(_proof, proof.items())) for proof in operation["security"])
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        (status, success), *refusals = operation["responses"].items()
        return "".join(
            (
                f'<article id="{operation["operationId"]}"><header>{_method(method)} <code>{escape(path)}</code>',
                f"<h3>{_text(operation['summary'])}</h3></header><p>{_text(operation.get('description', ''))}</p>",
                f'<p class="soft">{f"Proof: {proofs}" if proofs else "Open to anybody."}</p>',
                self._parameters(operation.get("parameters", [])),
                f"<h4>Takes</h4>{self._fields(body['schema'])}" if body and body["schema"] else "",
                f"<h4>Gives {status}</h4><p>{_text(success['description'])}</p>{self._given(success)}",
                f"<h4>Refuses</h4>{_table((), self._refused(refusals))}",
                '<p class="soft">And with <a href="#codes">what everything refuses with</a>.</p>',
                f"<h4>By hand</h4><pre>{escape(self._curl(method, path, operation, body))}</pre></article>",
            )
        )

    def _parameters(self, parameters: list[Json]) -> str:
        rows = (
            (f"<code>{escape(each['name'])}</code>", self._type(each["schema"]), _text(each.get("description", "")))
            for each in parameters
        )
        return f"<h4>In the URL</h4>{_table(('name', 'type', ''), rows)}" if parameters else ""

    def _given(self, answer: Json) -> str:
        content = answer.get("content", {}).get("application/json")
        return f"<p>{self._type(content['schema'])}</p>" if content else ""

    def _fields(self, schema: Json) -> str:
        model = self._resolved(schema)
        required = model.get("required", [])
        rows = (
            (
                f"<code>{escape(name)}</code>",
                self._type(field) + ("" if name in required else ' <span class="soft">optional</span>'),
                _text(field.get("description", "")),
            )
            for name, field in model.get("properties", {}).items()
        )
        return _table(("field", "type", ""), rows)

    def _model(self, name: str, model: Json) -> str:
        known = ", ".join(f"<code>{escape(str(value))}</code>" for value in model.get("enum", []))
        fields = self._fields(model) if model.get("properties") else f"<p>{known}</p>"
        about = _text(model.get("description", ""))
        return f'<article id="model-{escape(name)}"><h3>{escape(name)}</h3><p>{about}</p>{fields}</article>'

    def _refused(self, refusals: Iterable[tuple[str, Json]]) -> Iterator[tuple[str, ...]]:
        return (
            (status, f"<code>{code}</code>", _text(about))
            for status, code, about in _told(refusals)
            if len(self._refusing[code]) < len(self._operations)
        )

    def _codes(self) -> str:
        rows = {
            (code, status, about): self._refusing[code]
            for _, _, operation in self._operations
            for status, code, about in _told(operation["responses"].items())
        }
        for edge in self._document["x-edge-problems"]:
            rows.setdefault((edge["code"], str(edge["status"]), edge["message"]), [])
        every = len(self._operations)
        return _table(
            ("code", "status", "meaning", "of"),
            (
                (
                    f"<code>{code}</code>",
                    status,
                    _text(about),
                    "everything" if len(ids) == every else _links(ids) or "the edge",
                )
                for (code, status, about), ids in sorted(rows.items())
            ),
        )

    def _type(self, schema: Json) -> str:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return f'<a href="#model-{escape(name)}">{escape(name)}</a>'
        if "anyOf" in schema:
            return " or ".join(self._type(choice) for choice in schema["anyOf"])
        if schema.get("type") == "array":
            return f"list of {self._type(schema.get('items', {}))}"
        kind = escape(schema.get("format") or schema.get("type", "anything"))
        if "enum" in schema or "const" in schema:
            kind = " | ".join(escape(json.dumps(value)) for value in schema.get("enum", [schema.get("const")]))
        bounds = [
            f"{words} {schema[key]}"
            for key, words in (
                ("minLength", "at least"), ("maxLength", "at most"), ("minimum", "from"), ("maximum", "to"),
                ("default", "else"),
            )
            if schema.get(key) is not None
        ]  # fmt: skip
        return kind + (f" <small>{escape(', '.join(bounds))}</small>" if bounds else "")

    def _curl(self, method: str, path: str, operation: Json, body: Json | None) -> str:
        host = "store.localhost" if "Store API" in self._document["info"]["title"] else "user.localhost"
        lines = [f"curl http://{host}:8080{path.replace('{id}', _EXAMPLES['uuid'])}"]
        if method != "get":
            lines[0] += f" -X {method.upper()}"
        for proof in operation["security"][:1]:
            for name in proof:
                scheme = self._document["components"]["securitySchemes"][name]
                if scheme["type"] == "http":
                    lines.append("-H 'Authorization: Bearer …'")
                elif scheme["in"] == "cookie":
                    lines.append(f"-b '{scheme['name']}=…'")
        if body:
            lines.append(f"--json '{json.dumps(self._example(body['schema']), ensure_ascii=False)}'")
        return " \\\n  ".join(lines)

    def _example(self, schema: Json) -> object:
        schema = self._resolved(schema)
        for key in ("examples", "enum"):
            if key in schema:
                return schema[key][0]
        if "default" in schema or "const" in schema:
            return schema.get("default", schema.get("const"))
        if "anyOf" in schema:
            return self._example(schema["anyOf"][0])
        if "properties" in schema:
            required = schema.get("required", list(schema["properties"])[:1])
            return {name: self._example(schema["properties"][name]) for name in required}
        if schema.get("type") == "array":
            return [self._example(schema["items"])]
        plain: Json = {"integer": schema.get("minimum", 1), "number": 1, "boolean": True, "object": {}}
        return plain.get(schema.get("type", "object"), _EXAMPLES.get(schema.get("format", ""), "…"))

    def _resolved(self, schema: Json) -> Json:
        if "$ref" not in schema:
            return schema
        model: Json = self._models[schema["$ref"].rpartition("/")[2]]
        return model


def _told(responses: Iterable[tuple[str, Json]]) -> Iterator[tuple[str, str, str]]:
    """The status, the code and the meaning of each refusal."""
    for status, response in responses:
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        for part in schema.get("allOf", [])[1:]:
            known = part["properties"]["error"]["properties"]["code"]
            for code, about in zip(known["enum"], known["x-enum-descriptions"], strict=True):
                yield status, code, about


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = f"<tr>{''.join(f'<th>{name}</th>' for name in heads)}</tr>" if heads else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table>{head}{body}</table></div>'


def _method(method: str) -> str:
    return f'<b class="method {method}">{method.upper()}</b>'


def _proof(proof: tuple[str, list[str]]) -> str:
    """The way to prove oneself, with the scope that an API key needs."""
    name, scopes = proof
    return f"<code>{name}</code>" + "".join(f" (<code>{scope}</code>)" for scope in scopes)


def _links(operation_ids: Iterable[str]) -> str:
    return ", ".join(f'<a href="#{each}">{each}</a>' for each in operation_ids)


def _text(plain: str) -> str:
    """Escaped, with `code` as code, and paragraphs where lines are empty."""
    parts = enumerate(escape(plain, quote=False).split("`"))
    marked = "".join(f"<code>{part}</code>" if position % 2 else part for position, part in parts)
    return marked.replace("\n\n", "</p><p>")
