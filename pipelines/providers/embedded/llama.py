"""Keep llama.cpp running in a process of its own, so that a crash in native code ends no conversation."""

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, cast

import openai
import structlog
from pipecat.processors.aggregators.llm_context import LLMContextMessage

from auth.background import Tasks
from pipelines.providers import ProviderUnavailable
from pipelines.providers.embedded import llama_worker
from pipelines.providers.embedded.llama_worker import Served
from pipelines.providers.embedded.pieces import pieces
from pipelines.providers.embedded.slots import Slots
from pipelines.providers.embedded.states import States

LOAD_TIMEOUT_S = 120.0
END_TIMEOUT_S = 3.0
# Also the longest silence between two words. A machine that is busy with other work reads 900 tokens in 30 s, while
# callers are told to be patient; a model that says nothing for longer has come to harm.
WORD_TIMEOUT_S = 40.0

FIRST_RESTART_S = 0.5
LAST_RESTART_S = 30.0
# A process that lived so long did not die of what the one before it died of.
STABLE_S = 60.0

SLOTS = 4
# What `pipelines.prompts` and `picking` let a conversation take at most.
SLOT_TOKENS = 4096
# Stores that have been called, but whose facts nobody has read yet.
MAX_UNREAD = 16
WORDS_KEPT = 40

Messages = Sequence[LLMContextMessage]

log = structlog.get_logger()


class LlamaFailed(ProviderUnavailable):
    """The model could not be loaded."""

    def __init__(self, model: Path, reason: str) -> None:
        super().__init__(f"The language model {model} could not be loaded: {reason}")
        self.model = model
        self.reason = reason


class LlamaDown(Exception):
    """The model's process has died, and the next one is not ready yet; or others have kept it busy for too long."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A slot of the model; `opened`: what was asked for has been read in it."""

    slot: int
    opened: bool


