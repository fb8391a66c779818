"""What Schemathesis cannot know by itself; loaded by the process that it runs in."""

from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st

from auth.passwords.common import is_common

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = st.text(LETTERS, min_size=3, max_size=12)
ANN = {"email": "ann@storeline.example", "password": "four words of ours"}

# RFC 5321 allows far more than a pattern can say.
schemathesis.openapi.format("email", st.builds("{}@{}.example".format, WORDS, WORDS))


class Cookies:
    """The cookies of a session that began for this one request: a refresh uses them up."""

    def get(self, case: Any, _context: Any) -> dict[str, str]:  # noqa: ANN401 - untyped classes of Schemathesis
        """Log in."""
        answer = requests.post(case.operation.base_url.rstrip("/") + "/store/auth/login", json=ANN, timeout=10)
        answer.raise_for_status()
        return {cookie.name: cookie.value or "" for cookie in answer.cookies}

    def set(self, case: Any, data: dict[str, str], _context: Any) -> None:  # noqa: ANN401 - the same
        """Send them."""
        case.cookies = {**(case.cookies or {}), **data}


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:  # noqa: ANN401 - the same
    """No schema can say that a new password must not be easy to guess."""
    body = case.body if isinstance(case.body, dict) else {}
    passwords = (value for name, value in body.items() if "password" in name)
    return not any(isinstance(password, str) and is_common(password) for password in passwords)


@schemathesis.hook
def after_load_schema(_context: Any, schema: Any) -> None:  # noqa: ANN401 - the same
    """Let the one operation with cookies have them instead of an access token."""
    schema.auth.auth(refresh_interval=None).apply_to(path="/store/auth/refresh")(Cookies)
    schema.auth.providers.insert(0, schema.auth.providers.pop())
