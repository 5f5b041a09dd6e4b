"""The parts of a page as its slots know them, and the page as one reader sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from crm.kit import slots
from crm.kit.layout.arrangement import AREAS, COLUMNS, TABS, Arrangement, area_of
from crm.kit.slots import Panel

PAGES = {"customer": "customer.detail"}
"""The record pages that have a layout, with the beginning of their slots."""


def slot_of(page: str, area: str) -> str:
    """The slot of an area."""
    return f"{PAGES[page]}.{area}"


def parts_for(page: str, user: Any) -> dict[str, Panel]:
    """Every part of a page that the reader's role reaches, in the order it has without a layout."""
    return {
        f"{area}.{one.name}": one for area in AREAS for one in slots.panels_of(slot_of(page, area), user)
    }  # fmt: skip


def defaults_of(parts: dict[str, Panel]) -> dict[str, list[str]]:
    """The parts of each area as they stand without a layout."""
    return {area: [key for key in parts if area_of(key) == area] for area in AREAS}


def settled(page: str, user: Any, kept: Any) -> Arrangement:
    """A kept layout with every part that the reader's role reaches."""
    return Arrangement.of(kept).settled(defaults_of(parts_for(page, user)))


def arrange(request: HttpRequest, page: str, kept: Any, *, own: Sequence[str] = ()) -> None:
    """Have the slots of this request follow a layout, and then the reader's own tabs."""
    parts = parts_for(page, request.user)
    made = Arrangement.of(kept).settled(defaults_of(parts))
    for key in own:
        if area_of(key) in COLUMNS and made.where(key) in COLUMNS:
            made = made.as_tab(key, own=True)
    made = shown_always(made, parts)
    slots.follow(
        request,
        {
            slot_of(page, area): [(tab_name(key), parts[key]) for key in made.shown(area) if key in parts]
            for area in AREAS
        },
    )


def shown_always(made: Arrangement, parts: dict[str, Panel]) -> Arrangement:
    """Without a word about parts that a page cannot do without."""
    return made if not made.hidden else Arrangement(made.order, frozenset(
        key for key in made.hidden if key in parts and not parts[key].fixed
    ))  # fmt: skip


def tab_name(key: str) -> str:
    """What the address of a tab calls a part."""
    return key.removeprefix(f"{TABS}.")
