"""Traces of conversations, turn by turn, where the settings name somebody who takes them."""

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec

from server.errors import CannotStart
from server.settings import Settings


class NoTracingPackages(CannotStart):
    """Traces are wanted, and what sends them is not installed."""

    def __init__(self) -> None:
        super().__init__("OTEL_EXPORTER_OTLP_ENDPOINT needs its packages: run `make providers`, then start again.")


def traced(settings: Settings) -> AbstractContextManager[None]:
    """Send what conversations are made of for the length of the block. Raises NoTracingPackages."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        return nullcontext()
    try:
        installed = find_spec("opentelemetry.sdk") and find_spec("opentelemetry.exporter.otlp.proto.http")
    except ModuleNotFoundError:
        installed = None
    if not installed:
        raise NoTracingPackages
    from server.spans import exported  # noqa: PLC0415 - installed only where it is wanted

    return exported(endpoint)
