"""What the editor of layouts shows: areas with their lines, for whom, and who changed what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import Role, User
from crm.kit.layout.arrangement import COLUMNS, TABS, Arrangement, area_of
from crm.kit.models import PageLayout
from crm.kit.slots import Panel

PAGE = "customer"
AREA_WORDS = {
    "figures": (gettext_lazy("Figures"), gettext_lazy("The row of numbers below the name.")),
    "profile": (gettext_lazy("Profile column"), gettext_lazy("Left of the timeline.")),
    "rail": (gettext_lazy("Insights and alerts"), gettext_lazy("Right of the timeline.")),
    "tabs": (gettext_lazy("Tabs"), gettext_lazy("The middle; the first one is open.")),
}
SHOWN_CHANGES = 8


@dataclass(frozen=True)
class Line:
    """One part in the editor."""

    key: str
    title: Any
    hidden: bool
    fixed: bool
    first: bool
    last: bool
    tabbed: bool
    """A part of a column that stands as a tab."""
    movable: bool
    """Whether it may go to the tabs and back."""

    @property
    def mark(self) -> str:
        """For ids of the page."""
        return self.key.replace(".", "-")


def by_strength(roles: Sequence[str]) -> list[str]:
    """Roles from the weakest to the strongest."""
    return [role for role in Role.values if role in roles]


def audience(role: str) -> str:
    """Whom a layout is for, in words."""
    return str(Role(role).label) if role in Role.values else _("Everyone")


def lines(made: Arrangement, parts: dict[str, Panel], area: str) -> list[Line]:
    """The parts of an area that the reader knows of."""
    keys = [key for key in made.order.get(area, ()) if key in parts]
    return [
        Line(
            key, parts[key].title, key in made.hidden and not parts[key].fixed, parts[key].fixed, at == 0,
            at == len(keys) - 1, area == TABS and area_of(key) != TABS,
            area_of(key) in COLUMNS and not parts[key].fixed,
        )
        for at, key in enumerate(keys)
    ]  # fmt: skip


def changes(row: PageLayout, parts: dict[str, Panel]) -> list[tuple[datetime | None, str, str]]:
    """The latest changes, newest first: when, who, what."""
    past = list(row.events.order_by("-pgh_id")[:SHOWN_CHANGES])  # type: ignore[attr-defined] # by pghistory
    people = {
        one.pk: one.display_name
        for one in User.objects.filter(pk__in={one.changed_by_id for one in (row, *past) if one.changed_by_id})
    }
    return [
        (after.changed_at, people.get(after.changed_by_id, ""), told(before.parts, after.parts, parts))
        for after, before in zip((row, *past), past, strict=False)
    ]


def told(before: Any, after: Any, parts: dict[str, Panel]) -> str:
    """What one change did, in words."""
    if not after:
        return _("Back to the default")
    a, b = Arrangement.of(before), Arrangement.of(after)
    names = {key: str(one.title) for key, one in parts.items()}
    said = [_("hid %(part)s") % {"part": names.get(key, key)} for key in sorted(b.hidden - a.hidden)]
    said += [_("showed %(part)s") % {"part": names.get(key, key)} for key in sorted(a.hidden - b.hidden)]
    if before:
        said += [_("moved %(part)s") % {"part": names.get(key, key)} for key in went(a, b)]
    return ", ".join(said) or _("Changed the order")


def went(a: Arrangement, b: Arrangement) -> list[str]:
    """The parts that stand in another area than before."""
    return [key for keys in b.order.values() for key in keys if a.where(key) and a.where(key) != b.where(key)]
