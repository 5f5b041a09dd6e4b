"""Which pairs of a big workspace are worth judging: a quick sum of what their equal keys could say at most.

Loads numpy: only the scan imports this module. The verdict itself (``weights``) is two hundred times slower.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from customers.duplicates.keys import FAMILY, KINDS, PLACES
from customers.duplicates.weights import review

Array = np.ndarray[Any, Any]
STEP = 1 << 16
"""Pairs looked at together: their keys fit into a processor's cache."""
SLACK = 6.0
"""Points that two may still get from values that are alike without sharing a key."""
FIXED = {"email": 15.0, "phone": 15.0, "birth": 13.0}
"""Points that do not depend on how rare the value is."""
MOST = {
    "email name": 11.0, "email host": 4.0, "phone head": 9.0, "phone tail": 9.0, "birth month": 4.6, "birth day": 4.6,
    "name": 14.0, "word": 11.0, "start": 6.5, "end": 6.5, "letters": 6.5, "street": 11.0, "street start": 6.0,
    "house": 18.0, "postcode": 10.0, "city": 10.0, "city start": 7.0, "city end": 7.0,
}  # fmt: skip
"""The most that a key's agreement can stand for; a common value stands for less."""
EVIDENCE = (
    (("email", "email name", "email host"), "email host", 5.0),
    (("phone", "phone head", "phone tail"), "phone", 3.2),
    (("birth", "birth month", "birth day"), "", 0.0),
    (("postcode", "city", "city start", "city end"), "city", 4.0),
)
"""Keys that tell the same thing: the best one counts. None of them equal, and both have the key named behind, speaks
against the pair: a slip of the hand leaves one of them as it was."""
PARTS_OF_WORDS = ("start", "end", "letters")


class Likely:
    """The keys of a workspace (one row per customer) with the points that each could bring."""

    def __init__(self, table: Array) -> None:
        self.table = table
        self.least = review(len(table)) - SLACK
        self.eighths = np.zeros(table.shape, dtype=np.uint8)
        for family in dict.fromkeys(FAMILY.get(name, name) for name, _kind in KINDS):
            self._weigh(family)

    def _weigh(self, family: str) -> None:
        """Points of a family's keys, in eighths, by how rare they are."""
        columns = [place for name, place in PLACES.items() if FAMILY.get(name, name) == family]
        values = self.table[:, columns]
        if family in FIXED:
            points = np.where(values != 0, FIXED[family], 0.0)
        else:
            _keys, inverse, counts = np.unique(values.ravel(), return_inverse=True, return_counts=True)
            rarity = np.clip(np.log2((len(self.table) + 50) / (counts + 0.5)), 0.1, MOST[family])
            points = np.where(values != 0, rarity[inverse].reshape(values.shape), 0.0)
        self.eighths[:, columns] = np.ceil(points * 8).astype(np.uint8)

    def __call__(self, one: Array, two: Array) -> Array:
        """Whether each pair of rows could reach what a pair must have to be shown."""
        steps = range(0, len(one), STEP)
        found = [self._points(one[at : at + STEP], two[at : at + STEP]) >= self.least * 8 for at in steps]
        return np.concatenate(found) if found else np.zeros(0, dtype=bool)

    def _points(self, one: Array, two: Array) -> Array:
        """The points of these pairs, in eighths."""
        pairs = _Pairs(self.table[one], self.table[two], self.eighths[one])
        total = pairs.words()
        np.maximum(total, pairs.same("name"), out=total)
        for names, known, against in EVIDENCE:
            found = pairs.best(*names)
            total += found
            if known:
                total[(found == 0) & pairs.known(known)] -= int(against * 8)
        return total + pairs.best("street 1", "street 2", "street start", "house", also=(("street 1", "street 2"),))


class _Pairs:
    """The keys of some pairs side by side."""

    def __init__(self, left: Array, right: Array, points: Array) -> None:
        self.left, self.right, self.points = left, right, points

    def same(self, name: str, other: str | None = None) -> Array:
        """Points where a key of the one equals the same, or another, key of the other."""
        first, second = PLACES[name], PLACES[other or name]
        agree = self.left[:, first] == self.right[:, second]
        return np.where(agree, self.points[:, first], 0).astype(np.int16)

    def known(self, name: str) -> Array:
        """Whether both have a key."""
        place = PLACES[name]
        return (self.left[:, place] != 0) & (self.right[:, place] != 0)

    def best(self, *names: str, also: tuple[tuple[str, str], ...] = ()) -> Array:
        """The points of the best of these keys; ``also`` names keys that may have changed places."""
        crossed = [pair for one, two in also for pair in ((one, two), (two, one))]
        return np.maximum.reduce([self.same(name) for name in names] + [self.same(*pair) for pair in crossed])

    def words(self) -> Array:
        """The points of the words of the names, each with the word that fits it best."""
        total = np.zeros(len(self.left), dtype=np.int16)
        for place in (1, 2, 3):
            found = [self.same(f"word {place}", f"word {other}") for other in (1, 2, 3)]
            if place < 3:
                found += [
                    self.same(f"{part} {place}", f"{part} {other}") for part in PARTS_OF_WORDS for other in (1, 2)
                ]
            total += np.maximum.reduce(found)
        return total
