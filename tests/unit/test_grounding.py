"""From the caller's words to an answer: without a database, which tests/integration/test_knowledge.py has."""

from dataclasses import replace
from uuid import UUID

import pytest
from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.tests.utils import run_test

from pipelines.answering import StoreAnswering
from pipelines.grounding.answers import Answer, Facts, How
from pipelines.grounding.grounder import MAX_TOPIC_WORDS, NO_HOURS, Grounding
from pipelines.grounding.hours import OpeningHours
from pipelines.grounding.knowledge import Entry, EntryId, KnowledgeUnavailable
from pipelines.grounding.questions import Intent, parts, read, to_us
from pipelines.grounding.small_talk import reply
from pipelines.processors.figures import INSTEAD, GroundsFrame
from pipelines.prompts import Persona, opening
from tests.doubles import ScriptedLlm
from tests.shop import ASSISTANT, BASIL, DELIVERY, MONSTERA, THURSDAY_2_PM, Shelf


def grounding(shelf: Shelf | None = None) -> Grounding:
    """A new conversation."""
    return Grounding(ASSISTANT, shelf or Shelf(), now=THURSDAY_2_PM)


@pytest.mark.parametrize(
    ("said", "questions"),
    [
        ("When do you close and how much is the basil?", ["When do you close", "how much is the basil?"]),
        ("Hi. Do you deliver? And is it free?", ["Hi.", "Do you deliver?", "And is it free?"]),
        ("Are you open at 8 p.m. on Sunday?", ["Are you open at 8 p.m. on Sunday?"]),
        ("I was wondering if you deliver", ["you deliver"]),
        ("basil and a monstera", ["basil and a monstera"]),
        ("...", []),
    ],
)
def test_parts(said: str, questions: list[str]) -> None:
    """One turn may hold several questions; "and" alone does not part them."""
    assert parts(said) == questions


@pytest.mark.parametrize(
    ("said", "intent", "topic"),
    [
        ("How much is the basil?", Intent.PRICE, "basil"),
        ("How much water does it need?", Intent.OTHER, "much water need"),
        ("Do you have any basil?", Intent.STOCK, "basil"),
        ("Where are you?", Intent.OTHER, "address"),
        ("Can you help me, please?", Intent.OTHER, ""),
    ],
)
def test_intent_and_topic(said: str, intent: Intent, topic: str) -> None:
    """What the caller wants is cut out, and the topic is left."""
    question = read(said)
    assert (question.intent, " ".join(question.topic)) == (intent, topic)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Hi Ivy, are you open?", "Hi  are you open?"),
        ("Are you open, Ivy?", "Are you open?"),
        ("Do you have ivy?", "Do you have ivy?"),
        ("Is Marlowe Gardens open?", "Is the store open?"),
    ],
)
def test_our_names(said: str, left: str) -> None:
    """Our names are taken out where they only address us."""
    assert to_us(said, name="Ivy", store="Marlow Garden") == left


def test_small_talk_fills_the_whole_turn() -> None:
    """A greeting before a question is no small talk, and neither is a question that begins like one."""
    for said in ("hello", "Thanks!", "ok, bye then", "Are you a robot?"):
        assert reply(said, name="Ivy", store="Marlow Garden")
    for said in ("hello do you deliver", "are you a garden shop", "what can you tell me about basil", ""):
        assert reply(said, name="Ivy", store="Marlow Garden") is None


async def test_several_questions_are_answered_together() -> None:
    """Each in order, with the entries of all; thanks beside them get no answer of their own."""
    answer = await grounding().answer("Thanks. When do you close today, and how much is the basil?")
    assert answer == Answer(
        "Today we're open from 9 AM to 6 PM. The basil is $4.50. We grow it ourselves.", How.HOURS, (BASIL,)
    )


