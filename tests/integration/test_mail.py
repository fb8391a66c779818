"""Mail on its way: to a real server, and while there is none."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from structlog.testing import capture_logs

from auth.errors import MailBusy, MailUnavailable
from auth.mail import outgoing as mail_module
from auth.mail.outgoing import Letter, LetterDelayed, LetterRefused, Mail, Writing, masked
from auth.mail.smtp import SmtpPost, SmtpServer
from tests.certificates import certificate
from tests.mailbox import Mailbox, mail_server

LETTER = Letter("ann@example.com", "Hello", "A secret link: https://store.example/x#token=abc\n")
SENDER = "Storeline <storeline@example.com>"


def _writing(letter: Letter | None = LETTER) -> Writing:
    async def write() -> Letter | None:
        return letter

    return write


def _post(mailbox: Mailbox, *, scheme: str = "smtp", login: str = "", trust: ssl.SSLContext | None = None) -> SmtpPost:
    return SmtpPost(SmtpServer.parse(f"{scheme}://{login}127.0.0.1:{mailbox.port}"), sender=SENDER, trust=trust)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mail server without TLS."""
    async with mail_server() as mailbox:
        yield mailbox


async def test_a_letter_arrives_as_plain_text(mailbox: Mailbox) -> None:
    """From us, to one person, dated, with an id, and marked so that no holiday answers it."""
    await _post(mailbox).deliver(LETTER)
    (message,) = mailbox.messages
    assert mailbox.recipients == ["ann@example.com"]
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, "ann@example.com", "Hello")
    assert (message["Auto-Submitted"], message.get_content_type()) == ("auto-generated", "text/plain")
    assert message["Date"]
    assert message["Message-ID"].endswith("@example.com>")
    assert mailbox.text().strip() == LETTER.text.strip()


async def test_an_international_domain_travels_in_ascii(mailbox: Mailbox) -> None:
    """As IDNA of 2008 has it: the version before would send the mail of straße.example to strasse.example."""
    await _post(mailbox).deliver(Letter("ann@straße.example", "Hello", "Text\n"))
    await _post(mailbox).deliver(Letter("ännchen@bücher.example", "Hello", "Text\n"))
    assert mailbox.recipients == ["ann@xn--strae-oqa.example", "ännchen@xn--bcher-kva.example"]


async def test_what_a_server_says_decides(mailbox: Mailbox) -> None:
    """4yz: later; 5yz: never."""
    mailbox.refusals += ["450 greylisted", "550 no such person"]
    with pytest.raises(LetterDelayed):
        await _post(mailbox).deliver(LETTER)
    with pytest.raises(LetterRefused):
        await _post(mailbox).deliver(LETTER)


async def test_no_server_means_later() -> None:
    """Whatever the network says."""
    async with mail_server() as mailbox:
        post = _post(mailbox)
    with pytest.raises(LetterDelayed):
        await post.deliver(LETTER)


async def test_the_password_goes_out_encrypted_only(tmp_path: Path) -> None:
    """Over STARTTLS, to a server whose certificate is trusted and names it."""
    server, trusted = certificate(tmp_path)
    trust = ssl.create_default_context(cafile=trusted)
    logins: list[LoginPassword] = []

    def authenticate(*given: object) -> AuthResult:
        assert isinstance(given[-1], LoginPassword)
        logins.append(given[-1])
        return AuthResult(success=True)

    async with mail_server(tls_context=server, require_starttls=True, authenticator=authenticate) as mailbox:
        with pytest.raises(LetterDelayed):
            await _post(mailbox, scheme="smtp+starttls", login="me:p%40ss@").deliver(LETTER)
        assert not logins
        await _post(mailbox, scheme="smtp+starttls", login="me:p%40ss@", trust=trust).deliver(LETTER)
        assert logins == [LoginPassword(b"me", b"p@ss")]
        assert len(mailbox.messages) == 1


async def test_a_server_that_cannot_encrypt_gets_nothing(mailbox: Mailbox) -> None:
    """Somebody on the way may have taken its STARTTLS out."""
    with pytest.raises(LetterDelayed):
        await _post(mailbox, scheme="smtp+starttls").deliver(LETTER)
    assert not mailbox.messages


# The queue


@asynccontextmanager
async def _mail(mailbox: Mailbox, *, max_waiting: int = 10) -> AsyncIterator[Mail]:
    async with Mail(_post(mailbox), max_waiting=max_waiting, first_retry_s=0.01) as mail:
        yield mail


