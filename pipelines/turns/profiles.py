"""How long an assistant waits for its caller: patient, normal or snappy."""

from dataclasses import dataclass
from enum import StrEnum


class TurnProfile(StrEnum):
    """Chosen for each assistant, by the people it talks with."""

    PATIENT = "patient"
    NORMAL = "normal"
    SNAPPY = "snappy"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTaking:
    """When a turn begins, and when it is over.

    `voice_s`: so long a voice must last to count as speech. `pause_s`: so long must a silence last for the turn model
    to be asked. `finished_at`: the turn model's probability from which a sentence counts as finished. `unfinished_s`:
    after so long a silence an unfinished one is over all the same. `decide_s`: so long the assistant holds its breath
    when somebody speaks over it.
    """

    voice_s: float
    pause_s: float
    finished_at: float
    unfinished_s: float
    decide_s: float


_TURN_TAKING = {
    # For people who search for words, or read numbers from a card: the pauses within a turn are as long as those
    # between turns and longer (Heldner & Edlund 2010, https://doi.org/10.1016/j.wocn.2010.08.002).
    TurnProfile.PATIENT: TurnTaking(voice_s=0.25, pause_s=0.4, finished_at=0.7, unfinished_s=3.0, decide_s=0.5),
    # Pipecat's defaults, with which smart-turn was trained: 0.2 s of voice, 0.2 s of silence, 0.5.
    TurnProfile.NORMAL: TurnTaking(voice_s=0.2, pause_s=0.2, finished_at=0.5, unfinished_s=1.5, decide_s=0.5),
    # For short questions on a good line. Below 0.15 s of voice, clicks and breath count as speech.
    TurnProfile.SNAPPY: TurnTaking(voice_s=0.16, pause_s=0.2, finished_at=0.35, unfinished_s=0.8, decide_s=0.4),
}


NORMAL = _TURN_TAKING[TurnProfile.NORMAL]


def turn_taking(profile: TurnProfile) -> TurnTaking:
    """The figures of a profile."""
    return _TURN_TAKING[profile]
