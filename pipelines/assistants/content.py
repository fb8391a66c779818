"""What a store decides about an assistant: one model checks it in requests, in drafts and in published versions."""

import json
import unicodedata
from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from auth.accounts.schemas import NAME_PATTERN, NameField
from auth.http.operations import Body, Integer
from auth.principals import StoreId
from pipelines.after.fields import FieldsWanted
from pipelines.assistants.records import AfterHours, Assistant, AssistantId, Tool
from pipelines.assistants.webhook_tools import OwnTools
from pipelines.grounding.hours import WEEKDAYS, Holiday, OpeningHours, Span, Spans
from pipelines.prompts import MAX_NOTES_TOKENS, tokens_at_most
from pipelines.providers.wishes import FASTEST, SLOWEST, USUAL, Manner, Wishes
from pipelines.tools.destinations import Destination
from pipelines.turns.profiles import TurnProfile

GREETING_MAX_CHARACTERS = 300
PERSONA_MAX_CHARACTERS = 500
INSTRUCTIONS_MAX_CHARACTERS = 4000
MAX_HOLIDAYS = 60
MAX_SPANS = 4
LONGEST_HOLIDAY = timedelta(days=366)
LONGEST_CALL_MIN = 120
MAX_DESTINATIONS = 10

# https://www.itu.int/rec/T-REC-E.164: fifteen digits at most, the first of them not 0.
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]

# Line breaks and tabs are no harm in a text; every other control character is a mistake or worse.
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$"
_LAYOUT = "\n\t"


def spoken_line(text: str) -> str:
    """Check what is said aloud, one line. Raises ValueError."""
    text = text.strip()
    if not text:
        raise ValueError("It cannot be empty.")
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("It cannot hold control characters or line breaks.")
    return text


