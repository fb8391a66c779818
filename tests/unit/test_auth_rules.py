"""Rules that need no database: what a refresh token means, when a session is over, addresses, slugs, bodies."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auth.accounts.accounts import canonical
from auth.accounts.schemas import LogIn, SignUp
from auth.accounts.slugs import MAX_CHARACTERS, slugify, slugs
from auth.errors import InvalidEmail
from auth.principals import Kind, SessionId
from auth.sessions.queries import Presented, Session
from auth.sessions.sessions import IDLE, LIFETIME, REUSE_GRACE_S, Grant, Meaning, is_over, meaning

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@given(newest=st.integers(0, 1000), age=st.integers(0, 1000), newest_age_s=st.floats(0, 1000))
def test_what_a_token_means(newest: int, age: int, newest_age_s: float) -> None:
    """The newest rotates, the one before is a retry within the grace, everything else is a reuse."""
    newest_at = NOW - timedelta(seconds=newest_age_s)
    presented = Presented(generation=newest - age, newest_generation=newest, newest_at=newest_at)
    expected = Meaning.REUSED
    if age == 0:
        expected = Meaning.CURRENT
    elif age == 1 and NOW - newest_at <= timedelta(seconds=REUSE_GRACE_S):
        expected = Meaning.RETRIED
    assert meaning(presented, now=NOW) is expected


@pytest.mark.parametrize(
    ("used_ago", "started_ago", "revoked", "over"),
    [
        (timedelta(0), timedelta(0), False, False),
        (IDLE - timedelta(seconds=1), IDLE, False, False),
        (IDLE, IDLE, False, True),
        (timedelta(0), LIFETIME - timedelta(seconds=1), False, False),
        (timedelta(0), LIFETIME, False, True),
        (timedelta(0), timedelta(0), True, True),
    ],
)
def test_when_a_session_is_over(*, used_ago: timedelta, started_ago: timedelta, revoked: bool, over: bool) -> None:
    """Unused for too long, older than its lifetime however much used, or revoked."""
    session = Session(
        id=SessionId(uuid4()),
        kind=Kind.USER,
        principal_id=uuid4(),
        last_used_at=NOW - used_ago,
        expires_at=NOW - started_ago + LIFETIME,
        revoked_at=NOW if revoked else None,
    )
    assert is_over(session, now=NOW) is over


def test_a_grant_does_not_print_its_token() -> None:
    """What lands in a log by mistake opens nothing."""
    assert "secret" not in repr(Grant(uuid4(), SessionId(uuid4()), "secret"))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("ann@b\u00fccher.example", "ann@bücher.example"),
        ("ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("re\u0301ne\u0301@example.com", "réné@example.com"),
    ],
)
def test_one_address_has_one_form(typed: str, stored: str) -> None:
    """However it is typed, it is the same account."""
    assert canonical(typed) == stored


@pytest.mark.parametrize(
    "typed", ["", "ann", "ann@", "ann@localhost", "a b@example.com", "ann@example.com\n", "ann@[127.0.0.1]"]
)
def test_what_is_no_address(typed: str) -> None:
    """Refused without repeating it."""
    with pytest.raises(InvalidEmail, match=r"^That is not a valid e-mail address\.$"):
        canonical(typed)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Corner Bakery", "corner-bakery"),
        ("  Café Zoë & Sons!  ", "cafe-zoe-sons"),
        ("Bücher/Musik -- 24", "bucher-musik-24"),
        ("東京ラーメン", "store"),
        ("x" * 100, "x" * 40),
        ("a" * 39 + " long name", "a" * 39),
    ],
)
def test_slugs_read_like_the_name(name: str, slug: str) -> None:
    """Lower-case ASCII with hyphens, never empty."""
    assert slugify(name) == slug


@given(name=st.text(max_size=120))
def test_every_slug_is_one_the_table_takes(name: str) -> None:
    """As the CHECK in the table has it."""
    for slug in islice(slugs(name), 3):
        assert len(slug) <= MAX_CHARACTERS + 5
        assert all(part.isascii() and part.isalnum() and part == part.lower() for part in slug.split("-"))


SIGN_UP = {"email": "ann@example.com", "password": "correct horse", "name": "Ann"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "x" * 9),
        ("password", "x" * 129),
        ("password", "correct\0horse"),
        ("password", 1234567890),
        ("name", "   "),
        ("name", "x" * 81),
        ("name", "Ann\0"),
        ("name", "Ann\nBob"),
        ("email", "ann"),
        ("admin", True),
    ],
)
def test_a_bad_sign_up_is_refused(field: str, value: object) -> None:
    """The problem is the field's, and only its."""
    with pytest.raises(ValidationError) as refused:
        SignUp.model_validate_json(json.dumps(SIGN_UP | {field: value}))
    assert [problem["loc"] for problem in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize("password", ["x" * 10, "x" * 128, "пароль из слов", "🐴🔋📎✅🐴🔋📎✅🐴🔋"])
def test_length_is_in_characters(password: str) -> None:
    """Ten to 128 of any script."""
    form = SignUp.model_validate_json(json.dumps(SIGN_UP | {"password": password}))
    assert form.password.get_secret_value() == password
    assert password not in repr(form)


def test_an_old_short_password_may_still_log_in() -> None:
    """The rules are for new passwords."""
    form = LogIn.model_validate_json(json.dumps({"email": "ann@example.com", "password": "short"}))
    assert form.password.get_secret_value() == "short"
