"""Delimiter, quotation mark and header line of a delimited text or a sheet."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from customers.imports.fields import fold
from customers.imports.reading.detected import Guess
from customers.imports.reading.looks import looks
from customers.imports.words import known_words

DELIMITERS = ",;\t|"
FIRST = 100
ABOVE = 15
"""Lines of titles and notes that may stand above the header."""
TELLING = frozenset({"email", "phone", "date", "number", "url"})
SEP = re.compile(r"^\ufeff?sep=(.)\r?\n?$", re.IGNORECASE)


def delimiter(sample: str, quote: str = '"') -> Guess:
    """The delimiter that splits the first lines into the most and the most even columns."""
    lines = sample.splitlines(keepends=True)
    lines = lines[: FIRST if len(lines) < FIRST else -1][:FIRST]
    told = SEP.match(lines[0]) if lines else None
    if told:
        return Guess(value=told[1], why=_("The first line names it."))
    quality = {sign: _quality(lines, sign, quote) for sign in DELIMITERS}
    ranked = sorted(DELIMITERS, key=lambda sign: quality[sign], reverse=True)
    best = ranked[0]
    share, width = quality[best]
    if not width:
        return Guess(value=",", confidence=0.5, why=_("The file has one column."), alternatives=tuple(DELIMITERS[1:]))
    why = _("It cuts %(share)d of 100 lines into %(count)d columns.") % {"share": round(share * 100), "count": width}
    others = tuple(sign for sign in ranked[1:] if quality[sign][1])
    return Guess(value=best, confidence=min(share, 0.99), why=why, alternatives=others)


def _quality(lines: Sequence[str], sign: str, quote: str) -> tuple[float, int]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=sign, quotechar=quote) if any(row)]
    except csv.Error:
        return 0.0, 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    even = count / len(rows)
    return (1.0 if even > 0.8 else even), width


def quotation(sample: str) -> Guess:
    """The mark around cells that hold delimiters or line breaks."""
    double = len(re.findall(r'(?:^|[,;\t|])"', sample, re.MULTILINE))
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", sample, re.MULTILINE))
    if single > 3 and not double:
        return Guess(value="'", confidence=0.8, why=_("Cells stand in single quotation marks."), alternatives=('"',))
    return Guess(
        value='"', confidence=0.99 if double else 0.9, why=_("Cells stand in double quotation marks, if in any.")
    )


def header_row(rows: Sequence[Sequence[str]]) -> Guess:
    """Which of the first rows (counted from 1, empty ones too) names the columns; ``0`` when none does."""
    filled = [(place, row) for place, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not filled:
        return Guess(value="1", confidence=0.3, why=_("The file holds no rows."))
    width = _usual_width(row for _place, row in filled)
    wide = [(place, row) for place, row in filled[:ABOVE] if _width(row) >= max(1, 0.5 * width)]
    known = [(sum(fold(cell) in known_words() for cell in row), -place) for place, row in wide]
    most, place = max(known, default=(0, 0))
    if most >= max(2, 0.3 * width):
        return Guess(value=str(-place), confidence=0.98, why=_("Its cells are words that columns are known by."))
    first, row = next(((p, r) for p, r in wide if _width(r) >= 0.6 * width), filled[0])
    below = [r for p, r in filled if p > first][:20]
    if below and _same_looks(row, below):
        why = _("The first line looks like the lines below it.")
        return Guess(value="0", confidence=0.7, why=why, alternatives=(str(first),))
    return Guess(
        value=str(first), confidence=0.8, why=_("It is the first line as wide as the others."), alternatives=("0",)
    )


def _width(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _usual_width(rows: object) -> int:
    widths = Counter(len(row) for row in rows)  # type: ignore[attr-defined]
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0]


def _same_looks(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether cells of a row are e-mails, dates or numbers where the rows below have the same."""
    same = 0
    for place, cell in enumerate(row):
        column = [r[place] for r in below if len(r) > place and r[place].strip()]
        telling = looks(cell) & TELLING if cell.strip() else frozenset()
        if telling and column:
            shared = sum(bool(looks(value) & telling) for value in column)
            same += (2 if "email" in telling else 1) if shared >= 0.8 * len(column) else 0
    return same >= 2
