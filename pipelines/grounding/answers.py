"""Decide what to say to one question, given the entries that were found for it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipelines.grounding.excerpts import excerpt
from pipelines.grounding.knowledge import Entry, EntryKind, Match
from pipelines.grounding.orders import without_orders
from pipelines.grounding.questions import Intent, Question
from pipelines.grounding.spoken import capital, listed, tokens

MAX_ITEMS = 3
MAX_FACTS = 2
MAX_NEAR = 2
MAX_UNKNOWN_WORDS = 3
FEWEST_SHARED = 2
NO_PRICE = "I'm sorry, I don't have a price for that. Please ask us in the shop."
BROUGHT_BACK = frozenset({"back", "return", "returning", "refund", "exchange", "swap"})
# Of two entries that both fit, the first is taken if its title is so much more like the question.
CLEAR_LEAD = 0.2


class How(StrEnum):
    """How an answer came about."""

    HOURS = "hours"
    PRICE = "price"
    ENTRY = "entry"
    SMALL_TALK = "small_talk"
    UNKNOWN = "unknown"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, word for word, and the entries that it stands on."""

    text: str
    how: How
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the language model may rely on, a fact a line; none if the store knows nothing about it.

    `answers`: what is said if one of the lines alone answers; without them, the line itself.
    """

    lines: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    answers: tuple[Answer, ...] = ()

    def answer(self, at: int) -> Answer:
        """What line `at` says to the caller."""
        return self.answers[at] if self.answers else Answer(self.lines[at], How.ENTRY, self.entries)


def decide(question: Question, matches: Sequence[Match]) -> Answer | Facts:
    """Answer if every word of the topic belongs to what is quoted; otherwise leave it to the model."""
    fitting = _fitting(question.topic, matches)
    items = [match.entry for match in fitting if match.entry.kind is EntryKind.PRICE]
    answers = [match for match in fitting if match.entry.kind is EntryKind.ANSWER]
    if question.intent is Intent.PRICE:
        return _price(question.topic, items, answers, matches)
    if items and (question.intent is Intent.STOCK or question.bare):
        return _items(items)
    if answers and _leads(answers):
        return quote(max(answers, key=lambda match: match.likeness).entry, question.topic)
    if question.intent is Intent.STOCK and question.topic:
        return _stock(question.topic, matches)
    return facts(_to_the_point(question.topic, matches))


def _to_the_point(topic: tuple[str, ...], matches: Sequence[Match]) -> list[Match]:
    """Leave out what a thing costs when somebody wants to bring it back, unless its entry tells of that, too."""
    brought = BROUGHT_BACK.intersection(topic)
    return [match for match in matches if not (brought and match.entry.price) or match.mentioned & brought]


def _fitting(topic: tuple[str, ...], matches: Sequence[Match]) -> list[Match]:
    """The entries that account for the whole topic.

    Best by name, else half by name and half in the body; or else a whole title that looks or sounds like it.
    """
    asked = set(topic)
    if not asked:
        return []
    told = [match for match in matches if asked <= match.mentioned and _is_meant(match, len(asked))]
    if told:
        return [match for match in told if asked <= match.named] or told
    return [match for match in matches if asked <= match.named | match.resembled and _whole_title(asked, match)]


def _is_meant(match: Match, asked: int) -> bool:
    return len(match.named) * 2 >= asked and (match.entry.price is None or _is_the_thing(match))


def _is_the_thing(match: Match) -> bool:
    """Whether the thing itself was named, by one of its names: a gardener is no garden hose, a snake no snake plant."""
    said = {_singular(word) for word in match.named}
    title, *others = [
        [_singular(word) for word in tokens(name)] for name in (match.entry.title, *match.entry.asked_as.split(","))
    ]
    return any(said <= {*title, *name} and said & {*title[-1:], *name[-1:]} for name in (title, *others))


def _singular(word: str) -> str:
    return word.removesuffix("s").removesuffix("e")


def _whole_title(asked: Collection[str], match: Match) -> bool:
    return len(asked) == len(tokens(match.entry.title))


def _leads(answers: Sequence[Match]) -> bool:
    likeness = sorted((match.likeness for match in answers), reverse=True)
    return len(likeness) == 1 or likeness[0] - likeness[1] >= CLEAR_LEAD


def _price(
    topic: tuple[str, ...], items: Sequence[Entry], answers: Sequence[Match], matches: Sequence[Match]
) -> Answer | Facts:
    """The price, or what comes near it; a model may only look for it where prices stand."""
    if not topic:
        return Answer("Which item would you like to know the price of?", How.UNKNOWN)
    if items:
        return _items(items)
    priced = [match for match in matches if _tells_a_price(match.entry)]
    things = [match for match in priced if _is_the_thing(match)]
    quoted = [match.entry for match in answers if match in things]
    if len(quoted) == 1:
        return quote(quoted[0], topic)
    together = _together(set(topic), things)
    if together:
        return Answer(_told(together), How.PRICE, tuple(together))
    return _near_price(things) or (facts(matches) if _is_told(topic, priced) else Answer(NO_PRICE, How.UNKNOWN))


def _is_told(topic: tuple[str, ...], priced: Sequence[Match]) -> bool:
    """Whether some entry holds so much of the question that the price in it may be the one that is asked for."""
    return any(len(match.mentioned) >= max(FEWEST_SHARED, len(topic) / 2) for match in priced)


def _near_price(things: Sequence[Match]) -> Answer | None:
    near = _near(things)
    if not near:
        return None
    return Answer(f"I don't have a price for exactly that. {_told(near)}", How.UNKNOWN, tuple(near))


def _tells_a_price(entry: Entry) -> bool:
    return entry.price is not None or re.search(r"[$€£]\d|\bfree\b", entry.body) is not None


def _together(asked: set[str], matches: Sequence[Match]) -> list[Entry]:
    """The entries that account for all words between them, as in "the basil and the olive tree"; else none."""
    found: list[Entry] = []
    left = set(asked)
    while left:
        best = max(matches, key=lambda match: len(match.named & left), default=None)
        if best is None or not best.named & left or len(found) > MAX_ITEMS:
            return []
        found += [match.entry for match in matches if match.named == best.named]
        left -= best.named
    return found if len(found) <= MAX_ITEMS else []


def _near(matches: Sequence[Match]) -> list[Entry]:
    """The entries that share most with the question, unless so many do that it says nothing."""
    most = max((len(match.named) for match in matches), default=0)
    near = [match for match in matches if len(match.named) == most]
    return [match.entry for match in near if _in_title(match)] if len(near) <= MAX_NEAR else []


def _in_title(match: Match) -> bool:
    title = {_singular(word) for word in tokens(match.entry.title)}
    return match.entry.price is not None or not title.isdisjoint(_singular(word) for word in match.named)


def _stock(topic: tuple[str, ...], matches: Sequence[Match]) -> Answer | Facts:
    """Whether the store has something that no entry is wholly about."""
    if not any(match.mentioned for match in matches) and len(topic) <= MAX_UNKNOWN_WORDS:
        return Answer("I'm sorry, I don't know whether we have that. Please ask us in the shop.", How.UNKNOWN)
    return facts(matches)


def _items(items: Sequence[Entry]) -> Answer:
    """One item with all that is known of it, or the prices of a few; of many, some names to choose from."""
    if len(items) == 1:
        return Answer(f"{_told(items)} {without_orders(items[0].body)}".strip(), How.PRICE, tuple(items))
    if len(items) <= MAX_ITEMS:
        return Answer(_told(items), How.PRICE, tuple(items))
    some = listed([f"the {_in_sentence(item.title)}" for item in items[:MAX_ITEMS]])
    return Answer(f"We have several, such as {some}. Which one do you mean?", How.PRICE, tuple(items[:MAX_ITEMS]))


def _told(entries: Sequence[Entry]) -> str:
    """Each item with its price, and of other entries what they say."""
    items = [f"the {_in_sentence(entry.title)} {_is(entry.title)} {entry.price}" for entry in entries if entry.price]
    sentences = [f"{capital(listed(items))}."] if items else []
    return " ".join([*sentences, *[without_orders(entry.body) for entry in entries if not entry.price]])


def _is(title: str) -> str:
    return "are" if title.endswith("s") and not title.endswith(("ss", "us")) else "is"


def _in_sentence(title: str) -> str:
    """A title within a sentence; names of more than one capital keep them."""
    return title if title[1:] != title[1:].lower() else title[:1].lower() + title[1:]


def quote(entry: Entry, asked: Collection[str] = ()) -> Answer:
    """What an entry says, or of a long one what has to do with the words."""
    return Answer(excerpt(without_orders(entry.body), asked) or entry.title, How.ENTRY, (entry,))


def facts(matches: Sequence[Match]) -> Facts:
    """The best of what was found, for the model; nothing that tells of fewer of the words than another entry.

    They stand in the order of their titles: the model, which reads while the caller still speaks, need not read
    them again when another word changes which of them is best.
    """
    close = [match for match in matches if match.mentioned or _whole_title(match.resembled, match)]
    best = [match for match in close if not any(_told_by(match) < _told_by(other) for other in close)]
    chosen = sorted(best[:MAX_FACTS], key=lambda match: match.entry.title)
    lines = tuple(fact(match.entry, match.mentioned) for match in chosen)
    return Facts(lines, tuple(match.entry for match in chosen), tuple(_alone(match, chosen) for match in chosen))


def _alone(match: Match, chosen: Sequence[Match]) -> Answer:
    """What an entry says if the model picks it; an item of two that were named, with the other one."""
    if not match.entry.price:
        return quote(match.entry, match.mentioned)
    return _items([one.entry for one in chosen if one.entry.price and (one is match or _both_named(one, match))])


def _both_named(one: Match, other: Match) -> bool:
    return bool(one.named - other.named and other.named - one.named)


def joined(found: Sequence[Answer | Facts]) -> Facts:
    """All that was found as facts, each line once."""
    known: dict[str, Answer] = {}
    for one in found:
        if isinstance(one, Answer):
            known[line(one)] = one
        else:
            known |= {told: one.answer(at) for at, told in enumerate(one.lines)}
    entries = tuple(dict.fromkeys(entry for one in found for entry in one.entries))
    return Facts(tuple(known), entries, tuple(known.values()))


def line(answer: Answer) -> str:
    """An answer as a line for the model, with a name before it as a fact has."""
    name = (
        capital(answer.entries[0].title) if answer.entries else "Opening hours" if answer.how is How.HOURS else "Note"
    )
    return f"{name}: {answer.text}"


def _told_by(match: Match) -> frozenset[str]:
    return match.mentioned | match.resembled


def fact(entry: Entry, asked: Collection[str] = ()) -> str:
    """An entry as a line for the model: "Monstera: $38. It's about two feet tall."."""
    price = f"{entry.price}. " if entry.price else ""
    return f"{capital(entry.title)}: {price}{excerpt(without_orders(entry.body), asked)}".strip()
