"""The words of names, and which of them a mistyped word was meant to be.

Only names and other plain words are in it, never e-mails, phones or numbers; and a corrected word is asked
for like any other, within the reader's reach: it tells nobody what they may not see.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import connection
from django.db.models import Model
from rapidfuzz import process
from rapidfuzz.distance import OSA

from crm.kit.models import SearchWord
from crm.kit.search import fold

SHORTEST, LONGEST = 4, 24
LONG = 8
MOST_READ = 4_000
MOST_OFFERED = 6

# One edit leaves the first or the second half of a word as it was; two edits one of its three parts.
# A middle part may have moved by one place.
NEAR = """
SELECT DISTINCT word FROM (
    (SELECT word FROM kit_searchword WHERE word >= %(start)s AND word < %(after)s
        AND length(word) BETWEEN %(least)s AND %(most)s LIMIT %(read)s)
    UNION ALL
    (SELECT word FROM kit_searchword WHERE reverse(word) COLLATE "C" >= %(end)s AND reverse(word) COLLATE "C" < %(before)s
        AND length(word) BETWEEN %(least)s AND %(most)s LIMIT %(read)s)
    UNION ALL
    (SELECT word FROM kit_searchword WHERE substr(word, 4, 2) = ANY(%(middles)s)
        AND length(word) BETWEEN %(least)s AND %(most)s LIMIT %(read)s)
) near
"""
REPEATED = """
DELETE FROM kit_searchword WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY word ORDER BY id) AS n FROM kit_searchword) every WHERE n > 1
)
"""


def edits(word: str) -> int:
    """How many letters may be wrong: one from four letters on, two from eight."""
    if not word.isalpha() or not SHORTEST <= len(word) <= LONGEST:
        return 0
    return 2 if len(word) >= LONG else 1


def near(word: str) -> list[str]:
    """Words that the given one may have been meant to be, the nearest first; itself is not among them."""
    most = edits(word)
    if not most:
        return []
    part = len(word) // (most + 1)
    start, end = word[:part], word[::-1][:part]
    asked: dict[str, str | int | list[str]] = {
        "start": start, "after": _after(start), "end": end, "before": _after(end), "least": len(word) - most,
        "most": len(word) + most, "read": MOST_READ,
        "middles": [word[place : place + 2] for place in (2, 3, 4)] if most > 1 else [],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(NEAR, asked)  # type: ignore[arg-type] # lists are arrays to psycopg
        words = [found for (found,) in cursor.fetchall() if found != word]
    hits = process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=None)
    ranked = sorted(hits, key=lambda hit: (hit[1], hit[0][:1] != word[:1], hit[0]))
    return [found for found, _distance, _place in ranked[:MOST_OFFERED]]


def _after(start: str) -> str:
    """The first text behind all that begin with the given one."""
    return start[:-1] + chr(ord(start[-1]) + 1)


def forget(words: Iterable[str]) -> int:
    """Drop words, for the erasure of a person; ``learn`` brings those back that other rows have too."""
    return SearchWord.objects.filter(word__in=list(words)).delete()[0]


def forget_unused(words: Iterable[str]) -> int:
    """Drop those of the words that no row has any more; how many there were."""
    folded = {fold(word) for word in words}
    known = set(SearchWord.objects.filter(word__in=folded).values_list("word", flat=True))
    return forget(known - _used(known))


def _used(words: set[str]) -> set[str]:
    """The words that some row still has in its name, asked of the index of each table."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if any(field.name == "search" for field in model._meta.concrete_fields):
                cursor.execute(
                    "SELECT word FROM unnest(%s::text[]) word WHERE EXISTS (SELECT FROM"  # noqa: S608 - our names
                    f" {model._meta.db_table} WHERE search @@ (quote_literal(word) || ' | ' || quote_literal(':' || word))::tsquery)",
                    [sorted(words - found)],
                )
                found.update(word for (word,) in cursor.fetchall())
    return found


def learn(model: type[Model]) -> None:
    """Take in the words that the rows of a table have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_learn_words(%s::regclass)", [model._meta.db_table])


def tidy() -> int:
    """Drop what races have written twice."""
    with connection.cursor() as cursor:
        cursor.execute(REPEATED)
        return int(cursor.rowcount)
