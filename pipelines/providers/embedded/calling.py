"""How the model beside the server calls tools: in a line of text, `CALL check_order {"order_number": "4512"}`.

The template that Qwen2.5-Coder has for tools is unusable (4 of 12 questions). It is shown a tool with a question that
may concern it, before the facts; arguments that the caller never said are taken from it again, for it makes them up.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from uuid import uuid4

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import (
    Choice,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
)

from pipelines.grounding.spoken import times, tokens
from pipelines.prompts import with_facts
from pipelines.tools import dialled, schemas
from pipelines.tools.routing import STEM_LETTERS, ask_for, asks_for
from pipelines.tools.webhooks import WebhookTool

CALL = "CALL "
UNSURE = "I'm not sure about that. I can take a message, if you like."
MAX_DESCRIPTION_CHARS = 80
NOON = 12

_CALLED = re.compile(rf"\s*{CALL}(\w+)\s*(\{{.*)?", re.DOTALL)
_PARCELS = '- Look up a parcel: CALL check_parcel {"code": "the code of the parcel"}'
# It answers "Do you send parcels on Sundays?" with a call unless it has seen that this is none.
EXAMPLES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    ((), "Can you tell me where parcel one seven five is?", 'CALL check_parcel {"code": "175"}'),
    ((), "My parcel has not come.", "CALL check_parcel {}"),
    (("Parcels: We send parcels on weekdays.",), "Do you send parcels on Sundays?", "Parcels"),
)


def examples() -> Iterator[tuple[str, str]]:
    """Questions and answers with which a conversation with tools begins besides."""
    for facts, question, answer in EXAMPLES:
        yield f"Tools:\n{_PARCELS}\n{with_facts(question, facts)}", answer


def with_tools(asked: str, tools: Sequence[WebhookTool]) -> str:
    """A question with its facts, and before them the tools that it may concern."""
    return "\n".join(["Tools:", *map(_shown, tools), asked]) if tools else asked


def _shown(tool: WebhookTool) -> str:
    properties = tool.parameters.get("properties", {})
    arguments = {name: _about(name, part) for name, part in properties.items()} if isinstance(properties, dict) else {}
    return f"- {tool.description.rstrip('.')}: {CALL}{tool.name} {json.dumps(arguments, ensure_ascii=False)}"


def _about(name: str, part: Mapping[str, object]) -> str:
    options = part.get("enum")
    if isinstance(options, list):
        return " or ".join(map(str, options))[:MAX_DESCRIPTION_CHARS]
    return str(part.get("description") or name.replace("_", " "))[:MAX_DESCRIPTION_CHARS]


def asked_for(tools: Sequence[WebhookTool], *, told: str, caller: str) -> list[WebhookTool]:
    """The tools for which a number was just asked and told: what the caller answers means nothing by itself."""
    if not any(word.isdigit() for word in tokens(caller)) and not dialled.read(caller).digits:
        return []
    return [tool for tool in tools if asks_for(tool, told)]


def decide(text: str, tools: Sequence[WebhookTool], caller: str) -> ChoiceDelta:
    """Make a call of the line, or the words that are said instead: a question for what the caller has not said."""
    called = _CALLED.match(text)
    if not called:
        return ChoiceDelta(content=UNSURE)
    tool = next((tool for tool in tools if tool.name == called[1]), None)
    if tool is None:
        return ChoiceDelta(content=UNSURE)
    arguments = _said(_read(called[2] or "{}"), tool.parameters, caller)
    missing = schemas.missing(tool.parameters, arguments)
    if missing:
        return ChoiceDelta(content=ask_for(tool.parameters, missing))
    function = ChoiceDeltaToolCallFunction(name=tool.name, arguments=json.dumps(arguments))
    return ChoiceDelta(tool_calls=[ChoiceDeltaToolCall(index=0, id=f"call_{uuid4().hex}", function=function)])


def _read(text: str) -> Mapping[str, object]:
    try:
        arguments, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return arguments if isinstance(arguments, dict) else {}


def _said(arguments: Mapping[str, object], schema: schemas.Schema, caller: str) -> dict[str, object]:
    """The arguments that the schema knows and the caller has said; a choice of the store's may be the model's."""
    properties = schema.get("properties", {})
    known = properties if isinstance(properties, dict) else {}
    kept: dict[str, object] = {}
    for name, value in arguments.items():
        part = known.get(name)
        if not isinstance(part, dict) or value == _about(name, part):
            continue
        fitting = _as(part.get("type"), value)
        alone = {"type": "object", "properties": {name: part}}
        said = "enum" in part or isinstance(value, bool) or _was_said(value, caller)
        if said and not schemas.problem(alone, {name: fitting}):
            kept[name] = fitting
    return kept


def _as(kind: object, value: object) -> object:
    """Digits as one number: "98 77" is 9877, for a model writes down what it hears."""
    if not isinstance(value, str):
        return str(value) if kind == "string" and isinstance(value, int | float) else value
    digits = re.sub(r"[\s-]", "", value)
    if not digits.isdecimal():
        return value
    return int(digits) if kind in {"integer", "number"} else digits


def _was_said(value: object, caller: str) -> bool:
    said = tokens(caller)
    stems = {word[:STEM_LETTERS] for word in said}
    runs = "".join(word if word.isdigit() else " " for word in said)
    numbers = f"{runs} {dialled.read(caller).digits or ''}"
    clocks, rest = times(tokens(str(value)))
    heard = {reading for clock in times(said)[0] for reading in clock.readings}
    # "Friday at ten" is no time of day for certain, but enough for "10 am".
    heard |= {time(int(word) + half) for word in said if word.isdigit() and int(word) < NOON for half in (0, NOON)}
    return all(not heard.isdisjoint(clock.readings) for clock in clocks) and all(
        word[:STEM_LETTERS] in stems or (word.isdigit() and word in numbers) for word in rest
    )


def with_delta(chunk: ChatCompletionChunk, delta: ChoiceDelta) -> ChatCompletionChunk:
    """The same chunk with something else to say."""
    return chunk.model_copy(update={"choices": [Choice(index=0, delta=delta)]})
