"""Whether the figures in what the language model says stand on something: prices, times, numbers, open or closed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from pipelines.grounding.answers import fact
from pipelines.grounding.hours import OpeningHours, Spans, days_named
from pipelines.grounding.knowledge import Entry
from pipelines.grounding.spoken import Clock, times, tokens, words

STEM_LETTERS = 6

_CURRENCIES = words("dollar dollars buck bucks euro euros pound pounds")
_CENTS = words("cent cents pence")
# "Two things to know" is no claim; "step-free", "feel free", "free to ask" and "free of peat" no price.
_NO_FIGURE = re.compile(
    r"\b(?:two|three) (?:things|options|ways|kinds|choices|questions)\b"
    r"|\w-free\b|\bfeel free\b|\bfree (?:to|of|from)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a text counts: amounts of money, other numbers, and times of day."""

    money: frozenset[Decimal]
    numbers: frozenset[Decimal]
    clocks: tuple[Clock, ...]

    @property
    def times(self) -> frozenset[time]:
        """Every time that may be meant."""
        return frozenset(reading for clock in self.clocks for reading in clock.readings)


def figures(text: str) -> Figures:
    """Find them, in digits or words: "four dollars and fifty cents" is $4.50, "for free" is $0, "noon" is 12:00."""
    clocks, rest = times(tokens(_NO_FIGURE.sub(" ", text)))
    amounts = list(_amounts(rest))
    return Figures(
        money=frozenset(value for value, is_money in amounts if is_money),
        numbers=frozenset(value for value, is_money in amounts if not is_money),
        clocks=tuple(clocks),
    )


def _amounts(said: Sequence[str]) -> Iterator[tuple[Decimal, bool]]:
    """Each number among the words, and whether it is money."""
    at = 0
    while at < len(said):
        word, unit, *after = [*said[at : at + 5], "", "", "", "", ""][:5]
        at += 1
        if word == "free":
            yield Decimal(0), True
        elif word[0] in "$€£":
            yield Decimal(word[1:].replace(":", ".")), True
        elif not word[0].isdigit():
            continue
        elif unit in _CURRENCIES:
            cents = [word for word in after if word != "and"][:2]
            whole = len(cents) > 1 and cents[0].isdigit() and cents[1] in _CENTS
            yield Decimal(word) + (Decimal(cents[0]) / 100 if whole else 0), True
            at += 1 + (after.index(cents[1]) + 1 if whole else 0)
        else:
            yield Decimal(word.replace(":", ".")) / (100 if unit in _CENTS else 1), unit in _CENTS


_DANGERS = words("poisonous toxic nontoxic poison harmful harmless edible safe unsafe dangerous allergic")
_ADMITS = re.compile(r"don['\u2019]t know|not sure|can(?:'|\u2019|no)t|unable", re.IGNORECASE)

_OPEN = words("open opens opened close closes closing")
_CLOSED = words("closed shut")
_NOT_OPEN = re.compile(r"\b(?:not|arent|isnt|wont be|never) (?:be )?open")
_NOW = words("now currently")
_JOINT = re.compile(r"[,;]|\b(?:and|but)\b", re.IGNORECASE)
_BOUNDARY = words("from until till til to")


# Small talk is about the caller and the assistant: "we have", "he will" and "there is" are about the store.
_OURSELVES = r"be (?:here|happy|glad)"
_OF_THE_STORE = re.compile(
    r"\b(?:our|ours|he|she|they|there(?:'s| is| are)|the (?:store|shop) \w+s"
    rf"|we(?!(?:'re| are| can| will) (?:here|happy|glad|help|{_OURSELVES}))|i(?:'ll| will)(?! {_OURSELVES})"
    r"|you(?:'ll| can| will)(?! (?:ask|tell|call|talk)))\b",
    re.IGNORECASE,
)


def tells_of_the_store(sentence: str) -> bool:
    """Whether a sentence says something of the store or promises something, which small talk has no ground for."""
    return bool(_OF_THE_STORE.search(sentence.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))


