"""What the language model may call in one conversation, and what becomes of a call.

Whatever the model calls goes through one gate: the name has to be one that was offered, the arguments have to fit the
schema, there may not be too many, and what came of it is noted with the conversation. What a tool says is spoken word
for word, and the model not asked again; what it finds out goes back to the model.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from pipecat.adapters.llm.schemas.direct_function import tool_options
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import FunctionCallResultProperties
from pipecat.services.llm_service import FunctionCallParams

from pipelines.assistants.records import Assistant, Tool
from pipelines.conversations.tool_calls import MAX_ANSWER_CHARS, ToolCall, ToolOutcome
from pipelines.grounding import hours, hours_asked
from pipelines.grounding.answers import Answer, Facts
from pipelines.grounding.figures import Evidence
from pipelines.grounding.knowledge import KnowledgeUnavailable
from pipelines.processors.figures import GroundsFrame
from pipelines.processors.tool_results import ToolSaysFrame
from pipelines.tools import schemas
from pipelines.tools.desk import MAX_QUOTED_CHARS, SAID, Answers, Call, Desk
from pipelines.tools.webhooks import Webhooks, WebhookTool

FAILED = "I'm sorry, I can't do that just now. I can take a message, if you like."
# In one turn of the caller's.
MAX_CALLS = 5
# Everything ends by itself before that; it is for what hangs.
TIMEOUT_S = 5.0
GRACE_S = 2.0

_NOTHING: Mapping[str, object] = {"type": "object", "properties": {}}


def _one_text(name: str, description: str, *, required: bool) -> schemas.Schema:
    properties = {name: {"type": "string", "description": description, "maxLength": 300}}
    return {"type": "object", "properties": properties, "required": [name] if required else []}


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call: words to `say`, or an `answer` for the model and the `found` facts that it stands on."""

    outcome: ToolOutcome
    answer: str = ""
    say: str = ""
    found: Facts | None = None


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that the model can call."""

    name: str
    description: str
    parameters: schemas.Schema
    run: Callable[[Mapping[str, object]], Awaitable[Done]]
    timeout_s: float = TIMEOUT_S


class OfferedTool(FunctionSchema):
    """A tool of the store's, as models are told of it; `tool` is for models that are told in another form."""

    def __init__(self, tool: WebhookTool, ability: "FunctionSchema") -> None:
        super().__init__(ability.name, ability.description, ability.properties, ability.required, ability.handler)
        self.tool = tool


