"""What a check has found: one plain line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` says what is there, or what is wrong and what to do. Never a key."""

    well: bool
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{'ok ' if self.well else 'BAD'}  {self.subject:<12} {self.text}"


def ok(subject: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(well=True, subject=subject, text=text)


def bad(subject: str, text: str) -> Finding:
    """Something to mend."""
    return Finding(well=False, subject=subject, text=" ".join(text.split()))
