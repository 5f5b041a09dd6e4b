"""Kinds of records that people come back to: what they are called, where they are, and whom they are shown to.

An app registers its records in its ``panels.py``::

    records.kind("customer", find_shown, policy=("customer", "view"), plural=_("Customers"))

where ``find_shown(user, keys) -> dict[key, Hit]`` goes through ``visible_to(user)`` in one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from crm.kit import nav
from crm.kit.palette import Hit

Shown = Callable[[Any, Sequence[int]], dict[int, Hit]]
News = Callable[[HttpRequest, int, datetime], SafeString]


@dataclass(frozen=True)
class Kind:
    """One kind of records. ``news`` draws what changed on one since a moment."""

    object: str
    shown: Shown
    policy: tuple[str, str]
    plural: Any = ""
    news: News | None = None


_kinds: dict[str, Kind] = {}


def kind(obj: str, shown: Shown, *, policy: tuple[str, str], plural: Any, news: News | None = None) -> None:
    """Register a kind of records; ``plural`` is the word for many of them."""
    _kinds[obj] = Kind(obj, shown, policy, plural, news)


def plural_of(obj: str) -> str:
    """The word for many records of a kind; "" for what has no page of its own."""
    return str(_kinds[obj].plural) if obj in _kinds else ""


def kind_of(obj: str, user: Any) -> Kind | None:
    """The kind, where the user may see any of it."""
    found = _kinds.get(obj)
    return found if found is not None and nav.allowed(user, found.policy) else None


def hits(user: Any, wanted: Iterable[tuple[str, int]]) -> list[Hit]:
    """The records as the reader may see them now, in the given order; others are left out. One query per kind."""
    pairs = list(wanted)
    found: dict[tuple[str, int], Hit] = {}
    for obj in dict.fromkeys(obj for obj, _pk in pairs):
        known = kind_of(obj, user)
        if known is not None:
            shown = known.shown(user, [pk for each, pk in pairs if each == obj])
            found |= {(obj, pk): hit for pk, hit in shown.items()}
    return [found[pair] for pair in pairs if pair in found]
