"""A real server process whose models cost nothing: `python -m tests.load.voice.cheap`, with settings as ever.

It is one of several: it prints a line when it is ready, and ends with its stdin.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import patch

from server import logs, run
from server.settings import Settings
from tests.doubles import Doubles
from tests.load.voice.doubles import ANSWER, HEARD

# An answer of three seconds.
WORDS = " ".join(ANSWER.split()[:20])
SECONDS_PER_WORD = 0.15


@asynccontextmanager
async def doubles(*_choice: object, **_told: object) -> AsyncIterator[Doubles]:
    """Stand in for all models, voice detection included."""
    yield Doubles(heard=lambda _audio: HEARD, answer=lambda _question: WORDS, seconds_per_word=SECONDS_PER_WORD)


def main() -> None:
    """Serve until told to stop."""
    settings = Settings(_env_file=None)
    logs.configure(settings.log_level)
    with patch.object(run, "open_providers", doubles):
        run.run(settings, one_of_several=True)


if __name__ == "__main__":
    main()