class Toolbox:
    """The tools of one conversation."""

    def __init__(  # noqa: PLR0913 - all that its tools work with
        self,
        assistant: Assistant,
        answers: Answers,
        desk: Desk,
        call: Call,
        webhooks: Webhooks | None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._assistant = assistant
        self._answers = answers
        self._desk = desk
        self._call = call
        self._webhooks = webhooks
        self._now = now
        self._calls = 0
        self._facts = Facts()
        self._told = self._caller = ""

    def offered(self) -> ToolsSchema:
        """The tools that the assistant was given, as pipecat's models take them. To it no others exist."""
        given = [self._schema(ability) for ability in self._abilities() if Tool(ability.name) in self._assistant.tools]
        own = [OfferedTool(tool, self._schema(self._ability(tool))) for tool in self._own()]
        return ToolsSchema(standard_tools=[*given, *own])

    def turn(self, facts: Facts, *, told: str, caller: str) -> None:
        """The model is asked, with these facts; `told` and `caller` is what both sides have said."""
        self._calls, self._facts, self._told, self._caller = 0, facts, told, caller

    def _own(self) -> Sequence[WebhookTool]:
        return self._assistant.own_tools if self._webhooks else ()

    def _abilities(self) -> Sequence[Ability]:
        question = _one_text("question", "What to look for, in the caller's words", required=True)
        day = _one_text("day", "The day that is asked about, such as Sunday or tomorrow", required=False)
        to = self._transfer_to()
        return (
            Ability(Tool.LOOKUP_KNOWLEDGE, "Look up what the store has told about something", question, self._look_up),
            Ability(Tool.OPENING_HOURS, "When the store is open, and whether it is now", day, self._hours),
            Ability(Tool.TAKE_MESSAGE, "Take a message for the store: asks for all it needs", _NOTHING, self._take),
            Ability(Tool.END_CONVERSATION, "Say goodbye and hang up", _NOTHING, self._end),
            *((Ability(Tool.TRANSFER_CALL, "Put the caller through to a person", to, self._transfer),) if to else ()),
        )

    def _ability(self, tool: WebhookTool) -> Ability:
        async def ask(arguments: Mapping[str, object]) -> Done:
            return await self._ask(tool, arguments)

        return Ability(tool.name, tool.description, tool.parameters, ask, tool.timeout_s)

    def _schema(self, ability: Ability) -> FunctionSchema:
        async def handle(params: FunctionCallParams) -> None:
            await self._handle(ability, params)

        properties, required = ability.parameters.get("properties", {}), ability.parameters.get("required", [])
        return FunctionSchema(
            ability.name,
            ability.description,
            properties if isinstance(properties, dict) else {},
            required if isinstance(required, list) else [],
            # Whoever interrupts does not want the answer any more.
            tool_options(handle, cancel_on_interruption=True, timeout_secs=ability.timeout_s + GRACE_S),
        )

    async def _handle(self, ability: Ability, params: FunctionCallParams) -> None:
        started_at, started_s = self._now(), time.monotonic()
        done = Done(ToolOutcome.CANCELLED, "The caller spoke before there was an answer.")
        try:
            done = await self._run(ability, params.arguments)
        finally:
            self._call.note(
                ToolCall(
                    id=uuid4(),
                    conversation_id=self._call.conversation_id,
                    name=ability.name,
                    # What does not fit has no bounds either.
                    arguments={} if done.outcome is ToolOutcome.INVALID else dict(params.arguments),
                    answer=(done.answer or done.say)[:MAX_ANSWER_CHARS],
                    outcome=done.outcome,
                    started_at=started_at,
                    duration_ms=round((time.monotonic() - started_s) * 1000),
                )
            )
        if done.say:
            await params.result_callback({"said": done.say}, properties=FunctionCallResultProperties(run_llm=False))
            await params.llm.queue_frame(ToolSaysFrame(done.say))
            return
        if done.found:
            await params.llm.queue_frame(GroundsFrame(self._evidence(done.found), done.found, more=True))
        await params.result_callback({"result": done.answer})

    async def _run(self, ability: Ability, arguments: object) -> Done:
        self._calls += 1
        if self._calls > MAX_CALLS:
            return Done(ToolOutcome.INVALID, "Too many calls. Answer the caller with what you know.")
        problem = schemas.problem(ability.parameters, arguments)
        if problem:
            return Done(ToolOutcome.INVALID, f"{problem} Ask the caller for what is missing.")
        return await ability.run(arguments if isinstance(arguments, dict) else {})

    def _evidence(self, found: Facts) -> Evidence:
        self._facts = replace(
            found, lines=(*self._facts.lines, *found.lines), entries=(*self._facts.entries, *found.entries)
        )
        return self._answers.evidence(self._facts, told=self._told, caller=self._caller)

    async def _look_up(self, arguments: Mapping[str, object]) -> Done:
        try:
            found = await self._answers.peek(str(arguments["question"]))
        except KnowledgeUnavailable:
            return Done(ToolOutcome.FAILED, "The store's notes cannot be read right now.")
        if isinstance(found, Answer):
            found = Facts((found.text,), found.entries)
        known = "\n".join(found.lines) or "The store has told nothing about that."
        return Done(ToolOutcome.OK, known, found=found)

    async def _hours(self, arguments: Mapping[str, object]) -> Done:
        here = self._assistant
        if not here.hours.known:
            return Done(ToolOutcome.OK, "The store has not told when it opens.", found=Facts())
        now = self._now().astimezone(here.time_zone)
        day = str(arguments.get("day", ""))
        about_day = hours_asked.answer(f"are you open on {day}", here.hours, now) if day else None
        lines = (f"It is {now:%A %-d %B %Y, %-I:%M %p}. {hours.status(here.hours, now)}", here.hours.told(now))
        told = (*lines, about_day) if about_day else lines
        return Done(ToolOutcome.OK, " ".join(told), found=Facts(told))

    async def _take(self, _arguments: Mapping[str, object]) -> Done:
        return Done(ToolOutcome.OK, say=await self._desk.take_message())

    async def _transfer(self, arguments: Mapping[str, object]) -> Done:
        briefing = str(arguments.get("briefing") or SAID.format(self._caller[-MAX_QUOTED_CHARS:]))
        say = self._desk.transfer(str(arguments.get("to", "")), briefing=briefing)
        return Done(ToolOutcome.OK, say=say)

    def _transfer_to(self) -> schemas.Schema | None:
        """What is asked for in order to put somebody through; None where that cannot be done."""
        if self._call.transfers is None:
            return None
        names = [one.name for one in self._call.transfers.destinations]
        about = "What the caller wants, in a sentence; the person hears it first"
        briefing = {"type": "string", "description": about, "maxLength": 300}
        return {"type": "object", "properties": {"to": {"type": "string", "enum": names}, "briefing": briefing}}

    async def _end(self, _arguments: Mapping[str, object]) -> Done:
        return Done(ToolOutcome.OK, say=self._desk.say_goodbye(self._assistant.store_name))

    async def _ask(self, tool: WebhookTool, arguments: Mapping[str, object]) -> Done:
        if self._webhooks is None:
            return Done(ToolOutcome.FAILED, say=FAILED)
        answer = await self._webhooks.call(
            tool,
            arguments,
            store_id=self._call.store_id,
            assistant_id=self._assistant.id,
            conversation_id=self._call.conversation_id,
        )
        return Done(answer.outcome, answer.error, say=answer.say or FAILED)
