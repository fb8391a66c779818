"""What a process knows of a conversation that another one began."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from auth.principals import StoreId
from pipelines.assistants.records import Assistant, AssistantId
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.records import Conversation, ConversationId, Past, Speaker, Turn
from pipelines.grounding.hours import OpeningHours

BEGAN = datetime(2026, 5, 4, 12, tzinfo=UTC)
STORE = StoreId(UUID(int=1))
CONVERSATION = Conversation(ConversationId(UUID(int=2)), STORE, UUID(int=3), None, "websocket", BEGAN)
ASSISTANT = Assistant(
    id=AssistantId(UUID(int=3)),
    store_id=STORE,
    store_name="Leaf",
    name="Ivy",
    greeting="Hello",
    instructions="",
    time_zone=ZoneInfo("UTC"),
    hours=OpeningHours(((),) * 7),
)


def earlier(*said: tuple[Speaker, str], unheard: str = "", whispers: tuple[str, ...] = ()) -> Earlier:
    """One with these turns, and then these whispers; `unheard` belongs to the last turn."""
    turns = [Turn(CONVERSATION.id, at, who, text, BEGAN, BEGAN) for at, (who, text) in enumerate(said)]
    if turns:
        last = turns.pop()
        turns.append(Turn(CONVERSATION.id, last.position, last.speaker, last.text, BEGAN, BEGAN, unheard=unheard))
    turns += [
        Turn(CONVERSATION.id, len(turns) + at, Speaker.STAFF, text, BEGAN, BEGAN, whispered=True)
        for at, text in enumerate(whispers)
    ]
    return Earlier(CONVERSATION, ASSISTANT, turns)


def test_the_model_is_told_what_was_heard() -> None:
    """By whom, with staff in the assistant's place, and without whispers."""
    said = earlier(
        (Speaker.ASSISTANT, "Hello"), (Speaker.CALLER, "Hi"), (Speaker.STAFF, "Sue here"), whispers=("Be brief",)
    )
    assert said.messages() == [
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Sue here"},
    ]
    assert said.transcript() == "Assistant: Hello\nCaller: Hi\nStaff: Sue here"
    assert said.past(BEGAN + timedelta(seconds=9)) == Past(turns=4, lasted_s=9.0)


def test_it_goes_on_where_it_stopped() -> None:
    """With what was not heard, with an answer, or with nothing."""
    cut = earlier((Speaker.CALLER, "Hi"), (Speaker.ASSISTANT, "Good"), unheard="morning.", whispers=("Be brief",))
    asked = earlier((Speaker.ASSISTANT, "Hello"), (Speaker.CALLER, "Hi"))
    told = earlier((Speaker.ASSISTANT, "Hello"))
    assert [(each.unheard, each.unanswered) for each in (cut, asked, told, earlier())] == [
        ("morning.", False),
        ("", True),
        ("", False),
        ("", False),
    ]
