"""The best rows of a search: whole words of the name first, then beginnings, other fields, sounds, slips.

The work is bounded: of a word that very many rows have, a few hundred are ranked, and counting stops.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from crm.kit import vocabulary
from crm.kit.keyset import Count, counted
from crm.kit.search import Typed, typed

SPAN = 200
"""Rows that are ranked."""
FEW = 3
"""With fewer hits than this, words are taken for mistyped."""
PLACE = re.compile(r"([0-4])_(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)_([0-9]{1,18})", re.ASCII)
EXACT, NAMED, WRITTEN, HEARD, CORRECTED = range(5)


@dataclass(frozen=True, order=True)
class Place:
    """Where a row stands: how well it matches, how lately it changed (negative), its key."""

    tier: int
    age: float
    pk: int

    def __str__(self) -> str:
        return f"{self.tier}_{self.age!r}_{self.pk}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """A place from an address; nothing for a text that is none."""
        found = PLACE.fullmatch(text)
        return cls(int(found[1]), float(found[2]), int(found[3])) if found else None


@dataclass
class Asked:
    """One text as one reader asks it; what it may have been meant to be is looked up once for all tables."""

    text: str
    slips: dict[str, list[str]] = field(default_factory=dict)

    def others(self, words: list[str]) -> dict[str, list[str]]:
        """Words that may have been meant instead, for each of the given ones that has any."""
        for word in words:
            if word not in self.slips:
                self.slips[word] = vocabulary.near(word)
        return {word: self.slips[word] for word in words if self.slips[word]}


@dataclass
class Ranking:
    """The places of the best rows of one table, in order.

    ``most`` rows are read before the best are chosen: with more of them counting takes no query of its own.
    """

    rows: QuerySet[Any]
    asked: Asked
    hidden: Collection[str] = ()
    recent: str = "updated_at"
    most: int = SPAN
    wanted: str = ""
    read: int = 0

    def __post_init__(self) -> None:
        self.wanted = self.typed.widest

    @cached_property
    def typed(self) -> Typed:
        """The questions to this table, for this reader."""
        return typed(self.rows.model, self.asked.text, hidden=self.hidden)

    @cached_property
    def places(self) -> list[Place]:
        """At most a few hundred, the best first."""
        if not self.typed.widest:
            return []
        found = self._found(self.typed.widest)
        self.read = len(found)
        if self.read >= self.most:  # there are more than are ranked: make sure that the best are among them
            for narrower in (self.typed.exact, self.typed.named):
                found |= self._found(narrower) if narrower else {}
        elif len(found) < FEW and self.corrected:
            self.wanted = self.corrected
            found = self._found(self.corrected, CORRECTED) | found
            self.read = len(found)
        return sorted(found.values())[:SPAN]

    @property
    def corrected_only(self) -> bool:
        """Whether nothing matches as it was typed."""
        return bool(self.places) and self.places[0].tier == CORRECTED

    @property
    def is_whole(self) -> bool:
        """Whether every match is among the places."""
        return len(self.places) < SPAN

    def count(self, cap: int) -> Count:
        """How many rows match: known where enough were read, else counted as far as the cap."""
        if self.places and self.read >= self.most and self.read <= cap:
            wanted = self.rows.filter(search__kit_matches=self.wanted).order_by().values("pk")
            return counted(wanted[: cap + 1].count(), cap=cap)
        return counted(self.read, cap=cap)

    @cached_property
    def corrected(self) -> str:
        """The question with what mistyped words may have meant; empty where nothing is near."""
        others = self.asked.others([word for word in self.typed.words if vocabulary.edits(word)])
        return self.typed.corrected(others) if others else ""

    def _found(self, wanted: str, tier: int | None = None) -> dict[int, Place]:
        rows = self.rows.filter(search__kit_matches=wanted).order_by()
        rows = rows.annotate(_tier=self._tier() if tier is None else Value(tier))
        return {
            pk: Place(place, _age(at), pk)
            for pk, place, at in rows.values_list("pk", "_tier", self.recent)[: self.most]
        }

    def _tier(self) -> Case:
        questions = [(self.typed.exact, EXACT), (self.typed.named, NAMED), (self.typed.written, WRITTEN)]
        return Case(
            *(When(search__kit_matches=question, then=Value(place)) for question, place in questions if question),
            default=Value(HEARD), output_field=IntegerField(),
        )  # fmt: skip


def _age(at: datetime | None) -> float:
    return -at.timestamp() if at else 0.0
