"""`python -m server eval`: ask the demo's assistant what callers ask, and judge the answers of the chosen model."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg

from auth.accounts.queries import StoreQueries
from auth.principals import StoreId
from pipelines.answering import StoreAnswering
from pipelines.assistants.queries import AssistantQueries
from pipelines.assistants.records import Assistant, NoAssistant
from pipelines.grounding.answers import Answer, Facts, fact
from pipelines.grounding.knowledge import Entry, EntryId
from pipelines.grounding.queries import KnowledgeQueries
from pipelines.providers import ProviderUnavailable
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

    asked: Asked
    said: str
    found: Answer | Facts
    verdict: Verdict

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


def evaluate(*, half: str | None, section: str | None, verbose: bool) -> int:
    """Ask, of one half ("first", "second") or section if need be; print a table, and one line of JSON at the end."""
    asked = load()
    chosen = [one for one in asked.questions if half in {None, one.half} and section in {None, one.section}]
    # A database of its own, gone afterwards: the planted entries must not stay with anybody.
    with TemporaryDirectory(prefix="storeline-") as folder, database.embedded(Path(folder)) as url:
        database.migrate(url)
        try:
            replies = asyncio.run(_replies(run.choice(settings.load()), url, asked, chosen))
        except ProviderUnavailable as error:
            raise CannotStart(str(error)) from error
    sys.stdout.write("\n".join([*_told(replies, verbose=verbose), *_table(replies), ""]))
    sys.stdout.write(json.dumps(shares([(reply.asked, reply.verdict) for reply in replies])) + "\n")
    return 0


async def _replies(choice: Choice, url: str, asked: QuestionSet, chosen: Sequence[Asked]) -> list[Replied]:
    async with database.open_pool(url) as pool, open_llm(choice) as llm:
        assistant, knowledge = await _demo(pool, asked), KnowledgeQueries(pool)
        entries = await knowledge.page(assistant.store_id, after="", limit=MAX_ENTRIES)
        grounds = {entry.title: fact(entry) for entry in entries} | {HOURS: str(assistant.hours)}
        now = asked.now.replace(tzinfo=assistant.time_zone)
        replies = []
        for one in chosen:
            found: list[Answer | Facts] = []

            async def note(answer: Answer | Facts, found: list[Answer | Facts] = found) -> None:
                found.append(answer)

            if one.section == TOOLS:
                asked_of, answering = with_tools(assistant, knowledge, now=now, on_answered=note)
            else:
                asked_of, answering = (
                    assistant,
                    StoreAnswering(assistant, knowledge, now=lambda: now, on_answered=note),
                )
            async with typed(asked_of, answering, llm()) as conversation:
                for turn in one.turns:
                    said = await conversation.ask(turn)
            replies.append(Replied(one, said, found[-1], one.judge(said, grounds)))
        return replies


async def _demo(pool: asyncpg.Pool, asked: QuestionSet) -> Assistant:
    """Make the demo's store as `make run` makes it, plant the entries, and return its assistant."""
    store_id = await StoreQueries(pool).add(
        email=demo.DEMO_STORE_EMAIL,
        name=demo.STORE_NAME,
        password_hash="-",  # noqa: S106 - nobody can log in with it
    )
    assistants, knowledge = AssistantQueries(pool), KnowledgeQueries(pool)
    await demo.seed_assistant(StoreId(store_id), assistants=assistants, knowledge=knowledge)
    planted = [
        Entry(EntryId(uuid4()), entry["title"], entry["body"], ", ".join(entry["asked_as"])) for entry in asked.planted
    ]
    await knowledge.add(StoreId(store_id), planted)
    assistant = await assistants.of_store(StoreId(store_id))
    if assistant is None:
        raise NoAssistant
    return assistant


def _told(replies: Sequence[Replied], *, verbose: bool) -> list[str]:
    """Each wrong answer, or every answer, a line."""
    lines = []
    for reply in replies:
        if verbose or reply.verdict.outcome is Outcome.WRONG:
            who = "model" if reply.by_model else "grounded"
            mark = " INVENTED" if reply.verdict.invented else ""
            asked = " / ".join(reply.asked.turns)
            lines.append(f"{reply.asked.section}: {asked}\n    {reply.verdict.outcome}{mark} ({who}): {reply.said}")
    return [*lines, ""] if lines else []


def _table(replies: Sequence[Replied]) -> list[str]:
    """A line for each section, half, and all."""
    groups: dict[str, list[Replied]] = {}
    for reply in replies:
        for name in (reply.asked.section, f"{reply.asked.half} half", "all"):
            groups.setdefault(name, []).append(reply)
    order = sorted(groups, key=lambda name: (name == "all", name.endswith(" half")))
    columns = ("answered", "grounded", "declined", "wrong", "invented", "by model")
    head = f"{'':<13}{'asked':>7}" + "".join(f"{column:>10}" for column in columns)
    return [head, *(_row(name, groups[name]) for name in order)]


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
