"""When the model's service asks what, with a model's server that answers as told."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx2
import openai
import pytest
from pipecat.frames.frames import Frame, LLMContextFrame, LLMTextFrame
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage, standard_message_text
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.grounding.answers import Answer, How, joined
from pipelines.grounding.knowledge import Entry
from pipelines.processors.figures import GroundsFrame
from pipelines.processors.grounding import GroundedContext
from pipelines.processors.reading_ahead import ReadAheadFrame
from pipelines.prompts import Persona, opening
from pipelines.providers.embedded import picking
from pipelines.providers.embedded.calling import UNSURE
from pipelines.providers.embedded.llama import Lent, LlamaProcess
from pipelines.providers.embedded.llm import EmbeddedLlm
from pipelines.providers.embedded.pieces import PIECE_WORDS
from tests.shop import BASIL, MONSTERA


@dataclass
class FakeLlama:
    """Notes what it is asked, and when it has done so; it reads ahead only while `may_read` is set."""

    ready: bool = True
    fails: bool = False
    model: Path = Path("model.gguf")
    writes: tuple[str, ...] = ("say: Yes.",)
    noted: list[str] = field(default_factory=list)
    grammars: list[str] = field(default_factory=list)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    others: int = 0
    learnt: list[Sequence[LLMContextMessage]] = field(default_factory=list)
    opened: bool = False

    @asynccontextmanager
    async def lend(self, _owner: object, opening: Sequence[LLMContextMessage]) -> AsyncIterator[Lent]:
        """Lend the third slot, and note what there is to learn."""
        if opening not in self.learnt:
            self.learnt.append(opening)
        yield Lent(2, opened=self.opened)

    @property
    def idle(self) -> bool:
        """Whether nobody keeps it busy."""
        return self.others == 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep it busy."""
        self.others += 1
        yield
        self.others -= 1

    @property
    def client(self) -> openai.AsyncOpenAI:
        """OpenAI's client, without a network."""
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return openai.AsyncOpenAI(api_key="none", base_url="http://llama/v1", http_client=http, max_retries=0)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        asked = json.loads(request.content)
        assert asked["id_slot"] == 2
        words = asked["messages"][-1]["content"]
        if asked["stream"]:
            self.noted.append(f"asked {words}")
            chunk = {"id": "", "object": "chat.completion.chunk", "created": 0, "model": ""}
            self.grammars.append(asked["grammar"])
            events = [json.dumps({**chunk, "choices": [_word(piece)]}) for piece in self.writes]
            return httpx2.Response(200, text="".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]))
        assert asked["max_completion_tokens"] == 1
        self.noted.append(f"reads {words}")
        await self.may_read.wait()
        self.noted.append(f"has read {words}")
        if self.fails:
            return httpx2.Response(500)
        message = {"role": "assistant", "content": "Y"}
        choice = {"index": 0, "finish_reason": "length", "message": message}
        return httpx2.Response(
            200, json={"id": "", "object": "chat.completion", "created": 0, "model": "", "choices": [choice]}
        )


def _word(text: str) -> dict[str, object]:
    return {"index": 0, "delta": {"role": "assistant", "content": text}}


def ahead(text: str) -> ReadAheadFrame:
    """What the caller has said so far."""
    return ReadAheadFrame([{"role": "user", "content": text}])


def question(text: str) -> LLMContextFrame:
    """What the caller has said."""
    return LLMContextFrame(LLMContext([{"role": "user", "content": text}]))


async def run(llama: FakeLlama, *frames: ReadAheadFrame | LLMContextFrame, may_read: bool = True) -> str:
    """What is said to these frames; reading takes until the last of them has come."""

    class Listening(EmbeddedLlm):
        """Sees it come."""

        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            """Let what is read be read soon after it."""
            if may_read and frame is frames[-1]:
                asyncio.get_running_loop().call_later(0.1, llama.may_read.set)
            await super().process_frame(frame, direction)

    service = Listening(cast(LlamaProcess, llama))
    sent = [each for frame in frames for each in (frame, SleepFrame(0.01))]
    down, _ = await run_test(service, frames_to_send=[*sent, SleepFrame(0.3)])
    assert not any(isinstance(frame, ReadAheadFrame) for frame in down)
    return "".join(frame.text for frame in down if isinstance(frame, LLMTextFrame))


async def test_a_question_waits_for_its_own_beginning() -> None:
    """It then finds it read; what was to be read besides is not worth reading any more."""
    llama = FakeLlama()
    assert await run(llama, ahead("Is"), ahead("Is it"), question("Is it on?")) == "Yes."
    assert llama.noted == ["reads Is", "has read Is", "asked Is it on?"]


async def test_one_reading_at_a_time_the_newest_next() -> None:
    """What was overtaken while another was read is never read."""
    llama = FakeLlama()
    await run(llama, ahead("Is"), ahead("Is it"), ahead("Is it on"))
    assert llama.noted == ["reads Is", "has read Is", "reads Is it on", "has read Is it on"]


async def test_a_long_reading_is_taken_in_pieces() -> None:
    """A question waits for one of them, not for all."""
    words = [f"word{number}" for number in range(2 * PIECE_WORDS)]
    llama = FakeLlama()
    await run(llama, ahead(" ".join(words)), question("Something else?"))
    piece = " ".join(words[:PIECE_WORDS])
    assert llama.noted == [f"reads {piece}", f"has read {piece}", "asked Something else?"]
    llama.noted.clear()
    await run(llama, ahead(" ".join(words)))
    assert llama.noted[::2] == [f"reads {piece}", f"reads {' '.join(words)}"]


