"""What a store may decide about an assistant, and what it is told otherwise."""

# ruff: noqa: RUF001 - other scripts have letters that look like ours

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from auth.http.operations import first_problem
from auth.principals import StoreId
from pipelines.assistants.content import AssistantContent, DraftChange
from pipelines.assistants.records import AfterHours, Assistant, AssistantId

IVY = {"name": "Ivy", "greeting": "Hello."}
WEEK = {"thursday": [{"opens": "13:00", "closes": "18:00"}, {"opens": "09:00", "closes": "12:00"}]}
SCRIPTS = [
    "Be kind.", "Sei nett.", "Будьте добры.", "Εὐγενικός, παρακαλώ.", "请友好。", "親切に。", "친절하세요.",
    "كن لطيفا.",
    "היה אדיב.", "दयालु रहें।", "অনুগ্রহ করে।", "அன்பாக இருங்கள்.", "దయగా ఉండండి.", "ദയ കാണിക്കുക.", "จงใจดี",
    "សូមចិត្តល្អ", "ကြင်နာပါ။", "იყავი კეთილი.", "Եղիր բարի։", "ደግ ሁን።", "བྱམས་བརྩེ།", "👩‍🌾🏳️‍🌈",
]  # fmt: skip


def read(**more: object) -> AssistantContent:
    """As a request brings it."""
    return AssistantContent.model_validate_json(json.dumps({**IVY, **more}))


def made(content: AssistantContent) -> Assistant:
    """What a conversation has of it."""
    return content.assistant(
        assistant_id=AssistantId(UUID(int=1)), store_id=StoreId(UUID(int=2)), store_name="Leaf", slug="ivy", version=1
    )


def test_every_script_is_taken() -> None:
    """Instructions in 20 scripts come back as they were written, line breaks included."""
    instructions = "\n".join(SCRIPTS)
    assert read(instructions=instructions).instructions == instructions


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"instructions": "a\0b"}, "instructions: It cannot hold control characters other than line breaks and tabs."),
        ({"instructions": "a\u0085b"}, "instructions: It cannot hold control characters"),
        ({"greeting": "Hello.\nBye."}, "greeting: It cannot hold control characters or line breaks."),
        ({"greeting": "   "}, "greeting: It cannot be empty."),
        ({"greeting": "x" * 301}, "greeting: String should have at most 300 characters"),
        ({"name": "\x1b[2J"}, "name: It cannot hold control characters."),
        ({"instructions": "x" * 4001}, "instructions: String should have at most 4000 characters"),
        ({"instructions": "请" * 400}, "The body: persona and instructions take about 1200 tokens"),
        ({"language": "de"}, "language: English, 'en', is the only language so far."),
        ({"time_zone": "Mars/Olympus"}, "time_zone: There is no such time zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone: There is no such time zone"),
        ({"tools": ["fly"]}, "tools.0: Input should be 'lookup_knowledge'"),
        ({"tools": ["take_message", "take_message"]}, "tools: Name each tool once."),
        ({"max_minutes": 0}, "max_minutes: Input should be greater than or equal to 1"),
        ({"hours": {"monday": [{"opens": "9", "closes": "18:00"}]}}, "hours.monday.0.opens: String should match"),
        (
            {"hours": {"monday": [{"opens": "18:00", "closes": "02:00"}]}},
            "hours.monday.0: It has to close after it opens; what is after midnight belongs to the next day.",
        ),
        (
            {"hours": {"monday": [{"opens": "09:00", "closes": "13:00"}, {"opens": "12:00", "closes": "18:00"}]}},
            "hours.monday: The hours of one day overlap.",
        ),
        ({"holidays": [{"first": "2026-12-26", "last": "2026-12-24"}]}, "holidays.0: It ends before it begins."),
        ({"holidays": [{"first": "2026-01-01", "last": "2027-06-01"}]}, "holidays.0: It can last for a year at most."),
        ({"holidays": [{"first": "2026-02-30"}]}, "holidays.0.first: Input should be a valid date"),
        (
            {"holidays": [{"first": "2026-12-24", "last": "2026-12-26"}, {"first": "2026-12-25"}]},
            "holidays: Two of the holidays overlap.",
        ),
        ({"holidays": [{"first": f"{2026 + n}-01-01"} for n in range(61)]}, "holidays: Tuple should have at most 60"),
        ({"price": 1}, "price: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_is_said(more: dict[str, object], problem: str) -> None:
    """Each refusal names the field and what is wrong with it."""
    with pytest.raises(ValidationError) as refused:
        read(**more)
    assert first_problem(refused.value).startswith(problem)


def test_a_change_touches_what_it_names() -> None:
    """What is left out of a change stays; null clears what may be empty, and nothing else."""
    before = read(max_minutes=5, hours=WEEK)
    change = DraftChange.model_validate_json('{"revision": 1, "max_minutes": null, "greeting": "Hi."}')
    after = before.changed(change)
    assert (after.max_minutes, after.greeting, after.hours) == (None, "Hi.", before.hours)
    with pytest.raises(ValidationError):
        DraftChange.model_validate_json('{"revision": 1, "greeting": null}')


def test_what_is_stored_is_what_is_read() -> None:
    """Content survives the database as it is, its hours in the order of the day."""
    content = read(hours=WEEK, holidays=[{"first": "2026-12-25"}], tools=["take_message"], turn_profile="patient")
    assert AssistantContent.model_validate_json(content.model_dump_json()) == content
    assert [span.opens for span in content.hours.thursday] == ["09:00", "13:00"]


CLOSED = "We're closed now. We're open on Thursday, March 12, from 9 AM to noon and from 1 PM to 6 PM."


@pytest.mark.parametrize(
    ("hour", "after_hours", "sentence"),
    [
        (10, AfterHours.END, "Hello."),
        (20, AfterHours.ANSWER, "Hello."),
        (20, AfterHours.TAKE_MESSAGE, f"Hello. {CLOSED} I can take a message."),
        (20, AfterHours.END, f"This is Leaf. {CLOSED} Goodbye!"),
    ],
)
def test_after_hours(hour: int, after_hours: AfterHours, sentence: str) -> None:
    """Who calls a closed store hears when it opens, and then what the store has decided."""
    assistant = made(read(hours=WEEK, after_hours=after_hours))
    welcome = assistant.welcome(datetime(2026, 3, 5, hour, 0, tzinfo=UTC))
    assert welcome.sentence == sentence
    assert welcome.over is sentence.endswith("Goodbye!")
    assert bool(welcome.note) is (after_hours is AfterHours.TAKE_MESSAGE)
