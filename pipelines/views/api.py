"""…/store/conversation-views: GET and POST, PUT and DELETE of one."""

from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import Field, StringConstraints

from auth.http.asking import principal_of
from auth.http.operations import Answer, Body, answered, gives, path_id, refuses, takes
from auth.principals import StoreId
from pipelines.conversations.search import WORDS_PATTERN
from pipelines.views.queries import ViewQueries
from pipelines.views.records import TooManyViews, View, ViewId, ViewNameTaken, ViewNotFound

ViewName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=WORDS_PATTERN)]


class ViewFilter(Body):
    """What GET /store/conversations takes, by the same names; what is null is not asked for."""

    q: Annotated[str, Field(min_length=1, max_length=200, pattern=WORDS_PATTERN)] | None = None
    channel: Annotated[str, Field(pattern="^[a-z]{1,20}$")] | None = None
    outcome: Annotated[str, Field(pattern="^[a-z][a-z_]{0,49}$")] | None = None
    since: Annotated[date | None, Field(alias="from")] = None
    until: Annotated[date | None, Field(alias="to")] = None


class ViewWanted(Body):
    """A filter, under a name that no other view of the store has."""

    name: ViewName
    filter: ViewFilter


class ViewShown(Answer):
    """A saved view."""

    id: UUID
    name: str
    filter: ViewFilter


class ViewsShown(Answer):
    """All of a store's, by name."""

    views: list[ViewShown]


class ViewApi:
    """The handlers; they belong behind `auth.http.asking.require` of stores."""

    def __init__(self, views: ViewQueries) -> None:
        self._views = views

    @gives(ViewsShown)
    async def show(self, request: web.Request) -> web.Response:
        """List the store's saved views."""
        views = await self._views.all(StoreId(principal_of(request).id))
        return answered(ViewsShown(views=[_shown(view) for view in views]))

    @takes(ViewWanted)
    @gives(ViewShown, status=HTTPStatus.CREATED)
    @refuses(ViewNameTaken, TooManyViews)
    async def add(self, request: web.Request, wanted: ViewWanted) -> web.Response:
        """Save a filter of the list of conversations."""
        view = _view(ViewId(uuid4()), wanted)
        await self._views.add(StoreId(principal_of(request).id), view)
        return answered(_shown(view), status=HTTPStatus.CREATED)

    @takes(ViewWanted)
    @gives(ViewShown)
    @refuses(ViewNotFound, ViewNameTaken)
    async def change(self, request: web.Request, wanted: ViewWanted) -> web.Response:
        """Rename a saved view, or save another filter under its name."""
        view = _view(ViewId(path_id(request, ViewNotFound)), wanted)
        await self._views.change(StoreId(principal_of(request).id), view)
        return answered(_shown(view))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(ViewNotFound)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete a saved view."""
        await self._views.delete(StoreId(principal_of(request).id), ViewId(path_id(request, ViewNotFound)))
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _view(view_id: ViewId, wanted: ViewWanted) -> View:
    return View(view_id, wanted.name, wanted.filter.model_dump_json(by_alias=True, exclude_none=True))


def _shown(view: View) -> ViewShown:
    return ViewShown(id=view.id, name=view.name, filter=ViewFilter.model_validate_json(view.filter_json))
