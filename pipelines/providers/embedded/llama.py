"""Keep llama.cpp running in a process of its own, so that a crash in native code ends no conversation."""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import secrets
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Self

import openai
import structlog
from pipecat.processors.aggregators.llm_context import LLMStandardMessage

from pipelines.providers import ProviderUnavailable
from pipelines.providers.embedded import llama_worker
from pipelines.providers.embedded.llama_worker import Served

LOAD_TIMEOUT_S = 120.0
END_TIMEOUT_S = 3.0
# Also the longest silence between two words. A machine that is busy with other work reads 900 tokens in 30 s, while
# callers are told to be patient; a model that says nothing for longer has come to harm.
WORD_TIMEOUT_S = 40.0

FIRST_RESTART_S = 0.5
LAST_RESTART_S = 30.0
# A process that lived so long did not die of what the one before it died of.
STABLE_S = 60.0

PREFIX_KEPT_S = 7 * 24 * 3600.0

SLOTS = 4
# The opening takes 900, the last turns of a long conversation with their facts 1,200 at most.
SLOT_TOKENS = 3072
WORDS_KEPT = 40

log = structlog.get_logger()


class LlamaFailed(ProviderUnavailable):
    """The model could not be loaded."""

    def __init__(self, model: Path, reason: str) -> None:
        super().__init__(f"The language model {model} could not be loaded: {reason}")
        self.model = model
        self.reason = reason


class LlamaDown(Exception):
    """The model's process has died, and the next one is not ready yet."""


class LlamaProcess:
    """One GGUF file, served to all conversations; a process that dies is followed by another.

    prefix: the messages that every conversation begins with; they are read once, not in every conversation.
    state_dir: where what was read is kept for later starts (28 KB a token).
    `client` speaks OpenAI's protocol to whichever process is running.
    """

    def __init__(
        self,
        model: Path,
        *,
        prefix: Sequence[LLMStandardMessage],
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
        self._child: _Child | None = None
        self._ready = False
        self._at_work = 0
        self._supervision: asyncio.Task[None] | None = None

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
        try:
            yield
        finally:
            self._at_work -= 1

    @property
    def pid(self) -> int | None:
        """The running process."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Load the model and read the prefix, then stand by. Raises LlamaFailed.

        Takes about 2 s for 1.1 GB, and 13 s more when no earlier start has read this prefix with this model.
        """
        try:
            await self._launch()
        except BaseException:
            await self.close()
            raise
        self._supervision = asyncio.create_task(self._supervise())

    async def close(self) -> None:
        """End the process, within END_TIMEOUT_S, and drop what it was about to say."""
        if self._supervision:
            self._supervision.cancel()
            await asyncio.gather(self._supervision, return_exceptions=True)
        self._ready = False
        if self._child:
            await self._child.end()
        await self.client.close()

    async def _launch(self) -> None:
        self._child = await _Child.spawn(self._served)
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                address = await self._child.address()
                self.client.base_url = f"{address}/v1"
                await self._read_prefix(address)
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

    async def _read_prefix(self, address: str) -> None:
        """Put the prefix into every slot: as an earlier start has saved it, or by reading it."""
        state = self._prefix_file()
        slots = [f"{address}/slots/{slot}" for slot in range(self._served.slots)]
        if state.exists():
            try:
                await self._restore(slots, state)
            except openai.BadRequestError as e:
                log.warning("llama_prefix_unusable", file=state.name, reason=e.message)
            else:
                return
        await self.client.chat.completions.create(
            model=self.model.name,
            messages=[*self._prefix, {"role": "user", "content": ""}],
            max_tokens=1,
            extra_body={"id_slot": 0},
            timeout=LOAD_TIMEOUT_S,
        )
        # Other processes may start from the same folder: they find a whole file or none.
        draft = state.with_suffix(f".{os.getpid()}")
        try:
            await self.client.post(f"{slots[0]}?action=save", body={"filename": draft.name}, cast_to=object)
            draft.replace(state)
            await self._restore(slots[1:], state)
        except (openai.BadRequestError, OSError) as e:
            # Only speed is lost: the first conversation in each other slot reads the prefix itself.
            log.warning("llama_prefix_unsaved", file=state.name, reason=str(e))
        finally:
            draft.unlink(missing_ok=True)

    async def _restore(self, slots: Sequence[str], state: Path) -> None:
        for slot in slots:
            await self.client.post(f"{slot}?action=restore", body={"filename": state.name}, cast_to=object)

    def _prefix_file(self) -> Path:
        """Where the state of this prefix is kept; what another model, llama.cpp or prompt left long ago goes."""
        file = self.model.stat()
        read_by = [str(self.model), file.st_size, file.st_mtime_ns, version("xllamacpp"), self._served.slot_tokens]
        digest = hashlib.sha256(json.dumps([read_by, list(self._prefix)]).encode()).hexdigest()
        folder = Path(self._served.state_dir)
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / f"{digest[:16]}.prefix"
        for other in set(folder.glob("*.prefix")) - {state}:
            # A newer one may be of another version, which starts from the same folder during an update.
            if time.time() - other.stat().st_mtime > PREFIX_KEPT_S:
                other.unlink(missing_ok=True)
        return state


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