async def test_one_open_question_takes_all_to_the_model() -> None:
    """The model then gets what was computed among its facts."""
    facts = await grounding().answer("When do you close today? Is the monstera poisonous?")
    assert isinstance(facts, Facts)
    assert facts.lines[0] == "Opening hours: Today we're open from 9 AM to 6 PM."
    assert facts.entries == (MONSTERA,)


async def test_whoever_brings_something_back_is_told_no_price() -> None:
    """What it costs answers nothing then, and the model could take it for an answer."""
    facts = await grounding().answer("I bought the monstera three weeks ago, can I bring it back?")
    assert facts == Facts()


async def test_questions_that_lean_on_the_one_before() -> None:
    """The topic goes on until there is a new one, and "how much" goes on with it."""
    conversation = grounding()
    said = ["Do you have basil?", "How much is it?", "And the monstera?", "Is it poisonous?"]
    answers = [await conversation.answer(one) for one in said]
    assert [answer.entries for answer in answers] == [(BASIL,), (BASIL,), (MONSTERA,), (MONSTERA,)]
    assert isinstance(answers[2], Answer)
    assert "$38" in answers[2].text
    assert isinstance(answers[3], Facts)


async def test_a_peek_changes_nothing() -> None:
    """What half a question would have called for is no part of the conversation."""
    conversation = grounding()
    await conversation.answer("Do you have basil?")
    peeked = await conversation.peek("Is the monstera poisonous")
    assert isinstance(peeked, Facts)
    assert peeked.entries == (MONSTERA,)
    assert (await conversation.answer("How much is it?")).entries == (BASIL,)


async def test_repeating() -> None:
    """The last answer is said again; with none, the model is asked."""
    conversation = grounding()
    assert isinstance(await conversation.answer("Can you say that again?"), Facts)
    answer = await conversation.answer("Do you deliver?")
    again = await conversation.answer("Sorry, can you say that again?")
    assert isinstance(answer, Answer)
    assert isinstance(again, Answer)
    assert again.text == answer.text


async def test_prices_never_go_to_the_model() -> None:
    """Whoever asks for a price hears one of ours, or that we have none."""
    for said in ("How much is a chainsaw?", "How much is it?", "What would a blue basil in gold cost me?"):
        answer = await grounding().answer(said)
        assert isinstance(answer, Answer)
        assert answer.how is How.UNKNOWN


async def test_hours_that_nobody_has_told() -> None:
    """A store may have written them into an entry; if not, nobody knows them, and it is not said to be closed."""
    untold = replace(ASSISTANT, hours=OpeningHours(((),) * 7))
    entry = Entry(EntryId(UUID(int=9)), "Opening hours", "We're open daily from 9 to 5.", "when are you open")
    for shelf, said in ((Shelf([entry]), entry.body), (Shelf(), NO_HOURS)):
        answer = await Grounding(untold, shelf, now=THURSDAY_2_PM).answer("What are your opening hours?")
        assert isinstance(answer, Answer)
        assert answer.text == said


async def test_a_flood_of_words_is_one_bounded_search() -> None:
    """However much is said in one turn, the database is asked for little."""
    shelf = Shelf()
    await grounding(shelf).answer("How about this? " * 50 + " ".join(f"word{n}" for n in range(500)))
    assert len(shelf.asked) == 1
    assert len(shelf.asked[0]) == MAX_TOPIC_WORDS


async def test_without_a_database() -> None:
    """Opening hours are computed all the same; for the rest the caller of `answer` has to say so."""
    conversation = grounding(Shelf(away=True))
    assert isinstance(await conversation.answer("Are you open?"), Answer)
    with pytest.raises(KnowledgeUnavailable):
        await conversation.answer("Do you deliver?")


def turn(*said: str) -> LLMContextFrame:
    """What caller and assistant said in turns, the caller first."""
    context = LLMContext(opening(Persona(assistant="Ivy", store="Marlow Garden")))
    for at, text in enumerate(said):
        context.add_message({"role": "assistant", "content": text} if at % 2 else {"role": "user", "content": text})
    return LLMContextFrame(context)


