"""Allowances and close codes."""

from pipelines.limits import CLOSE_CODES, Allowance, CloseCode, EndReason, Limits


class Clock:
    """Monotonic seconds, set by the test."""

    now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def test_an_allowance_grants_a_burst_and_then_its_rate() -> None:
    """What was saved up may be spent at once; after that only what comes in."""
    clock = Clock()
    allowance = Allowance(per_s=10, burst=30, monotonic=clock)

    assert allowance.spend(30)
    assert not allowance.spend(1)
    clock.now_s = 1.0
    assert allowance.spend(10)
    assert not allowance.spend(1)


def test_an_allowance_never_saves_more_than_its_burst() -> None:
    """A day of silence does not pay for a flood."""
    clock = Clock()
    allowance = Allowance(per_s=10, burst=30, monotonic=clock)
    clock.now_s = 86_400.0

    assert not allowance.spend(31)
    assert allowance.spend(30)


def test_every_end_has_a_close_code_that_a_server_may_send() -> None:
    """RFC 6455, section 7.4: codes such as 1005 and 1006 never travel."""
    assert CLOSE_CODES.keys() == set(EndReason)
    assert all(code in {1000, 1001, 1003, 1007, 1008, 1009, 1011} or 4000 <= code <= 4999 for code in CloseCode)


def test_an_assistant_may_only_shorten_calls() -> None:
    """What the server allows is the most, whatever a store wants."""
    limits = Limits(max_session_s=600)
    assert [limits.shortened(minutes).max_session_s for minutes in (None, 5, 10, 60)] == [600, 300, 600, 600]
