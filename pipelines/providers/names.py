"""Which provider, by the name that settings have for it, is behind a service of a pipeline."""

from weakref import WeakKeyDictionary

from pipecat.processors.frame_processor import FrameProcessor

from pipelines.providers.failover import Failover

_NAMES: WeakKeyDictionary[FrameProcessor, str] = WeakKeyDictionary()


def named(service: FrameProcessor, name: str) -> FrameProcessor:
    """Note the name of a service, and return it."""
    _NAMES[service] = name
    return service


def name_of(stage: FrameProcessor) -> str | None:
    """The provider that works at a stage at this moment; None if nobody has noted it."""
    return _NAMES.get(stage.strategy.active_service if isinstance(stage, Failover) else stage)
