"""What staff whispers, as it is said to the caller: "Offer her a refund" becomes "We can offer you a refund".

A model of 1.5 B does not follow an order that it reads beside a question; a table of phrases does. What is no such
phrase, as "be brief" or "don't mention the price", says nothing by itself, and changes nothing.
"""

import re

from pipelines.grounding.spoken import as_sentence

_CALLER = "the (?:caller|customer|lady|gentleman|man|woman|person|guy)|this (?:caller|customer)"
_WHO = rf"(?:her|him|them|{_CALLER})"
# What stands before the order, besides the assistant's name.
_LEAD = r"please|just|and|now|then|you (?:can|may|should)|(?:can|could|would) you"
_WHEN = re.compile(r"[\s,]*\b(?:please|next|in your next (?:answer|turn))[\s.!]*$", re.IGNORECASE)
# How the order begins, and what the caller hears; {} is the rest.
_ORDERS = tuple(
    (re.compile(rf"^(?:{order})\s+(?P<rest>.+)$|^(?:{order})$", re.IGNORECASE), said, alone)
    for order, said, alone in (
        (rf"(?:tell|inform|remind) {_WHO}(?: also)?(?: that|:)?(?! to\b| about\b)", "{}", ""),
        (rf"let {_WHO} know(?: that|:)?(?! about\b)", "{}", ""),
        (rf"(?:say|mention|explain|answer|reply|confirm)(?: to {_WHO})?(?: that|:)?(?! about\b)", "{}", ""),
        (rf"(?:ask|remind|tell) {_WHO} to", "Please {}", ""),
        (rf"ask {_WHO} for|ask for|get", "May I have {}, please?", ""),
        (rf"ask {_WHO}|ask", "May I ask {}?", ""),
        (rf"offer(?: to)?(?: {_WHO})?(?=\s+to\b)", "We can offer {}", ""),
        (rf"offer {_WHO}", "We can offer you {}", ""),
        (r"offer", "We can offer you {}", ""),
        (rf"(?:recommend|suggest)(?: to {_WHO})?(?: that)?", "I'd recommend {}", ""),
        (rf"invite {_WHO}(?: to)?", "You're welcome to {}", ""),
        (rf"wish {_WHO}", "We wish you {}", ""),
        (rf"thank {_WHO}", "Thank you {}", "Thank you very much."),
        (rf"apologi[sz]e(?: to {_WHO})?(?: for| about)?", "I'm sorry about {}", "I'm sorry about that."),
    )
)
_STATEMENT = re.compile(
    r"^(?:yes|no|we|we're|we'll|we've|i|i'm|i'll|i'd|it|it's|it'll|he|he's|she|she's|they|they're|you|you're|you'll|your"
    r"|there|there's|there'll|that|that's|this|the|our|my|a|an|today|tomorrow|on|from|until|for|sorry|unfortunately"
    r"|of course|sure|happy|good|thank|thanks|welcome|hello|everything|all|both|only|one|two|three|\d+)\b",
    re.IGNORECASE,
)
# Of the caller nobody says "she" to her face.
_TO_YOU = (
    (rf"\b(?:she|he|they|{_CALLER}) (?:is|are)\b", "you are"),
    (r"\b(?:she|he|they)'(?:s|re)\b", "you're"),
    (r"\b(?:she|he|they) (?:was|were)\b", "you were"),
    (r"\b(?:she|he|they) has\b", "you have"),
    (r"\b(?:she|he|they) does\b", "you do"),
    (r"\b(?:she|he) (\w+?[^s\W])s\b", r"you \1"),
    (r"\b(?:she|he|they)\b", "you"),
    (r"\b(?:herself|himself|themselves)\b", "yourself"),
    (r"\b(?:hers|theirs)\b", "yours"),
    (r"\b(?:his|their)\b", "your"),
    (r"\bher(?= \w)(?! (?:to|that|if|when|in|on|at|for|with|and|until|by|back|a|an|the|about|know)\b)", "your"),
    (rf"\b(?:her|him|them|{_CALLER})\b", "you"),
)


def relayed(whisper: str, *, name: str) -> str | None:
    """What the assistant of that name says to the caller; None if it is nothing that can be said."""
    lead = rf"^\W*(?:(?:{_LEAD}|{re.escape(name)})\b[\s,]*)*"
    order = _WHEN.sub("", re.sub(lead, "", " ".join(whisper.split()), flags=re.IGNORECASE)).strip(" .!\"'")
    for pattern, said, alone in _ORDERS:
        match = pattern.match(order)
        if match:
            rest = (match["rest"] or "").strip(" \"'")
            return as_sentence(said.format(_to_you(rest))) if rest else alone or None
    return as_sentence(_to_you(order)) if _STATEMENT.match(order) else None


def _to_you(text: str) -> str:
    for pattern, said in _TO_YOU:
        text = re.sub(pattern, said, text, flags=re.IGNORECASE)
    return re.sub(r"\bif\b", "whether", text, count=1) if text.startswith("if ") else text
