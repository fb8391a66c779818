"""Models that cost nothing, so that what is measured is everything around them. Only the VAD is a real one."""

from dataclasses import dataclass

from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.turns.profiles import TurnTaking
from pipelines.turns.sounds import Sounds
from tests.doubles import Doubles

# No entry of the demo's store answers it, so that it goes the longest way.
HEARD = "Which plant is good for a dark bathroom?"
ANSWER = ("Once there was a keeper who lived alone and looked at the sea for many years of quiet days. " * 2).strip()
SECONDS_PER_WORD = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Costless(Doubles):
    """Doubles behind the real VAD; answers last about five seconds."""

    hearing: EmbeddedHearing

    def vad(self, turn_taking: TurnTaking) -> Sounds:
        """Return the real one."""
        return self.hearing.vad(turn_taking)


def costless(hearing: EmbeddedHearing) -> Costless:
    """Return the doubles of a framework measurement."""
    return Costless(
        hearing=hearing,
        heard=lambda _audio: HEARD,
        answer=lambda _question: ANSWER,
        seconds_per_word=SECONDS_PER_WORD,
    )
