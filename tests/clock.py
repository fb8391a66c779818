"""Time that goes on by itself, and further when a test says so."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time, which tests may set ahead; access tokens are checked, so it begins today."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time, and what the test has added."""
        return datetime.now(UTC) + self.ahead
