"""One change of a column's cells as the map page offers it: a pick list and one setting, to and from the mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid
from customers.imports import transforms

Words = str | Promise

CHANGES: dict[str, Words] = {
    "trim": gettext_lazy("Trim blanks"),
    "title": gettext_lazy("Capital First Letters"),
    "upper": gettext_lazy("ALL CAPITALS"),
    "lower": gettext_lazy("all small"),
    transforms.SPLIT: gettext_lazy("Split into given and family name"),
    "given_name": gettext_lazy("Only the given name"),
    "family_name": gettext_lazy("Only the family name"),
    "phone": gettext_lazy("Phone to international form"),
    "date": gettext_lazy("Date written as …"),
    "lookup": gettext_lazy("Replace words"),
    "constant": gettext_lazy("Always the same value"),
    "join": gettext_lazy("Join with another column"),
}
SETTINGS: dict[str, tuple[Words, str]] = {
    "phone": (gettext_lazy("Country of numbers without one"), "DE"),
    "date": (gettext_lazy("dmy, mdy, ymd or a format"), "%d.%m.%Y"),
    "lookup": (gettext_lazy("old = new; old = new"), "f = female; m = male"),
    "constant": (gettext_lazy("The value"), ""),
    "join": (gettext_lazy("Name of the other column"), ""),
}
"""Changes with a setting: what to type, an example."""


def shown(steps: Sequence[Any]) -> tuple[str, str]:
    """(change, setting) of the first step of a column."""
    if not steps:
        return "", ""
    first = steps[0]
    if isinstance(first, str):
        return first, ""
    name = next((one for one in SETTINGS if one in first), "")
    return name, _typed(first.get(name))


def _typed(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{old} = {new}" for old, new in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def made(name: str, setting: str, before: Sequence[Any], header: Sequence[str]) -> list[Any]:
    """The steps of a column; what the page does not show of them stays while its first one does. Raises Invalid."""
    if shown(before) == (name, setting):
        return list(before)
    if not name:
        return []
    step: Any = name if name not in SETTINGS else {name: _setting(name, setting.strip(), header)}
    if step != transforms.SPLIT:
        transforms.step(step)
    return [step]


def _setting(name: str, text: str, header: Sequence[str]) -> Any:
    match name:
        case "lookup":
            return _pairs(text)
        case "join":
            if text not in header:
                raise Invalid(_("The file has no column “%(name)s”.") % {"name": text[:100]})
            return [text]
        case _:
            return text


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.replace("\n", ";").split(";") if part.strip()]
    if not pairs or any(not sign for _old, sign, _new in pairs):
        raise Invalid(_("Write what is replaced as “old = new; old = new”."))
    return {old.strip(): new.strip() for old, _sign, new in pairs}
