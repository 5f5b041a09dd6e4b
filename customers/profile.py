"""The facts in the profile column, each editable in its place, and the further ones behind "All fields"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape as esc
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from crm.kit.masking import at_level
from crm.kit.rows import LOCKED_LEVELS
from crm.kit.ui import icons, words
from customers.models import Customer

CLIPPED = frozenset({"email", "phone"})
QUIET = frozenset({"title", "address", "language", "company", "parent"})
"""Lines that stay away while they are empty."""
REST = ("first_name", "last_name", "postcode", "region", "country", "birth_date", "gender")
REST_OF_CUSTOMER = ("kind", *REST, "parent", "time_zone")


@dataclass(frozen=True)
class Line:
    """One fact; ``field`` makes it editable, and its history readable, in place."""

    name: str
    label: str
    value: str
    field: str = ""


def object_of(row: Any) -> str:
    """The policy object of a record."""
    return "customer" if isinstance(row, Customer) else "contact"


def lines_of(row: Any, levels: Mapping[str, str]) -> list[Line]:
    """The facts that everyone looks for first."""
    place = ", ".join(part for part in (row.city, row.country) if part)
    made = [
        Line("email", _("E-mail"), _shown(row, "email", levels), "email"),
        Line("phone", _("Phone"), _shown(row, "phone", levels), "phone"),
        Line("company", _("Company"), row.company, "company"),
        Line("title", _("Job title"), row.title, "title"),
        Line("city", _("City"), place, "city"),
        Line("address", _("Address"), _shown(row, "address", levels), "address"),
        Line("owner", _("Owner"), row.owner.display_name if row.owner else "", "owner"),
        Line("team", _("Team"), row.team.name, "team"),
        Line("language", _("Language"), language_name(row.language), "language"),
        Line("since", _("Since"), words.day(row.created_at)),
    ]
    if isinstance(row, Customer):
        made.insert(8, Line("lifecycle", _("Lifecycle"), row.get_lifecycle_display(), "lifecycle"))
    return [one for one in made if levels.get(one.name) != "hidden" and (one.value or one.name not in QUIET)]


def rest_of(row: Any, levels: Mapping[str, str], user: Any) -> list[Line]:
    """Every other field, filled or not: those above that were empty, and those that few look for."""
    first = {one.name for one in lines_of(row, levels)}
    names = [name for name in ("company", "title", "address", "language") if name not in first]
    names += REST_OF_CUSTOMER if isinstance(row, Customer) else REST
    return [line_of(row, name, levels, user) for name in ("name", *names) if levels.get(name) != "hidden"]


def line_of(row: Any, name: str, levels: Mapping[str, str], user: Any) -> Line:
    """One line by the name of its field."""
    found = next((one for one in lines_of(row, levels) if one.name == name), None)
    if found is not None:
        return found
    label = str(row._meta.get_field(name).verbose_name)
    value = ""
    if name == "parent":
        parent = Customer.objects.visible_to(user).filter(pk=row.parent_id).first() if row.parent_id else None
        value, label = parent.name if parent else "", _("Belongs to")
    elif name == "birth_date":
        value = words.day(row.birth_date) if row.birth_date else ""
    elif name in ("gender", "kind"):
        value = getattr(row, f"get_{name}_display")()
    else:
        value = _shown(row, name, levels)
    return Line(name, label[:1].upper() + label[1:], value, name)


def _shown(row: Any, name: str, levels: Mapping[str, str]) -> str:
    return at_level(getattr(row, name), levels.get(name, "")) or ""


class Drawer:
    """Draws lines for one reader: fifty of them cost less than one template."""

    def __init__(self, row: Any, user: Any) -> None:
        obj = object_of(row)
        self.base = f"/{obj}s/{row.pk}/"
        self.may_change = user.access.can(obj, "change")
        self.locked = {
            name for name in ("email", "phone", "address") if user.access.field_level(obj, name) in LOCKED_LEVELS
        }
        self.edit, self.history = _("Edit %(what)s"), _("History of %(what)s")
        self.pencil, self.clock = icons.icon("pencil", 14), icons.icon("history", 14)

    def line(self, one: Line) -> SafeString:
        """``<div><dt>…<dd>…``."""
        return mark_safe(f'<div><dt>{esc(one.label)}</dt><dd class="place">{self.value(one)}</dd></div>')  # noqa: S308 - escaped

    def value(self, one: Line, *, focus: bool = False) -> SafeString:
        """What stands in the ``dd``: the value, the history and the pencil."""
        value = esc(one.value)
        css = "grow clip" if one.name in CLIPPED else "grow"
        shown = f'<span class="{css}" title="{value}">{value}</span>' if value else '<span class="grow muted">–</span>'
        if not one.field or one.name in self.locked:
            return mark_safe(shown)  # noqa: S308 - escaped above
        where, label = f"{self.base}fields/{one.field}/", esc(one.label)
        told = (
            f'<a class="edit" href="{where}history/" hx-get="{where}history/" hx-target="#dialog" hx-swap="innerHTML" '
            f'aria-haspopup="dialog" aria-label="{self.history % {"what": label}}">{self.clock}</a>'
        )
        pen = ""
        if self.may_change:
            here = " data-focus" if focus else ""
            pen = (
                f'<a class="edit pen" href="{self.base}edit/?field={one.field}" hx-get="{where}" hx-target="closest .place" '
                f'hx-swap="innerHTML" aria-label="{self.edit % {"what": label}}"{here}>{self.pencil}</a>'
            )
        return mark_safe(f"{shown}{told}{pen}")  # noqa: S308 - every part is escaped or ours

    def lines(self, lines: list[Line]) -> SafeString:
        """All of them."""
        return mark_safe("".join(map(self.line, lines)))  # noqa: S308 - as above


def draw(row: Any, user: Any, levels: Mapping[str, str]) -> SafeString:
    """The ``<dl>`` of the profile column."""
    return format_html('<dl class="facts">{}</dl>', Drawer(row, user).lines(lines_of(row, levels)))


def language_name(code: str) -> str:
    """A language as the reader calls it; the code itself where nobody knows it."""
    if code == "zh":
        return _("Chinese")
    try:
        return str(get_language_info(code)["name_translated"]) if code else ""
    except KeyError:
        return code
