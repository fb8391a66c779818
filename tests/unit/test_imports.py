"""What stores already have, read as entries; and what is wrong with the rows that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.grounding.knowledge import Entry
from pipelines.knowledge.imports import MEDIA, NotReadable, Problem, Reading, decoded, read
from pipelines.knowledge.records import MAX_ASKED_AS_CHARS, MAX_BODY_CHARS, MAX_TITLE_CHARS

CSV, MARKDOWN, PLAIN = MEDIA


def told(reading: Reading) -> list[tuple[str, str, str, str]]:
    """Title, text, other names and price of each entry."""
    return [(entry.title, entry.body, entry.asked_as, str(entry.price or "")) for entry in reading.entries]


def lines(reading: Reading) -> list[int]:
    """Where the problems are."""
    return [problem.line for problem in reading.problems]


def test_a_price_list() -> None:
    """Columns go by their names, in any order; those that mean nothing to us are passed over."""
    table = 'SKU,Price,Item,Note,aliases\n1,$4.50,Basil,"Fresh, and\nour own.",herb;herbs\n2,12,Fern,,\n'
    assert told(read(table, CSV, currency="EUR")) == [
        ("Basil", "Fresh, and our own.".replace(" our", "\nour"), "herb, herbs", "$4.50"),
        ("Fern", "", "", "€12"),
    ]


@pytest.mark.parametrize("table", ["question;answer\nWhy?;So.\n", "Question\tAnswer\r\nWhy?\tSo.\r\n"])
def test_questions_and_answers(table: str) -> None:
    """Semicolons and tabs part cells as well, whichever the first row has most of."""
    assert told(read(table, CSV, currency="USD")) == [("Why?", "So.", "", "")]


def test_broken_rows() -> None:
    """Each is told by its line, and keeps none of the others away."""
    rows = [
        "title,price,text",
        "Fern,4,",
        "Rose,cheap,",
        ",3,",
        "Fern,5,",
        "Ivy,3",
        "Moss,,",
        "",
        "Basil,1,",
        f"{'x' * 121},1,",
    ]
    reading = read("\n".join(rows), CSV, currency="USD")
    assert [entry.title for entry in reading.entries] == ["Fern", "Basil"]
    assert lines(reading) == [3, 4, 5, 6, 7, 10]
    assert reading.problems[2] == Problem(5, "The title “Fern” is on line 2 already.")


def test_an_open_quote() -> None:
    """What comes before it is kept."""
    reading = read('title,text\nFern,Green.\nRose,"Red\nIvy,Green.\n', CSV, currency="USD")
    assert ([entry.title for entry in reading.entries], lines(reading)) == (["Fern"], [3])


@pytest.mark.parametrize("table", ["Fern,4\nRose,5\n", "title,title,price\n", "title,colour\n"])
def test_a_table_without_names(table: str) -> None:
    """Whose columns nobody can tell is not guessed at."""
    with pytest.raises(NotReadable, match="first row"):
        read(table, CSV, currency="USD")


@pytest.mark.parametrize(
    ("written", "price"),
    [("1,299.00", "$1299"), ("1.299,50", "$1299.50"), ("4,5", "$4.50"), ("£3", "£3"), ("3 EUR", "€3"), ("0", "$0")],
)
def test_prices(written: str, price: str) -> None:
    """As people write them; a comma before two digits parts the cents."""
    (entry,) = read(f'title;price\nFern;"{written}"\n', CSV, currency="USD").entries
    assert str(entry.price) == price


@pytest.mark.parametrize("written", ["-3", "free", "4.50.", "$", "99999999999", "3 dollars", "٣ or so"])
def test_no_prices(written: str) -> None:
    """What is not plainly a price is asked about."""
    assert lines(read(f'title,price\nFern,"{written}"\n', CSV, currency="USD")) == [2]


def test_markdown() -> None:
    """Each heading with its text, as it is said; a heading over others is no entry, and one over nothing a problem."""
    page = (
        "lost\n# Shop\n## Parking\nIt's **free**, see [the map](http://m.ap).\n- one\n"
        "\n```\n# no heading\n```\n## Empty\n## End #\nBye."
    )
    reading = read(page, MARKDOWN, currency="USD")
    assert told(reading) == [
        ("Parking", "It's free, see the map.\none\n\n\n# no heading", "", ""),
        ("End", "Bye.", "", ""),
    ]
    assert lines(reading) == [1, 10]


def test_plain_text() -> None:
    """Paragraphs, titled by a line or a colon."""
    reading = read("Parking: behind us.\r\n\r\nReturns\n30 days.\n\n\nNothing else\n", PLAIN, currency="USD")
    assert told(reading) == [("Parking", "behind us.", "", ""), ("Returns", "30 days.", "", "")]
    assert lines(reading) == [7]


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("Café: é".encode(), None),
        ("Café: é".encode("utf-8-sig"), None),
        ("Café: é".encode("utf-16"), None),
        ("Café: é".encode("cp1252"), "windows-1252"),
    ],
)
def test_encodings(content: bytes, charset: str | None) -> None:
    """A mark or a name tells the encoding; else it is UTF-8."""
    assert decoded(content, charset) == "Café: é"


@pytest.mark.parametrize(("content", "charset"), [(b"Caf\xe9", None), (b"x", "klingon"), (b"\xff\xfe\x00", None)])
def test_no_encoding(content: bytes, charset: str | None) -> None:
    """Wrong letters would be spoken, so nothing is guessed."""
    with pytest.raises(NotReadable, match="UTF-8"):
        decoded(content, charset)


def test_too_many_rows() -> None:
    """More than a store can have is refused before all of it is read."""
    with pytest.raises(NotReadable, match="5,000"):
        read("title,price\n" + "a,1\n" * 5_001, CSV, currency="USD")


@given(st.sampled_from(list(MEDIA)), st.text(max_size=300))
def test_whatever_comes(media: str, text: str) -> None:
    """Any text gives entries that the database takes, problems, or a reason; prefixed, so that a table has columns."""
    for content in (text, f"title,text,price\n{text}"):
        try:
            reading = read(content, media, currency="USD")
        except NotReadable:
            continue
        assert all(fits(entry) for entry in reading.entries)


def fits(entry: Entry) -> bool:
    """Whether an entry keeps the database's rules."""
    texts = ((entry.title, MAX_TITLE_CHARS), (entry.body, MAX_BODY_CHARS), (entry.asked_as, MAX_ASKED_AS_CHARS))
    return bool(entry.title) and all(len(text) <= most and "\0" not in text for text, most in texts)
