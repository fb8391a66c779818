"""What callers say around a message: wanting to leave one, yes, no, never mind, and who they are."""

import re

from pipelines.grounding.spoken import as_sentence, words

FILLERS = (
    r"(?:(?:um+|uh+|oh|ah|er|well|so|ok|okay|yes|yeah|sure|hi|hello|hey|please|sorry|actually|and|great"
    r"|of course|alright|all right)\b[\s,.!]*)*"
)
_CLOSERS = r"(?:[\s,]*(?:please|thanks|thank you|then|now|for now|sorry|bye|goodbye|today|okay|ok))*[\s.!?]*"


def _whole(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\s*{FILLERS}(?:{'|'.join(patterns)}){_CLOSERS}", re.IGNORECASE)


_SOMEBODY = r"(?:somebody|someone|anybody|anyone|they|them|the \w+|your \w+|him|her|you|we|us)"
_WANTED = re.compile(
    r"\b(?:leave|take|pass on|pass along|send|give|record|drop)"
    rf"(?: (?:{_SOMEBODY}|down))? (?:a|an?other|one more|my|this|the) (?:\w+ )?messages?\b"
    r"|\btake (?:down )?messages?\b|\bpass (?:a|my|this|the) message (?:on|along)\b"
    r"|\b(?:call|ring|phone|text) (?:me|us) (?:back|up)\b|\b(?:get|come) back to (?:me|us)\b"
    r"|\b(?:give|gives) (?:me|us) a (?:call|ring|call ?back|bell)\b"
    rf"|\b{_SOMEBODY} (?:(?:to|could|can|would|will|should|please) )*(?:call|ring|phone) (?:me|us)\b"
    r"|\b(?:want|like|need|request|get|arrange|have) a call ?back\b|\bcall ?back,? please\b"
    r"|\b(?:can|could|would|will) you (?:please )?(?:tell|let) (?:(?:the|your) \w+(?: \w+)?|them|him|her)(?: know)?"
    r" (?:that|to|about|i|my|we)\b",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"\b(?:do(?:n't| not)|never|no need to|not to|stop|did(?:n't| not)|nobody|no one|has(?:n't| not)|why)\b"
    r"(?:\W+\w+){0,4}\W+(?:call|ring|phone|leave|take|give|get|text)",
    re.IGNORECASE,
)

_GIVES_UP = _whole(
    r"never ?mind(?: (?:that|it|about it|the message))?|forget (?:about )?(?:it|that|the message)"
    r"|scratch that|drop it",
    r"cancel(?: (?:it|that|the message|this))?|stop(?: it| that)?|leave it|skip it|do(?:n't| not) bother",
    r"no message|(?:no[\s,.]+)?i(?:'ve| have)? changed my mind|(?:no[\s,.]+)?delete (?:it|that|the message)|not now"
    r"|no[\s,.]+(?:thanks|thank you)",
    r"(?:no[\s,.]+)?i(?:'d| would) rather not(?: leave (?:a|any) message)?",
    r"(?:no[\s,.]+)?i(?:'ll| will)(?: just)? (?:call|try|ring|come)(?: back| in| by"
    r"| again)?(?: again)?(?: later| tomorrow| another time)",
    r"(?:no[\s,.]+)?i do(?:n't| not) (?:want|need) to(?: leave (?:a|any) message| do (?:this"
    r"|that))?(?: any ?more)?",
    r"(?:no[\s,.]+)?(?:do(?:n't| not)|no need to) (?:send|take|pass on|leave) (?:it|that|the message"
    r"|a message|any message)",
)
_LEAVES = _whole(
    r"(?:good ?bye|bye|bye[\s,-]+bye|see you|have a (?:nice|good|great|lovely) (?:day|one|evening|weekend))"
)
_AGAIN = _whole(
    r"(?:(?:can|could|would) you )?(?:say|repeat|read)(?: that| it)?(?: back)?(?: to me)?(?: again| once more)?",
    r"pardon(?: me)?|sorry|excuse me|come again|what(?: was that| did you say)?|i did(?:n't"
    r"| not) (?:catch|hear|get) (?:that|you)",
)
_NO_NUMBER = _whole(
    r"(?:no[\s,.]+)?i (?:do(?:n't| not)|haven't) (?:have|got)(?: got)? (?:one|a (?:phone|number|phone number)|any)",
    r"(?:there(?:'s| is) )?no (?:number|phone|phone number)|no|nope|none|skip(?: it| that)?|without(?: a number)?",
    r"(?:no[\s,.]+)?i(?:'d| would) (?:rather|prefer) not(?: (?:to )?(?:say|give|tell)(?: (?:it|you"
    r"|that|my number))*)?",
    r"(?:no[\s,.]+)?i do(?:n't| not) (?:want|wish|like) to (?:say|give|tell|share)(?: (?:it|you|that"
    r"|my number|my phone number|out))*",
    r"(?:you|they)(?: already|'ve| have)+(?: got)? (?:it|my number|that)(?: already)?",
)
_THIS_NUMBER = re.compile(
    r"\b(?:this|same|that) (?:number|one|phone)\b|\b(?:calling|call|ringing|phoning) (?:you )?from\b", re.IGNORECASE
)
_THATS_ALL = _whole(
    r"(?:no[\s,.]+)?(?:that(?:'s| is| was) (?:all|it|the (?:whole )?number|everything|right|the whole thing))",
    r"yes|yeah|done|nothing (?:else|more)|no more",
)
_JUST_CALL = _whole(
    r"(?:no[\s,.]+)?(?:nothing|no message|that(?:'s| is) (?:all|it))[\s,.]*(?:just )?(?:(?:have"
    r"|tell) \w+ (?:to )?)?(?:call|ring|phone)(?: me| us)?(?: back)?",
    r"(?:no[\s,.]+)?(?:just |only )?(?:(?:tell|have|ask) (?:them|him|her|someone"
    r"|somebody) (?:to )?)?(?:please )?(?:call|ring|phone|give)(?: me| us)(?: a call)?(?: back)?",
    r"(?:no[\s,.]+)?(?:just )?a call ?back",
)
_AFFIRMED = words(
    "yes yeah yep yup yah aye correct right exactly perfect okay ok sure fine good great absolutely definitely "
    "certainly please indeed"
)
_AROUND_YES = _AFFIRMED | words(
    "thats that is it all the and thank thanks you very much so a oh um uh well of course sounds looks got go ahead "
    "send message everything lovely now bye goodbye i think do to me with have this"
)
_DENIED = re.compile(
    r"\s*(?:(?:um|uh|oh|well|sorry|actually|wait|hmm)[\s,.]+)*"
    r"(?:no+|nope|nah|not (?:quite|right|correct|really|exactly)|wrong|incorrect|that(?:'s| is|'s"
    r"| was)(?: not|n't) (?:right|correct|it|my \w+)"
    r"|that(?:'s| is) (?:wrong|incorrect)|wait)\b[\s,.!-]*",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\s*(?:(?:um|uh|oh|well|so|ok|okay|and|but|sorry|wait|by the way|actually|before that|first)[\s,.]+)*"
    r"(?:how|what|whats|what's|when|where|which|who|why|do|does|is|are|can|could|will|would|have|did)\b.*",
    re.IGNORECASE | re.DOTALL,
)


_PERSON = (
    r"(?:some(?:body|one)|a (?:real )?(?:person|human(?: being)?|manager|representative|colleague|member of staff)"
    r"|an (?:agent|operator|employee)|(?:the|your) (?:manager|owner|boss|staff|team|people|colleagues?))"
)
_WANTS_PERSON = re.compile(
    rf"\b(?:speak|talk) (?:to|with) {_PERSON}\b|\b(?:connect|transfer) me(?: to {_PERSON})?\b"
    rf"|\bput me (?:through|on)\b|\bget me {_PERSON}\b|\btransfer (?:my|the|this) call\b",
    re.IGNORECASE,
)


def wants_person(said: str) -> bool:
    """Whether somebody wants to be put through. "Am I talking to a person?" is a question, and no such wish."""
    return bool(_WANTS_PERSON.search(said)) and not re.search(r"\b(?:am i|are you|who)\b", said, re.IGNORECASE)


_A_MOMENT = r"(?:(?:just )?(?:a|an?other|one|two|a few|a couple of)(?: more)? (?:second|sec|moment|minute|min|tick)s?)"
_MEANWHILE = r"(?:[\s,.]+(?:while|and|until|i'll|i will|let me|i (?:just )?(?:need|have|want) to|i'm)\b[^?]*)?"
_WAIT = _whole(
    rf"(?:(?:can|could|would|will) you )?(?:please )?(?:just )?(?:hold|hang) on(?: (?:for )?{_A_MOMENT})?{_MEANWHILE}",
    rf"(?:(?:can|could|would|will) you )?(?:please )?(?:just )?(?:wait|give me|hold)(?: for)? {_A_MOMENT}{_MEANWHILE}",
    rf"(?:just )?(?:a|one) (?:second|sec|moment|minute){_MEANWHILE}",
    rf"(?:please )?bear with me(?: for)?(?: {_A_MOMENT})?{_MEANWHILE}",
    rf"i(?:'ll| will) be (?:right |straight )?back(?: in {_A_MOMENT})?|let me (?:just )?"
    r"(?:(?:get|grab|fetch) my|(?:find|look for) (?:it|that|them|my|the))[\w ]*",
)


def asks_to_wait(said: str) -> bool:
    """Whether they want a moment to themselves, and nothing else."""
    return bool(_WAIT.fullmatch(said))


def wants_message(said: str) -> bool:
    """Whether somebody wants to leave a message or be called back."""
    return bool(_WANTED.search(said) or only_calls_back(said)) and not _NOT_WANTED.search(said)


def gives_up(said: str) -> bool:
    """Whether they want no message after all. "Cancel my order" is a message, and no such thing."""
    return bool(_GIVES_UP.fullmatch(said))


def leaves(said: str) -> bool:
    """Whether they said goodbye and nothing else."""
    return bool(_LEAVES.fullmatch(said))


def asks_again(said: str) -> bool:
    """Whether they did not understand us."""
    return bool(_AGAIN.fullmatch(said))


def refuses_number(said: str) -> bool:
    """Whether they have or give no number."""
    return bool(_NO_NUMBER.fullmatch(said))


def means_this_number(said: str) -> bool:
    """Whether they mean the number that they call from."""
    return bool(_THIS_NUMBER.search(said))


def is_finished(said: str) -> bool:
    """Whether they have nothing to add to what they said."""
    return bool(_THATS_ALL.fullmatch(said))


def only_calls_back(said: str) -> bool:
    """Whether a call is all that they want."""
    return bool(_JUST_CALL.fullmatch(said))


def agrees(said: str) -> bool:
    """Whether they said yes, and nothing more."""
    spoken = _spoken(said)
    return bool(spoken) and spoken <= _AROUND_YES and bool(_AFFIRMED & spoken or _THATS_ALL.fullmatch(said))


def denied(said: str) -> str | None:
    """What follows a no, or several; None if there was no no."""
    rest = said
    while match := _DENIED.match(rest):
        rest = rest[match.end() :]
    return rest.strip() if rest != said else None


def is_question(said: str) -> bool:
    """Whether it sounds like a question to us."""
    return said.rstrip().endswith("?") or bool(_QUESTION.fullmatch(said))


_LEAD = re.compile(
    r"\s*(?:(?:um+|uh+|oh|er|well|so|ok|okay|yes|yeah|sure|and)\b[\s,.]*)*"
    r"(?:(?:(?:can|could|would) you )?(?:please )?(?:just )?"
    r"(?:tell|let) (?:them|you|everyone|everybody)(?: know)?(?: that)?|(?:just )?say that"
    r"|(?:the|my) message is(?: that)?|i(?:'d| would) like (?:you )?to (?:say|tell (?:them"
    r"|you))(?: that)?)?[\s,:]*",
    re.IGNORECASE,
)
_EMPTY = words("yes yeah no ok okay um uh hello hi sure right well so please and the a message it is this i hmm")


def message(said: str) -> str | None:
    """What to pass on, without the words around it; None if there is nothing."""
    match = _LEAD.match(said)
    text = " ".join(said[match.end() if match else 0 :].split()).strip(" ,:-")
    if agrees(said) or _spoken(text) <= _EMPTY:
        return None
    return as_sentence(text)


_TELL = re.compile(
    r"\b(?:tell|let) (?:them|him|her|the \w+|your \w+|\w+)(?: know)? (?:that|to|about|i|my|we|our)\b", re.IGNORECASE
)
_MATTER = re.compile(
    r"\b(?P<call>call|ring|phone|back|message)\b.*?\s(?P<about>(?:about|regarding|concerning|because)\b[^.?!]+)",
    re.IGNORECASE,
)


def told_at_once(said: str) -> str | None:
    """The message of somebody who says it with the wish to leave one: "Could somebody ring me about my order?"."""
    for sentence in re.split(r"(?<=[.?!])\s+", said):
        # Whom it is for belongs to it.
        if _TELL.search(sentence):
            return message(sentence)
        matter = _MATTER.search(sentence)
        if matter:
            return message(
                matter["about"] if matter["call"].lower() == "message" else f"Please call back {matter['about']}"
            )
    return None


def _spoken(said: str) -> set[str]:
    return set(re.findall(r"\w+", said.lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")))
