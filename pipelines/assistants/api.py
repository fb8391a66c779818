"""/store/assistants…: edit a draft, publish it under a number, go back to an older number."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Self
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import Field, ValidationError

from auth.accounts.slugs import slugs
from auth.errors import InvalidRequest
from auth.http.asking import asker_of
from auth.http.operations import (
    Answer,
    Body,
    Integer,
    Query,
    answered,
    asks,
    first_problem,
    gives,
    path_id,
    path_number,
    refuses,
    takes,
)
from auth.principals import StoreId
from pipelines.assistants.content import AssistantContent, DraftChange
from pipelines.assistants.editing_queries import Edited, EditingQueries, Version
from pipelines.assistants.records import (
    AssistantId,
    AssistantNotFound,
    DefaultAssistantKept,
    DraftChanged,
    NotPublished,
    SlugTaken,
    TooManyAssistants,
    VersionNotFound,
)
from pipelines.outgoing import UrlRefused
from pipelines.providers.wishes import Offered

AssistantSlug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=48)]
Revision = Annotated[Integer, Field(ge=1, le=2**31 - 1)]
Number = Annotated[Integer, Field(ge=1, le=2**31 - 1)]
NEWEST_NUMBER = 2**31 - 1
MAX_LIMIT = 50
# Names of one's own assistants differ; chance finds a free one at once.
SLUG_TRIES = 10


class NewAssistant(Body):
    """A new draft. `slug` names the assistant in addresses, and stays; without it, one is made from the name."""

    slug: AssistantSlug | None = None
    draft: AssistantContent


class Publication(Body):
    """Which state of the draft is meant: the `revision` that was read."""

    revision: Revision


class Restoration(Body):
    """The number of the version to go back to."""

    version: Number


class VersionsWanted(Query):
    """Which part of the list; `before` is the `next_before` of the part above it."""

    before: Annotated[int, Field(ge=1, le=NEWEST_NUMBER)] = NEWEST_NUMBER
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 20


class AssistantShown(Answer):
    """An assistant as its store sees it: the draft, and the number of the version that answers callers.

    `live_version` is null until the first publication; `changed`: the draft says something else than that version.
    """

    id: UUID
    slug: str
    default: bool
    revision: int
    draft: AssistantContent
    live_version: int | None
    changed: bool
    created_at: datetime

    @classmethod
    def of(cls, edited: Edited) -> Self:
        """What is shown of it."""
        return cls(
            id=edited.id,
            slug=edited.slug,
            default=edited.is_default,
            revision=edited.revision,
            draft=edited.draft,
            live_version=edited.live_number,
            changed=edited.live != edited.draft,
            created_at=edited.created_at,
        )


class ModelsOffered(Answer):
    """Providers of each stage, the server's own choice first; `llm_models` and `voices` are of the first one.

    Another model than the first provider's usual one, or another voice, can be chosen where they are listed.
    """

    stt: list[str]
    llm: list[str]
    llm_models: list[str]
    tts: list[str]
    voices: list[str]


class AssistantList(Answer):
    """All assistants of the store, the default one first."""

    assistants: list[AssistantShown]


class VersionShown(Answer):
    """What was published under a number; `restored_from` is the older version that it repeats."""

    number: int
    published_at: datetime
    restored_from: int | None
    content: AssistantContent

    @classmethod
    def of(cls, version: Version) -> Self:
        """What is shown of it."""
        return cls(
            number=version.number,
            published_at=version.published_at,
            restored_from=version.restored_from,
            content=version.content,
        )


class VersionPage(Answer):
    """A part of the list, newest first; `next_before` is null at its end."""

    versions: list[VersionShown]
    next_before: int | None


class EditingApi:
    """The handlers; they belong behind `auth.http.asking.require`."""

    def __init__(
        self,
        queries: EditingQueries,
        *,
        offered: Callable[[], Offered],
        check_url: Callable[[str], object],
        now: Callable[[], datetime],
    ) -> None:
        self._queries = queries
        self._offered = offered
        self._check_url = check_url
        self._now = now

    @gives(ModelsOffered)
    async def models(self, _request: web.Request) -> web.Response:
        """Tell from what an assistant's `models` can be chosen."""
        return answered(ModelsOffered(**asdict(self._offered())))

    @gives(AssistantList)
    async def page(self, request: web.Request) -> web.Response:
        """List the store's assistants."""
        found = await self._queries.all_of(_store(request))
        return answered(AssistantList(assistants=[AssistantShown.of(each) for each in found]))

    @takes(NewAssistant)
    @gives(AssistantShown, status=HTTPStatus.CREATED)
    @refuses(SlugTaken, TooManyAssistants)
    async def create(self, request: web.Request, wanted: NewAssistant) -> web.Response:
        """Make an assistant. It answers callers once it is published."""
        self._check_models(wanted.draft)
        self._check_tools(wanted.draft)
        assistant_id = AssistantId(uuid4())
        names = [wanted.slug] if wanted.slug else list(islice(slugs(wanted.draft.name), SLUG_TRIES))
        for slug in names:
            try:
                await self._queries.create(
                    _store(request), assistant_id, slug=slug, draft=wanted.draft, now=self._now()
                )
                break
            except SlugTaken:
                if slug == names[-1]:
                    raise
        return await self._shown(request, assistant_id, status=HTTPStatus.CREATED)

    @gives(AssistantShown)
    @refuses(AssistantNotFound)
    async def show(self, request: web.Request) -> web.Response:
        """Show an assistant with its draft."""
        return await self._shown(request, _id(request))

    @takes(DraftChange)
    @gives(AssistantShown)
    @refuses(AssistantNotFound, DraftChanged)
    async def edit(self, request: web.Request, change: DraftChange) -> web.Response:
        """Change the draft. Callers notice nothing until it is published."""
        store_id, assistant_id = _store(request), _id(request)
        edited = await self._queries.find(store_id, assistant_id)
        if edited.revision != change.revision:
            raise DraftChanged(assistant_id)
        try:
            draft = edited.draft.changed(change)
        except ValidationError as error:
            raise InvalidRequest(first_problem(error)) from None
        if "models" in change.model_fields_set:
            self._check_models(draft)
        if "own_tools" in change.model_fields_set:
            self._check_tools(draft)
        await self._queries.save(store_id, assistant_id, draft, revision=change.revision)
        return await self._shown(request, assistant_id)

    @takes(Publication)
    @gives(VersionShown)
    @refuses(AssistantNotFound, DraftChanged)
    async def publish(self, request: web.Request, wanted: Publication) -> web.Response:
        """Publish the draft as the next version; conversations that have begun keep theirs.

        A draft that is published already keeps its number, so this may be repeated.
        """
        version = await self._queries.publish(_store(request), _id(request), revision=wanted.revision, now=self._now())
        return answered(VersionShown.of(version))

    @takes(Restoration)
    @gives(VersionShown)
    @refuses(AssistantNotFound, VersionNotFound)
    async def restore(self, request: web.Request, wanted: Restoration) -> web.Response:
        """Go back: publish an older version once more, under the next number. The draft stays as it is."""
        version = await self._queries.restore(_store(request), _id(request), wanted.version, now=self._now())
        return answered(VersionShown.of(version))

    @asks(VersionsWanted)
    @gives(VersionPage)
    @refuses(AssistantNotFound)
    async def versions(self, request: web.Request, wanted: VersionsWanted) -> web.Response:
        """List what was published, newest first."""
        # One more than asked for tells whether there is a next page.
        found = await self._queries.versions(
            _store(request), _id(request), before=wanted.before, limit=wanted.limit + 1
        )
        shown = found[: wanted.limit]
        return answered(
            VersionPage(
                versions=[VersionShown.of(version) for version in shown],
                next_before=shown[-1].number if len(found) > wanted.limit else None,
            )
        )

    @gives(VersionShown)
    @refuses(AssistantNotFound, VersionNotFound)
    async def version(self, request: web.Request) -> web.Response:
        """Show what was published under a number."""
        number = path_number(request, VersionNotFound)
        return answered(VersionShown.of(await self._queries.version(_store(request), _id(request), number)))

    @gives(AssistantShown)
    @refuses(AssistantNotFound, NotPublished)
    async def make_default(self, request: web.Request) -> web.Response:
        """Let callers who name no assistant have this one."""
        await self._queries.make_default(_store(request), _id(request))
        return await self._shown(request, _id(request))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(AssistantNotFound, DefaultAssistantKept)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete an assistant; conversations with it stay on record."""
        await self._queries.delete(_store(request), _id(request), now=self._now())
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _check_tools(self, draft: AssistantContent) -> None:
        for index, tool in enumerate(draft.own_tools):
            try:
                self._check_url(tool.url)
            except UrlRefused as error:
                raise InvalidRequest(f"own_tools.{index}.url: {error}") from None

    def _check_models(self, draft: AssistantContent) -> None:
        for field, offered in self._offered().problems(draft.models.wishes()):
            choices = f"one of {', '.join(offered)}, or null" if offered else "null: there is nothing to choose from"
            raise InvalidRequest(f"models.{field}: It has to be {choices}.")

    async def _shown(
        self, request: web.Request, assistant_id: AssistantId, *, status: HTTPStatus = HTTPStatus.OK
    ) -> web.Response:
        return answered(AssistantShown.of(await self._queries.find(_store(request), assistant_id)), status=status)


def _store(request: web.Request) -> StoreId:
    return StoreId(asker_of(request).id)


def _id(request: web.Request) -> AssistantId:
    return AssistantId(path_id(request, AssistantNotFound))
