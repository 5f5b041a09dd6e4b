"""The words by which a person can be told from everybody else, for places that no key leads to.

Strong words (e-mail addresses, phone numbers, full names, postal addresses) are looked for everywhere. Weak ones
(a first or last name alone) only where people leave traces of their work, such as saved searches: a weak word may
also be the name of a thing. A word that another customer or contact carries as well is nobody's own and is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import phonenumbers
from django.db import connection

from crm.kit.search import CJK
from customers.models import Contact, ContactPoint, Customer, ExternalId
from customers.privacy.reach import Subject, histories

LEAST = 4
LEAST_CJK = 2
LEAST_DIGITS = 7
LEAST_ADDRESS = 10
HAN = re.compile(f"[{CJK}]")
FIELDS = ("name", "first_name", "last_name", "email", "phone", "address")
SEARCHED = ("name", "first_name", "last_name", "company", "email", "phone", "address", "city")
ERASED = "**"
SEPARATORS = " ()./-"
DROPPED = str.maketrans("", "", SEPARATORS)


@dataclass(frozen=True)
class Words:
    """A person's words: as expressions that PostgreSQL and Python read alike, and as plain texts to look for first.

    Expressions are exact and slow, plain texts are fast and find a little too much: a text is looked at closely
    only where a plain one stands in it.
    """

    strong: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()

    @cached_property
    def everywhere(self) -> str:
        """One expression for the strong words; empty when there are none."""
        return "|".join(map(pattern, self.strong))

    @cached_property
    def in_traces(self) -> str:
        """One expression for all words."""
        return "|".join(map(pattern, (*self.strong, *self.weak)))

    def found_in(self, text: str) -> bool:
        """Whether a text names the person."""
        words = (*self.strong, *self.weak)
        return near(words, text) and re.search(self.in_traces, text, re.IGNORECASE) is not None


def near(words: Iterable[str], text: str) -> bool:
    """Whether a text may hold one of the words."""
    folded = text.lower()
    bare = folded.translate(DROPPED)
    return any(word in bare if word.isdigit() else needle(word) in folded for word in words)


def needle(word: str) -> str:
    """The longest part of a word that stands as it is in every text and in JSON."""
    return max(re.split(r'[\s"\\]+', word), key=len)


def near_sql(words: Iterable[str], text: str) -> tuple[str, list[Any]]:
    """The same as a condition on an SQL expression, with its parameters."""
    texts = [f"%{_plain(needle(word))}%" for word in words if not word.isdigit()]
    numbers = [f"%{word}%" for word in words if word.isdigit()]
    return f"({text} LIKE ANY(%s) OR translate({text}, %s, '') LIKE ANY(%s))", [texts, SEPARATORS, numbers]


def _plain(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def words_of(subject: Subject) -> Words:
    """What tells a person from all others: from their rows, their points and all older states of both."""
    strong, weak = _candidates(subject)
    shared = _shared([*strong, *weak], subject)
    return Words(
        tuple(word for word in strong if word not in shared), tuple(word for word in weak if word not in shared)
    )


def _candidates(subject: Subject) -> tuple[list[str], list[str]]:
    strong: dict[str, None] = {}
    weak: dict[str, None] = {}
    for name, value in _values(subject):
        text = " ".join(value.lower().split())
        if name in ("email", "address", "external_id", "custom"):
            if len(text) >= (LEAST_ADDRESS if name in ("address", "external_id", "custom") else 6):
                strong[text] = None
        elif name == "phone":
            strong |= dict.fromkeys(_numbers(text))
        else:
            parts = [part for part in re.split(r"[\s,;.()/]+", text) if _telling(part)]
            if " " in text or (HAN.search(text) and len(text) > LEAST_CJK):
                strong[text] = None
            weak |= dict.fromkeys(parts)
    return list(strong), [word for word in weak if word not in strong]


def _telling(part: str) -> bool:
    return len(part) >= (LEAST_CJK if HAN.search(part) else LEAST)


def _numbers(text: str) -> list[str]:
    """The digits of a phone number without what differs from one way of writing it to another."""
    digits = re.sub(r"\D", "", text).lstrip("0")
    found = [digits[-12:]] if len(digits) >= LEAST_DIGITS else []
    try:
        national = str(phonenumbers.parse(text).national_number)  # also as it is dialled at home
    except phonenumbers.NumberParseException:
        return found
    return [*found, national] if len(national) >= LEAST_DIGITS else found


def _values(subject: Subject) -> Iterable[tuple[str, str]]:
    """(kind of word, text) from the rows and their histories."""
    for model, keys in subject.roots.items():
        old = next(one for one in histories() if one.pgh_tracked_model is model)  # type: ignore[attr-defined]
        for rows in (model._base_manager.filter(pk__in=keys), old._base_manager.filter(pgh_obj_id__in=keys)):
            for row in rows.values(*FIELDS, "custom"):
                yield from ((name, row[name]) for name in FIELDS if row[name])
                yield from (("custom", value) for value in row["custom"].values() if isinstance(value, str) and value)
    for kind, value, normalised in _points(subject):
        yield kind, value
        yield kind, normalised
    named = ExternalId.objects.filter(customer__in=subject.customers).values_list("external_id", flat=True)
    yield from (("external_id", one) for one in named if not one.isdigit())


def _points(subject: Subject) -> Iterable[tuple[str, str, str]]:
    old = next(one for one in histories() if one.pgh_tracked_model is ContactPoint)  # type: ignore[attr-defined]
    for model in (ContactPoint, old):
        for name, keys in (("customer", subject.customers), ("contact", subject.contacts)):
            rows: Any = model._base_manager.filter(**{f"{name}_id__in": keys})  # type: ignore[attr-defined]
            yield from rows.values_list("kind", "value", "normalised").distinct()


def pattern(word: str) -> str:
    """A word as an expression that does not match inside longer words; a number however it is grouped."""
    if word.isdigit():
        return r"(?<![0-9])(?:\+|00|0)?" + r"[ ()./-]*".join(word) + "(?![0-9])"
    found = re.escape(word).replace(r"\ ", r"\s+").replace('"', r'\\?"')  # JSON writes \" for a quote
    before = "(?<![A-Za-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = "(?![A-Za-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return f"{before}{found}{after}"


def _shared(words: list[str], subject: Subject) -> set[str]:
    """Those of the words that another customer, contact or colleague carries: one look over each table."""
    if not words:
        return set()
    combined = "|".join(pattern(word) for word in words)
    tables: list[tuple[str, str, frozenset[int]]] = [
        (Customer._meta.db_table, f"{', '.join(SEARCHED)}, custom::text", subject.customers),
        (Contact._meta.db_table, f"{', '.join(SEARCHED)}, custom::text", subject.contacts),
        ("accounts_user", "username, first_name, last_name, email", frozenset()),
    ]
    found: set[str] = set()
    with connection.cursor() as cursor:
        for table, columns, own in tables:
            near_it, values = near_sql(words, "everything")
            statement = (
                "SELECT DISTINCT lower(hit[1]) FROM"  # noqa: S608 - our names
                f" (SELECT everything FROM {table}, lower(concat_ws(' ', {columns})) everything"
                f" WHERE id <> ALL(%s) AND {near_it} OFFSET 0) candidates, regexp_matches(everything, %s, 'gi') hit"
            )
            cursor.execute(statement, [list(own), *values, f"({combined})"])
            found.update(row[0] for row in cursor.fetchall())
    return {word for word in words if any(re.search(pattern(word), text, re.IGNORECASE) for text in found)}
