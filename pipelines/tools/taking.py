"""Take a message: ask for name, number and message one after the other, read it back, and have it confirmed.

Pure code, no model: a small model loses digits and makes up names. Every turn of the caller's makes a new `Taking`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from pipelines.tools import dialled, names, phrases
from pipelines.tools.messages import MAX_NAME_CHARS, MAX_TEXT_CHARS, Draft

# So often is asked for a name or a number; then the message is taken without it.
MAX_MISSES = 2
# What is called a number by somebody who says that it is all.
FEWEST_DIGITS = 5
# "No, four four" changes a number; "no, two tickets" does not.
FEWEST_CORRECTED = 2
# More words than that are no unclear yes or no, but go on with the message.
UNCLEAR_WORDS = 2
CALL_BACK = "Please call me back."


class Step(StrEnum):
    """What was asked last."""

    NAME = "name"
    NUMBER = "number"
    TEXT = "text"
    CONFIRM = "confirm"
    CHANGE = "change"


class Effect(StrEnum):
    """What becomes of the message."""

    NOTHING = "nothing"
    # It is whole and was read back: whoever hangs up now has left it.
    KEEP = "keep"
    CONFIRM = "confirm"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, and how it goes on: `taking` is None when it is over.

    Without `say` the caller's words are still to be answered, by whoever answers everything else.
    """

    say: str
    taking: "Taking | None"
    effect: Effect = Effect.NOTHING


@dataclass(frozen=True, slots=True)
class Taking:
    """A message that is being taken."""

    draft: Draft
    step: Step
    misses: int = 0

    def ask(self) -> str:
        """The question that is open."""
        draft = self.draft
        match self.step:
            case Step.NAME:
                return "May I have your name, please?"
            case Step.NUMBER if draft.number:
                return f"So far I have {dialled.said(draft.number)}. How does the number go on?"
            case Step.NUMBER:
                return "What number can we reach you on?"
            case Step.TEXT:
                return "What would you like me to pass on?"
            case Step.CONFIRM:
                return f"Let me read that back. {read_back(draft)} Is that right?"
            case Step.CHANGE:
                return "What should I change: the name, the number or the message?"

    def hear(self, said: str) -> Reply | None:
        """Go on with what the caller said; None if that is a question to the store, and this one stays open."""
        step = {
            Step.NAME: self._hear_name,
            Step.NUMBER: self._hear_number,
            Step.TEXT: self._hear_text,
            Step.CONFIRM: self._hear_answer,
            Step.CHANGE: self._hear_change,
        }[self.step]
        return self._hear_anywhere(said) or step(said)

    def _hear_anywhere(self, said: str) -> Reply | None:
        if phrases.gives_up(said):
            return Reply(
                "All right, I won't leave a message. Is there anything else I can help with?", None, Effect.DROP
            )
        if phrases.leaves(said):
            whole = self.step in {Step.CONFIRM, Step.CHANGE}
            return Reply("", None, Effect.CONFIRM if whole else Effect.DROP)
        if phrases.asks_again(said):
            return Reply(self.ask(), self)
        return None

    def _hear_name(self, said: str) -> Reply | None:
        number = dialled.read(said)
        name = names.named(said)
        draft = replace(self.draft, number=number.digits) if number.complete else self.draft
        if name or number.complete:
            return _go_on(replace(draft, name=(name or "")[:MAX_NAME_CHARS]))
        if phrases.wants_message(said):
            return Reply(self.ask(), self)
        if phrases.is_question(said):
            return None
        if self.misses + 1 < MAX_MISSES:
            return self._missed("I'm sorry, I didn't get that. What's your name?")
        return _go_on(replace(draft, name=""), "Never mind the name.")

    def _hear_number(self, said: str) -> Reply | None:
        before = self.draft.number or ""
        heard = dialled.read(said)
        if (not before and phrases.refuses_number(said)) or not heard.digits:
            return self._hear_no_number(said)
        digits = dialled.joined(before, heard)
        count = len(digits.removeprefix("+"))
        if count > dialled.MOST:
            return self._too_long()
        draft = replace(self.draft, number=digits)
        if count < dialled.FEWEST:
            going_on = Taking(draft, Step.NUMBER)
            return Reply(going_on.ask(), going_on)
        return _go_on(draft)

    def _hear_no_number(self, said: str) -> Reply | None:
        name = names.renamed(said) or names.corrected_name(said)
        if self.draft.number:
            reply = self._hear_end_of_number(said)
        elif phrases.refuses_number(said):
            reply = _go_on(replace(self.draft, number=""), "All right, without a number.")
        elif name:
            reply = _go_on(replace(self.draft, name=name[:MAX_NAME_CHARS]))
        elif phrases.means_this_number(said):
            reply = self._missed("I can't see the number you're calling from. Which one is it?")
        elif phrases.is_question(said):
            reply = None
        elif self.misses + 1 < MAX_MISSES:
            reply = self._missed("I'm sorry, I need a phone number. Please say it digit by digit.")
        else:
            reply = _go_on(replace(self.draft, number=""), "Then I'll go on without a number.")
        return reply

    def _hear_end_of_number(self, said: str) -> Reply | None:
        """Go on when somebody who has begun a number says no digit."""
        if phrases.is_finished(said):
            if len(self.draft.number or "") >= FEWEST_DIGITS:
                return _go_on(self.draft)
            return Reply("That's too short for a phone number. Once more, please.", self._without_number())
        if phrases.denied(said) is not None:
            return Reply("I'm sorry. Once more, please, digit by digit.", self._without_number())
        return None if phrases.is_question(said) else self._missed(self.ask())

    def _too_long(self) -> Reply:
        return Reply("That's more digits than a phone number has. Once more, please.", self._without_number())

    def _hear_text(self, said: str) -> Reply | None:
        corrected = self._corrected(said)
        if corrected:
            return corrected
        heard = dialled.read(said)
        before = self.draft.number or ""
        if before and heard.digits and not heard.rest and len(before) + heard.count <= dialled.MOST:
            # The rest of a number that was taken for whole.
            return _go_on(replace(self.draft, number=dialled.joined(before, heard)))
        after_no = phrases.denied(said)
        if before and after_no is not None and (not after_no or _names_number(after_no)):
            return Reply("I'm sorry. Which number is it, digit by digit?", self._without_number())
        if phrases.only_calls_back(said):
            return _go_on(replace(self.draft, text=CALL_BACK))
        text = phrases.message(said)
        if text is None:
            return Reply("I'm listening. What should I pass on?", self)
        return _go_on(replace(self.draft, text=text[:MAX_TEXT_CHARS]))

    def _hear_answer(self, said: str) -> Reply | None:
        if phrases.agrees(said):
            return Reply(_thanks(self.draft), None, Effect.CONFIRM)
        corrected = self._corrected(said)
        if corrected:
            return corrected
        after_no = phrases.denied(said)
        if after_no is not None:
            return Taking(self.draft, Step.CHANGE)._hear_change(after_no)  # noqa: SLF001 - of the same class
        if phrases.is_question(said):
            return None
        if len(said.split()) <= UNCLEAR_WORDS:
            return Reply("Shall I pass it on like that? Please say yes or no.", self)
        return self._with_more(said)

    def _hear_change(self, said: str) -> Reply | None:
        corrected = self._corrected(f"no, {said}")
        if corrected:
            return corrected
        draft = self.draft
        spoken = said.lower()
        if len(spoken.split()) <= 2 * UNCLEAR_WORDS + 1:
            asked_for = {
                "name": replace(draft, name=None),
                "number": replace(draft, number=None),
                "phone": replace(draft, number=None),
                "message": replace(draft, text=None),
                "text": replace(draft, text=None),
            }
            changed = next((one for word, one in asked_for.items() if word in spoken), None)
            if changed:
                return _go_on(changed)
            if phrases.agrees(said) or "nothing" in spoken:
                return _go_on(draft)
        if len(spoken.split()) > UNCLEAR_WORDS:
            return self._with_more(said)
        asking = Taking(draft, Step.CHANGE)
        return Reply(asking.ask(), asking)

    def _corrected(self, said: str) -> Reply | None:
        """What changes if somebody says that the number or the name is another one."""
        after_no = phrases.denied(said)
        heard = dialled.read(said)
        about_number = "number" in said.lower() or not heard.rest or set(heard.rest) <= {"it's", "its", "it", "is"}
        if heard.count >= FEWEST_CORRECTED and about_number and (after_no is not None or heard.complete):
            taken_back = replace(heard, taken_back=True)
            digits = dialled.joined(self.draft.number or "", taken_back)
            if len(digits.removeprefix("+")) > dialled.MOST:
                return self._too_long()
            return _go_on(replace(self.draft, number=digits))
        name = names.renamed(said) or names.corrected_name(said)
        return _go_on(replace(self.draft, name=name[:MAX_NAME_CHARS])) if name else None

    def _with_more(self, said: str) -> Reply:
        more = phrases.message(said)
        text = " ".join(part for part in (self.draft.text, more) if part)
        return _go_on(replace(self.draft, text=text[:MAX_TEXT_CHARS]))

    def _without_number(self) -> "Taking":
        return Taking(replace(self.draft, number=None), Step.NUMBER)

    def _missed(self, say: str) -> Reply:
        return Reply(say, replace(self, misses=self.misses + 1))


