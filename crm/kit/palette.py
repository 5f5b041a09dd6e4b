"""The Ctrl-K palette: pages and actions from the navigation, rows from providers that apps register.

::

    palette.provider("customers", _("Customers"), order=10, policy=("customer", "view"))(find_customers)

where ``find_customers(user, text, limit) -> list[Hit]`` goes through ``visible_to(user)``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext

from crm.kit import nav

logger = logging.getLogger(__name__)

LIMIT = 6
LONGEST = 200


@dataclass(frozen=True)
class Hit:
    """One line: words, address, a quiet hint at the right."""

    label: str
    href: str
    icon: str = "arrow-right"
    hint: str = ""


Finder = Callable[[Any, str, int], Sequence[Hit]]


@dataclass(frozen=True)
class Provider:
    """A group of the palette."""

    key: str
    title: Any
    order: int
    policy: tuple[str, str]
    find: Finder


_providers: dict[str, Provider] = {}


def provider(key: str, title: Any, *, policy: tuple[str, str], order: int = 50) -> Callable[[Finder], Finder]:
    """Register a group of hits."""

    def keep(find: Finder) -> Finder:
        _providers[key] = Provider(key, title, order, policy, find)
        return find

    return keep


Opening = Callable[[Any], list[tuple[str, list[Hit]]]]
_openings: list[Opening] = []


def opening(show: Opening) -> Opening:
    """Register groups that the palette shows before anything is typed."""
    if show not in _openings:
        _openings.append(show)
    return show


def answer(user: Any, text: str) -> list[tuple[str, list[Hit]]]:
    """Groups with their hits; ``>`` in front asks for actions only."""
    asked = text.replace("\0", "").strip()[:LONGEST]
    actions_only = asked.startswith(">")
    wanted = asked.lstrip("> ").casefold()
    groups: list[tuple[str, list[Hit]]] = []
    if not asked:
        groups += [(title, hits) for show in _openings for title, hits in show(user) if hits]
    if wanted and not actions_only:
        groups += [(str(one.title), hits) for one in _ordered(user) if (hits := _ask(one, user, asked))]
    creates = [
        Hit(gettext("New: %(what)s") % {"what": item.label}, item.href, item.icon)
        for item in nav.creates_for(user)
        if wanted in str(item.label).casefold()
    ]
    pages = [] if actions_only else _pages(user, wanted)
    groups += [(gettext("Actions"), creates[:LIMIT])] if creates else []
    groups += [(gettext("Pages"), pages)] if pages else []
    return groups


def _pages(user: Any, wanted: str) -> list[Hit]:
    hits = [
        Hit(str(item.label), item.href, item.icon, f"G {item.go.upper()}" if item.go else "")
        for item in nav.entries_for(user)
        if wanted in str(item.label).casefold() or wanted in item.key
    ]
    return hits[: LIMIT * 3 if not wanted else LIMIT]


def _ordered(user: Any) -> list[Provider]:
    allowed = [one for one in _providers.values() if nav.allowed(user, one.policy)]
    return sorted(allowed, key=lambda one: (one.order, one.key))


def _ask(one: Provider, user: Any, text: str, limit: int = LIMIT) -> list[Hit]:
    """Hits of one provider; a failing one is logged and left out."""
    try:
        return list(one.find(user, text, limit))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("palette provider %s failed", one.key)
        return []


def found(user: Any, text: str, few: int, many: int, chosen: str = "") -> list[tuple[Provider, list[Hit]]]:
    """Hits of every provider with any, or of the chosen one: for the search page."""
    asked = [one for one in _ordered(user) if chosen in ("", one.key)]
    answers = [(one, _ask(one, user, text, many if chosen else few)) for one in asked]
    return [(one, hits) for one, hits in answers if hits]
