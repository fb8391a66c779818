"""What takes long to read, in pieces: a reading cannot be broken off, so whoever waits for an answer waits for one."""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from pipecat.processors.aggregators.llm_context import LLMContextMessage, standard_message_text

# Half a second: 20 tokens, and a message's end.
PIECE_WORDS = 15


def pieces(messages: Sequence[LLMContextMessage]) -> Iterator[list[LLMContextMessage]]:
    """The conversation up to every PIECE_WORDS words of its last message, and then all of it."""
    *before, last = messages
    text = standard_message_text(last)
    for word in list(re.finditer(r"\S+", text))[PIECE_WORDS - 1 : -1 : PIECE_WORDS]:
        yield [*before, cast("LLMContextMessage", {"role": "user", "content": text[: word.end()]})]
    yield [*before, last]


def is_beginning(piece: Sequence[LLMContextMessage], of: Sequence[LLMContextMessage]) -> bool:
    """Whether `of` was read no further than `piece` already."""
    return (
        bool(of)
        and piece[:-1] == of[:-1]
        and standard_message_text(of[-1]).startswith(standard_message_text(piece[-1]))
    )
