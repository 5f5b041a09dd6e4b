"""The sheet that shows customers side by side, and what its form asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.accounts.policy import OBJECTS
from crm.kit.errors import Invalid
from crm.kit.masking import at_level
from crm.kit.rows import LOCKED_LEVELS, tag
from crm.kit.ui import words
from crm.kit.views import back_to
from customers import belongings
from customers.duplicates.models import DuplicatePair
from customers.merging.choices import CHOSEN, Pick, best, picks
from customers.models import Customer

MOST_IDS = 20
OTHER_ENTRIES = "other"


@dataclass(frozen=True)
class Cell:
    """The value of one customer in one line."""

    pk: int
    text: str
    chosen: bool


@dataclass(frozen=True)
class Line:
    """One field of all customers."""

    name: str
    label: str
    cells: list[Cell]
    differs: bool
    choosable: bool
    why: str


@dataclass(frozen=True)
class Column:
    """One customer of the sheet."""

    customer: Customer
    tag: str
    kept: bool
    moves: list[str]
    why: str


@dataclass(frozen=True)
class Sheet:
    """The whole comparison."""

    columns: list[Column]
    lines: list[Line]


def sheet(user: User, rows: Sequence[Customer], *, keep: str = "") -> Sheet:
    """Customers side by side, with the proposed survivor and the proposed value of each field."""
    proposed = best(rows)
    kept = next((row for row in rows if str(row.pk) == keep), proposed)
    others = [row for row in rows if row.pk != kept.pk]
    levels = {name: user.access.field_level("customer", name) for name in CHOSEN}
    chosen = picks(kept, others, {})
    lines = [_line(pick, rows, levels[pick.field]) for pick in chosen if levels[pick.field] != "hidden"]
    columns = [
        Column(row, tag(row), row.pk == kept.pk, moves(user, row.pk), _why_kept(row, proposed)) for row in rows
    ]  # fmt: skip
    return Sheet(columns, [line for line in lines if any(cell.text for cell in line.cells)])


def _why_kept(row: Customer, proposed: Customer) -> str:
    return _("proposed: the most complete, of equals the oldest") if row.pk == proposed.pk else ""


def _line(pick: Pick, rows: Sequence[Customer], level: str) -> Line:
    described = Customer._meta.get_field(pick.field)
    texts = {row.pk: str(at_level(_text(row, pick.field), level) or "") for row in rows}
    cells = [Cell(row.pk, texts[row.pk], row.pk == pick.of) for row in rows]
    differs = len({getattr(row, pick.field) for row in rows}) > 1
    label = str(described.verbose_name)  # type: ignore[union-attr]
    return Line(pick.field, label[:1].upper() + label[1:], cells, differs, level not in LOCKED_LEVELS, pick.why)


def _text(row: Customer, name: str) -> str:
    value = getattr(row, name)
    if value in (None, ""):
        return ""
    shown = getattr(row, f"get_{name}_display", None)
    if shown is not None:
        return str(shown())
    if name == "birth_date":
        return words.day(value)
    return str(getattr(value, "display_name", "") or getattr(value, "name", "") or value)


def moves(user: User, pk: int) -> list[str]:
    """What would move with a customer, in words; what the reader has no right to see is only counted."""
    known = {one.table: one.model for one in belongings.belongings()}
    found: list[str] = []
    rest = 0
    for table, count in belongings.counts(pk).items():
        name = known[table]._meta.model_name or ""
        title = TITLES.get(name)
        if title is None or (name in OBJECTS and not user.access.can(name)):
            rest += count
        else:
            found.append(title(count) % {"n": words.number(count)})
    if rest:
        found.append(ngettext("%(n)s other entry", "%(n)s other entries", rest) % {"n": words.number(rest)})
    return found


TITLES = {
    "order": lambda n: ngettext("%(n)s order", "%(n)s orders", n),
    "ticket": lambda n: ngettext("%(n)s ticket", "%(n)s tickets", n),
    "deal": lambda n: ngettext("%(n)s deal", "%(n)s deals", n),
    "interaction": lambda n: ngettext("%(n)s interaction", "%(n)s interactions", n),
    "attachment": lambda n: ngettext("%(n)s file", "%(n)s files", n),
    "contactpoint": lambda n: ngettext("%(n)s contact point", "%(n)s contact points", n),
    "contactrole": lambda n: ngettext("%(n)s contact", "%(n)s contacts", n),
    "externalid": lambda n: ngettext("%(n)s outside id", "%(n)s outside ids", n),
    "touch": lambda n: ngettext("%(n)s campaign mail", "%(n)s campaign mails", n),
    "alert": lambda n: ngettext("%(n)s alert", "%(n)s alerts", n),
}
"""Model name → a count of it in words; tables that are not named here are counted together."""


@dataclass(frozen=True)
class Asked:
    """What the form of the sheet says."""

    keep: int
    others: list[int]
    choices: dict[str, int] = field(default_factory=dict)
    versions: dict[int, str] = field(default_factory=dict)


def asked(data: QueryDict, *, allowed: Iterable[str]) -> Asked:
    """Read the form; raises Invalid for what no page of ours sends."""
    ids = [number(text) for text in data.getlist("ids")[:MOST_IDS]]
    keep = number(data.get("keep", ""))
    if keep not in ids:
        raise Invalid(_("Choose which customer stays."))
    choices = {name: number(data.get(f"field_{name}", "")) for name in allowed if data.get(f"field_{name}")}
    versions = {pk: data.get(f"version_{pk}", "") for pk in ids}
    return Asked(keep, [pk for pk in ids if pk != keep], choices, {pk: tag for pk, tag in versions.items() if tag})


def number(text: str) -> int:
    """A key that a form sent; raises Invalid for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(_("The form does not fit this pair. Nothing was changed; open it again."))
    return int(text)


def neighbours(user: User, pair: DuplicatePair) -> Mapping[str, int | None]:
    """The pairs before and after one in the queue."""
    waiting = DuplicatePair.objects.visible_to(user).open()
    above = Q(points__gt=pair.points) | Q(points=pair.points, pk__gt=pair.pk)
    below = Q(points__lt=pair.points) | Q(points=pair.points, pk__lt=pair.pk)
    return {
        "previous": waiting.filter(above).order_by("points", "pk").values_list("pk", flat=True).first(),
        "following": waiting.filter(below).order_by("-points", "-pk").values_list("pk", flat=True).first(),
    }


def onward(request: HttpRequest, pair: DuplicatePair) -> str:
    """Where a verdict leads: from the list back to it, from the page of a pair to the next one."""
    if "next" in request.POST:
        return back_to(request, reverse("duplicates"))
    following = neighbours(request.user, pair)["following"]
    return reverse("duplicate", args=[following]) if following else reverse("duplicates")
