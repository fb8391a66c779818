"""The model in its own process: it answers, it is guarded, it comes back, and it leaves nothing behind."""

import asyncio
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import aiohttp
import psutil
import pytest
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContextMessage
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test

from pipelines.grounding.answers import Answer, How, joined
from pipelines.grounding.knowledge import Entry, EntryId
from pipelines.processors.grounding import GroundedContext
from pipelines.prompts import RULES, with_facts
from pipelines.providers.embedded import picking
from pipelines.providers.embedded.llama import END_TIMEOUT_S, LlamaFailed, LlamaProcess
from pipelines.providers.embedded.llm import MAX_TOKENS, EmbeddedLlm
from pipelines.providers.embedded.weights import QWEN_1_5B, join

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]

# Joined where `make run` joins it too: 1.1 GB once, not in every run.
MODELS = Path(__file__).parents[2] / ".data" / "models"
# Read in a few seconds; the examples take 13 s more.
SHORT_PREFIX: list[LLMContextMessage] = [{"role": "system", "content": RULES}]


@pytest.fixture(scope="module")
def model() -> Path:
    """The weights that ship."""
    return join(QWEN_1_5B, MODELS)


@pytest.fixture
async def llama(model: Path, tmp_path: Path) -> AsyncIterator[LlamaProcess]:
    """The running process, with a short prefix."""
    process = LlamaProcess(model, prefix=SHORT_PREFIX, state_dir=tmp_path, slots=2)
    await process.start()
    yield process
    await process.close()


@pytest.fixture
async def picker(model: Path) -> AsyncIterator[LlamaProcess]:
    """The running process as servers have it, so that what they have read beside the weights serves here, too."""
    process = LlamaProcess(model, prefix=picking.prefix(), state_dir=MODELS)
    await process.start()
    yield process
    await process.close()


async def ask(llama: LlamaProcess, question: str) -> str:
    """A whole answer to a question with the short prefix."""
    answer = await llama.client.chat.completions.create(
        model="",
        messages=cast("Any", [*SHORT_PREFIX, {"role": "user", "content": question}]),
        max_tokens=20,
        temperature=0,
    )
    return answer.choices[0].message.content or ""


def asked(words: str, *found: Answer) -> LLMContextFrame:
    """What the pipeline sends to the model's service."""
    facts = joined(found)
    context = GroundedContext([{"role": "user", "content": with_facts(words, facts.lines)}])
    context.found = facts
    return LLMContextFrame(context)


def told(title: str, text: str) -> Answer:
    """What an entry says."""
    return Answer(text, How.ENTRY, (Entry(EntryId(UUID(int=1)), title, text),))


def spoken(frames: Sequence[Frame]) -> str:
    """The words among the frames."""
    return "".join(frame.text for frame in frames if isinstance(frame, LLMTextFrame))


def address(llama: LlamaProcess) -> str:
    """Of the server itself, without the protocol's path."""
    return str(llama.client.base_url).removesuffix("/v1/")


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition of another process; a loaded machine may be slow."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.05)


class Interrupter(FrameProcessor):
    """A caller who talks over the third word."""

    def __init__(self) -> None:
        super().__init__()
        self._words = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass on the frame, and count the words."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, LLMTextFrame):
            self._words += 1
            if self._words == 3:
                await self.push_frame(InterruptionFrame(), FrameDirection.UPSTREAM)


async def test_it_picks_the_fact_that_answers(picker: LlamaProcess) -> None:
    """Which is said in the store's words, and ends the answer; with none, it is said that nobody knows."""
    parking, returns = told("Parking", "There's a free car park on Mill Lane."), told("Returns", "Within 30 days.")
    question = asked("Is there a place where I can leave my car?", parking, returns)
    down, _ = await run_test(EmbeddedLlm(picker), frames_to_send=[question])
    assert spoken(down).strip() == parking.text
    assert isinstance(down[-1], LLMFullResponseEndFrame)
    down, _ = await run_test(EmbeddedLlm(picker), frames_to_send=[asked("Do you sell umbrellas?", returns)])
    assert spoken(down).strip() == picking.SAYS[picking.UNKNOWN]