async def test_a_letter_waits_for_a_server_that_is_away() -> None:
    """And is delivered once, when it is back; whoever ordered it did not wait."""
    async with mail_server() as gone:
        post = _post(gone)
    tried = asyncio.Event()

    class Watched:
        """The post, and whether it has failed."""

        async def deliver(self, letter: Letter) -> None:
            """Deliver."""
            try:
                await post.deliver(letter)
            except LetterDelayed:
                tried.set()
                raise

    async with Mail(Watched(), first_retry_s=0.01) as mail:
        mail.order(_writing())
        await tried.wait()
        async with mail_server(port=gone.port) as mailbox:
            await mail.settled()
    assert len(mailbox.messages) == 1


async def test_a_letter_waits_for_a_database_that_is_away(mailbox: Mailbox) -> None:
    """Writing is tried again like delivering."""
    failures = [OSError(), OSError()]

    async def write() -> Letter:
        if failures:
            raise failures.pop()
        return LETTER

    async with _mail(mailbox) as mail:
        mail.order(write)
    assert len(mailbox.messages) == 1


async def test_a_letter_that_is_refused_is_given_up(mailbox: Mailbox) -> None:
    """At once."""
    mailbox.refusals += ["550 no such person"]
    async with _mail(mailbox) as mail:
        mail.order(_writing())
    assert not mailbox.messages


async def test_a_letter_is_given_up_before_its_link_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted in the log then."""
    monkeypatch.setattr(mail_module, "GIVE_UP_S", 0.05)
    async with mail_server() as gone:
        pass
    with capture_logs() as logs:
        async with _mail(gone) as mail:
            mail.order(_writing())
            await mail.settled()
    assert logs[-1]["event"] == "mail_lost"


async def test_nobody_to_write_to_is_no_letter(mailbox: Mailbox) -> None:
    """As for an unknown address."""
    async with _mail(mailbox) as mail:
        mail.order(_writing(None))
    assert not mailbox.messages


async def test_waiting_letters_are_bounded(mailbox: Mailbox) -> None:
    """One more is refused at once; news that nobody waits for is left out."""
    let = asyncio.Event()

    async def write() -> Letter:
        await let.wait()
        return LETTER

    async with _mail(mailbox, max_waiting=2) as mail:
        mail.order(write)
        mail.order(write)
        with pytest.raises(MailBusy) as busy:
            mail.order(write)
        assert busy.value.retry_after
        mail.offer(write)
        let.set()
    assert len(mailbox.messages) == 2


async def test_no_task_outlives_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be delivered in a moment is lost, and counted."""
    monkeypatch.setattr(mail_module, "FLUSH_S", 0.01)
    async with mail_server() as gone:
        pass
    before = asyncio.all_tasks()
    with capture_logs() as logs:
        async with _mail(gone) as mail:
            mail.order(_writing())
    assert asyncio.all_tasks() == before
    assert {"event": "mail_lost", "letters": 1, "log_level": "error"} in logs


async def test_without_a_post_there_is_no_mail() -> None:
    """It is said where somebody waits for it, and nowhere else."""
    async with Mail(None) as mail:
        with pytest.raises(MailUnavailable):
            mail.order(_writing())
        mail.offer(_writing())


async def test_no_link_and_no_address_is_logged(mailbox: Mailbox) -> None:
    """Whatever happens to the letter."""
    mailbox.refusals += ["450 ann@example.com is greylisted", "550 no such person as ann@example.com"]
    with capture_logs() as logs:
        async with _mail(mailbox) as mail:
            mail.order(_writing())
            await mail.settled()
            mail.order(_writing())
    assert {entry["event"] for entry in logs} == {"mail_delayed", "mail_refused", "mail_sent"}
    assert "ann@" not in str(logs)
    assert "token" not in str(logs)
    assert "token" not in repr(LETTER)
    assert masked("ann@example.com") == "a…@example.com"


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls"),
    [
        ("smtps://me:secret@mail.example", 465, True, False),
        ("smtp+starttls://mail.example", 587, False, True),
        ("smtp://localhost:2525/", 2525, False, False),
    ],
)
def test_the_url_names_the_server(url: str, *, port: int, tls: bool, starttls: bool) -> None:
    """With the port that its scheme has, and without showing its password."""
    server = SmtpServer.parse(url)
    assert (server.port, server.tls, server.starttls) == (port, tls, starttls)
    assert "secret" not in repr(server)


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example/x", "smtp://me:secret@mail.example"],
)
def test_other_urls_are_refused(url: str) -> None:
    """Also one that would send a password in the open; the sentence does not repeat it."""
    with pytest.raises(ValueError, match="give smtps") as refused:
        SmtpServer.parse(url)
    assert "secret" not in str(refused.value)
