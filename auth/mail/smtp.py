"""Hand letters to a mail server (RFC 5321)."""

import asyncio
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
from email_validator import validate_email

from auth.mail.outgoing import Letter, LetterDelayed, LetterRefused

# For each step, of which a letter takes about eight; and for all of them.
STEP_TIMEOUT_S = 10.0
TIMEOUT_S = 30.0

# Scheme: default port, TLS from the start, STARTTLS. RFC 8314.
_SCHEMES = {"smtp": (25, False, False), "smtp+starttls": (587, False, True), "smtps": (465, True, False)}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

# 4yz: try again; 5yz: never. RFC 5321, section 4.2.1.
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes. With `starttls` a server that cannot encrypt gets nothing."""

    host: str
    port: int
    tls: bool
    starttls: bool
    username: str | None
    password: str | None = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read smtp://, smtp+starttls:// or smtps://name:password@host:port. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("give smtps://name:password@host:port, smtp+starttls://… or smtp://…")
        port, tls, starttls = _SCHEMES[parts.scheme]
        if parts.username and not (tls or starttls or parts.hostname in _LOOPBACK):
            raise ValueError("a password goes out encrypted only: give smtps:// or smtp+starttls://")
        return cls(
            host=parts.hostname,
            port=parts.port or port,
            tls=tls,
            starttls=starttls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
        )


class SmtpPost:
    """A Post with a connection for each letter. `trust` says whose certificates count; by default the system's."""

    def __init__(self, server: SmtpServer, *, sender: str, trust: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._trust = trust

    async def deliver(self, letter: Letter) -> None:
        """Hand over a letter. Raises LetterRefused or LetterDelayed."""
        server = self._server
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await aiosmtplib.send(
                    self._message(letter),
                    hostname=server.host,
                    port=server.port,
                    use_tls=server.tls,
                    start_tls=server.starttls,
                    username=server.username,
                    password=server.password,
                    # Otherwise it asks DNS for this machine's name, which can take long.
                    local_hostname=self._domain,
                    timeout=STEP_TIMEOUT_S,
                    tls_context=self._trust,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refusals = [refused.code for refused in error.recipients]
            raise _failure(min(refusals), "recipient") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _failure(error.code, type(error).__name__) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise LetterDelayed(type(error).__name__) from error

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = _on_the_wire(letter.to)
        message["Subject"] = letter.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self._domain)
        # Nobody's holiday should answer this. RFC 3834, section 5.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _on_the_wire(address: str) -> str:
    """The domain in ASCII (RFC 5890), as every server takes it; what stands before it stays (RFC 6531)."""
    # Not Python's own idna codec: it is of 2003, and makes another domain of "straße.example".
    parts = validate_email(address, check_deliverability=False)
    return f"{parts.local_part}@{parts.ascii_domain}"


def _failure(code: int, what: str) -> LetterRefused | LetterDelayed:
    return (LetterRefused if code >= _PERMANENT else LetterDelayed)(f"{code} {what}")
