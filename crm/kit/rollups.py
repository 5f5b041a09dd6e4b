"""Figures over a record and everything below it, each from the app that knows it.

In ``<app>/panels.py``::

    @rollups.figure("customer", "revenue", _("Revenue, 12 months"), policy=("order", "view"), order=10)
    def revenue(user, ids, now) -> Figure | None: ...

``ids`` are keys that the reader was found to reach; the function still goes through ``visible_to(user)``
for its own rows, asks one query whatever their number, and returns None for nothing to say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError

from crm.kit import nav

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Figure:
    """A value as it is shown, and what it is of each record, for the lines of the tree."""

    value: Any
    note: str = ""
    each: dict[int, Any] = field(default_factory=dict)


Compute = Callable[[Any, Sequence[int], datetime], Figure | None]


@dataclass(frozen=True)
class Rollup:
    """One figure of a kind of record."""

    name: str
    label: Any
    policy: tuple[str, str]
    order: int
    insight: bool
    compute: Compute


_rollups: dict[str, dict[str, Rollup]] = {}


def figure(
    obj: str, name: str, label: Any, *, policy: tuple[str, str], order: int = 50, insight: bool = False
) -> Callable[[Compute], Compute]:
    """Register a figure; a double name replaces nothing, it stops the start."""

    def keep(compute: Compute) -> Compute:
        known = _rollups.setdefault(obj, {}).get(name)
        if known is not None and known.compute is not compute:
            raise ValueError(f"Two figures of {obj} are named “{name}”.")
        _rollups[obj][name] = Rollup(name, label, policy, order, insight, compute)
        return compute

    return keep


def figures(obj: str, user: Any, ids: Sequence[int], now: datetime) -> list[tuple[Rollup, Figure]]:
    """Every figure that the reader may see; a failing one is logged and left out."""
    found = []
    for one in sorted(_rollups.get(obj, {}).values(), key=lambda each: (each.order, each.name)):
        if not nav.allowed(user, one.policy):
            continue
        try:
            made = one.compute(user, ids, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("roll-up %s/%s failed", obj, one.name)
            continue
        if made is not None:
            found.append((one, made))
    return found
