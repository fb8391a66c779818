"""What a caller asks for, read from the words: one or more questions, each with an intent and a topic.

The text comes from speech: its case and punctuation mean little. Everything here is a table and a rule over words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipelines.grounding.spoken import tokens, words


class Intent(StrEnum):
    """What the caller wants to know about the topic."""

    PRICE = "price"
    STOCK = "stock"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `topic`: the words that say what it is about.

    `refers`: it leans on the question before ("is it in stock?"). `goes_on`: it asks the same of something else
    ("and the basil?"). `bare`: it is nothing but its topic.
    """

    intent: Intent
    topic: tuple[str, ...]
    refers: bool
    goes_on: bool
    bare: bool


# What is matched is cut out of the question, and what is left is its topic.
_PRICE = (
    r"how (?:much|expensive) (?:is|are|s|does|do|for|would|will|was)\b",
    r"how much(?=$| an? | the )",
    # Of words spoken over the assistant's, the first may be lost.
    r"^(?:or )?much (?:is|are|does|do)\b",
    r"(?:what )?(?:is |are |s )?(?:the |your )?(?:prices?|costs?)(?: (?:of|for|is|are))?\b",
    r"what do you charge(?: for)?",
    r"\bhow much (?:do|would|did|will) (?:you|i|we) (?:take|want|ask|charge|pay)(?: for)?\b|\bset me back\b",
    # Whoever compares is told each price.
    r"\b(?:cheaper|cheapest|(?:more|most|less|least) expensive)\b",
)
_STOCK = (
    r"\b(?:do|does|have|can) (?:you|the shop|the store)(?: guys| also| still)* (?:have|sell|stock|carry|got|offer)\b",
    r"\b(?:have )?you got\b|\bgot any\b|\bin stock\b|\bavailable\b|\b(?:is|are) there\b",
    r"\b(?:i am|im|we are|were) (?:looking for|after|interested in)\b",
    r"\bi (?:need|want|would like)\b|\bid like\b|\bcan i (?:buy|get)\b|\bto buy\b",
    r"\btell me (?:more )?about\b|\bwhere (?:can|do) i find\b",
)
_INTENTS = ((Intent.PRICE, re.compile("|".join(_PRICE))), (Intent.STOCK, re.compile("|".join(_STOCK))))

# Questions made of words that carry no topic of their own.
_HERE = r"(?:there|(?:to )?(?:you|it|the shop|the store|your shop|your store))"
_MEANINGS = (
    (re.compile(rf"where (?:are|is) {_HERE}(?: guys)?(?: at)?$"), ("address",)),
    (re.compile(rf"how (?:do|can|would) i (?:get|come) {_HERE}$"), ("directions",)),
)

# Words that say nothing about the topic. Everything else in a question has to be accounted for.
FILLER = words(
    "a about actually ah all also am an and any anything are as at be been being but by can could dear did do does "
    "doing each else ever for from get give go going good got great guys had has have having he hello help her here "
    "hey hi him his how hows i id if ill im in into is it its ive just know let lets like may maybe me might mind "
    "more most my myself of oh ok okay on one ones or our out over please possible really right s say shall she "
    "should show so some somebody someone something sorry still sure tell than thank thanks that thats the their them "
    "then there theres these they theyre thing things this those to today too uh um up us very want wanted was way we "
    "well were what whats when where wheres which who whos why will with wonder wondering would yeah yes you your "
    "youre yours question ask shop store place sell selling available by buy morning afternoon evening "
    "day days"
)
_REFERRING = words("it its they them that those these this one ones same")
_GOES_ON = re.compile(r"^(?:ok |okay |so |oh |thanks |great |and |but )*(?:and|what about|how about|or|also)\b")
_ARTICLES = words("a an the some any please and or what how about")

_STARTERS = "how|what|whats|when|where|wheres|which|who|why|do|does|is|are|can|could|will|would|have|should"
_BREAK = re.compile(
    rf"(?<=[.?!;])(?<![ap]\.m\.)\s+(?=\S)|,?\s+(?:and|also|but|plus)(?:\s+also)?,?\s+(?=(?:{_STARTERS})\b)",
    re.IGNORECASE,
)
_OPENINGS = (
    r"i(?: was|'m| am)?(?: just)? wondering (?:if|whether)",
    r"(?:can|could) you(?: please)? tell me(?! about| more)(?: if| whether)?",
    r"do you know(?: if| whether)?",
    r"i(?:'d| would) like to know(?: if| whether)?",
)
_PREAMBLE = re.compile(
    rf"^(?:(?:hi|hello|hey|so|um|uh|well|ok|okay|yes|and)\b[,.]? ?)*(?:{'|'.join(_OPENINGS)})\b", re.IGNORECASE
)
_CALLED = r"(?:hi|hello|hey|bye|goodbye|thanks|thank you|ok|okay|so|good (?:morning|afternoon|evening)),? "


def to_us(text: str, *, name: str, store: str) -> str:
    """The text without our name where it only addresses us, and with "the store" for the store's own name.

    Elsewhere a name stays what it is: at Ivy's one can still ask whether there is ivy.
    """
    spelt = r"\w?\s+".join(re.escape(word) for word in store.split())
    text = re.sub(rf"\b{spelt}\w?\b", "the store", text, flags=re.IGNORECASE)
    addressed = rf"^((?:{_CALLED})+){re.escape(name)}\b,?|^{re.escape(name)},|,\s*{re.escape(name)}\b(?=[.?!]*$)"
    return re.sub(addressed, r"\1", text.strip(), flags=re.IGNORECASE).strip(" ,")


def parts(text: str) -> list[str]:
    """The questions in one turn: "When do you close and how much is the basil?" is two."""
    return [_PREAMBLE.sub("", part).strip(" ,") for part in _BREAK.split(text) if tokens(part)]


def is_question(part: str) -> bool:
    """Whether it is put as a question, and not as a statement."""
    return part.rstrip().endswith("?") or bool(re.match(rf"\W*(?:{_STARTERS})\b", part, re.IGNORECASE))


def read(text: str) -> Question:
    """Understand one question."""
    spoken = tokens(text)
    said = " ".join(spoken)
    intent, rest = _intent(said)
    topic = tuple(dict.fromkeys(_topic(rest, said)))
    return Question(
        intent=intent,
        topic=topic,
        refers=bool(_REFERRING & set(spoken)),
        goes_on=bool(_GOES_ON.match(said)),
        bare=bool(topic) and set(spoken) <= _ARTICLES | set(topic),
    )


def _intent(said: str) -> tuple[Intent, str]:
    for intent, pattern in _INTENTS:
        rest, count = pattern.subn(" ", said)
        if count:
            return intent, rest
    return Intent.OTHER, said


def _topic(rest: str, said: str) -> Iterator[str]:
    for pattern, meaning in _MEANINGS:
        if pattern.search(said):
            yield from meaning
            return
    yield from (word for word in rest.split() if word not in FILLER)
