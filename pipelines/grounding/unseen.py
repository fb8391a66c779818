"""What no assistant can see from the telephone: the shelves, the weather, and how far a caller's own order is.

No entry tells it, and whatever comes near, such as the price of what is counted, sounds like an answer.
"""

import re

from pipelines.grounding.spoken import tokens

SHELVES = "I can't see what's on the shelves right now."
WEATHER = "I'm afraid I can't tell the weather, but I'm happy to help with anything about the store."
ORDERS = "I'm sorry, I can't see that from here, but I can take a message for the team."

_SHELVES = re.compile(
    r"\bhow many\b.* (?:left|in stock|(?:have|do) you (?:still )?(?:have|got))\b"
    r"|\b(?:any|some|enough|one|ones)\b.* (?:left|(?:in stock|on the shelf) (?:now|today|at the moment|right now))\b"
    r"|\b(?:sold out|run out|running low|out of stock)\b"
)
_OWN = r"(?:my|our) (?:\w+ ){0,3}?"
_THING = r"(?:orders?|parcels?|packages?|deliver(?:y|ies)|shipments?|refund|repair)"
_PEOPLE = r"(?:husband|wife|partner|mother|father|mom|mum|dad|son|daughter|sister|brother|friend|colleague|boss)"
_STATE = r"(?:ready|arrived?|shipped|sent|processed|dispatched|picked up|(?:gone|go|went|going) through|on its way)"
_ASKS = r"(?:is|are|has|have|hasnt|isnt|did|will|was|were|when (?:is|are|will|does|do)|whats? (?:is )?the status of)"
_KNOWS = r"(?:(?:do you know|(?:can|could) you (?:check|see|tell me|look))(?: if| whether| up)? )?"
_ORDERS = re.compile(
    rf"^{_KNOWS}(?:where(?:s| is| are) (?!my (?:nearest|closest)\b){_OWN}\w+"
    rf"|where(?:s| is| are) (?:the|that|those) {_THING} (?:that )?(?:i|we)\b"
    rf"|{_ASKS} {_OWN}{_THING}\b"
    rf"|(?:did|has|have|was|were) {_OWN}{_PEOPLE}\b"
    rf"|{_ASKS} {_OWN}\w+ (?:\w+ )?{_STATE}\b"
    rf"|(?:if |whether )?{_OWN}{_THING} (?:\w+ )?{_STATE}\b)"
)
_WEATHER = re.compile(
    r"\b(?:what|whats|hows|how)\b.*\bweather\b|\bweather forecast\b"
    r"|\b(?:will|is) it (?:going to )?(?:rain|snow|be (?:sunny|hot|cold))\b"
)
_GREETING = re.compile(r"^(?:(?:hi|hello|hey|so|um|uh|well|ok|okay|yes|and|good \w+)\b ?)+")


def weather(question: str) -> bool:
    """Whether somebody asks what the weather is or will be."""
    return bool(_WEATHER.search(" ".join(tokens(question))))


def shelves(question: str) -> bool:
    """Whether somebody asks how much of something there is at this moment."""
    return bool(_SHELVES.search(" ".join(tokens(question))))


def orders(question: str) -> bool:
    """Whether somebody asks how far something of their own is: an order, a refund, a repair."""
    return bool(_ORDERS.search(_GREETING.sub("", " ".join(tokens(question)))))
