"""What the demo store knows, in PostgreSQL, and what its assistant makes of some 170 questions."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from auth.principals import StoreId
from pipelines.assistants.queries import AssistantQueries
from pipelines.grounding.answers import Answer
from pipelines.grounding.grounder import Grounding
from pipelines.grounding.knowledge import Entry, EntryId, KnowledgeUnavailable, Price
from pipelines.grounding.queries import SEARCH_TIMEOUT_S, KnowledgeQueries
from pipelines.turns.profiles import TurnProfile
from server.demo import STORE_NAME, STORE_SLUG, seed_assistant
from tests.shop import HOURS, THURSDAY_2_PM

QUESTIONS = Path(__file__).parent.parent / "data" / "questions.tsv"


@dataclass(frozen=True, slots=True)
class Expected:
    """A line of the table: what is asked, and what has to come of it."""

    how: str
    question: str
    says: list[str]
    never: list[str]


def conversations() -> list[list[Expected]]:
    """The table; a line with ">" goes on from the line before."""
    lines = [line for line in QUESTIONS.read_text().splitlines() if line and not line.startswith("#")]
    numbered = [(sum("\t>" not in earlier for earlier in lines[: at + 1]), line) for at, line in enumerate(lines)]
    return [[expected(line) for _, line in group] for _, group in groupby(numbered, key=lambda one: one[0])]


def expected(line: str) -> Expected:
    """Read one line."""
    how, question, *words = line.split("\t")
    says, never = ([word for word in cell.split("|") if word] for cell in (*words, "", "")[:2])
    return Expected(how, question.removeprefix("> "), says, never)


async def open_store(pool: asyncpg.Pool, slug: str) -> StoreId:
    """A store without an assistant."""
    return StoreId(
        await pool.fetchval(
            "INSERT INTO stores (email, name, slug, password_hash) VALUES ($1, $2, $3, 'x') RETURNING id",
            f"{slug}@example.com",
            STORE_NAME,
            slug,
        )
    )


@pytest.fixture
async def store_id(pool: asyncpg.Pool) -> StoreId:
    """The demo store with all that it knows."""
    store_id = await open_store(pool, STORE_SLUG)
    await seed_assistant(store_id, assistants=AssistantQueries(pool), knowledge=KnowledgeQueries(pool))
    return store_id


async def test_the_table_of_questions(pool: asyncpg.Pool, store_id: StoreId) -> None:
    """Every answer is right, every unknown is admitted, and whatever needs judgement goes to the model with facts."""
    assistant = await AssistantQueries(pool).of_store(store_id)
    assert assistant is not None
    wrong = []
    for conversation in conversations():
        grounding = Grounding(assistant, KnowledgeQueries(pool), now=THURSDAY_2_PM)
        for line in conversation:
            found = await grounding.answer(line.question)
            how, text = (found.how, found.text) if isinstance(found, Answer) else ("model", " ".join(found.lines))
            right = how == line.how and all(word.lower() in text.lower() for word in line.says)
            if not right or any(word.lower() in text.lower() for word in line.never):
                wrong.append(f"{line.question} ({line.how}) -> {text} ({how})")
    assert not wrong, "\n".join(wrong)


async def test_the_seed_is_made_once(pool: asyncpg.Pool, store_id: StoreId) -> None:
    """A second start leaves alone what the store has changed."""
    await pool.execute(
        """
        INSERT INTO assistant_versions (assistant_id, number, content, published_at)
        SELECT assistant_id, 2, content || '{"name": "Fern", "turn_profile": "patient"}', now() FROM assistant_versions
        """
    )
    await pool.execute("DELETE FROM knowledge_entries WHERE title = 'basil'")
    await seed_assistant(store_id, assistants=AssistantQueries(pool), knowledge=KnowledgeQueries(pool))
    assistant = await AssistantQueries(pool).of_slug(STORE_SLUG)
    assert assistant is not None
    assert (assistant.name, assistant.store_name, assistant.hours) == ("Fern", STORE_NAME, HOURS)
    assert assistant.turn_profile is TurnProfile.PATIENT
    assert not await KnowledgeQueries(pool).search(store_id, ["basil"])


async def test_stores_without_an_assistant(pool: asyncpg.Pool) -> None:
    """There is none for an unknown store, nor for one that has not made one."""
    queries = AssistantQueries(pool)
    assert await queries.of_slug("nowhere") is None
    assert await queries.of_store(await open_store(pool, "quiet")) is None


async def test_a_search_stays_within_its_store(pool: asyncpg.Pool, store_id: StoreId) -> None:
    """Nobody hears what another store knows."""
    other = await open_store(pool, "other")
    assert await KnowledgeQueries(pool).search(other, ["basil"]) == []
    await KnowledgeQueries(pool).add(other, [Entry(EntryId(uuid4()), "basil", "Ours.", "", Price(1, "USD"))])
    (found,) = await KnowledgeQueries(pool).search(other, ["basil"])
    assert found.entry.body == "Ours."
    assert len(await KnowledgeQueries(pool).search(store_id, ["basil"])) == 1


@pytest.mark.parametrize("word", ["monsterra", "monstrous", "monstera", "monsteras"])
async def test_misheard_words(pool: asyncpg.Pool, store_id: StoreId, word: str) -> None:
    """Spelling and sound lead to a title as well."""
    found = await KnowledgeQueries(pool).search(store_id, [word])
    assert [match.entry.title for match in found] == ["monstera"]
    assert found[0].named | found[0].resembled == {word}


@pytest.mark.parametrize("words", [["'"], ["a'b:*"], ["&|!"], ["\\"], ["the"], ["x" * 5_000], ["%", "_"], ["植物"]])
async def test_strange_words(pool: asyncpg.Pool, store_id: StoreId, words: list[str]) -> None:
    """Nothing that is said becomes part of a query."""
    assert isinstance(await KnowledgeQueries(pool).search(store_id, words), list)


async def test_a_database_that_is_away(pool: asyncpg.Pool, store_id: StoreId) -> None:
    """It is told as such, and not as an error of the driver."""
    await pool.close()
    with pytest.raises(KnowledgeUnavailable):
        await KnowledgeQueries(pool).search(store_id, ["basil"])


async def test_a_database_that_is_busy(pool: asyncpg.Pool, store_id: StoreId) -> None:
    """A caller does not wait for a connection any longer than for an answer."""
    async with AsyncExitStack() as stack:
        for _ in range(pool.get_max_size()):
            await stack.enter_async_context(pool.acquire())
        async with asyncio.timeout(10 * SEARCH_TIMEOUT_S):
            with pytest.raises(KnowledgeUnavailable, match="TimeoutError"):
                await KnowledgeQueries(pool).search(store_id, ["basil"])


async def test_hours_in_the_stores_own_zone(pool: asyncpg.Pool, store_id: StoreId) -> None:
    """At ten in the evening in London it is five in New York, and the doors are open."""
    assistant = await AssistantQueries(pool).of_store(store_id)
    assert assistant is not None
    for hour, state in ((22, "open now"), (23, "closed now")):
        at = datetime(2026, 3, 5, hour, 0, tzinfo=UTC)
        grounding = Grounding(assistant, KnowledgeQueries(pool), now=partial(at.astimezone, UTC))
        answer = await grounding.answer("Are you open now?")
        assert isinstance(answer, Answer)
        assert state in answer.text
