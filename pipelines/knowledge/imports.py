"""Read entries from what stores already have: a page of Markdown, a table as CSV, or plain text.

Each reader takes text and gives, for each row in it, what stands there or what is wrong. Nothing is stored here.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from pipelines.grounding.knowledge import Entry, EntryId, Price
from pipelines.knowledge.records import MAX_ASKED_AS_CHARS, MAX_BODY_CHARS, MAX_ENTRIES, MAX_TITLE_CHARS

# PostgreSQL's integer.
MAX_INTEGER = 2**31 - 1

# What the columns of price lists and of lists of questions are called.
_COLUMNS = {
    "title": ("title", "question", "item", "name", "product", "article"),
    "body": ("body", "answer", "text", "description", "details", "note", "notes"),
    "price": ("price", "cost", "amount"),
    "currency": ("currency",),
    "asked_as": ("asked_as", "asked as", "aliases", "also", "other names", "keywords"),
}
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_AMOUNT = re.compile(
    r"(?:(?P<before>[$€£]|[A-Z]{3}) ?)?(?P<figure>\d{1,9}(?:[.,' ]\d{1,3}){0,4})(?: ?(?P<after>[$€£]|[A-Z]{3}))?"
)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")

_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")})


class NotReadable(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in one place of the file; `line` is where it begins, 1 for the first."""

    line: int
    title: str
    body: str
    asked_as: str = ""
    price: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the row that begins at a line."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The entries of a file, of different titles, and the rows that are none."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def decoded(content: bytes, charset: str | None) -> str:
    """The text: in `charset` if one is named, else as its byte order mark says, else in UTF-8. Raises NotReadable."""
    marked = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    mark = next((name for bom, name in marked.items() if content.startswith(bom)), None)
    try:
        return content.decode(mark or charset or "utf-8")
    except (UnicodeDecodeError, LookupError):
        raise NotReadable(
            f"This is not {charset or 'UTF-8'}. Save it as UTF-8, or name its encoding: text/csv; charset=windows-1252."
        ) from None


def read(text: str, media: str, *, currency: str) -> Reading:
    """Read a text of one of MEDIA; prices without a currency are in `currency`. Raises NotReadable."""
    reading, lines = Reading(), dict[str, int]()
    for number, row in enumerate(MEDIA[media](text)):
        if number >= MAX_ENTRIES:
            raise NotReadable(f"These are more than {MAX_ENTRIES:,} entries, which is the most that a store can have.")
        found = row if isinstance(row, Problem) else _entry(row, currency)
        if isinstance(found, Problem):
            reading.problems.append(found)
        elif found.title in lines:
            message = f"The title “{found.title}” is on line {lines[found.title]} already."
            reading.problems.append(Problem(row.line, message))
        else:
            lines[found.title] = row.line
            reading.entries.append(found)
    return reading


def _entry(row: Row, currency: str) -> Entry | Problem:
    title, body = _one_line(row.title), _clean(row.body)
    asked_as = ", ".join(name for each in re.split(r"[,;|\n]", row.asked_as) if (name := _one_line(each)))
    for name, text, most in (
        ("title", title, MAX_TITLE_CHARS),
        ("text", body, MAX_BODY_CHARS),
        ("list of other names", asked_as, MAX_ASKED_AS_CHARS),
    ):
        if len(text) > most:
            return Problem(row.line, f"The {name} has {len(text):,} characters; {most:,} are the most.")
    if not title:
        return Problem(row.line, "There is no title.")
    price = _price(row.price, row.currency.strip().upper() or currency) if row.price.strip() else None
    if row.price.strip() and price is None:
        return Problem(row.line, f"“{_one_line(row.price)[:40]}” is no price; write it like 4.50 or $4.50.")
    if not body and price is None:
        return Problem(row.line, f"“{title}” has neither text nor price.")
    return Entry(EntryId(uuid4()), title, body, asked_as, price)


