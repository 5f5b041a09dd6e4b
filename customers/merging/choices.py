"""Which value of which record the survivor gets: proposed with the reason, or as a person chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.models import Customer

CHOSEN = (
    "name", "kind", "first_name", "last_name", "company", "title", "email", "phone", "birth_date", "gender", "address",
    "city", "region", "postcode", "country", "language", "time_zone", "lifecycle", "owner", "team", "parent",
)  # fmt: skip
"""Fields of which one record's value is taken."""
JOINED = ("tags", "note", "custom")
"""Fields that are put together: nothing of them is lost."""
LONGEST_NOTE = 20_000


@dataclass(frozen=True)
class Pick:
    """The value of one field for the survivor, whose it is, and why."""

    field: str
    value: Any
    of: int
    why: str


def picks(keep: Customer, others: Sequence[Customer], choices: Mapping[str, Any]) -> list[Pick]:
    """The value of each field; raises Invalid for a choice that makes no sense."""
    rows = {row.pk: row for row in (keep, *others)}
    wanted = _checked(choices, rows)
    recent = sorted(others, key=lambda row: (row.updated_at, row.pk), reverse=True)
    return [_pick(field, wanted.get(field), keep, recent, rows) for field in CHOSEN]


def _checked(choices: Mapping[str, Any], rows: Mapping[int, Customer]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for field, pk in choices.items():
        if field not in CHOSEN:
            sentence = _("There is no field “%(name)s” to choose.") % {"name": str(field)[:60]}
            raise Invalid(sentence, fields={"choices": sentence})
        if isinstance(pk, bool) or not str(pk).isascii() or not str(pk).isdigit() or int(pk) not in rows:
            sentence = _("A choice names the record whose value is taken: one of those that are merged.")
            raise Invalid(sentence, fields={"choices": sentence})
        wanted[field] = int(pk)
    return wanted


def _pick(
    field: str, chosen: int | None, keep: Customer, recent: Sequence[Customer], rows: Mapping[int, Customer]
) -> Pick:
    if chosen is not None:
        return Pick(field, getattr(rows[chosen], field), chosen, _("chosen"))
    own = getattr(keep, field)
    if own not in ("", None):
        return Pick(field, own, keep.pk, _("kept"))
    for row in recent:
        value = getattr(row, field)
        if value not in ("", None) and not (field == "parent" and row.parent_id in rows):
            return Pick(field, value, row.pk, _("the only one filled, or the most recent"))
    return Pick(field, own, keep.pk, "")


def joined(keep: Customer, others: Sequence[Customer]) -> dict[str, Any]:
    """Tags, notes and own fields of all of them; where two differ, the survivor's counts."""
    tags = list(dict.fromkeys(tag for row in (keep, *others) for tag in row.tags))
    notes = list(dict.fromkeys(row.note.strip() for row in (keep, *others) if row.note.strip()))
    custom: dict[str, Any] = {}
    for row in (keep, *others):
        custom |= {name: value for name, value in row.custom.items() if custom.get(name) in (None, "")}
    return {"tags": tags, "note": "\n\n".join(notes)[:LONGEST_NOTE], "custom": custom}


def best(rows: Sequence[Customer]) -> Customer:
    """Which of them is proposed to stay: the most complete one, of equals the oldest."""
    return max(rows, key=lambda row: (filled(row), -row.created_at.timestamp(), -row.pk))


def filled(row: Customer) -> int:
    """How many fields are filled."""
    return sum(
        getattr(row, field if field not in ("owner", "team", "parent") else f"{field}_id") not in ("", None)
        for field in CHOSEN
    )
