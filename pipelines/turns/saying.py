"""What those who decide whose turn it is are told about the assistant's own words."""

from dataclasses import dataclass

from pipecat.frames.frames import SystemFrame


@dataclass
class SayingFrame(SystemFrame):
    """The assistant begins to say `text`, a clause or sentence; its words are going out from now on."""

    text: str


@dataclass
class AnswerMadeFrame(SystemFrame):
    """All of an answer has been made: once it is said, no more will come."""
