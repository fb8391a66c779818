"""One stage of a conversation over the providers that the operator chose for it."""

from collections.abc import Callable, Mapping

from pipecat.processors.frame_processor import FrameProcessor

from pipelines.providers.failover import Circuit, Failover, Work
from pipelines.providers.wishes import Wishes

BuildWished = Callable[[Wishes], FrameProcessor]


class Stage:
    """Makes the services of one stage; `builds` are in the order of the setting.

    A single provider is used as it is. Several stand in for each other, the one that is wished for first; whatever
    became of it, the others follow within the turn.
    """

    def __init__(self, builds: Mapping[str, BuildWished], work: Work) -> None:
        self._builds = builds
        self._work = work
        # Shared by all conversations of the process.
        self._circuits = {name: Circuit(name) for name in builds}

    def build(self, wishes: Wishes, *, first: str | None) -> FrameProcessor:
        """A new service."""
        names = sorted(self._builds, key=lambda name: name != first)
        if len(names) == 1:
            return self._builds[names[0]](wishes)
        return Failover([(self._builds[name](wishes), self._circuits[name]) for name in names], self._work)
