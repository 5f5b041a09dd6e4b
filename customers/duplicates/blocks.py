"""Candidate pairs of a whole workspace. Loads numpy: only the scan imports this module.

Each key makes blocks of customers that share it. A block that is too big to compare is cut by pairs of common
keys of different kinds; what is still too big is compared with its neighbours only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from customers.duplicates.keys import FAMILY, KINDS, MERGED
from customers.duplicates.likely import Likely

Array = np.ndarray[Any, Any]
BUDGET = 1_000_000
"""Rows times the biggest block: small workspaces compare generously."""
LEAST_BLOCK, MOST_BLOCK = 20, 400
NEIGHBOURS = 3
SMALL = 20_000
"""Up to so many rows every pair of a block is compared, likely or not."""
CHUNK = 500_000
PARTIAL = frozenset(
    {
        "start",
        "end",
        "letters",
        "street start",
        "city start",
        "city end",
        "birth month",
        "birth day",
        "phone head",
        "phone tail",
    }
)
MOST_REMEMBERED = 30_000_000

FAMILIES: dict[str, list[int]] = {}
KIND_OF: dict[str, str] = {}
for _place, (_name, _kind) in enumerate(KINDS):
    FAMILIES.setdefault(FAMILY.get(_name, _name), []).append(_place)
    KIND_OF[FAMILY.get(_name, _name)] = _kind


def _cuts(one: str, two: str) -> bool:
    """Whether two families cut blocks together: other kinds of evidence, and not both of them only a part."""
    if "email host" in (one, two):
        return "word" in (one, two)
    return KIND_OF[one] != KIND_OF[two] and not {one, two} <= PARTIAL


class Blocks:
    """The key table of a workspace (one row per customer) and the pairs that it proposes."""

    def __init__(self, table: Array) -> None:
        self.table = table
        self.rows = len(table)
        self.most = int(min(MOST_BLOCK, max(LEAST_BLOCK, BUDGET // max(1, self.rows))))
        self._seen: Array = np.empty(0, dtype=np.uint64)
        self.likely = Likely(table) if self.rows > SMALL else None
        self.passes = [(family,) for family in FAMILIES] + [pair for pair in combinations(FAMILIES, 2) if _cuts(*pair)]
        self.passes.append(("word", "word"))
        for family in FAMILIES:
            self._mark_common(family)

    def _mark_common(self, family: str) -> None:
        """Set the lowest bit of keys whose block is too big."""
        columns = FAMILIES[family]
        values = self.table[:, columns].ravel()
        keys, counts = np.unique(values[values != 0], return_counts=True)
        common = keys[counts > self.most]
        if len(common):
            for column in columns:
                held = self.table[:, column]
                held[np.isin(held, common)] |= 1

    def pairs(self, names: tuple[str, ...]) -> Iterator[tuple[Array, Array]]:
        """Pairs of row numbers of one pass, without those of earlier passes, in chunks."""
        keys, rows = self._single(names[0]) if len(names) == 1 else self._crossed(*names)
        for codes in self._codes(keys, rows, rest=len(names) > 1):
            codes = np.unique(codes)
            codes = codes[~self._known(codes)]
            one, two = (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)
            if self.likely is not None and len(one):
                kept = self.likely(one, two)
                one, two, codes = one[kept], two[kept], codes[kept]
            if len(self._seen) < MOST_REMEMBERED:
                self._seen = np.union1d(self._seen, codes)
            if len(one):
                yield one, two

    def _single(self, family: str) -> tuple[Array, Array]:
        """Keys of a family that are not too common, with their rows."""
        found = [self._column(column, 0) for column in FAMILIES[family]]
        return np.concatenate([keys for keys, _ in found]), np.concatenate([rows for _, rows in found])

    def _crossed(self, one: str, two: str) -> tuple[Array, Array]:
        """Pairs of common keys of two families, with the rows that hold both."""
        keys, rows = [], []
        columns = FAMILIES[one], FAMILIES[two]
        crossed = (
            combinations(columns[0], 2) if one == two else ((first, second) for first in columns[0] for second in columns[1])
        )  # fmt: skip
        for first, second in crossed:
            both = np.nonzero((self.table[:, first] & 1) & (self.table[:, second] & 1))[0]
            high, low = self.table[both, first].astype(np.uint64), self.table[both, second].astype(np.uint64)
            if one == two:
                high, low = np.maximum(high, low), np.minimum(high, low)
            keys.append((high << np.uint64(32)) | low)
            rows.append(both)
        return np.concatenate(keys), np.concatenate(rows)

    def _column(self, column: int, common: int) -> tuple[Array, Array]:
        held = self.table[:, column]
        rows = np.nonzero((held != 0) & ((held & 1) == common))[0]
        return held[rows].astype(np.uint64), rows

    def _codes(self, keys: Array, rows: Array, *, rest: bool) -> Iterator[Array]:
        """Pair codes (low row, high row) of all blocks of these keys, in chunks."""
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order].astype(np.uint64)
        starts = (
            np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else np.empty(0, dtype=int)
        )
        sizes = np.diff(np.append(starts, len(keys)))
        ends = np.repeat(starts + sizes, sizes)
        big = np.repeat(sizes > self.most, sizes)
        places = np.arange(len(keys))
        waiting: list[Array] = []
        held = 0
        for step in range(1, min(self.most, int(sizes.max(initial=1)))):
            reach = (places + step < ends) & (~big | (rest and step <= NEIGHBOURS))
            first = places[reach]
            if not len(first):
                break
            one, two = rows[first], rows[first + step]
            low, high = np.minimum(one, two), np.maximum(one, two)
            differ = low != high
            waiting.append(((low << np.uint64(32)) | high)[differ])
            held += len(first)
            if held > CHUNK * 4:
                yield np.concatenate(waiting)
                waiting, held = [], 0
        if waiting:
            yield np.concatenate(waiting)

    def _known(self, codes: Array) -> Array:
        if not len(self._seen):
            return np.zeros(len(codes), dtype=bool)
        places = np.minimum(np.searchsorted(self._seen, codes), len(self._seen) - 1)
        return self._seen[places] == codes


assert set(MERGED) <= set(FAMILIES)