def begin(said: str, *, offered: bool) -> Reply | None:
    """The first question if the caller wants to leave a message, else None. `offered`: we asked whether they do."""
    accepts = offered and phrases.agrees(said)
    if not accepts and not phrases.wants_message(said):
        return None
    number = dialled.read(said)
    draft = Draft(
        name=(names.introduced(said) or "")[:MAX_NAME_CHARS] or None,
        number=number.digits if number.complete else None,
        text=phrases.told_at_once(said),
    )
    return _go_on(draft, "I'd be glad to take a message.")


def start() -> Reply:
    """The first question."""
    return _go_on(Draft(), "I'd be glad to take a message.")


def read_back(draft: Draft) -> str:
    """The message as the caller hears it before it is passed on."""
    sender = draft.name or "A caller"
    reach = f", on {dialled.said(draft.number)}" if draft.number else ""
    return f"{sender}{reach}: {draft.text}"


def _go_on(draft: Draft, opening: str = "") -> Reply:
    """Ask for what is missing; with nothing missing, read it all back."""
    missing = ((Step.NAME, draft.name), (Step.NUMBER, draft.number), (Step.TEXT, draft.text))
    step = next((step for step, value in missing if value is None), Step.CONFIRM)
    taking = Taking(draft, step)
    heard = ""
    if step is Step.NUMBER and draft.name:
        heard = f"Thank you, {draft.name}."
    elif step is Step.TEXT and draft.number:
        # A wrong digit is put right best while the caller still has it in mind.
        heard = f"{dialled.said(draft.number)}."
    effect = Effect.KEEP if step is Step.CONFIRM else Effect.NOTHING
    return Reply(" ".join(part for part in (opening, heard, taking.ask()) if part), taking, effect)


def _thanks(draft: Draft) -> str:
    sender = f", {draft.name}" if draft.name else ""
    return f"Thank you{sender}. I've passed that on. Is there anything else I can help with?"


def _names_number(said: str) -> bool:
    """Whether it is the number that somebody complains of."""
    return "number" in said.lower() and len(said.split()) <= 2 * UNCLEAR_WORDS + 1
