"""What we write to people. Nothing that somebody typed is in it: a stranger could write through us otherwise.

Links lead to the page of the portal that is for it. The token stands behind the #, which browsers send to nobody and
servers log nowhere; the page sends it on as JSON.
"""

from dataclasses import dataclass

from auth.mail.outgoing import Letter

RESET_PAGE = "/reset-password"
VERIFY_PAGE = "/verify-email"


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters to one kind of principal, whose portal is at `origin` ("https://store.example")."""

    origin: str

    def reset_password(self, to: str, token: str) -> Letter:
        """Let somebody who forgot their password choose a new one."""
        return Letter(
            to,
            "Choose a new password for Storeline",
            f"""Hello,

somebody, probably you, asked for a new password for the Storeline account with this
e-mail address. Choose it here within 30 minutes:

{self.origin}{RESET_PAGE}#token={token}

The link works once. You will be signed out everywhere else.

If it was not you, do nothing: your password stays as it is.
""",
        )

    def verify_email(self, to: str, token: str) -> Letter:
        """Let somebody who signed up, or changes their address, show that they read it."""
        return Letter(
            to,
            "Confirm your e-mail address for Storeline",
            f"""Hello,

please confirm that this e-mail address is yours, within 24 hours:

{self.origin}{VERIFY_PAGE}#token={token}

The link works once.

If you have no Storeline account and did not ask for this, do nothing: without your
confirmation the address counts for nothing.
""",
        )

    def password_changed(self, to: str) -> Letter:
        """Tell the owner."""
        return Letter(
            to,
            "Your Storeline password was changed",
            f"""Hello,

the password of your Storeline account was changed just now, and every other device was
signed out.

If it was not you, choose a new password at once:

{self.origin}{RESET_PAGE}
""",
        )

    def email_changed(self, to: str) -> Letter:
        """Tell the owner, at the address that counted until now."""
        return Letter(
            to,
            "Your Storeline account has another e-mail address now",
            """Hello,

your Storeline account belongs to another e-mail address now, and this one does not open
it any more.

If it was not you, tell whoever runs this Storeline server at once.
""",
        )

    def second_factor_added(self, to: str, factor: str) -> Letter:
        """Tell the owner; `factor` is a name of ours, such as "a passkey"."""
        return self._second_factor(to, "was added to", f"{factor} was added to")

    def second_factor_removed(self, to: str, factor: str) -> Letter:
        """Tell the owner."""
        return self._second_factor(to, "was removed from", f"{factor} was removed from")

    def recovery_codes_renewed(self, to: str) -> Letter:
        """Tell the owner."""
        return Letter(
            to,
            "Your Storeline recovery codes were replaced",
            f"""Hello,

your Storeline account has new recovery codes since just now; the ones before are worth
nothing any more.

If it was not you, choose a new password at once:

{self.origin}{RESET_PAGE}
""",
        )

    def _second_factor(self, to: str, subject: str, sentence: str) -> Letter:
        return Letter(
            to,
            f"A second factor {subject} your Storeline account",
            f"""Hello,

{sentence} your Storeline account just now.

If it was not you, choose a new password at once, and look at your second factors:

{self.origin}{RESET_PAGE}
""",
        )

    def account_deleted(self, to: str) -> Letter:
        """Tell the owner."""
        return Letter(
            to,
            "Your Storeline account was deleted",
            """Hello,

your Storeline account was deleted just now, with everything in it, as was asked with its
password. Thank you for having been here.
""",
        )
