"""Blocking keys: two profiles are compared when they share one. Each survives another kind of mistake.

A key is a column of the key table of a scan, so its place in ``NAMES`` is its name. Keys of one kind tell
the same thing; pairs of keys of different kinds cut blocks that are too big.
"""

from __future__ import annotations

import zlib

from customers.duplicates.normal import Profile

KINDS: tuple[tuple[str, str], ...] = (
    ("email", "email"), ("phone", "phone"), ("birth", "birth"),
    ("email name", "email"), ("phone head", "phone"), ("phone tail", "phone"),
    ("name", "name"), ("word 1", "name"), ("word 2", "name"), ("word 3", "name"),
    ("start 1", "name"), ("start 2", "name"), ("end 1", "name"), ("end 2", "name"), ("letters 1", "name"), ("letters 2", "name"),
    ("street 1", "street"), ("street 2", "street"), ("street start", "street"), ("house", "house"),
    ("postcode", "place"), ("city", "place"), ("city start", "place"), ("city end", "place"),
    ("birth month", "birth"), ("birth day", "birth"), ("email host", "host"),
)  # fmt: skip
"""(key, kind of evidence), strongest first."""
PLACES = {name: place for place, (name, _kind) in enumerate(KINDS)}
SHARED_HOSTS = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "icloud.com",
        "aol.com",
        "gmx.de",
        "web.de",
        "qq.com",
        "163.com",
        "126.com",
        "sina.com",
        "foxmail.com",
        "139.com",
        "example.com",
        "example.org",
        "mail.ru",
        "yandex.ru",
    ]
)


def texts(person: Profile) -> dict[str, str]:
    """The keys of a profile as texts, by name."""
    found: dict[str, str] = {}
    _reach(person, found)
    words = sorted(person.names, key=len, reverse=True)[:3]
    if words:
        found["name"] = "".join(sorted(person.names))
    for place, word in enumerate(words, 1):
        found[f"word {place}"] = word
        if place < 3 and len(word) > 4:
            found[f"start {place}"], found[f"end {place}"] = word[:4], word[-4:]
        if place < 3 and len(word) > 3:
            found[f"letters {place}"] = "".join(sorted(set(word)))
    _place(person, found)
    return found


def _reach(person: Profile, found: dict[str, str]) -> None:
    if person.emails:
        name, _at, host = person.emails[0].partition("@")
        found |= {"email": person.emails[0], "email name": name}
        if host not in SHARED_HOSTS:
            found["email host"] = host
    if person.phones:
        phone = person.phones[0]
        found |= {"phone": phone, "phone head": phone[:5], "phone tail": phone[-5:]}
    if person.birth:
        found |= {"birth": person.birth, "birth month": person.birth[:6], "birth day": person.birth[4:]}


def _place(person: Profile, found: dict[str, str]) -> None:
    street = sorted((word for word in person.street if len(word) > 3), key=len, reverse=True)
    for place, word in enumerate(street[:2], 1):
        found[f"street {place}"] = word
    if street:
        found["street start"] = street[0][:4]
    if street and person.numbers:
        found["house"] = f"{person.numbers[0]} {street[0]}"
    if person.postcode:
        found["postcode"] = person.postcode
    if person.city:
        found |= {"city": person.city, "city start": person.city[:4], "city end": person.city[-4:]}


MERGED = {
    "word": ("word 1", "word 2", "word 3"), "start": ("start 1", "start 2"), "end": ("end 1", "end 2"),
    "letters": ("letters 1", "letters 2"), "street": ("street 1", "street 2"),
}  # fmt: skip
"""Keys whose values meet each other: the first word of one may be the second of another."""
FAMILY = {name: family for family, names in MERGED.items() for name in names}


def number(key: str, text: str) -> int:
    """A key as an even 32-bit number, never 0: the scan marks keys that are too common by the lowest bit."""
    return zlib.crc32(f"{FAMILY.get(key, key)}={text}".encode("utf-8", "replace")) & ~1 or 2


def row(person: Profile) -> list[int]:
    """The numbers of all keys in the order of ``KINDS``; 0 where there is none."""
    found = texts(person)
    return [number(name, found[name]) if name in found else 0 for name, _kind in KINDS]


INDEXED = ("email", "phone", "name", "house")
"""Keys that are rare enough to look one record up by itself."""


def indexed(person: Profile) -> list[int]:
    """Numbers under which a customer is found while another is typed or imported: rare keys, and crossed common ones."""
    found = texts(person)
    out = {number(name, found[name]) for name in INDEXED if name in found}
    out |= {number(name, found[name]) for name in ("email name", "phone tail", "phone head", "birth") if name in found}
    words = [found[key] for key in MERGED["word"] if key in found]
    places = [
        f"{key}:{found[key]}" for key in ("postcode", "city", "street 1", "birth day", "birth month") if key in found
    ]
    for word in words:
        out |= {number("cross", f"{form}|{place}") for form in {word[:4], word[-4:]} for place in places}
    if "street 1" in found:
        out |= {number("cross", f"{found['street 1']}|{place}") for place in places if not place.startswith("street")}
    out |= {number("cross", "+".join(sorted((one[:3], two[:3])))) for one in words for two in words if one < two}
    return [value - (1 << 32) if value >= 1 << 31 else value for value in sorted(out)]
