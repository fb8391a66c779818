"""Short names for stores, made from what they call themselves."""

import re
import secrets
import unicodedata
from collections.abc import Iterator

MAX_CHARACTERS = 40
UNNAMED = "store"

# Without vowels no word appears by accident; without 0, 1 and l nothing is misread over the phone.
_SUFFIX_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
_SUFFIX_CHARACTERS = 4


def slugs(name: str) -> Iterator[str]:
    """Yield `corner-bakery`, then `corner-bakery-x7k2` and on, without end, until one is free.

    Chance rather than counting: a long series of equal names would otherwise be tried from its start each time.
    """
    slug = slugify(name)
    yield slug
    while True:
        yield f"{slug}-{''.join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(_SUFFIX_CHARACTERS))}"


def slugify(name: str) -> str:
    """Reduce a name to lower-case ASCII letters, digits and single hyphens between them; never empty."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    hyphenated = re.sub(r"[^a-z0-9]+", "-", ascii_name)
    return hyphenated[: MAX_CHARACTERS + 1].strip("-")[:MAX_CHARACTERS].strip("-") or UNNAMED
