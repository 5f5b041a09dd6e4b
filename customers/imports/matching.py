"""Which field a column of a file means: by its header, by what a known program calls it, by its values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.utils.translation import gettext as _
from rapidfuzz.distance import Levenshtein

from customers.imports.fields import Field, fold
from customers.imports.reading.looks import shares

SURE = 0.65
"""From here on a column is imported without being asked about."""
LONG = 5
CLOSE = 0.87
FURTHER = 0.02
"""A further phone is one only where another column fills the main one."""
FEW = 3
RELATIONS = {
    "customer": frozenset(["account", "customer", "client", "company", "organization", "organisation", "partner", "partnerid", "relatedcompany", "parentid", "customeraccount", "客户", "公司", "kunde", "firma", "client", "cliente"]),
    "contact": frozenset(["contact", "person", "who", "whoid", "contactperson", "ansprechpartner", "联系人", "contacto"]),
    "campaign": frozenset(["campaign", "campaignid", "活动", "kampagne"]),
}  # fmt: skip
"""The other end of a relation → the words that headers such as ``Account:External_Id__c`` begin with."""
IDS = frozenset(["id", "externalid", "externalidc", "recordid", "key", "number", "no", "nr", "code", "编号"])
PARENT = re.compile(r"\s*(.+?)\s*(?::|\.|/|->|\s-\s)\s*(.+?)\s*")
OWN = re.compile(r"__[crpx]$", re.IGNORECASE)
LOOK_OF = {"email": ("email", 0.75), "phone": ("phone", 0.66), "country": ("country", 0.66)}


@dataclass(frozen=True)
class Match:
    """A field that a column may mean."""

    field: str
    confidence: float
    reason: str


def matches(
    fields: Sequence[Field], header: Sequence[str], samples: Sequence[Sequence[str]] | None = None,
    preset: Mapping[str, str] | None = None,
) -> list[list[Match]]:  # fmt: skip
    """For each column its fields, the likeliest first; without ``samples`` by the header alone."""
    found = []
    for place, name in enumerate(header):
        seen = shares(samples[place]) if samples is not None else None
        found.append(
            []
            if name.startswith("_")
            else _of_column(fields, name, seen, samples[place] if samples else (), preset or {})
        )
    return found


def assign(ranked: Sequence[Sequence[Match]], *, taken: set[str], least: float) -> dict[int, Match]:
    """Column → field, each field once: the surest pairs first, then in the order of the columns."""
    pairs = sorted(
        ((match, place) for place, options in enumerate(ranked) for match in options if match.confidence >= least),
        key=lambda pair: (-pair[0].confidence, pair[1]),
    )
    found: dict[int, Match] = {}
    used = set(taken)
    for match, place in pairs:
        if place not in found and match.field not in used:
            found[place] = match
            used.add(match.field)
    return found


def _of_column(
    fields: Sequence[Field], name: str, seen: Mapping[str, float] | None, values: Sequence[str], preset: Mapping[str, str]
) -> list[Match]:  # fmt: skip
    told = preset.get(fold(name))
    if told is not None:
        return [Match(told, 0.97, _("This program calls it so."))] if told in {item.name for item in fields} else []
    found: dict[str, Match] = {}
    relation = _relation(name)
    for item in fields:
        match = _related(item, relation) if relation else _by_header(item, name)
        if match is not None:
            found[item.name] = _checked(item, match, seen, values)
    if seen is not None:
        for match in _by_looks(fields, seen):
            if match.field not in found or found[match.field].confidence < match.confidence:
                found[match.field] = match
    return sorted(found.values(), key=lambda match: -match.confidence)


def _relation(name: str) -> tuple[str, str] | None:
    """(other end, rest) of a header such as ``Account:External_Id__c``."""
    parts = PARENT.fullmatch(OWN.sub("", name))
    if parts is None:
        return None
    head, rest = fold(OWN.sub("", parts[1])), fold(OWN.sub("", parts[2]))
    return next(((end, rest) for end, words in RELATIONS.items() if head in words), None)


def _related(item: Field, relation: tuple[str, str]) -> Match | None:
    end, rest = relation
    if item.name == f"{end}.external_id" and rest in IDS:
        return Match(item.name, 0.95, _("The header names the record that it belongs to."))
    if item.name == f"{end}.{rest}" or (item.name == f"{end}.name" and rest in ("displayname", "fullname")):
        return Match(item.name, 0.95, _("The header names the record that it belongs to."))
    return None


def _by_header(item: Field, name: str) -> Match | None:
    word, bare = fold(name), fold(OWN.sub("", name))
    if word == fold(item.name) or bare == fold(item.name):
        return Match(item.name, 1.0, _("The header is the field's name."))
    known = word if word in item.words else bare
    if known in item.words:
        further = FURTHER if item.name.startswith(("phone.", "email.")) else 0.0
        return Match(
            item.name, 0.95 - further - 0.0001 * item.words.index(known), _("The header is a word for this field.")
        )
    if "." in item.name and bare == fold(item.name.rpartition(".")[2]):
        return Match(item.name, 0.7, _("The header is the field's name."))
    return _nearly(item, bare)


def _nearly(item: Field, word: str) -> Match | None:
    if len(word) < LONG:
        return None
    words = [known for known in chain((fold(item.name),), item.words) if len(known) >= LONG]
    if any(Levenshtein.normalized_similarity(word, known, score_cutoff=CLOSE) for known in words):
        return Match(item.name, 0.7, _("The header is nearly a word for this field."))
    if "." not in item.name and any(known in word for known in words):
        return Match(item.name, 0.5, _("The header contains a word for this field."))
    return None


def _checked(item: Field, match: Match, seen: Mapping[str, float] | None, values: Sequence[str]) -> Match:
    """Less sure where the values look like something else."""
    if not seen or match.confidence == 1.0 or sum(1 for value in values if value.strip()) < FEW:
        return match
    fits = 1.0
    if item.name.startswith("email"):
        fits = seen.get("email", 0)
    elif item.name.startswith("phone"):
        fits = max(seen.get("phone", 0), seen.get("number", 0))
    elif item.type in ("date", "moment"):
        fits = max(seen.get("date", 0), 0.5 * seen.get("number", 0))
    elif item.type in ("number", "whole"):
        fits = seen.get("number", 0)
    elif item.type == "choice":
        filled = [value for value in values if value.strip()]
        fits = sum(fold(value) in item.choices for value in filled) / len(filled) if filled else 1.0
    if fits >= 0.3:
        return match
    return Match(item.name, match.confidence * (0.4 + fits), match.reason + " " + _("Its values look otherwise."))


def _by_looks(fields: Sequence[Field], seen: Mapping[str, float]) -> list[Match]:
    names = {item.name for item in fields}
    return [
        Match(field, confidence * seen[look], _("The values look like it."))
        for look, (field, confidence) in LOOK_OF.items()
        if field in names and seen.get(look, 0) > 0.7
    ]
