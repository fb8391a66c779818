"""One stage of a conversation over the providers that the operator chose for it."""

from collections.abc import Callable, Mapping
from functools import partial

from pipecat.processors.frame_processor import FrameProcessor

from pipelines.providers.failover import Circuit, Failover, Work
from pipelines.providers.names import named
from pipelines.providers.wishes import Wishes

BuildWished = Callable[[Wishes], FrameProcessor]
# Told the stage and the provider of each failure.
Failed = Callable[[str, str], None]


def not_counted(_stage: str, _provider: str) -> None:
    """Nobody wants to know."""


def watched(service: FrameProcessor, failed: Callable[[], None]) -> FrameProcessor:
    """The same service, whose errors are told."""
    service.add_event_handler("on_error", lambda *_: failed())
    return service


class Stage:
    """Makes the services of one stage; `builds` are in the order of the setting.

    A single provider is used as it is. Several stand in for each other, the one that is wished for first; whatever
    became of it, the others follow within the turn. `failed` is told the stage and the provider of each failure.
    """

    def __init__(self, builds: Mapping[str, BuildWished], work: Work, *, failed: Failed = not_counted) -> None:
        self._builds = builds
        self._work = work
        self._failed = failed
        # Shared by all conversations of the process.
        self._circuits = {name: Circuit(name, failed=partial(failed, work.stage, name)) for name in builds}

    def build(self, wishes: Wishes, *, first: str | None) -> FrameProcessor:
        """A new service."""
        names = sorted(self._builds, key=lambda name: name != first)
        services = [named(self._builds[name](wishes), name) for name in names]
        if len(services) == 1:
            return watched(services[0], partial(self._failed, self._work.stage, names[0]))
        circuits = [self._circuits[name] for name in names]
        return Failover(list(zip(services, circuits, strict=True)), self._work)
