"""What a layout says, as data: the order of the parts in each area, and the parts that are away.

A part is named ``area.name`` after the place it comes from, e.g. ``profile.tags``. It stands there or, as a tab
of its own, among the tabs. A part that a layout does not name stands where it would stand without one, so that
a new app shows up by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FIGURES, PROFILE, RAIL, TABS = "figures", "profile", "rail", "tabs"
AREAS = (FIGURES, PROFILE, RAIL, TABS)
COLUMNS = (PROFILE, RAIL)
"""Whose parts may stand as a tab of their own."""
MOST_PARTS = 200


def area_of(key: str) -> str:
    """Where a part comes from."""
    return key.partition(".")[0]


@dataclass(frozen=True)
class Arrangement:
    """The parts of each area in order, hidden ones among them."""

    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @classmethod
    def of(cls, kept: Any) -> Arrangement:
        """As it was kept; whatever makes no sense is left out."""
        kept = kept if isinstance(kept, dict) else {}
        order = {area: tuple(_keys(kept.get(area), area)) for area in AREAS}
        return cls(order, frozenset(_names(kept.get("hidden"))))

    def kept(self) -> dict[str, list[str]]:
        """As a row keeps it."""
        return {**{area: list(self.order.get(area, ())) for area in AREAS}, "hidden": sorted(self.hidden)}

    def settled(self, defaults: Mapping[str, Iterable[str]]) -> Arrangement:
        """With every part that there is: those never named behind the one they would follow."""
        named = {key for keys in self.order.values() for key in keys}
        order = {area: list(self.order.get(area, ())) for area in AREAS}
        for area, keys in defaults.items():
            before = ""
            for key in keys:
                if key not in named:
                    order[area].insert(order[area].index(before) + 1 if before in order[area] else 0, key)
                if key in order[area]:
                    before = key
        return replace(self, order={area: tuple(keys) for area, keys in order.items()})

    def where(self, key: str) -> str:
        """The area in which a part stands; nothing for one that is not there."""
        return next((area for area, keys in self.order.items() if key in keys), "")

    def shown(self, area: str) -> list[str]:
        """The parts of an area that are not hidden."""
        return [key for key in self.order.get(area, ()) if key not in self.hidden]

    def moved(self, key: str, *, up: bool, among: Collection[str]) -> Arrangement:
        """One place up or down among the parts that the reader knows of."""
        area = self.where(key)
        keys = list(self.order.get(area, ()))
        seen = [one for one in keys if one in among]
        place = seen.index(key) + (-1 if up else 1) if key in seen else -1
        if not 0 <= place < len(seen):
            return self
        a, b = keys.index(key), keys.index(seen[place])
        keys.insert(b, keys.pop(a))
        return replace(self, order={**self.order, area: tuple(keys)})

    def hiding(self, key: str, *, away: bool) -> Arrangement:
        """With a part taken away, or shown again where it stood."""
        return replace(self, hidden=self.hidden | {key} if away else self.hidden - {key})

    def as_tab(self, key: str, *, own: bool) -> Arrangement:
        """With a part of a column as the last tab, or at the end of its column again."""
        order = {area: tuple(one for one in keys if one != key) for area, keys in self.order.items()}
        target = TABS if own else area_of(key)
        return replace(self, order={**order, target: (*order.get(target, ()), key)})


def _names(kept: Any) -> list[str]:
    found = kept if isinstance(kept, list) else []
    return list(dict.fromkeys(one for one in found[:MOST_PARTS] if isinstance(one, str)))


def _keys(kept: Any, area: str) -> list[str]:
    homes = {area, *(COLUMNS if area == TABS else ())}
    return [one for one in _names(kept) if area_of(one) in homes]
