"""…/knowledge on the Store API: what the store's assistant knows, written, imported, tried, and what is missing."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal, Self
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import Field, StringConstraints

from auth.errors import InvalidRequest
from auth.http.asking import asker_of
from auth.http.operations import Answer, Body, Integer, Query, answered, asks, gives, path_id, refuses, takes, uploads
from auth.principals import StoreId
from pipelines.assistants.queries import AssistantQueries
from pipelines.assistants.records import NoAssistant
from pipelines.conversations.history import SourceShown
from pipelines.conversations.records import Basis
from pipelines.grounding.answers import Answer as Quoted
from pipelines.grounding.grounder import Grounding
from pipelines.grounding.knowledge import Entry, EntryId, EntryKind, Knowledge, KnowledgeUnavailable, Price
from pipelines.knowledge.imports import MAX_INTEGER, MEDIA, NotReadable, Problem, Reading, decoded, read
from pipelines.knowledge.queries import EntryQueries
from pipelines.knowledge.records import (
    MAX_BODY_CHARS,
    MAX_TITLE_CHARS,
    EntryChanged,
    EntryNotFound,
    Imported,
    TitleTaken,
    TooManyEntries,
    Unanswered,
    Versioned,
)

MAX_IMPORT_BYTES = 1024 * 1024
MAX_PROBLEMS = 100
MAX_NAMES = 12
MAX_NAME_CHARS = 80

# Control characters cannot be said, and PostgreSQL cannot keep all of them.
_SAID = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
_WRITTEN = r"^[^\u0000]*$"

Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE_CHARS, pattern=_SAID)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_CHARS, pattern=r"^[^\u0000-\u001f,]+$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]


class PriceForm(Body):
    """An amount in hundredths of the currency (ISO 4217)."""

    cents: Annotated[Integer, Field(ge=0, le=MAX_INTEGER)]
    currency: Currency


class EntryForm(Body):
    """One thing that the store knows. The assistant says `body` word for word, or the title where there is none.

    `asked_as` are other words that callers use for it.
    """

    title: Title
    body: Annotated[str, Field(max_length=MAX_BODY_CHARS, pattern=_WRITTEN)] = ""
    asked_as: Annotated[list[Name], Field(max_length=MAX_NAMES, default_factory=list)]
    price: PriceForm | None = None

    def entry(self, entry_id: UUID) -> Entry:
        """The entry, as it is kept."""
        price = Price(self.price.cents, self.price.currency) if self.price else None
        return Entry(EntryId(entry_id), self.title.strip(), self.body.strip(), ", ".join(self.asked_as), price)


class EntryChange(EntryForm):
    """An entry in place of the `version` that was read."""

    version: Annotated[Integer, Field(ge=1, le=MAX_INTEGER)]


class PriceShown(Answer):
    """An amount in hundredths of the currency (ISO 4217)."""

    cents: int
    currency: str


class EntryShown(Answer):
    """One thing that the store knows; with a price it is an item, else an answer."""

    id: UUID
    kind: EntryKind
    title: str
    body: str
    asked_as: list[str]
    price: PriceShown | None
    version: int

    @classmethod
    def of(cls, known: Versioned) -> Self:
        """What is shown of an entry."""
        entry = known.entry
        return cls(
            id=entry.id,
            kind=entry.kind,
            title=entry.title,
            body=entry.body,
            asked_as=[name for name in entry.asked_as.split(", ") if name],
            price=PriceShown(cents=entry.price.cents, currency=entry.price.currency) if entry.price else None,
            version=known.version,
        )


class EntriesWanted(Query):
    """Which entries: those with these letters in them, behind the title `after`."""

    q: Annotated[str, Field(max_length=100, pattern=_WRITTEN)] = ""
    after: Annotated[str, Field(max_length=MAX_TITLE_CHARS, pattern=_WRITTEN)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class EntryPage(Answer):
    """A part of the list, in the order of titles; `next_after` is null at its end."""

    entries: list[EntryShown]
    next_after: str | None


class ImportWanted(Query):
    """What to do with what was read, and the currency of prices that name none.

    `check` stores nothing, `all` stores everything or, if a row is wrong, nothing; `good` leaves wrong rows out.
    """

    store: Literal["check", "all", "good"] = "check"
    currency: Currency = "USD"


class RowProblem(Answer):
    """What is wrong with the row or paragraph that begins at a line."""

    line: int
    message: str

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """What is shown of a problem."""
        return cls(line=problem.line, message=problem.message)


class ImportReport(Answer):
    """What was read, and what came of it: `problems` are the first hundred of `wrong`."""

    good: int
    wrong: int
    added: int
    replaced: int
    problems: list[RowProblem]

    @classmethod
    def of(cls, reading: Reading, imported: Imported) -> Self:
        """What is told of an import."""
        return cls(
            good=len(reading.entries),
            wrong=len(reading.problems),
            added=imported.added,
            replaced=imported.replaced,
            problems=[RowProblem.of(problem) for problem in reading.problems[:MAX_PROBLEMS]],
        )


class QuestionForm(Body):
    """What a caller might ask."""

    question: Annotated[str, Field(min_length=1, max_length=500, pattern=_WRITTEN)]


class Preview(Answer):
    """What would be said: `answer` word for word, or else by the language model from `facts`."""

    basis: Basis
    answer: str | None
    facts: list[str]
    sources: list[SourceShown]


class UnansweredWanted(Query):
    """How many questions."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20


