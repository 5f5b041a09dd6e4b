"""Customers as profiles, read in chunks; a profile packed into one text, so that a million fit into memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from customers.duplicates.normal import Profile, profile

CHUNK = 10_000
COLUMNS = (
    "kind", "name", "first_name", "last_name", "email", "phone", "birth_date", "address", "city", "region", "postcode",
)  # fmt: skip
READ = """
SELECT c.id, c.updated_at, k.seen_at, {columns}, p.emails, p.phones
FROM customers_customer c
LEFT JOIN customers_duplicatekeys k ON k.customer_id = c.id
LEFT JOIN LATERAL (
    SELECT array_agg(value) FILTER (WHERE kind = 'email') AS emails, array_agg(value) FILTER (WHERE kind = 'phone') AS phones
    FROM customers_contactpoint WHERE customer_id = c.id AND kind <> 'address' AND NOT "primary"
) p ON true
WHERE c.deleted_at IS NULL AND {where} ORDER BY c.id LIMIT {limit}
"""
FIELD, ITEM = "\x1f", "\x1e"


class Read(NamedTuple):
    """A customer as read: the profile, when it was written, and the writing that its keys were made of."""

    profile: Profile
    updated_at: datetime
    seen_at: datetime | None


def _read(where: str, values: dict[str, Any], limit: int) -> list[Read]:
    columns = ", ".join(f"c.{name}" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(READ.format(columns=columns, where=where, limit=limit), values)
        return [_made(row) for row in cursor.fetchall()]


def _made(row: Sequence[Any]) -> Read:
    pk, updated_at, seen_at, *cells, emails, phones = row
    named = dict(zip(COLUMNS, cells, strict=True))
    return Read(profile({**named, "pk": pk, "emails": emails, "phones": phones}), updated_at, seen_at)


def everyone(after: int = 0) -> Iterator[list[Read]]:
    """All customers outside the trash, by key, chunk by chunk."""
    while found := _read("c.id > %(after)s", {"after": after}, CHUNK):
        yield found
        after = found[-1].profile.pk


def changed() -> Iterator[list[Read]]:
    """Customers that were written since their keys were made."""
    after = 0
    where = "c.id > %(after)s AND (k.seen_at IS NULL OR k.seen_at <> c.updated_at)"
    while found := _read(where, {"after": after}, CHUNK):
        yield found
        after = found[-1].profile.pk


def named(ids: Iterable[int]) -> dict[int, Profile]:
    """Profiles of these customers, without those in the trash."""
    wanted = sorted(set(ids))
    found: dict[int, Profile] = {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        found |= {one.profile.pk: one.profile for one in _read("c.id = ANY(%(ids)s)", {"ids": part}, len(part))}
    return found


def pack(person: Profile) -> str:
    """A profile as one text."""
    cells = (
        str(person.pk), "c" if person.company else "", ITEM.join(person.names), "p" if person.parts else "", person.han,
        ITEM.join(person.emails), ITEM.join(person.phones), person.birth, ITEM.join(person.numbers),
        ITEM.join(person.street), person.city, person.region, person.postcode,
    )  # fmt: skip
    return FIELD.join(cells)


def unpack(text: str) -> Profile:
    """The profile of a packed text."""
    pk, company, names, parts, han, emails, phones, birth, numbers, street, city, region, postcode = text.split(FIELD)
    return Profile(
        int(pk), bool(company), _items(names), bool(parts), han, _items(emails), _items(phones), birth, _items(numbers),
        _items(street), city, region, postcode,
    )  # fmt: skip


def _items(text: str) -> tuple[str, ...]:
    return tuple(text.split(ITEM)) if text else ()


def look(a: Profile, b: Profile) -> int:
    """What both look like, as a number: another look of one of them is another number."""
    return zlib.crc32(f"{pack(a)}\n{pack(b)}".encode("utf-8", "replace"))