async def test_the_secret_is_needed(llama: LlamaProcess) -> None:
    """Another program on the machine cannot use the model, or see what others ask."""
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"Authorization": "Bearer guessed"}):
            for path in ("/v1/chat/completions", "/slots", "/props"):
                async with session.get(address(llama) + path, headers=headers) as answer:
                    assert answer.status == 401


async def test_the_secret_is_not_on_the_command_line(llama: LlamaProcess) -> None:
    """Neither the arguments nor the environment of the process hold it."""
    assert llama.pid
    process = psutil.Process(llama.pid)
    assert llama.client.api_key not in " ".join(process.cmdline())
    assert llama.client.api_key not in process.environ().values()


async def test_an_interruption_frees_the_model(picker: LlamaProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Barge-in ends the generation itself, not only our listening to it."""
    monkeypatch.setattr(picking, "grammar", lambda *_: 'root ::= "say: " ([a-z]+ " ")+')
    question = asked("Count from one to ninety in words.")
    down, _ = await run_test(Pipeline([EmbeddedLlm(picker), Interrupter()]), frames_to_send=[question])
    assert len([frame for frame in down if isinstance(frame, LLMTextFrame)]) < MAX_TOKENS / 2
    async with asyncio.timeout(20):
        while busy := await busy_slots(picker):
            assert busy[0]["next_token"][0]["n_decoded"] < MAX_TOKENS / 2


async def busy_slots(llama: LlamaProcess) -> list[dict[str, Any]]:
    """The slots in which a conversation is being answered."""
    headers = {"Authorization": f"Bearer {llama.client.api_key}"}
    async with aiohttp.ClientSession() as session, session.get(address(llama) + "/slots", headers=headers) as answer:
        return [slot for slot in await answer.json() if slot["is_processing"]]


async def test_a_killed_process_is_followed_by_another(llama: LlamaProcess) -> None:
    """Meanwhile a question is answered by an error at once; afterwards by the model, at another address."""
    first = llama.pid
    assert first
    os.kill(first, 9)
    await until(lambda: not llama.ready)

    service = EmbeddedLlm(llama)
    frames = [asked("Do you sell roses?"), SleepFrame(0.3)]
    down, up = await run_test(service, frames_to_send=frames)
    assert spoken(down) == ""
    assert any(isinstance(frame, ErrorFrame) for frame in up)
    assert service.is_usable

    await until(lambda: llama.ready)
    assert llama.pid != first
    assert await ask(llama, "Say yes.")


async def test_a_prefix_is_read_once(model: Path, tmp_path: Path) -> None:
    """A second start finds it on the disk, and every slot has it."""
    long_prefix: list[LLMContextMessage] = [{"role": "system", "content": "You sell plants. " * 60}]
    written = []
    for _ in range(2):
        llama = LlamaProcess(model, prefix=long_prefix, state_dir=tmp_path, slots=2)
        await llama.start()
        (state,) = tmp_path.iterdir()  # noqa: ASYNC240 - nothing else is waiting
        written.append(state.stat().st_ino)
        answer = await llama.client.chat.completions.create(
            model="", messages=cast("Any", [*long_prefix, {"role": "user", "content": "Hi"}]), max_tokens=1
        )
        assert answer.usage
        assert answer.usage.prompt_tokens_details
        assert (answer.usage.prompt_tokens_details.cached_tokens or 0) > 200
        await llama.close()
    assert written[0] == written[1]


async def test_what_a_store_knows_is_learnt_once(model: Path, tmp_path: Path) -> None:
    """While nobody waits, and then every slot can have it, after a restart, too."""
    opening: list[LLMContextMessage] = [
        *SHORT_PREFIX,
        {"role": "user", "content": "You sell plants. " * 60},
        {"role": "assistant", "content": "Hello."},
    ]
    for _ in range(2):
        llama = LlamaProcess(model, prefix=SHORT_PREFIX, state_dir=tmp_path, slots=2)
        await llama.start()
        async with llama.lend("dan", opening):
            pass
        await until(lambda: bool(list(tmp_path.glob("*.opening"))))
        async with llama.lend("ann", opening) as first, llama.lend("bob", opening) as second:
            assert (first.opened, second.opened) == (True, True)
            answer = await llama.client.chat.completions.create(
                model="",
                messages=cast("Any", [*opening, {"role": "user", "content": "Hi"}]),
                max_tokens=1,
                extra_body={"id_slot": second.slot},
            )
        assert answer.usage
        assert answer.usage.prompt_tokens_details
        assert (answer.usage.prompt_tokens_details.cached_tokens or 0) > 240
        await llama.close()


async def test_nothing_is_learnt_while_somebody_waits(model: Path, tmp_path: Path) -> None:
    """Until then it is read with the question."""
    llama = LlamaProcess(model, prefix=SHORT_PREFIX, state_dir=tmp_path, slots=2)
    await llama.start()
    opening: list[LLMContextMessage] = [*SHORT_PREFIX, {"role": "user", "content": "Hi"}]
    with llama.at_work():
        async with llama.lend("ann", opening) as lent:
            assert not lent.opened
        assert await ask(llama, "Say yes.")
        async with llama.lend("ann", opening) as lent:
            assert not lent.opened
    await until(lambda: bool(list(tmp_path.glob("*.opening"))))
    await llama.close()


async def test_a_damaged_prefix_is_read_again(model: Path, tmp_path: Path) -> None:
    """What another process has torn on the disk costs one reading, and is whole afterwards."""
    llama = LlamaProcess(model, prefix=SHORT_PREFIX, state_dir=tmp_path, slots=2)
    await llama.start()
    await llama.close()
    (state,) = tmp_path.iterdir()  # noqa: ASYNC240 - nothing else is waiting
    whole = state.read_bytes()
    state.write_bytes(whole[: len(whole) // 2])
    llama = LlamaProcess(model, prefix=SHORT_PREFIX, state_dir=tmp_path, slots=2)
    await llama.start()
    await llama.close()
    assert [file.name for file in tmp_path.iterdir()] == [state.name]  # noqa: ASYNC240 - the same
    assert len(state.read_bytes()) == len(whole)


async def test_closing_leaves_no_process(model: Path, tmp_path: Path) -> None:
    """The process ends within a bound, even in the middle of an answer."""
    llama = LlamaProcess(model, prefix=SHORT_PREFIX, state_dir=tmp_path, slots=2)
    await llama.start()
    pid = llama.pid
    assert pid
    answering = asyncio.create_task(ask(llama, "Count to ninety."))
    async with asyncio.timeout(20):
        while not await busy_slots(llama):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.05)
    # After END_TIMEOUT_S it is killed, which takes a moment too.
    async with asyncio.timeout(END_TIMEOUT_S + 2):
        await llama.close()
    assert not psutil.pid_exists(pid)
    await asyncio.gather(answering, return_exceptions=True)


async def test_the_parents_death_ends_it(model: Path, tmp_path: Path) -> None:
    """Even a parent that is killed outright leaves no process that holds 2 GB."""
    parent = textwrap.dedent(f"""
        import asyncio, os, signal
        from pathlib import Path
        from pipelines.providers.embedded.llama import LlamaProcess

        async def main():
            llama = LlamaProcess(Path({str(model)!r}), prefix={SHORT_PREFIX!r}, state_dir=Path({str(tmp_path)!r}))
            await llama.start()
            print(llama.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
    """)
    root = Path(__file__).parents[2]
    dead = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", parent], cwd=root, capture_output=True, check=False, text=True
    )
    await until(lambda: gone(int(dead.stdout)))


async def test_a_file_that_is_no_model_is_one_clear_error(tmp_path: Path) -> None:
    """The operator reads llama.cpp's own reason, in one line."""
    nothing = tmp_path / "model.gguf"
    nothing.write_bytes(b"hello" * 100)
    with pytest.raises(LlamaFailed) as error:
        await LlamaProcess(nothing, prefix=SHORT_PREFIX, state_dir=tmp_path).start()
    assert "invalid magic" in str(error.value)
    assert "\n" not in str(error.value)