class Evidence:
    """What one reply may count on.

    `facts`: what the store has told us, and the assistant has said before. `caller`: the caller's own words, which
    may be repeated, but make no price and no opening hour true. `now` is in the store's zone.
    """

    def __init__(
        self, facts: str = "", caller: str = "", entries: Sequence[Entry] = (), *, hours: OpeningHours, now: datetime
    ) -> None:
        self._facts = figures(facts)
        self._words = frozenset(tokens(facts))
        self._caller = figures(caller)
        self._entries = entries
        self._hours = hours
        self._now = now

    def supports(self, sentence: str) -> bool:
        """Whether every figure of the sentence, and what it says about open doors and dangers, has a ground."""
        said = figures(sentence)
        return (
            self._has(said, sentence)
            and self._items_fit(said, sentence)
            and self._doors_fit(sentence)
            and self._dangers_fit(sentence)
        )

    def _has(self, said: Figures, sentence: str) -> bool:
        numbers = self._facts.numbers | self._facts.money | self._caller.numbers
        known = self._facts.times | self._times_for(tokens(sentence))
        return (
            said.money <= self._facts.money
            and said.numbers <= numbers
            and all(not known.isdisjoint(clock.readings) for clock in said.clocks)
        )

    def _times_for(self, said: Sequence[str]) -> frozenset[time]:
        """The times that need no fact: the caller's own, unless doors open or close at them."""
        if _OPEN.isdisjoint(said) and _CLOSED.isdisjoint(said):
            return self._caller.times
        if days_named(said, self._now):
            # Compared with that day's hours, more closely than here.
            return frozenset(reading for clock in times(list(said))[0] for reading in clock.readings)
        return frozenset(moment for span in self._hours.spans() for moment in (span.opens, span.closes))

    def _items_fit(self, said: Figures, sentence: str) -> bool:
        """Whether an item that is named gets its own price and size, and not those of another."""
        lowered = sentence.lower()
        named = [entry for entry in self._entries if entry.price and entry.title.lower() in lowered]
        if not named:
            return True
        # "The olive tree is $85, and we deliver it for $8": of "Delivery" the beginning is enough.
        touched = [
            entry
            for entry in self._entries
            if not entry.price and any(word[:STEM_LETTERS] in lowered for word in tokens(entry.title))
        ]
        theirs = [figures(fact(entry)) for entry in [*named, *touched]]
        money = frozenset().union(*(one.money for one in theirs))
        numbers = frozenset().union(*(one.numbers for one in theirs))
        return said.money <= money and said.numbers <= numbers | money | self._caller.numbers | self._caller.money

    def _dangers_fit(self, sentence: str) -> bool:
        """Whether the store itself tells what is safe or poisonous: a model would guess, and somebody's cat eat it."""
        told = _DANGERS & set(tokens(sentence))
        return not told or told <= self._words or _ADMITS.search(sentence) is not None

    def _doors_fit(self, sentence: str) -> bool:
        return all(self._claim_fits(tokens(claim)) for claim in _claims(sentence))

    def _claim_fits(self, said: list[str]) -> bool:
        closed = not _CLOSED.isdisjoint(said) or _NOT_OPEN.search(" ".join(said)) is not None
        if not closed and _OPEN.isdisjoint(said):
            return True
        if not _NOW.isdisjoint(said) and self._hours.is_open(self._now) is closed:
            return False
        clocks, _ = times(said)
        days = [self._hours.on(day.date) for day in days_named(said, self._now)]
        if not closed:
            return all(days) and (not days or all(_fits(clock, days) for clock in clocks))
        # On a day with hours, only a time outside them can be one of closed doors.
        moments = [reading for clock in clocks for reading in clock.readings[-1:]]
        return all(
            not spans or (moments and not any(span.holds(moment) for span in spans for moment in moments))
            for spans in days
        )


def _claims(sentence: str) -> list[str]:
    """Cut a sentence so that each part says once that doors are open or closed."""
    claims = [""]
    for part in _JOINT.split(sentence):
        if _is_claim(claims[-1]) and _is_claim(part):
            claims.append(part)
        else:
            claims[-1] += f" {part}"
    return claims


def _is_claim(text: str) -> bool:
    return not (_OPEN | _CLOSED).isdisjoint(tokens(text))


def _fits(clock: Clock, days: Sequence[Spans]) -> bool:
    """Whether some day of these begins or ends its hours then; for "at" a time, whether it is within them."""
    spans = [span for spans in days for span in spans]
    if clock.preposition in _BOUNDARY:
        return any(reading in (span.opens, span.closes) for reading in clock.readings for span in spans)
    return any(span.opens <= reading <= span.closes for reading in clock.readings for span in spans)
