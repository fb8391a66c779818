"""Where mail goes on a developer's machine: to a page."""

from collections import deque

import structlog
from aiohttp import web

from auth.http.operations import gives
from auth.mail.outgoing import Letter

MAX_LETTERS = 50

log = structlog.get_logger()


class Outbox:
    """A Post that keeps the last letters in memory and shows them to whoever opens the page. Development only."""

    def __init__(self, *, url: str) -> None:
        self._letters: deque[Letter] = deque(maxlen=MAX_LETTERS)
        self._url = url

    async def deliver(self, letter: Letter) -> None:
        """Keep a letter."""
        self._letters.appendleft(letter)
        log.info("mail_in_outbox", see=self._url)

    @gives(media="text/plain")
    async def outbox(self, _request: web.Request) -> web.Response:
        """Show the mails that this server would have sent, newest first."""
        letters = [f"To: {letter.to}\nSubject: {letter.subject}\n\n{letter.text}" for letter in self._letters]
        return web.Response(text=("\n" + "-" * 90 + "\n\n").join(letters) or "No mail was sent since the start.\n")
