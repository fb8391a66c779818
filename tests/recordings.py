"""Two people's recordings that the Moonshine wheel carries, and what they say."""

import re
from importlib.util import find_spec
from pathlib import Path

# Worstward Ho, and the opening of A Tale of Two Cities.
BECKETT = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
TWO_CITIES = """It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season
of Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing before
us, we were all going direct to Heaven, we were all going direct the other way - in short, the period was so far like
the present period, that some of its noisiest authorities insisted on its being received, for good or for evil, in the
superlative degree of comparison only."""


def packaged(name: str) -> Path:
    """Where the recording is; `beckett.wav` or `two_cities.wav`."""
    spec = find_spec("moonshine_voice")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "assets", name)


def words(text: str) -> str:
    """Lower case, letters and digits only: what a word error rate compares."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower().replace("a.m.", "am").replace("p.m.", "pm")))