class UnansweredShown(Answer):
    """A question that callers asked and no entry answered. Add an entry with it among `asked_as`, and it is gone."""

    question: str
    times: int
    last_asked_at: datetime

    @classmethod
    def of(cls, unanswered: Unanswered) -> Self:
        """What is shown of it."""
        return cls(question=unanswered.question, times=unanswered.times, last_asked_at=unanswered.last_asked_at)


class UnansweredList(Answer):
    """Questions without an answer, the latest first."""

    questions: list[UnansweredShown]


class KnowledgeApi:
    """The handlers; they belong behind `auth.http.access.require`."""

    def __init__(
        self,
        entries: EntryQueries,
        *,
        knowledge: Knowledge,
        assistants: AssistantQueries,
        now: Callable[[], datetime],
    ) -> None:
        self._entries = entries
        self._knowledge = knowledge
        self._assistants = assistants
        self._now = now

    @asks(EntriesWanted)
    @gives(EntryPage)
    async def page(self, request: web.Request, wanted: EntriesWanted) -> web.Response:
        """List what the store knows."""
        found = await self._entries.page(
            _store(request), containing=wanted.q, after=wanted.after, limit=wanted.limit + 1
        )
        shown = found[: wanted.limit]
        return answered(
            EntryPage(
                entries=[EntryShown.of(known) for known in shown],
                next_after=shown[-1].entry.title if len(found) > wanted.limit else None,
            )
        )

    @takes(EntryForm)
    @gives(EntryShown, status=HTTPStatus.CREATED)
    @refuses(TitleTaken, TooManyEntries)
    async def create(self, request: web.Request, form: EntryForm) -> web.Response:
        """Add an entry."""
        entry = form.entry(uuid4())
        await self._entries.add(_store(request), entry)
        return answered(EntryShown.of(Versioned(entry, 1)), status=HTTPStatus.CREATED)

    @gives(EntryShown)
    @refuses(EntryNotFound)
    async def show(self, request: web.Request) -> web.Response:
        """Show one entry."""
        entry_id = path_id(request, EntryNotFound)
        known = await self._entries.find(_store(request), entry_id)
        if known is None:
            raise EntryNotFound(entry_id)
        return answered(EntryShown.of(known))

    @takes(EntryChange)
    @gives(EntryShown)
    @refuses(EntryNotFound, EntryChanged, TitleTaken)
    async def change(self, request: web.Request, form: EntryChange) -> web.Response:
        """Write an entry anew."""
        entry = form.entry(path_id(request, EntryNotFound))
        if not await self._entries.replace(_store(request), entry, version=form.version):
            raise EntryNotFound(entry.id)
        return answered(EntryShown.of(Versioned(entry, form.version + 1)))

    @refuses(EntryNotFound)
    async def delete(self, request: web.Request) -> web.Response:
        """Forget an entry. Answers that stood on it keep its title."""
        entry_id = path_id(request, EntryNotFound)
        if not await self._entries.delete(_store(request), entry_id):
            raise EntryNotFound(entry_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @uploads(*MEDIA, max_bytes=MAX_IMPORT_BYTES)
    @asks(ImportWanted)
    @gives(ImportReport)
    @refuses(InvalidRequest, TooManyEntries)
    async def import_entries(self, request: web.Request, wanted: ImportWanted) -> web.Response:
        """Import a file of entries, or check what would come of it.

        CSV: the first row names the columns: title (or question), text (or answer), price, currency, asked_as.
        Markdown: each heading with what stands under it. Plain text: paragraphs that begin with their title. An entry
        takes the place of the one that has its title.
        """
        try:
            text = decoded(await request.read(), request.charset)
            # A file of 1 MB takes a tenth of a second, and the loop has audio to send.
            reading = await asyncio.to_thread(read, text, request.content_type, currency=wanted.currency)
        except NotReadable as error:
            raise InvalidRequest(str(error)) from error
        imported = Imported(added=0, replaced=0)
        if wanted.store == "good" or (wanted.store == "all" and not reading.problems):
            imported = await self._entries.take_over(_store(request), reading.entries)
        return answered(ImportReport.of(reading, imported))

    @takes(QuestionForm)
    @gives(Preview)
    @refuses(NoAssistant, KnowledgeUnavailable)
    async def ask(self, request: web.Request, form: QuestionForm) -> web.Response:
        """Try a question: what the assistant would quote, or give the language model to answer from."""
        assistant = await self._assistants.of_store(_store(request))
        if assistant is None:
            raise NoAssistant
        found = await Grounding(assistant, self._knowledge, now=self._now).answer(form.question)
        sources = [SourceShown(entry_id=entry.id, title=entry.title) for entry in found.entries]
        if isinstance(found, Quoted):
            return answered(Preview(basis=Basis(found.how), answer=found.text, facts=[], sources=sources))
        basis = Basis.FACTS if found.lines else Basis.NOTHING
        return answered(Preview(basis=basis, answer=None, facts=list(found.lines), sources=sources))

    @asks(UnansweredWanted)
    @gives(UnansweredList)
    async def unanswered(self, request: web.Request, wanted: UnansweredWanted) -> web.Response:
        """List what callers asked and no entry answered."""
        found = await self._entries.unanswered(_store(request), limit=wanted.limit)
        return answered(UnansweredList(questions=[UnansweredShown.of(one) for one in found]))


def _store(request: web.Request) -> StoreId:
    return StoreId(asker_of(request).id)