def _price(text: str, currency: str) -> Price | None:
    match = _AMOUNT.fullmatch(_one_line(text))
    if match is None:
        return None
    named = match["before"] or match["after"]
    figure = re.sub(r"[' ]", "", match["figure"])
    # 1,299.50 and 1.299,50: what stands last and has one or two digits behind it parts the cents.
    parted = re.fullmatch(r"(.+)[.,](\d\d?)", figure)
    whole, cents = (parted[1], parted[2].ljust(2, "0")) if parted else (figure, "00")
    amount = int(re.sub(r"[.,]", "", whole) + cents)
    code = _SIGNS.get(named, named) if named else currency
    return Price(amount, code) if amount <= MAX_INTEGER and re.fullmatch("[A-Z]{3}", code) else None


def _table(text: str) -> Iterator[Row | Problem]:
    """Comma-, semicolon- or tab-separated, with the names of the columns in the first row (RFC 4180)."""
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    names: list[str | None] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # Where a quote is wrong, nobody can tell where the next row begins.
            yield Problem(line, f"From here on it cannot be read: {error}.")
            return
        if not names:
            names = _columns(cells)
        elif len(cells) != len(names) and any(cells):
            yield Problem(line, f"The row has {len(cells)} cells, and the first row {len(names)}.")
        elif any(cell.strip() for cell in cells):
            named = {name: cell for name, cell in zip(names, cells, strict=True) if name}
            yield Row(line, **{"title": "", "body": "", **named})


def _columns(cells: list[str]) -> list[str | None]:
    """What each column holds; None for those that are nothing to us. Raises NotReadable."""
    meanings = {alias: name for name, aliases in _COLUMNS.items() for alias in aliases}
    names = [meanings.get(_one_line(cell).lower()) for cell in cells]
    known = [name for name in names if name]
    if "title" not in known or not {"body", "price"} & set(known) or len(set(known)) < len(known):
        raise NotReadable("The first row has to name the columns: title (or question), and text (or answer) or price.")
    return names


def _markdown(text: str) -> Iterator[Row | Problem]:
    """Each heading and what stands under it; a heading over other headings is none of its own."""
    line, level, title, body, fenced = 1, 0, "", list[str](), False

    def finished(next_level: int) -> Iterator[Row | Problem]:
        written = "\n".join(body).strip()
        if title and (written or next_level <= level):
            yield Row(line, _unmarked(title), _unmarked(written))
        elif written:
            yield Problem(line, "This text stands under no heading.")

    for number, each in enumerate(text.splitlines(), start=1):
        fenced ^= _FENCE.match(each) is not None
        heading = None if fenced else _HEADING.match(each)
        if heading is None:
            body.append(each)
            continue
        yield from finished(len(heading[1]))
        line, level, title, body = number, len(heading[1]), heading[2], []
    yield from finished(0)


def _unmarked(text: str) -> str:
    """Markdown as it is said: links are their words, lists and emphasis have no marks, a paragraph is a line."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:[-*+]|\d{1,3}[.)])[ \t]+|^\s*>[ \t]?|^ {0,3}(?:```|~~~).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    return re.sub(r"(?<!\w)([*_])(\S.*?)\1(?!\w)", r"\2", text)


def _plain(text: str) -> Iterator[Row | Problem]:
    """Paragraphs, each with its title on a line of its own or before a colon."""
    line = 1
    for paragraph in re.split(r"((?:\r?\n[ \t]*){2,})", text):
        stripped = paragraph.strip()
        if stripped:
            at = line + paragraph[: paragraph.index(stripped[0])].count("\n")
            title, end, body = stripped.partition("\n") if "\n" in stripped else stripped.partition(": ")
            if end and body.strip():
                yield Row(at, title.strip().removesuffix(":"), body)
            else:
                yield Problem(at, "Begin the paragraph with a title, on a line of its own or with a colon behind it.")
        line += paragraph.count("\n")


MEDIA: Mapping[str, Callable[[str], Iterable[Row | Problem]]] = {
    "text/csv": _table,
    "text/markdown": _markdown,
    "text/plain": _plain,
}


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """Without control characters, which nobody can say and PostgreSQL in part not keep; lines stay."""
    return text.translate(_CONTROLS).strip()
