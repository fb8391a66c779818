"""Greetings, thanks and questions about the assistant itself: the same few words every time."""

import re
from collections.abc import Sequence

from pipelines.grounding.spoken import tokens

_KINDS = "robot|bot|human|human being|real|person|computer|machine|ai|chatbot|recording|answering machine|automated"

# The whole turn has to match one of the patterns, courtesy aside. {store} and {name} are filled in.
_REPLIES = (
    (
        "Hello! What would you like to know?",
        r"hi|hello|hey|good (?:morning|afternoon|evening|day)",
        r"can you help me(?: with something)?",
        r"(?:i have|ive got|can i ask(?: you)?) (?:a|another|one more)(?: quick)? question",
    ),
    (
        "Thank you for calling {store}. Goodbye!",
        r"(?:(?:thanks|thank you)(?: very much)? )?(?:good ?bye|bye|bye bye|see you(?: later| soon)?)",
        r"you(?:ve| have) been (?:\w+ ){1,3}(?:good ?bye|bye|bye bye)",
        r"(?:(?:thanks|thank you) )?have a (?:nice|good|great|lovely) (?:day|one|evening|weekend)",
        r"(?:no |nope )?(?:thats|that is|that will be|thatll be) (?:all|it|everything)(?: for today| bye)*",
        r"no (?:thanks|thank you)(?: bye| goodbye)*|nothing else",
    ),
    (
        "You're welcome. Is there anything else I can help with?",
        r"(?:thanks|thank you|cheers)(?: (?:so|very) much| a lot| for (?:your|the) help)*",
        r"(?:thats |that is )?(?:great|perfect|cool|wonderful|lovely|good to know)",
    ),
    (
        "I'm very well, thank you. What would you like to know?",
        r"how are you(?: doing)?(?: today)?|hows it going|how do you do",
        r"how(?:s| is| has) your (?:day|morning|afternoon|evening|week)(?: been)?(?: going)?(?: so far)?",
    ),
    (
        "This is {name}, the assistant at {store}. How can I help?",
        r"who (?:are|is) (?:you|this)|whos this|what are you called|(?:may|can) i (?:ask|have) your name",
        r"(?:you (?:sound|seem) \w+ )?what(?:s| is) your name(?: again)?",
        r"who am i (?:talking|speaking) (?:to|with)",
    ),
    (
        "I'm {name}, an automated assistant at {store}. I answer from what the shop has told me.",
        rf"(?:are you|is this|am i (?:talking|speaking) (?:to|with)) (?:a |an )?(?:real )?(?:{_KINDS})",
    ),
    (
        "Yes, I can hear you. What would you like to know?",
        r"(?:can|do) you hear me|are you (?:still )?there|is (?:anybody|anyone|somebody|someone) there",
    ),
    (
        "You can ask me when we're open, what we sell and what it costs, and how things work at {store}.",
        r"what can you (?:do|help (?:me )?with|tell me)(?: for me)?|how can you help(?: me)?|what do you (?:know|do)",
    ),
)
_WORKS = "poem|song|story|joke|essay|code|program|rap|haiku"
# What a turn may hold besides changes nothing: none of it is worth the model's attempt.
_REFUSALS = (
    (
        "I can only help with questions about {store}. What would you like to know?",
        r"\b(?:ignore|forget|disregard|override)\b.*\b(?:instructions?|rules?|prompts?|told|above)\b",
        r"\b(?:repeat|recite|print|translate)\b.*\b(?:before i called|before this call|above|starting with)\b",
        r"\bsystem prompt\b|\byour (?:\w+ )?(?:instructions|prompt|rules|guidelines)\b",
        r"\b(?:rules|instructions) (?:that )?(?:you were|you have been|youve been|were) (?:given|told)\b",
        rf"\b(?:write|compose|sing|recite|make up|tell)(?: me| us)? (?:a|an|some|another) (?:\w+ )?(?:{_WORKS})\b",
    ),
    (
        "I can't tell anything about other people, but I'm happy to help with a question about {store}.",
        r"\b(?:last|other|previous|another) (?:customer|caller|client|person)s?\b",
        r"\b(?:person|customer|caller|one) who (?:called|rang|was here) before\b",
        r"\bwhere (?:does|do) (?:\w+ ){1,3}live\b|\bhome address\b",
    ),
)
_AGAIN = (
    r"(?:(?:can|could|would) you )?(?:please )?(?:say|repeat)(?: that| it)?(?: again| once more)?",
    r"pardon|excuse me|come again|what|sorry|what did you say|what was that",
    r"i didnt (?:catch|hear|get) (?:that|you)",
)
_BEFORE = r"(?:(?:um|uh|oh|ok|okay|so|well|hi|hello|hey|yes|yeah|great|good|please|sorry|now) )*"
_AFTER = r"(?: please| then| thanks| thank you| there| today| now| bye| goodbye)*"


def _whole(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:{'|'.join(patterns)}){_AFTER}")


_GOODBYE = next(index for index, (answer, *_) in enumerate(_REPLIES) if "Goodbye" in answer)
_COMPILED = tuple((_whole(patterns), answer) for answer, *patterns in _REPLIES)
_COMPILED_AGAIN = _whole(_AGAIN)


_COMPILED_REFUSALS = tuple((re.compile("|".join(patterns)), answer) for answer, *patterns in _REFUSALS)


def refusal(text: str, *, store: str) -> str | None:
    """What to say to a turn that wants our instructions, somebody's secrets or a poem, else None."""
    said = " ".join(tokens(text))
    return next((answer.format(store=store) for pattern, answer in _COMPILED_REFUSALS if pattern.search(said)), None)


def reply(text: str, *, name: str, store: str, last_answer: str = "") -> str | None:
    """What to say if the whole turn is small talk, else None. "Say that again" brings `last_answer`."""
    said = " ".join(tokens(text))
    if last_answer and _COMPILED_AGAIN.fullmatch(said):
        return last_answer
    answers = (answer for pattern, answer in _COMPILED if pattern.fullmatch(said))
    answer = next(answers, None)
    return answer.format(name=name, store=store) if answer else None


def is_goodbye(text: str) -> bool:
    """Whether the whole turn is a goodbye, so that `reply` says one, too."""
    said = " ".join(tokens(text))
    return next((index for index, (pattern, _) in enumerate(_COMPILED) if pattern.fullmatch(said)), None) == _GOODBYE
