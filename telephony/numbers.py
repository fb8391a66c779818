"""Telephone numbers: their one form, what a log may show of them, and who answers those that are ours."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import phonenumbers

from auth.principals import StoreId

SHOWN_DIGITS = 3


@dataclass
class NumberRefused(Exception):
    """This cannot be dialled; `reason` is a sentence without the number."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class NumberNotFound(Exception):
    """The store has no such number."""

    number_id: UUID | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of ours: `assistant` is the slug of who answers it, None for the store's default one."""

    id: UUID
    number: str
    provider: str
    store_id: StoreId
    assistant: str | None


class NumberReads(Protocol):
    """Where numbers are found."""

    async def find(self, number: str) -> Number | None:
        """One by its E.164 form."""

    async def of_store(self, store_id: StoreId) -> list[Number]:
        """All of a store's."""

    async def choose(self, store_id: StoreId, number_id: UUID, assistant: str | None) -> Number | None:
        """Let another assistant answer; None if the store has no such number. Raises AssistantNotFound."""


def e164(text: str) -> str | None:
    """Return the one form of a number that could be somebody's; None for a withheld or impossible one."""
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def dialable(text: str, *, countries: Collection[int], ours: str) -> str:
    """Return the one form of a number that we may call. Raises NumberRefused.

    `countries` are calling codes; without any, only the country of our own number `ours` may be called: whoever gets
    hold of a store's account must not run up a bill in countries that the operator has not named (toll fraud).
    Premium and shared-cost numbers are never called.
    """
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise NumberRefused("Write the number in full international form, such as +14155550123.") from None
    if not phonenumbers.is_valid_number(parsed):
        raise NumberRefused("There is no such telephone number.")
    kind = phonenumbers.number_type(parsed)
    if kind in {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}:
        raise NumberRefused("Numbers that cost whoever calls them extra are not called.")
    if parsed.country_code not in (countries or (phonenumbers.parse(ours, None).country_code,)):
        raise NumberRefused("Numbers of this country are not called; see TELEPHONY_COUNTRIES.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def masked(number: str | None) -> str:
    """What a log may show of a number: its country and the last digits."""
    return f"{number[:SHOWN_DIGITS]}…{number[-SHOWN_DIGITS:]}" if number else "withheld"
