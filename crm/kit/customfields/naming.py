"""Names made from labels, and types guessed from values."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date

from django.utils.text import slugify

from crm.kit.customfields.values import AMOUNT, NO, SIGNS, YES
from crm.kit.models import CustomField

Type = CustomField.Type
LONGEST_NAME = 50  # with "custom." before it, it must fit into a field rule
ENDINGS = ("_min", "_max", "_after", "_before", "_contains")
"""Endings of filters: a name with one of them could be taken for another field's filter."""
MOST_GUESSED = 500
MOST_CHOICES = 12
DATES = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}年\d{1,2}月\d{1,2}日")
MONEY = re.compile(rf"([{''.join(SIGNS)}]|[A-Z]{{3}})\s?-?[\d.,' ]+|-?[\d.,' ]+\s?([{''.join(SIGNS)}]|[A-Z]{{3}})")


def name_of(label: str, taken: Collection[str]) -> str:
    """A unique name for a label, in its own script."""
    bare = re.sub(r"_+", "_", slugify(label, allow_unicode=True).replace("-", "_")).strip("_")[:LONGEST_NAME] or "field"
    if bare.endswith(ENDINGS):
        bare = f"{bare[: LONGEST_NAME - 6]}_field"
    found, number = bare, 2
    while found in taken:
        found = f"{bare[: LONGEST_NAME - 5]}_{number}"
        number += 1
    return found


def guess_type(values: Sequence[str]) -> str:
    """The narrowest type that every filled value of a column fits; text where nothing narrower does."""
    filled = [text for value in values[:MOST_GUESSED] if (text := value.strip())]
    if not filled:
        return Type.TEXT
    words = {text.casefold() for text in filled}
    if len(words) <= 2 and words <= (YES | NO) - {"x"} and (words - {"0", "1"} or len(filled) > 3):
        return Type.BOOLEAN
    if all(re.match(r"https?://\S+$", text, re.IGNORECASE) for text in filled):
        return Type.LINK
    if all(_is_number(text) for text in filled):
        return Type.NUMBER
    if all(MONEY.fullmatch(text) and any(char.isdigit() for char in text) for text in filled):
        return Type.MONEY
    if all(DATES.fullmatch(text) and _is_day(text) for text in filled):
        return Type.DATE
    if max(map(len, filled)) > 200 or any("\n" in text for text in filled):
        return Type.LONG_TEXT
    few = len(words) <= MOST_CHOICES and len(filled) >= 4 * len(words) and max(map(len, filled)) <= 40
    return Type.CHOICE if few else Type.TEXT


def _is_number(text: str) -> bool:
    """A number, and not a code: codes have leading zeros or very many digits."""
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text)
    if re.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})*([.,]\d+)?", bare):
        return not re.fullmatch(r"0\d+", bare)
    return bool(AMOUNT.fullmatch(bare)) and not re.fullmatch(r"0\d+", bare) and len(bare) < 15 and bare[0] != "+"


def _is_day(text: str) -> bool:
    numbers = [int(part) for part in re.findall(r"\d+", text)]
    year, rest = (numbers[0], numbers[1:]) if numbers[0] > 31 else (numbers[2], numbers[:2])
    for month, day in (rest, rest[::-1]):
        try:
            date(year, month, day)
        except ValueError:
            continue
        return True
    return False