def model_that(answer: str, asked: list[str]) -> ScriptedLlm:
    """A model that gives one answer, and notes what it was asked."""

    def reply_to(message: str) -> str:
        asked.append(message)
        return answer

    return ScriptedLlm(reply_to)


async def heard(shelf: Shelf, model: ScriptedLlm, *frames: LLMContextFrame) -> list[Frame]:
    """What comes out behind the guard."""
    answering = StoreAnswering(ASSISTANT, shelf, now=THURSDAY_2_PM)
    down, _ = await run_test(Pipeline([answering.grounding(), model, answering.figures()]), frames_to_send=frames)
    return [
        frame for frame in down if isinstance(frame, TextFrame | LLMFullResponseStartFrame | LLMFullResponseEndFrame)
    ]


async def test_a_grounded_answer_passes_the_model_by() -> None:
    """It comes as the model's reply would, and untouched."""
    asked: list[str] = []
    frames = await heard(Shelf(), model_that("no", asked), turn("How much is the basil?"))
    assert [type(frame) for frame in frames] == [LLMFullResponseStartFrame, LLMTextFrame, LLMFullResponseEndFrame]
    assert isinstance(frames[1], LLMTextFrame)
    assert frames[1].text == "The basil is $4.50. We grow it ourselves."
    assert not asked


async def test_the_model_gets_facts_before_the_question() -> None:
    """In a copy: the conversation itself keeps what was said."""
    asked: list[str] = []
    frame = turn("Is the monstera poisonous?")
    await heard(Shelf(), model_that("I don't know.", asked), frame)
    assert asked == ["Facts:\n- Monstera: $38. It's about two feet tall.\nCaller: Is the monstera poisonous?"]
    assert frame.context.messages[-1] == {"role": "user", "content": "Is the monstera poisonous?"}


@pytest.mark.parametrize(
    ("reply_of_model", "spoken"),
    [
        ("It may be. It costs $38.", "It may be. It costs $38."),
        ("It may be. It costs $35.", f"It may be. {INSTEAD}"),
        ("You have 2 cats, so I'd ask a vet.", "You have 2 cats, so I'd ask a vet."),
    ],
)
async def test_the_guard_knows_the_facts_and_the_conversation(reply_of_model: str, spoken: str) -> None:
    """Figures of this turn's facts and of the caller pass; those of the examples in the prompt ($35) do not."""
    frame = turn("I have two cats.", "How nice.", "Is the monstera poisonous?")
    frames = await heard(Shelf(), ScriptedLlm(lambda _text: reply_of_model), frame)
    assert " ".join(frame.text for frame in frames if isinstance(frame, TextFrame)) == spoken


async def test_a_failing_database_leaves_an_honest_model() -> None:
    """The model is told that nothing is known, and the guard lets no figure through."""
    asked: list[str] = []
    model = model_that("Delivery is $8.", asked)
    frames = await heard(Shelf(away=True), model, turn("Do you deliver?"))
    assert "cannot be read right now" in asked[0]
    assert [frame.text for frame in frames if isinstance(frame, TextFrame)] == [INSTEAD]


async def test_who_asks_is_told_what_was_answered() -> None:
    """Every turn is reported, with the entries that the answer stands on."""
    found: list[Answer | Facts] = []

    async def note(answer: Answer | Facts) -> None:
        found.append(answer)

    answering = StoreAnswering(ASSISTANT, Shelf(), now=THURSDAY_2_PM, on_answered=note)
    down, _ = await run_test(answering.grounding(), frames_to_send=[turn("Do you deliver?"), turn("Hi."), turn()])
    assert [(one.entries, type(one)) for one in found] == [((DELIVERY,), Answer), ((), Answer), ((), Facts)]
    assert sum(isinstance(frame, GroundsFrame) for frame in down) == len(found)
