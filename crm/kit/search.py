"""Search by part of a name, e-mail, phone or number over the generated ``search`` columns.

The words of a query mirror the SQL function ``crm_words``: what that function stores for a text, this
module asks for. Every stored word carries the mark of its field's kind, so a field that the reader may
not see whole is left out of the question itself, and nothing can be guessed through it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, QuerySet, Value
from django.db.models.lookups import Lookup

from crm.kit.han import folding

M = TypeVar("M", bound=models.Model)

MAX_TEXT = 200  # characters
MAX_WORDS = 8
LEAST_DIGITS = 4
MARKS = re.compile("[\u0300-\u036f]")
CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
CJK_RUN = re.compile(f"[{CJK}]+")
PHONE = re.compile(r"[-+() ./0-9]{4,}")
LATIN = re.compile("[a-z]+")

KINDS = {"n": "", "t": "", "i": "/", "c": ":", "e": "@", "p": "#"}
"""Kind of field → mark of its words: name, text, number, other words, e-mail, phone."""
MAIN = "nti"
READ_ALOUD = "nc"
EVERY = "".join(KINDS)


class Matches(Lookup):
    """``vector @@ query`` with the query as a parameter."""

    lookup_name = "kit_matches"
    prepare_rhs = False

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs} @@ %s::tsquery", (*lhs_params, self.rhs)


SearchVectorField.register_lookup(Matches)


def fold(text: str) -> str:
    """Lower case without accents, traditional characters as simplified ones: as the column keeps it."""
    folded = text.lower()
    if not folded.isascii():
        folded = MARKS.sub("", unicodedata.normalize("NFKD", folded)).lower().translate(folding())
    return folded


@dataclass(frozen=True)
class Typed:
    """What a person typed, and the questions it can be put as, from the narrowest to the widest."""

    text: str
    kinds: str = EVERY

    @cached_property
    def folded(self) -> str:
        """Ready to be compared."""
        given = self.text.replace("\0", " ")[:MAX_TEXT].encode("utf-8", "ignore").decode()
        return fold(given).strip()

    @cached_property
    def words(self) -> list[str]:
        """At most eight of them."""
        return [word for word in re.split(r"[\W_]+", self.folded) if word][:MAX_WORDS]

    @property
    def exact(self) -> str:
        """Whole words of the name or the number, or the whole e-mail address."""
        whole = _lexeme("@" + self.folded) if "e" in self.kinds and "@" in self.folded else ""
        return _any([_all(_any(_lexeme(mark + part) for mark in self._marks(MAIN)) for part in self._parts), whole])

    @property
    def named(self) -> str:
        """Beginnings of words of the name or the number."""
        return _all(self._begun(part, self._marks(MAIN)) for part in self._parts)

    @property
    def written(self) -> str:
        """Beginnings of words of any field, digits inside a phone number, a begun e-mail address."""
        return _any([_all(self._in_any_field(part) for part in self._parts), *self._wholes])

    @property
    def widest(self) -> str:
        """The same, and Chinese words by their sound."""
        return _any([_all(self._in_any_field(part, sound=True) for part in self._parts), *self._wholes])

    def corrected(self, others: dict[str, list[str]]) -> str:
        """With whole other words of names beside those that may be mistyped."""
        marks = self._marks(READ_ALOUD + MAIN)
        return _all(
            _any(
                [
                    self._in_any_field(part, sound=True),
                    *(_lexeme(mark + other) for other in others.get(part, ()) for mark in marks),
                ]
            )
            for part in self._parts
        )

    @cached_property
    def _parts(self) -> list[str]:
        """Words, and pairs of characters that are written without blanks."""
        parts: list[str] = []
        for word in self.words:
            parts += _pairs(word) if CJK_RUN.fullmatch(word) else [word]
        return list(dict.fromkeys(parts[: 3 * MAX_WORDS]))

    @cached_property
    def _wholes(self) -> list[str]:
        """The text as one phone number or one address, as far as it was typed."""
        found: list[str] = []
        if "p" in self.kinds and PHONE.fullmatch(self.folded):
            digits = re.sub(r"\D", "", self.folded)
            runs = [run for run in dict.fromkeys([digits, digits.lstrip("0")]) if len(run) >= LEAST_DIGITS]
            found += [_prefix("#" + run) for run in runs]
        if "e" in self.kinds and "@" in self.folded and " " not in self.folded:
            found.append(_prefix("@" + self.folded))
        return found

    def _in_any_field(self, part: str, *, sound: bool = False) -> str:
        ways = [self._begun(part, self._marks(EVERY.replace("p", "")))]
        if "p" in self.kinds and (not part.isdigit() or len(part) >= LEAST_DIGITS):
            ways.append(_prefix("#" + part))
        if sound and LATIN.fullmatch(part):
            ways += [_prefix(f"{mark}~{part}") for mark in self._marks(READ_ALOUD)]
        return _any(ways)

    def _begun(self, part: str, marks: Iterable[str]) -> str:
        whole = CJK_RUN.fullmatch(part) is not None
        return _any((_lexeme if whole else _prefix)(mark + part) for mark in marks)

    def _marks(self, among: str) -> list[str]:
        return list(dict.fromkeys(KINDS[kind] for kind in self.kinds if kind in among))


def _all(ways: Iterable[str]) -> str:
    """Every way must hold; none at all is no question, and so is one that cannot hold."""
    every = list(ways)
    return " & ".join(f"({way})" for way in every) if every and all(every) else ""


def _any(ways: Iterable[str]) -> str:
    some = [way for way in dict.fromkeys(ways) if way]
    return some[0] if len(some) == 1 else " | ".join(f"({way})" for way in some)


def _pairs(word: str) -> list[str]:
    return [word] if len(word) == 1 else [word[i : i + 2] for i in range(len(word) - 1)]


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _prefix(word: str) -> str:
    return f"{_lexeme(word)}:*"


def match(queryset: QuerySet[M], text: str, *, hidden: Collection[str] = ()) -> QuerySet[M]:
    """Rows in which every word of the text begins a word of the searched columns, or sounds like one.

    ``hidden`` names columns that the reader may not see whole: their words are not asked for, so that
    masked values cannot be guessed letter by letter.
    """
    if not text.strip():
        return queryset
    wanted = typed(queryset.model, text, hidden=hidden).widest
    return queryset.filter(search__kit_matches=wanted) if wanted else queryset.none()


def typed(model: type[models.Model], text: str, *, hidden: Collection[str] = ()) -> Typed:
    """The questions of a text to one table, for a reader who may not see some columns whole."""
    return Typed(text, "".join(kind for column, kind in searched(model).items() if column not in hidden))


def searched(model: type[models.Model]) -> dict[str, str]:
    """The columns behind the ``search`` column of a model, with the letter of their kind."""
    expression = model._meta.get_field("search").expression  # type: ignore[union-attr]
    parts = expression.get_source_expressions()
    letters = next(part.value for part in parts if isinstance(part, Value))
    return dict(zip([part.name for part in parts if isinstance(part, F)], letters, strict=True))  # type: ignore[attr-defined]
