"""What agreements weigh (Fellegi and Sunter): points are bits of evidence, and they add up.

The weights were set once from the error rates of four published sets and are the same for every workspace;
only the rarity of values is counted from the workspace itself: a shared rare family name says more.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from customers.duplicates import compare
from customers.duplicates.compare import LIKE, LOOSE, NEAR, OTHER, PART, SAME
from customers.duplicates.normal import Profile

POINTS: dict[str, dict[str, float]] = {
    "given": {NEAR: 6.5, LIKE: 4, LOOSE: 2, OTHER: -6},
    "family": {NEAR: 6.5, LIKE: 4, LOOSE: 2, OTHER: -3.5},
    "part": {NEAR: 6.5, LIKE: 4, LOOSE: 2, OTHER: -3.5},
    "name": {NEAR: 9, LIKE: 1, PART: 1, LOOSE: -4, OTHER: -14},
    "swapped": {SAME: -1},
    "phone": {SAME: 15, NEAR: 9, LIKE: 4, OTHER: -3.2},
    "email": {SAME: 15, NEAR: 11, LIKE: 4, LOOSE: 0, OTHER: -5},
    "birth": {SAME: 13, NEAR: 4.6, LIKE: 2.4, LOOSE: 0, OTHER: -3.2},
    "street": {NEAR: 8, LIKE: 6, LOOSE: 2, OTHER: -3.5},
    "number": {NEAR: 0.3, OTHER: -2},
    "city": {NEAR: 9, LIKE: 7, LOOSE: 2.5, OTHER: -4},
    "region": {NEAR: 2, LIKE: 2, LOOSE: 0.5, OTHER: -2.5},
    "postcode": {NEAR: 2.5, LIKE: 0, OTHER: -2.3},
}
RANGE: dict[str, tuple[float, float]] = {
    "given": (2, 11), "family": (2, 11), "part": (2, 11), "name": (5, 14), "street": (1.5, 11), "number": (1, 7),
    "city": (1, 10), "region": (0.5, 5), "postcode": (2, 10),
}  # fmt: skip
"""Where rarity decides: least and most points of the same value."""
COUNTED = {"given": "word", "family": "word", "part": "word"}
PLACE = frozenset({"phone", "street", "number", "city", "region", "postcode"})
"""What people of one household, or firms in one house, share."""
HOUSEHOLD = {"name": 12.0, "both": 12.0, "given": 14.0, "family": 18.0}
"""The most that a shared place counts for when the names say that these are two."""
REVIEW = 11.0
"""Points from which a pair is shown in a workspace of 10,000; each doubling asks one more."""
CERTAIN = 12.0
"""So many more points make a pair certain, when the names agree too."""
LEAST_COUNT = 3


def review(rows: int) -> float:
    """Points from which a pair is shown, in a workspace of so many customers."""
    return REVIEW + max(0.0, math.log2(max(rows, 1) / 10_000))


class Part(NamedTuple):
    """One reason: a field, how it agrees, its points."""

    field: str
    level: str
    points: float


class Verdict(NamedTuple):
    """What is thought of a pair."""

    points: float
    decision: str
    """certain, review or "" (not a duplicate)."""
    score: float
    """Probability, 0.5 where pairs begin to be shown."""
    parts: tuple[Part, ...]


def mark(field: str, value: str) -> int:
    """A value as the number that it is counted under."""
    return zlib.crc32(f"{field}:{value}".encode("utf-8", "replace"))


class Model:
    """The size of a workspace and how often its values occur; values that are not listed are rare."""

    def __init__(self, rows: int = 10_000, counts: Mapping[int, int] | None = None) -> None:
        self.rows = rows
        self.counts = dict(counts or {})
        self.review = review(rows)
        self._bits: dict[tuple[str, str], float] = {}

    def bits(self, field: str, value: str) -> float:
        """How much it says when two share the value: its rarity in bits."""
        key = (field, value)
        found = self._bits.get(key)
        if found is None:
            if len(self._bits) > 200_000:
                self._bits.clear()
            count = self.counts.get(mark(field, value), 1)
            found = self._bits[key] = math.log2((self.rows + 50) / (count + 0.5))
        return found

    def rarity(self, word: str) -> float:
        """The weight of a word within a longer name."""
        return min(9.0, max(1.5, self.bits("word", word)))

    def points(self, field: str, level: str, values: tuple[str, ...]) -> float:
        """Points of one agreement."""
        bounds = RANGE.get(field)
        if bounds is None or not values:
            return POINTS[field].get(level, 0.0)
        low, high = bounds
        counted = COUNTED.get(field, field)
        if level == SAME:
            return min(high, max(low, self.bits(counted, values[0]) - 0.3))
        fixed = POINTS[field].get(level, 0.0)
        if fixed > 0 and len(values) > 1:  # a place: near to a common one says no more than the common one
            return min(fixed, max(low, min(self.bits(counted, value) for value in values) - 0.5))
        return fixed


def judge(a: Profile, b: Profile, model: Model) -> Verdict | None:
    """The verdict on a pair with its parts; None when it cannot be a duplicate."""
    parts: list[Part] = []
    names: dict[str, str] = {}
    if a.names and b.names:
        for field, level, values in compare.name_levels(a, b, model.rarity):
            names[field] = level
            parts.append(Part(field, level, model.points(field, level, values)))
    parts += [Part(field, level, model.points(field, level, ())) for field, level, _ in compare.reach_levels(a, b)]
    most = _household(names)
    if most is not None:
        reached = sum(part.points for part in parts if part.field not in PLACE)
        if reached + most < model.review:
            return None
    parts += _place([Part(f, level, model.points(f, level, v)) for f, level, v in compare.place_levels(a, b)])
    if most is not None:
        place = sum(part.points for part in parts if part.field in PLACE)
        if place > most:
            parts.append(Part("household", OTHER, most - place))
    points = sum(part.points for part in parts)
    if points < model.review:
        return None
    return Verdict(points, _decision(points, names, parts, model), probability(points, model), tuple(parts))


IMPLIED = {"city": 2.0, "region": 0.5}
"""The most that a place counts for once the same postcode, or city, implies it."""


def _place(parts: list[Part]) -> list[Part]:
    """The parts of the address without counting twice what follows from each other."""
    same = {part.field for part in parts if part.level in (SAME, NEAR)}
    implied = {"city": "postcode" in same, "region": bool(same & {"postcode", "city"})}
    return [
        part._replace(points=min(part.points, IMPLIED[part.field])) if implied.get(part.field) else part
        for part in parts
    ]


def probability(points: float, model: Model) -> float:
    """How likely a pair of so many points is one customer, by the model."""
    return 1 / (1 + 2 ** -(points - model.review))


def _household(names: Mapping[str, str]) -> float | None:
    """The most that a shared place may count for, where the names differ."""
    if names.get("name") in (OTHER, LOOSE):
        return HOUSEHOLD["name"]
    if names.get("given") == OTHER:
        return HOUSEHOLD["both" if names.get("family") == OTHER else "given"]
    if names.get("family") == OTHER:
        return HOUSEHOLD["family"]
    return HOUSEHOLD["given"] if names.get("part") == OTHER else None


def _decision(points: float, names: Mapping[str, str], parts: list[Part], model: Model) -> str:
    """Certain only with points to spare, names that agree and no birth date that speaks against it."""
    against = {(part.field, part.level) for part in parts}
    agree = all(level in (SAME, NEAR, LIKE) for level in names.values()) and names.get("name") != LIKE
    sure = points >= model.review + CERTAIN and agree and bool(names) and ("birth", OTHER) not in against
    return "certain" if sure else "review"