class LlamaProcess:
    """One GGUF file, served to all conversations; a process that dies is followed by another.

    prefix: the messages that every conversation begins with; they are read once, not in every conversation.
    state_dir: where what was read is kept for later starts.
    What the conversations of one store begin with is read once somebody has asked for it (`lend`) and nobody waits.
    `client` speaks OpenAI's protocol to whichever process is running.
    """

    def __init__(
        self,
        model: Path,
        *,
        prefix: Messages,
        state_dir: Path,
        slots: int = SLOTS,
    ) -> None:
        self.model = model
        self._prefix = prefix
        self._served = Served(
            model=str(model),
            secret=secrets.token_urlsafe(32),
            threads=os.cpu_count() or 1,
            slots=slots,
            slot_tokens=SLOT_TOKENS,
            state_dir=str(state_dir),
        )
        self.client = openai.AsyncOpenAI(
            api_key=self._served.secret,
            base_url="http://127.0.0.1/not-started",
            timeout=openai.Timeout(WORD_TIMEOUT_S),
            max_retries=0,
            # The environment's proxies are not for a server on loopback.
            http_client=openai.DefaultAsyncHttpxClient(trust_env=False),
        )
        self._states = States(state_dir, model, slots=slots, slot_tokens=SLOT_TOKENS)
        self._slots = Slots(slots)
        self._child: _Child | None = None
        self._ready = False
        self._at_work = 0
        self._rests = asyncio.Event()
        self._rests.set()
        self._unread: asyncio.Queue[tuple[Messages, Path]] = asyncio.Queue(MAX_UNREAD)
        self._to_read: set[Path] = set()
        self._tasks = Tasks()

    @property
    def ready(self) -> bool:
        """Whether a question would be answered now."""
        return self._ready

    @property
    def idle(self) -> bool:
        """Whether nobody keeps the model busy."""
        return self._at_work == 0

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep the model busy, so that nobody reads ahead beside it."""
        self._at_work += 1
        self._rests.clear()
        try:
            yield
        finally:
            self._at_work -= 1
            if self.idle:
                self._rests.set()

    @property
    def pid(self) -> int | None:
        """The running process."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Load the model and read the prefix, then stand by. Raises LlamaFailed.

        Takes about 2 s for 1.1 GB, and 15 s more when no earlier start has read this prefix with this model.
        """
        try:
            await self._launch()
        except BaseException:
            await self.close()
            raise
        self._tasks.begin(self._supervise())
        self._tasks.begin(self._study())

    async def close(self) -> None:
        """End the process, within END_TIMEOUT_S, and drop what it was about to say."""
        await self._tasks.close()
        self._ready = False
        if self._child:
            await self._child.end()
        await self.client.close()

    @contextlib.asynccontextmanager
    async def lend(self, owner: object, opening: Messages) -> AsyncIterator[Lent]:
        """Lend `owner` a slot, with `opening` read in it if that has been learnt; else it will be. Raises LlamaDown."""
        state = self._states.opening(opening)
        name = state.name if state.exists() else None
        if name is None and state not in self._to_read and not self._unread.full():
            self._to_read.add(state)
            self._unread.put_nowait((opening, state))
        async with contextlib.AsyncExitStack() as lent:
            try:
                async with asyncio.timeout(WORD_TIMEOUT_S):
                    slot = await lent.enter_async_context(self._slots.lend(owner, name))
            except TimeoutError as e:
                raise LlamaDown from e
            if name and slot.opening != name:
                slot.opening = name if await self._restored(slot.number, state) else None
            yield Lent(slot.number, opened=name is not None and slot.opening == name)

    async def _launch(self) -> None:
        self._child = await _Child.spawn(self._served)
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                address = await self._child.address()
                self.client.base_url = f"{address}/v1"
                await self._read_prefix()
        except TimeoutError as e:
            await self._child.end()
            raise LlamaFailed(self.model, f"not ready within {LOAD_TIMEOUT_S:.0f} s") from e
        except (_Died, openai.APIError) as e:
            await self._child.end()
            raise LlamaFailed(self.model, str(e)) from e
        self._ready = True

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_RESTART_S
        while self._child:
            launched_s = loop.time()
            reason = await self._child.died()
            self._ready = False
            if loop.time() - launched_s > STABLE_S:
                pause_s = FIRST_RESTART_S
            log.error("llama_died", reason=reason, restart_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LAST_RESTART_S)
            try:
                await self._launch()
            except LlamaFailed as e:
                log.warning("llama_restart_failed", reason=e.reason)
            except Exception:
                # A full disk or too few file handles pass; a model that never comes back does not.
                log.exception("llama_restart_failed")
            else:
                log.info("llama_restarted", pid=self.pid)

    async def _read_prefix(self) -> None:
        """Put the prefix into every slot: as an earlier start has saved it, or by reading it."""
        self._slots.forget()
        state = self._states.prefix(self._prefix)
        first, *others = range(self._served.slots)
        if not (state.exists() and await self._restored(first, state)):
            await self._read(first, self._prefix, timeout_s=LOAD_TIMEOUT_S)
            await self._save(first, state)
        for slot in others:
            # Where there is none, the first conversation reads it.
            if state.exists():
                await self._restored(slot, state)

    async def _study(self) -> None:
        """Read what is to be learnt, one after the other."""
        while True:
            opening, state = await self._unread.get()
            try:
                await self._read_opening(opening, state)
            except openai.APIError as e:
                # The process has died, say. The store's next caller has it tried again.
                log.warning("llama_opening_unread", reason=str(e))
            finally:
                self._to_read.discard(state)

    async def _read_opening(self, opening: Messages, state: Path) -> None:
        *about, _ = opening
        async with self._slots.lend(state, None) as slot:
            slot.opening = None
            for piece in pieces(about):
                await self._rests.wait()
                await self._read(slot.number, piece)
            await self._read(slot.number, opening)
            if await self._save(slot.number, state):
                slot.opening = state.name

    async def _read(self, slot: int, messages: Messages, *, timeout_s: float = WORD_TIMEOUT_S) -> None:
        """Read them, and what a caller's message begins with. Raises openai.APIError."""
        await self.client.chat.completions.create(
            model=self.model.name,
            messages=cast("Any", [*messages, {"role": "user", "content": ""}]),
            max_tokens=1,
            extra_body={"id_slot": slot},
            timeout=timeout_s,
        )

    async def _save(self, slot: int, state: Path) -> bool:
        """Keep what the slot has read; False if that cannot be, and then only speed is lost."""
        try:
            # Other processes may start from the same folder: they find a whole file or none.
            with self._states.draft(state) as name:
                await self._slot(slot, "save", name)
        except (openai.BadRequestError, OSError) as e:
            log.warning("llama_state_unsaved", file=state.name, reason=str(e))
            return False
        return True

    async def _restored(self, slot: int, state: Path) -> bool:
        """Put what was read into the slot; False if the file is gone or damaged, and then it goes."""
        try:
            await self._slot(slot, "restore", state.name)
        except openai.BadRequestError as e:
            log.warning("llama_state_unusable", file=state.name, reason=e.message)
            self._states.drop(state)
            return False
        self._states.used(state)
        return True

    async def _slot(self, slot: int, action: str, file: str) -> None:
        """Save or restore, as in https://github.com/ggml-org/llama.cpp/tree/master/tools/server."""
        base = str(self.client.base_url).removesuffix("/v1/")
        await self.client.post(f"{base}/slots/{slot}?action={action}", body={"filename": file}, cast_to=object)


class _Died(Exception):
    """The process has ended; the message says why."""


class _Child:
    """One run of the worker, and its last words."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._words: deque[str] = deque(maxlen=WORDS_KEPT)
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def spawn(cls, served: Served) -> Self:
        """Start the worker; the secret goes through its stdin, where no list of processes shows it."""
        process = await asyncio.create_subprocess_exec(
            # As a file, not as a module of this package, whose parents import pipecat: 0.3 s, 40 MB.
            *(sys.executable, "-I", llama_worker.__file__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Ctrl-C reaches the whole group of a terminal; this process ends when its parent says so.
            process_group=0,
        )
        child = cls(process)
        if process.stdin:
            process.stdin.write(json.dumps(asdict(served)).encode() + b"\n")
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    async def address(self) -> str:
        """Wait until the model is loaded. Raises _Died."""
        line = await self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise _Died(await self.died())
        return line.decode().strip()

    async def died(self) -> str:
        """Wait for the end of the process, and return its reason in one line."""
        status = await self._process.wait()
        await self._listening
        # The first complaint names the cause, the others what followed from it.
        complaints = [found[1] for word in self._words if (found := re.match(r"[\d.]+ E (?:\w+ *: )?(.+)", word))]
        if complaints:
            return complaints[0]
        if status < 0:
            return f"ended by {signal.Signals(-status).name}"
        return self._words[-1] if self._words else f"exit status {status}"

    async def end(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        if self._process.stderr:
            async for line in self._process.stderr:
                self._words.append(line.decode(errors="replace").strip())
                log.warning("llama_complains", words=self._words[-1])
