"""`python -m server eval`: ask three stores' assistants what callers ask, and judge the answers of the chosen model."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from auth.accounts.queries import StoreQueries
from auth.principals import StoreId
from pipelines.answering import StoreAnswering
from pipelines.assistants.queries import AssistantQueries
from pipelines.assistants.records import Assistant, NoAssistant
from pipelines.grounding.answers import Answer, Facts, fact
from pipelines.grounding.queries import KnowledgeQueries
from pipelines.providers import ProviderUnavailable
from pipelines.providers.cloud import Build
from pipelines.providers.opened import open_llm
from pipelines.providers.openers import Choice
from pipelines.typed import typed
from server import database, demo, run, settings
from server.errors import CannotStart
from server.eval_questions import HOURS, TOOLS, Asked, Outcome, QuestionSet, Verdict, load, shares
from server.eval_tools import with_tools

MAX_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class Replied:
    """An answer: what was said last, how it came about, and what it is worth."""

    store: str
    asked: Asked
    said: str
    found: Answer | Facts
    verdict: Verdict
    took_s: float

    @property
    def by_model(self) -> bool:
        """Whether the model put it into words."""
        return isinstance(self.found, Facts)

    @property
    def grounded(self) -> bool:
        """Whether it stands on what it should: an entry that was expected, the hours, or nothing if there is none."""
        stood_on = {entry.title for entry in self.found.entries}
        expected = set(self.asked.grounds)
        return self.verdict.outcome is Outcome.ANSWERED and (
            not expected or HOURS in expected or bool(stood_on & expected)
        )


def evaluate(*, store: str | None, half: str | None, section: str | None, verbose: bool) -> int:
    """Ask, of one store, half ("first", "second", "held_out") or section if need be.

    Prints a table, and one line of JSON at the end.
    """
    chosen = [
        (asked, [one for one in asked.questions if half in {None, one.half} and section in {None, one.section}])
        for asked in load()
        if store in {None, asked.name}
    ]
    # A database of its own, gone afterwards: the planted entries must not stay with anybody.
    with TemporaryDirectory(prefix="storeline-") as folder, database.embedded(Path(folder)) as url:
        database.migrate(url)
        try:
            replies = asyncio.run(_replies(run.choice(settings.load()), url, chosen, verbose=verbose))
        except ProviderUnavailable as error:
            raise CannotStart(str(error)) from error
    sys.stdout.write("\n".join(["", *_table(replies), ""]))
    sys.stdout.write(json.dumps(shares([(reply.asked, reply.verdict) for reply in replies])) + "\n")
    return 0


async def _replies(
    choice: Choice, url: str, chosen: Sequence[tuple[QuestionSet, Sequence[Asked]]], *, verbose: bool
) -> list[Replied]:
    """Ask all; each wrong answer, or every answer, is printed as it comes."""
    replies = []
    async with database.open_pool(url) as pool, open_llm(choice) as llm:
        for asked, questions in chosen:
            async for reply in _asked_of(pool, llm, asked, questions):
                replies.append(reply)
                if verbose or reply.verdict.outcome is Outcome.WRONG:
                    sys.stdout.write(_told(reply))
                    sys.stdout.flush()
    return replies


async def _asked_of(
    pool: asyncpg.Pool, llm: Build, asked: QuestionSet, questions: Sequence[Asked]
) -> AsyncIterator[Replied]:
    """Ask one store's assistant."""
    assistant, knowledge = await _opened(pool, asked), KnowledgeQueries(pool)
    entries = await knowledge.page(assistant.store_id, after="", limit=MAX_ENTRIES)
    now = asked.now.replace(tzinfo=assistant.time_zone)
    grounds = {entry.title: fact(entry) for entry in entries} | {HOURS: _hours(assistant)}
    for one in questions:
        found: list[Answer | Facts] = []

        async def note(answer: Answer | Facts, found: list[Answer | Facts] = found) -> None:
            found.append(answer)

        if one.section == TOOLS:
            asked_of, answering = with_tools(assistant, knowledge, now=now, on_answered=note)
        else:
            asked_of = assistant
            answering = StoreAnswering(assistant, knowledge, now=lambda: now, on_answered=note)
        began_s = time.monotonic()
        async with typed(asked_of, answering, llm()) as conversation:
            for turn in one.turns:
                said = await conversation.ask(turn)
        took_s = time.monotonic() - began_s
        yield Replied(asked.name, one, said, found[-1], one.judge(said, grounds), took_s)


def _hours(assistant: Assistant) -> str:
    """All that may be said of opening hours."""
    hours = assistant.hours
    return " ".join([str(hours), *map(str, hours.holidays)])


async def _opened(pool: asyncpg.Pool, asked: QuestionSet) -> Assistant:
    """Make the store as `make run` makes the demo's, plant the entries, and return its assistant."""
    store_id = StoreId(
        await StoreQueries(pool).add(
            email=f"{asked.name}@storeline.example",
            name=asked.store["name"] if asked.store else demo.STORE_NAME,
            password_hash="-",  # noqa: S106 - nobody can log in with it
        )
    )
    assistants, knowledge = AssistantQueries(pool), KnowledgeQueries(pool)
    await demo.seed_assistant(store_id, assistants=assistants, knowledge=knowledge, described=asked.store)
    await knowledge.add(store_id, [demo.entry(entry) for entry in asked.planted])
    assistant = await assistants.of_store(store_id)
    if assistant is None:
        raise NoAssistant
    return assistant


def _told(reply: Replied) -> str:
    """What was asked and answered, in two lines."""
    mark = " INVENTED" if reply.verdict.invented else ""
    verdict = f"{reply.verdict.outcome}{mark} ({'model' if reply.by_model else 'grounded'}, {reply.took_s:.1f} s)"
    return f"{reply.store}, {reply.asked.section}: {' / '.join(reply.asked.turns)}\n    {verdict}: {reply.said}\n"


def _table(replies: Sequence[Replied]) -> list[str]:
    """A line for each section, half, and all."""
    groups: dict[tuple[int, str], list[Replied]] = {}
    for reply in replies:
        for rank, name in enumerate((reply.asked.section, f"of {reply.store}", reply.asked.half, "all")):
            groups.setdefault((rank, name), []).append(reply)
    order = sorted(groups, key=lambda group: group[0])
    columns = ("answered", "grounded", "declined", "wrong", "invented", "by model")
    head = f"{'':<13}{'asked':>7}" + "".join(f"{column:>10}" for column in columns)
    return [head, *(_row(name, groups[rank, name]) for rank, name in order)]


def _row(name: str, replies: Sequence[Replied]) -> str:
    counts = {outcome: sum(reply.verdict.outcome is outcome for reply in replies) for outcome in Outcome}
    grounded, invented, by_model = (
        sum(trait)
        for trait in zip(*((one.grounded, one.verdict.invented, one.by_model) for one in replies), strict=True)
    )
    return (
        f"{name:<13}{len(replies):>7}{counts[Outcome.ANSWERED]:>10}{grounded:>10}"
        f"{counts[Outcome.DECLINED]:>10}{counts[Outcome.WRONG]:>10}{invented:>10}{by_model:>10}"
    )
