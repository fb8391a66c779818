"""A real mail server that keeps what it is sent."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """An aiosmtpd handler. It answers MAIL with the next of `refusals`, as long as there are any."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse if a test says so."""
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Keep the message."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = BytesParser(policy=SMTP_POLICY).parsebytes(content)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def text(self, number: int = -1) -> str:
        """What a message says."""
        return str(self.messages[number].get_content())

    def link(self, number: int = -1) -> tuple[str, str]:
        """The page and the token of a message's link."""
        found = re.search(r"^(https?://\S+)#token=(\S+)$", self.text(number).replace("\r", ""), re.MULTILINE)
        assert found
        return found[1], found[2]


@asynccontextmanager
async def mail_server(*, port: int = 0, **options: Any) -> AsyncIterator[Mailbox]:  # noqa: ANN401 - aiosmtpd's options
    """Serve on a port of the loopback."""
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="mail.example", loop=loop, **options), "127.0.0.1", port
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()
