"""How long an assistant waits for its caller."""

from dataclasses import astuple

import numpy as np
import pytest
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState
from pipecat.audio.vad.vad_analyzer import VADParams

from pipelines.providers.embedded.hearing import EmbeddedHearing
from pipelines.turns.profiles import NORMAL, TurnProfile, turn_taking


def test_who_is_more_patient_waits_longer() -> None:
    """In every respect, or as long."""
    patient, normal, snappy = (astuple(turn_taking(profile)) for profile in TurnProfile)
    assert all(more >= less for more, less in zip(patient + normal, normal + snappy, strict=True))
    assert patient > normal > snappy


def test_normal_is_what_the_turn_model_was_made_for() -> None:
    """Pipecat's own figures."""
    assert (NORMAL.voice_s, NORMAL.pause_s) == (VADParams().start_secs, VADParams().stop_secs)


class Undecided:
    """A turn model that finds every sentence half finished."""

    def run(self, *_: object) -> list[np.ndarray]:
        """Return the probability, in the form of the model's output."""
        return [np.array([[0.5]])]


@pytest.mark.parametrize(
    ("profile", "state"),
    [(TurnProfile.PATIENT, EndOfTurnState.INCOMPLETE), (TurnProfile.SNAPPY, EndOfTurnState.COMPLETE)],
)
async def test_the_profile_decides_what_counts_as_finished(profile: TurnProfile, state: EndOfTurnState) -> None:
    """The same sentence keeps a patient assistant waiting, and not a snappy one."""
    hearing = EmbeddedHearing(silero_session=Undecided(), smart_turn_session=Undecided())
    analyzer = hearing.turn(turn_taking(profile))
    analyzer.set_sample_rate(16_000)
    analyzer.append_audio(bytes(32_000), is_speech=True)
    assert (await analyzer.analyze_end_of_turn())[0] is state
    hearing.close()
