"""What all models of other companies that hear, think and speak at once have in common.

They keep the conversation themselves, and let us say when the caller's turn begins and ends, so our own turn taking and
barge-in stand. What they are told to say word for word, such as a greeting, is a TTSSpeakFrame, as for any voice, or a
ToolSaysFrame; what the caller types is a TypedFrame. They call tools as other models do, and are told what came of it.
"""

from dataclasses import dataclass

from pipecat.frames.frames import DataFrame

# The caller's voice before their turn is granted: the detector's window, and the time in which a barge-in is decided.
LEAD_IN_S = 1.0
WORD_FOR_WORD = "Say exactly these words to the caller, and nothing else: {}"


@dataclass
class TypedFrame(DataFrame):
    """What the caller has typed instead of saying it."""

    text: str