def _text(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" and character not in _LAYOUT for character in text):
        raise ValueError("It cannot hold control characters other than line breaks and tabs.")
    return text.strip()


def _language(language: str) -> str:
    # Opening hours, small talk and the check of figures are English, whichever model speaks.
    if language != "en":
        raise ValueError("English, 'en', is the only language so far.")
    return language


@cache
def _time_zones() -> frozenset[str]:
    # "localtime" is this machine's and no place on earth.
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("There is no such time zone; they are called like 'Europe/Berlin'.")
    return name


def _once(tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
    if len(set(tools)) < len(tools):
        raise ValueError("Name each tool once.")
    return tools


def _in_order(spans: tuple["Opening", ...]) -> tuple["Opening", ...]:
    ordered = tuple(sorted(spans, key=lambda span: span.opens))
    if any(earlier.closes > later.opens for earlier, later in pairwise(ordered)):
        raise ValueError("The hours of one day overlap.")
    return ordered


# The limits first: pydantic words those of what comes out of a validator as if it were a list.
_TEXT = Field(json_schema_extra={"pattern": TEXT_PATTERN})
Greeting = Annotated[
    str,
    Field(min_length=1, max_length=GREETING_MAX_CHARACTERS, json_schema_extra={"pattern": NAME_PATTERN}),
    AfterValidator(spoken_line),
]
Persona = Annotated[str, Field(max_length=PERSONA_MAX_CHARACTERS), AfterValidator(_text), _TEXT]
Instructions = Annotated[str, Field(max_length=INSTRUCTIONS_MAX_CHARACTERS), AfterValidator(_text), _TEXT]
Occasion = Annotated[str, Field(max_length=80), AfterValidator(_text), _TEXT]
Language = Annotated[str, AfterValidator(_language), Field(json_schema_extra={"enum": ["en"]})]
TimeZone = Annotated[
    str, AfterValidator(_time_zone), Field(min_length=1, max_length=64, examples=["Europe/Berlin", "America/New_York"])
]
# As people write it; JSON Schema's `time` would have seconds and an offset.
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00"])]
Named = Annotated[str, Field(min_length=1, max_length=100)] | None
Minutes = Annotated[Integer, Field(ge=1, le=LONGEST_CALL_MIN)]


class Opening(Body):
    """When the doors open and close on one day, in the store's own time."""

    opens: TimeOfDay
    closes: TimeOfDay

    @model_validator(mode="after")
    def _in_one_day(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("It has to close after it opens; what is after midnight belongs to the next day.")
        return self


Openings = Annotated[tuple[Opening, ...], Field(max_length=MAX_SPANS), AfterValidator(_in_order)]


class Week(Body):
    """The hours of each day; a day that is left out is one when the store is closed."""

    monday: Openings = ()
    tuesday: Openings = ()
    wednesday: Openings = ()
    thursday: Openings = ()
    friday: Openings = ()
    saturday: Openings = ()
    sunday: Openings = ()


class SpecialDays(Body):
    """Days, both included, with other hours than the week's: closed, unless there are `hours`."""

    first: date
    last: date | None = None
    name: Occasion = ""
    hours: Openings = ()

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end < self.first:
            raise ValueError("It ends before it begins.")
        if self.end - self.first > LONGEST_HOLIDAY:
            raise ValueError("It can last for a year at most.")
        return self

    @property
    def end(self) -> date:
        """The last day."""
        return self.last or self.first


def _apart(holidays: tuple[SpecialDays, ...]) -> tuple[SpecialDays, ...]:
    ordered = tuple(sorted(holidays, key=lambda holiday: holiday.first))
    if any(earlier.end >= later.first for earlier, later in pairwise(ordered)):
        raise ValueError("Two of the holidays overlap.")
    return ordered


Holidays = Annotated[tuple[SpecialDays, ...], Field(max_length=MAX_HOLIDAYS), AfterValidator(_apart)]
Tools = Annotated[
    tuple[Annotated[Tool, Field(strict=False)], ...],
    AfterValidator(_once),
    Field(max_length=len(Tool), json_schema_extra={"uniqueItems": True}),
]


class TransferDestination(Body):
    """Somebody who takes calls; `number` in full international form, such as +14155550123.

    They are rung while the caller hears music; if they do not take the call, the assistant goes on. `briefed`: they
    hear who calls and why, and take it by pressing a key; without, by picking up, as switchboards press no keys.
    """

    name: NameField
    number: E164
    briefed: bool = True


def _told_apart(destinations: tuple[TransferDestination, ...]) -> tuple[TransferDestination, ...]:
    if len({each.name.lower() for each in destinations}) < len(destinations):
        raise ValueError("Two of those who take calls have the same name.")
    return destinations


TransferTo = Annotated[tuple[TransferDestination, ...], Field(max_length=MAX_DESTINATIONS), AfterValidator(_told_apart)]


class Models(Body):
    """Who hears, thinks and speaks, of what `GET /store/models` offers; null is the server's own choice.

    `llm_model` and `voice` are those of the first provider there. Not every voice can speak at another `speaking_rate`.
    """

    stt: Named = None
    llm: Named = None
    llm_model: Named = None
    tts: Named = None
    voice: Named = None
    speaking_rate: Annotated[float, Field(ge=SLOWEST, le=FASTEST)] = USUAL.rate

    def wishes(self) -> Wishes:
        """The same, as conversations have it."""
        return Wishes(
            stt=self.stt,
            llm=self.llm,
            llm_model=self.llm_model,
            tts=self.tts,
            manner=Manner(voice=self.voice, rate=self.speaking_rate),
        )


class AssistantContent(Body):
    """Everything about an assistant that is edited and published. Only `name` and `greeting` have no default.

    `persona` and `instructions` are for the language model. `max_minutes` can only shorten a call; null leaves it
    to the server. `open_to_users`: people with an account may talk to it; `open_to_callers`: people who ring up.
    `fields` are filled in after each call.
    `transfer_to` names to whom a telephone call may be handed over.
    """

    name: NameField
    greeting: Greeting
    persona: Persona = ""
    instructions: Instructions = ""
    language: Language = "en"
    turn_profile: Annotated[TurnProfile, Field(strict=False)] = TurnProfile.NORMAL
    models: Models = Models()
    fields: FieldsWanted = ()
    tools: Tools = tuple(Tool)
    own_tools: OwnTools = ()
    time_zone: TimeZone = "UTC"
    hours: Week = Week()
    holidays: Holidays = ()
    after_hours: Annotated[AfterHours, Field(strict=False)] = AfterHours.ANSWER
    max_minutes: Minutes | None = None
    open_to_users: bool = True
    open_to_callers: bool = True
    transfer_to: TransferTo = ()

    @model_validator(mode="after")
    def _fit_the_model(self) -> Self:
        tokens = tokens_at_most(self.persona) + tokens_at_most(self.instructions)
        if tokens > MAX_NOTES_TOKENS:
            raise ValueError(
                f"persona and instructions take about {tokens} tokens of the model's window; {MAX_NOTES_TOKENS} is all "
                "there is. What callers ask about belongs into the store's knowledge."
            )
        return self

    def changed(self, change: "DraftChange") -> "AssistantContent":
        """Return it with what the change names. Raises pydantic's ValidationError."""
        given = change.model_dump(mode="json", exclude_unset=True, exclude={"revision"})
        return AssistantContent.model_validate_json(json.dumps({**self.model_dump(mode="json"), **given}))

    def opening_hours(self) -> OpeningHours:
        """The week and the holidays."""
        return OpeningHours(
            tuple(_spans(getattr(self.hours, day.lower())) for day in WEEKDAYS),
            tuple(Holiday(each.first, each.end, each.name, _spans(each.hours)) for each in self.holidays),
        )

    def assistant(
        self, *, assistant_id: AssistantId, store_id: StoreId, store_name: str, slug: str, version: int | None
    ) -> Assistant:
        """What a conversation has of it."""
        return Assistant(
            id=assistant_id,
            store_id=store_id,
            store_name=store_name,
            slug=slug,
            version=version,
            name=self.name,
            greeting=self.greeting,
            persona=self.persona,
            instructions=self.instructions,
            language=self.language,
            time_zone=ZoneInfo(self.time_zone),
            hours=self.opening_hours(),
            after_hours=self.after_hours,
            turn_profile=self.turn_profile,
            wishes=self.models.wishes(),
            max_minutes=self.max_minutes,
            tools=frozenset(self.tools),
            own_tools=tuple(each.tool() for each in self.own_tools),
            open_to_users=self.open_to_users,
            open_to_callers=self.open_to_callers,
            transfer_to=tuple(Destination(each.name, each.number, each.briefed) for each in self.transfer_to),
        )


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class DraftChange(AssistantContent):
    """What shall be different in the draft; all that is left out stays.

    `revision` is that of the draft which was read: when somebody else has changed it since, nothing is changed.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    revision: Annotated[Integer, Field(ge=1)]
    name: NameField = ""
    greeting: Greeting = ""


def _spans(openings: Sequence[Opening]) -> Spans:
    return tuple(Span(time.fromisoformat(each.opens), time.fromisoformat(each.closes)) for each in openings)
