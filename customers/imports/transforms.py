"""What may be done to the cells of a column before they are converted; the mapping's ``transforms`` name the steps.

A step is a word (``"trim"``) or an object of one word and its setting (``{"phone": "DE"}``). A cell that a step
cannot handle goes on as it is, and the field's own check rejects it with a reason.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.converters import MONTHS
from customers.imports.fields import fold
from customers.imports.names import family_name, given_name, title_case
from customers.phones import BY_NAME, normalised_phone

Cells = Sequence[str]
Change = Callable[[str], str]
WORDS: dict[str, Change] = {
    "trim": lambda text: " ".join(text.split()),
    "lower": str.lower,
    "upper": str.upper,
    "title": title_case,
    "given_name": given_name,
    "family_name": family_name,
}
SETTINGS = ("phone", "date", "lookup", "constant", "join")
SPLIT = "split_name"
"""Written for a column that fills ``name``: fills ``first_name`` and ``last_name`` too."""
MOST_STEPS = 10
MOST_WORDS = 10_000


@dataclass(frozen=True)
class Step:
    """One change of a column; ``others`` are further columns it needs."""

    change: Change
    others: tuple[str, ...] = ()
    between: str = " "

    def column(self, cells: Cells, others: Sequence[Cells]) -> list[str]:
        """The changed column of a batch."""
        if not self.others:
            return [self.change(cell) for cell in cells]
        return [
            self.between.join(part for part in map(str.strip, row) if part) for row in zip(cells, *others, strict=True)
        ]


def read(raw: Any) -> dict[str, tuple[Any, ...]]:
    """Check the mapping's ``transforms``; raises Invalid with the first that does not fit."""
    found: dict[str, tuple[Any, ...]] = {}
    for column, steps in raw.items():
        if not isinstance(steps, list) or len(steps) > MOST_STEPS:
            raise Invalid(
                _("The transforms of “%(name)s” are a list of at most %(most)d steps.")
                % {"name": str(column)[:60], "most": MOST_STEPS}
            )
        for raw_step in steps:
            if raw_step != SPLIT:
                step(raw_step)
        found[str(column)] = tuple(steps)
    return found


def steps(raw: Sequence[Any]) -> tuple[Step, ...]:
    """The steps that change the column itself."""
    return tuple(step(one) for one in raw if one != SPLIT)


def step(raw: Any) -> Step:
    """One step; raises Invalid when there is no such one."""
    if isinstance(raw, str) and raw in WORDS:
        return Step(WORDS[raw])
    if isinstance(raw, dict):
        name = next((name for name in SETTINGS if name in raw), "")
        if name:
            return MAKERS[name](raw[name], raw)
    known = ", ".join([*WORDS, SPLIT, *SETTINGS])
    raise Invalid(
        _("There is no transform “%(name)s”; known are: %(known)s.") % {"name": str(raw)[:60], "known": known}
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or len(value) > 1000:
        raise Invalid(_("A transform's setting is not a text."))
    return value


def _phone(value: Any, _raw: Mapping[str, Any]) -> Step:
    country = _text(value)
    if country and country.casefold() not in BY_NAME:
        raise Invalid(_("The country “%(name)s” of the phone transform is not known.") % {"name": country[:60]})

    def change(text: str) -> str:
        found = normalised_phone(text, country)
        return found if found.startswith("+") else text

    return Step(change)


def _parsed(text: str, order: str) -> dt.datetime:
    """The moment as the file gives it: without a zone, since the field's converter knows the zone."""
    return dt.datetime.strptime(text, order)  # noqa: DTZ007


def _date(value: Any, _raw: Mapping[str, Any]) -> Step:
    order = _text(value)
    if order in ("dmy", "mdy", "ymd"):
        return Step(lambda text: _ordered(text, order))
    try:
        _parsed(dt.date(2024, 2, 29).strftime(order), order)
    except ValueError as error:
        raise Invalid(
            _("“%(name)s” is no format of dates; use dmy, mdy, ymd or a format such as %%d.%%m.%%Y.")
            % {"name": order[:60]}
        ) from error

    def change(text: str) -> str:
        try:
            found = _parsed(text.strip(), order)
        except ValueError:
            return text
        return found.isoformat(" ") if "%H" in order or "%I" in order else found.date().isoformat()

    return Step(change)


DATE = re.compile(r"(\d{1,4})[\s\-/.年]+(\d{1,2}|[A-Za-z]{3,9})[\s\-/.月]+(\d{1,4})日?(.*)", re.DOTALL)


def _ordered(text: str, order: str) -> str:
    """An ISO date from one whose parts stand in a known order."""
    found = DATE.fullmatch(text.strip())
    if found is None:
        return text
    parts = dict(zip(order, found.groups(), strict=False))
    try:
        month = int(parts["m"]) if parts["m"].isdigit() else MONTHS[parts["m"][:3].lower()]
        year = int(parts["y"])
        year += 0 if len(parts["y"]) > 2 else 2000 if year < 70 else 1900
        return dt.date(year, month, int(parts["d"])).isoformat() + found[4]
    except (ValueError, KeyError):
        return text


def _lookup(value: Any, raw: Mapping[str, Any]) -> Step:
    if not isinstance(value, dict) or len(value) > MOST_WORDS:
        raise Invalid(_("A lookup is an object of at most %(most)d words.") % {"most": MOST_WORDS})
    table = {fold(str(word)): _text(meaning) for word, meaning in value.items()}
    otherwise = raw.get("otherwise")
    kept = None if otherwise is None else _text(otherwise)

    def change(text: str) -> str:
        return table.get(fold(text), text if kept is None else kept) if text.strip() else table.get("", text)

    return Step(change)


def _constant(value: Any, _raw: Mapping[str, Any]) -> Step:
    text = _text(value)
    return Step(lambda _cell: text)


def _join(value: Any, raw: Mapping[str, Any]) -> Step:
    if not isinstance(value, list) or not value or len(value) > MOST_STEPS:
        raise Invalid(_("A join is a list of further columns."))
    return Step(str, others=tuple(_text(name) for name in value), between=_text(raw.get("with", " ")))


MAKERS: dict[str, Callable[[Any, Mapping[str, Any]], Step]] = {
    "phone": _phone, "date": _date, "lookup": _lookup, "constant": _constant, "join": _join,
}  # fmt: skip
