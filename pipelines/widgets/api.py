"""…/store/widgets: the buttons for a store's own pages."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self
from uuid import UUID, uuid4

from aiohttp import web
from pydantic import AfterValidator, Field

from auth.accounts.schemas import NameField
from auth.audit.log import Audit, Event
from auth.http.asking import device_of, principal_of
from auth.http.operations import Answer, Body, answered, gives, path_id, refuses, takes
from auth.principals import StoreId
from pipelines.doors.starts import StoreSlug
from pipelines.widgets.queries import WidgetQueries
from pipelines.widgets.records import TooManyWidgets, Widget, WidgetId, WidgetNotFound, fresh_key

MAX_ORIGINS = 20
# As browsers send it: https, or this very machine, for pages elsewhere get no microphone.
# https://www.rfc-editor.org/rfc/rfc6454#section-6.2
ORIGIN_PATTERN = (
    r"^(https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    r"|http://(localhost|127\.0\.0\.1|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.localhost))(:[1-9][0-9]{0,4})?$"
)


def _each_once(origins: tuple[str, ...]) -> tuple[str, ...]:
    if any(origin.startswith("https:") and origin.endswith(":443") for origin in origins):
        raise ValueError("Leave out :443, as browsers do.")
    return tuple(dict.fromkeys(origins))


Origin = Annotated[str, Field(max_length=255, pattern=ORIGIN_PATTERN, examples=["https://flowers.localhost"])]
Origins = Annotated[tuple[Origin, ...], Field(min_length=1, max_length=MAX_ORIGINS), AfterValidator(_each_once)]


class WidgetForm(Body):
    """What it is called, who answers (`assistant` by its slug, null the default one), and on which sites it works."""

    name: NameField
    assistant: StoreSlug | None = None
    origins: Origins


class WidgetShown(Answer):
    """A widget. `script` is the one line for the page."""

    id: UUID
    key: str
    name: str
    assistant: str | None
    origins: list[str]
    created_at: datetime
    script: str

    @classmethod
    def of(cls, widget: Widget, *, at: str) -> Self:
        """What is shown of a widget of the server at this origin."""
        script = f'<script src="{at}/widget.js" data-widget="{widget.key}" async></script>'
        told = {name: getattr(widget, name) for name in cls.model_fields if name not in {"script", "origins"}}
        return cls(**told, origins=[*widget.origins], script=script)


class WidgetsShown(Answer):
    """All widgets of a store, oldest first."""

    widgets: list[WidgetShown]


class WidgetApi:
    """The handlers; they belong behind `auth.http.asking.require`. `at` is the origin of the store's host."""

    def __init__(self, widgets: WidgetQueries, audit: Audit, *, at: str, now: Callable[[], datetime]) -> None:
        self._widgets = widgets
        self._audit = audit
        self._at = at
        self._now = now

    @gives(WidgetsShown)
    async def show(self, request: web.Request) -> web.Response:
        """List the widgets."""
        widgets = await self._widgets.of_store(_store(request))
        return answered(WidgetsShown(widgets=[WidgetShown.of(widget, at=self._at) for widget in widgets]))

    @takes(WidgetForm)
    @gives(WidgetShown, status=HTTPStatus.CREATED)
    @refuses(TooManyWidgets)
    async def add(self, request: web.Request, form: WidgetForm) -> web.Response:
        """Make a widget. Its assistant has to be open to callers."""
        widget = Widget(
            id=WidgetId(uuid4()),
            store_id=_store(request),
            key=fresh_key(),
            name=form.name,
            assistant=form.assistant,
            origins=form.origins,
            created_at=self._now(),
        )
        if not await self._widgets.add(widget):
            raise TooManyWidgets
        await self._note(request, Event.WIDGET_ADDED, widget.id)
        return answered(WidgetShown.of(widget, at=self._at), status=HTTPStatus.CREATED)

    @takes(WidgetForm)
    @gives(WidgetShown)
    @refuses(WidgetNotFound)
    async def change(self, request: web.Request, form: WidgetForm) -> web.Response:
        """Change a widget; pages with its script keep working, on the sites that are named now."""
        widget_id = _id(request)
        widget = await self._widgets.change(
            _store(request), widget_id, name=form.name, assistant=form.assistant, origins=form.origins
        )
        if widget is None:
            raise WidgetNotFound(widget_id)
        await self._note(request, Event.WIDGET_CHANGED, widget_id)
        return answered(WidgetShown.of(widget, at=self._at))

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(WidgetNotFound)
    async def delete(self, request: web.Request) -> web.Response:
        """Delete a widget: pages that still have its script get no more conversations."""
        widget_id = _id(request)
        if not await self._widgets.delete(_store(request), widget_id):
            raise WidgetNotFound(widget_id)
        await self._note(request, Event.WIDGET_DELETED, widget_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _note(self, request: web.Request, event: Event, widget_id: WidgetId) -> None:
        await self._audit.note_by(principal_of(request), event, device_of(request), widget_id=str(widget_id))


def _store(request: web.Request) -> StoreId:
    return StoreId(principal_of(request).id)


def _id(request: web.Request) -> WidgetId:
    return WidgetId(path_id(request, WidgetNotFound))
