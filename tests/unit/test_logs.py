"""Everything that is logged comes out as one JSON line."""

import io
import json
import logging

import structlog
from loguru import logger as loguru_logger


def test_all_three_speak_json(written: io.StringIO) -> None:
    """structlog, logging and loguru carry the bound ids and a traceback, each in one line."""
    structlog.contextvars.bind_contextvars(session_id="s1")
    structlog.get_logger().info("ours")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("aiohttp.server").exception("stdlib")
        loguru_logger.exception("pipecat")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["ours", "stdlib", "pipecat"]
    assert {line["session_id"] for line in lines} == {"s1"}
    assert all("broken" in line["exception"] for line in lines[1:])


def test_pipecat_does_not_log_what_people_say(written: io.StringIO) -> None:
    """Pipecat's DEBUG and INFO lines hold transcripts and are dropped."""
    loguru_logger.info("Transcription: my card number is …")
    assert written.getvalue() == ""


def test_what_pipecat_quotes_is_cut_out(written: io.StringIO) -> None:
    """Some of its warnings hold the words that could not be spoken."""
    loguru_logger.warning("no longer usable, not speaking [Your order, Ann, is ready]")
    assert "no longer usable" in written.getvalue()
    loguru_logger.warning('Failed to parse function call arguments: {"name": "Ann"')
    assert "Failed to parse" in written.getvalue()
    assert "Ann" not in written.getvalue()


def test_no_telephone_number_is_shown_in_full(written: io.StringIO) -> None:
    """Whoever logs it, and where: in a text, a field, an address, or the message of an exception."""
    structlog.get_logger().info("call", to="+12025550142", url="https://x.example/?To=%2B12025550142", times=120255501)
    logging.getLogger("carrier").warning("calling +12025550142 failed")
    number = "+12025550142"
    try:
        raise ValueError(number)
    except ValueError:
        loguru_logger.exception("no call")
    told = written.getvalue()
    assert "2025550142" not in told
    assert told.count("142") == 4
    assert json.loads(told.splitlines()[0])["times"] == 120255501


def test_sockets_do_not_log_their_frames(written: io.StringIO) -> None:
    """Whatever the level, a provider's frames and headers stay out."""
    logging.getLogger("websockets.client").debug("> Authorization: Token secret")
    logging.getLogger("websockets.client").info("< TEXT my card number is …")
    assert written.getvalue() == ""
