"""Search by part of a name, e-mail or phone over the generated ``search`` column.

The words of a query mirror the SQL function ``crm_search`` of the first migration: what that
function stores for a text, this module asks for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import TypeVar

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, QuerySet
from django.db.models.lookups import Lookup

M = TypeVar("M", bound=models.Model)

MAX_TEXT = 200  # characters
MAX_WORDS = 8
LEAST_DIGITS = 4
MARKS = re.compile("[\u0300-\u036f]")
CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
CJK_RUN = re.compile(f"[{CJK}]+")
PHONE = re.compile(r"[-+() ./0-9]{4,}")


class _Matches(Lookup):
    """``vector @@ query`` with the query as a parameter."""

    lookup_name = "kit_matches"
    prepare_rhs = False

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs} @@ %s::tsquery", (*lhs_params, self.rhs)


SearchVectorField.register_lookup(_Matches)


def fold(text: str) -> str:
    """Lower case without accents, as the column keeps it."""
    folded = text.lower()
    if not folded.isascii():
        folded = MARKS.sub("", unicodedata.normalize("NFKD", folded)).lower()
    return folded


def query(text: str) -> str:
    """The tsquery of what a person typed; empty when nothing can be looked for."""
    folded = fold(text.replace("\0", " ")[:MAX_TEXT]).strip()
    folded = folded.encode("utf-8", "ignore").decode()
    ways = [_words(folded)]
    if PHONE.fullmatch(folded):
        digits = re.sub(r"\D", "", folded)
        ways += [_prefix(run) for run in dict.fromkeys([digits, digits.lstrip("0")]) if len(run) >= LEAST_DIGITS]
    if "@" in folded and " " not in folded:
        ways.append(_prefix(folded))
    return " | ".join(f"({way})" for way in dict.fromkeys(ways) if way)


def _words(folded: str) -> str:
    parts: list[str] = []
    for word in re.split(r"[\W_]+", folded)[: MAX_WORDS + 1]:
        if CJK_RUN.fullmatch(word):
            parts += [_lexeme(pair) for pair in _pairs(word)]
        elif word:
            parts.append(_prefix(word))
    return " & ".join(dict.fromkeys(parts[: 3 * MAX_WORDS]))


def _pairs(word: str) -> list[str]:
    return [word] if len(word) == 1 else [word[i : i + 2] for i in range(len(word) - 1)]


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _prefix(word: str) -> str:
    return f"{_lexeme(word)}:*"


def match(queryset: QuerySet[M], text: str, *, hidden: Collection[str] = ()) -> QuerySet[M]:
    """Rows in which every word of the text begins a word of the searched columns.

    ``hidden`` names columns that the reader may not see whole: a row that matches only there is left
    out, so that masked values cannot be guessed letter by letter.
    """
    if not text.strip():
        return queryset
    wanted = query(text)
    if not wanted:
        return queryset.none()
    found = queryset.filter(search__kit_matches=wanted)
    columns = searched(queryset.model)
    shown = [column for column in columns if column not in hidden]
    if len(shown) == len(columns):
        return found
    if not shown:
        return queryset.none()
    recheck = Func(*[F(column) for column in shown], function="crm_search", output_field=SearchVectorField())
    # an alias adds nothing to the rows, whatever the stubs say
    return found.alias(_shown=recheck).filter(_shown__kit_matches=wanted)  # type: ignore[return-value]


def searched(model: type[models.Model]) -> list[str]:
    """The columns behind the ``search`` column of a model."""
    expression = model._meta.get_field("search").expression  # type: ignore[union-attr]
    parts = expression.get_source_expressions()
    return [part.name for part in parts if isinstance(part, F)]  # type: ignore[attr-defined] # missing in the stubs