async def test_nothing_is_read_ahead_while_another_caller_waits() -> None:
    """A guess must not slow down an answer."""
    llama = FakeLlama(others=1)
    assert await run(llama, ahead("Is"), question("Is it on?")) == "Yes."
    assert llama.noted == ["asked Is it on?"]


async def test_a_failed_reading_costs_no_answer() -> None:
    """Reading ahead is a favour."""
    assert await run(FakeLlama(fails=True), ahead("Is"), question("Is it on?")) == "Yes."


async def test_nothing_is_read_while_the_model_restarts() -> None:
    """The question gets the error, not the reading."""
    llama = FakeLlama(ready=False)
    await run(llama, ahead("Is"))
    assert llama.noted == []


async def test_a_call_that_ends_reads_no_further() -> None:
    """Its reading is given up."""
    llama = FakeLlama()
    await run(llama, ahead("Is"), may_read=False)
    assert llama.noted == ["reads Is"]


ITEMS = (Answer("The basil is $4.50.", How.PRICE, (BASIL,)), Answer("The monstera is $38.", How.PRICE, (MONSTERA,)))


def about_items(*, whisper: str = "", known: Answer | None = None) -> LLMContextFrame:
    """A question with what was found for it."""
    context = GroundedContext([{"role": "user", "content": "Facts: …\nCaller: Is one of them tall?"}])
    context.found, context.whisper, context.known = joined(ITEMS), whisper, known
    return LLMContextFrame(context)


@pytest.mark.parametrize(
    ("writes", "said", "basis"),
    [
        (("Mon", "stera"), ["The monstera is $38. "], (How.PRICE, (MONSTERA,))),
        (
            ("M", "onstera", " and ", "Basil"),
            ["The monstera is $38. ", "The basil is $4.50."],
            (How.PRICE, (MONSTERA, BASIL)),
        ),
        (("un", "known"), [f"{picking.SAYS['unknown']} "], (How.UNKNOWN, ())),
        (("Rose",), [picking.SAYS["unknown"]], (How.UNKNOWN, ())),
        (("say", ": How", " nice."), ["How", " nice."], None),
        (("CALL check", "_order {}"), [UNSURE], None),
    ],
)
async def test_a_pick_is_said_in_the_store_s_words(
    writes: tuple[str, ...], said: list[str], basis: tuple[How, tuple[Entry, ...]] | None
) -> None:
    """As soon as it can be no other; guard and record are told before. Small talk is the model's own."""
    llama = FakeLlama(writes=writes)
    down, _ = await run_test(EmbeddedLlm(cast(LlamaProcess, llama)), frames_to_send=[about_items()])
    assert [frame.text for frame in down if isinstance(frame, LLMTextFrame)] == said
    found = [frame.found for frame in down if isinstance(frame, GroundsFrame)]
    assert [(one.how, one.entries) for one in found if isinstance(one, Answer)][-1:] == ([basis] if basis else [])
    assert '"Basil" | "Monstera"' in llama.grammars[0]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (None, "We can offer you ten percent off."),
        (ITEMS[0], "The basil is $4.50. We can offer you ten percent off."),
        (Answer("I don't know.", How.UNKNOWN), "We can offer you ten percent off."),
    ],
)
async def test_a_whisper_is_said_after_what_is_known(known: Answer | None, said: str) -> None:
    """Without the model, which may not follow it; its figures need no other ground than staff's word."""
    llama = FakeLlama()
    frame = about_items(whisper="Offer her ten percent off.", known=known)
    down, _ = await run_test(EmbeddedLlm(cast(LlamaProcess, llama)), frames_to_send=[frame])
    assert "".join(frame.text for frame in down if isinstance(frame, LLMTextFrame)) == said
    assert [frame.evidence for frame in down if isinstance(frame, GroundsFrame)] == [None]
    assert not llama.noted


async def test_what_is_no_such_whisper_changes_nothing() -> None:
    """The model picks as ever."""
    llama = FakeLlama(writes=("Basil",))
    assert await run(llama, about_items(whisper="Be brief.")) == "The basil is $4.50. "


TOLD = "Facts:\n- Basil: $4.50.\n- Opening hours: We're open.\nCaller: Is it tall?"


@pytest.mark.parametrize("opened", [False, True])
async def test_before_a_question_stands_what_is_computed_for_it(opened: bool) -> None:  # noqa: FBT001
    """The rest stands with the store. The model is told what to learn with every question, until it has."""
    llama = FakeLlama(opened=opened, writes=("Basil",))
    store_facts = ("Basil: $4.50.", "Monstera: $38.")
    asks = cast("LLMContextMessage", {"role": "user", "content": TOLD})
    messages = [*opening(Persona(assistant="Ivy", store="Fern and Fig")), asks]
    context = GroundedContext(messages)
    context.found, context.store_facts = joined(ITEMS), store_facts
    await run(llama, ReadAheadFrame(messages, None, store_facts), LLMContextFrame(context))
    asked = "Facts:\n- Opening hours: We're open.\nCaller: Is it tall?"
    assert llama.noted == [f"reads {asked}", f"has read {asked}", f"asked {asked}"]
    (learnt,) = llama.learnt
    assert "- Basil: $4.50.\n- Monstera: $38.\n" in standard_message_text(learnt[-2])
