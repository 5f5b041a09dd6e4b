"""A customer as the comparison sees it: folded texts, no case, no marks, one spelling of phones and companies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from crm.kit.han import readings

HAN = re.compile(r"[㐀-鿿]")
WORD = re.compile(r"\w+")
DIGITS = re.compile(r"\D")
COMPOUND = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "夏侯",
        "司徒",
        "端木",
        "歐陽",
        "司馬",
        "諸葛",
        "東方",
    ]
)
"""Family names of two characters."""
FORMS = re.compile(
    r"(?:股份|集团|責任|责任)*有限(?:责任)?公司|株式会社|有限会社|股份公司|集团公司|主식회사|주식회사|（株）|\(株\)"
)
FORM_WORDS = frozenset(
    [
        "ltd",
        "limited",
        "inc",
        "incorporated",
        "llc",
        "llp",
        "lp",
        "plc",
        "corp",
        "corporation",
        "co",
        "company",
        "gmbh",
        "mbh",
        "ag",
        "kg",
        "kgaa",
        "ohg",
        "ug",
        "ev",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "sl",
        "bv",
        "nv",
        "oy",
        "ab",
        "as",
        "aps",
        "pty",
        "pte",
        "sdn",
        "bhd",
        "kk",
        "the",
        "and",
        "und",
        "et",
        "y",
        "u",
    ]
)
"""Legal forms and joining words: they tell nobody apart."""
ADDRESS_WORDS = {
    "street": "st", "strasse": "str", "straße": "str", "road": "rd", "avenue": "ave", "av": "ave", "boulevard": "blvd",
    "blv": "blvd", "drive": "dr", "lane": "ln", "court": "ct", "circuit": "cct", "crescent": "cres", "place": "pl",
    "square": "sq", "highway": "hwy", "parkway": "pkwy", "terrace": "tce", "suite": "ste", "apartment": "apt", "unit": "apt",
    "flat": "apt", "north": "n", "south": "s", "east": "e", "west": "w", "first": "1st", "second": "2nd", "third": "3rd",
    "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip
UNMEANT = frozenset({"between", "near", "opposite", "nr", "btw", "off", "at", "in", "of", "the"})
TAIL = 8
"""Digits of a phone that count: country codes and trunk zeros come and go."""
LEAST_PHONE = 6


class Profile(NamedTuple):
    """What is compared of one customer; empty where nothing is known."""

    pk: int
    company: bool
    names: tuple[str, ...]
    """Words of the name, in the order given, without legal forms."""
    parts: bool
    """Whether the name is two words that are known to be given and family name."""
    han: str
    """The name as written in Chinese characters."""
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    birth: str
    numbers: tuple[str, ...]
    street: tuple[str, ...]
    city: str
    region: str
    postcode: str


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Without case, accents and full-width forms; Chinese characters stay."""
    if text.isascii():
        return text.lower().strip()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c))).strip()


@lru_cache(maxsize=50_000)
def sound_of(text: str) -> str:
    """Pinyin without tones, in one word; other letters stay."""
    if not HAN.search(text):
        return text
    known = readings()
    return "".join(known.get(letter, letter) for letter in text).lower()


def words(text: str) -> list[str]:
    """Words of a folded text; an apostrophe parts nothing."""
    return WORD.findall(text.replace("'", "").replace("’", "").replace("_", " "))


def han_words(text: str) -> list[str]:
    """A Chinese personal name as family and given name in pinyin."""
    bare = "".join(HAN.findall(text))
    cut = 2 if bare[:2] in COMPOUND and len(bare) > 2 else 1
    return [word for word in (sound_of(bare[:cut]), sound_of(bare[cut:])) if word]


def company_words(text: str) -> list[str]:
    """The words of a company's name without its legal form; Chinese ones as one word of pinyin."""
    found = [sound_of(word) for word in words(FORMS.sub(" ", text))]
    kept = [word for word in found if word not in FORM_WORDS]
    return kept or found


def names_of(first: str, last: str, name: str, *, company: bool) -> tuple[tuple[str, ...], bool]:
    """Words of the name, and whether they are known to be given and family name."""
    if company:
        return tuple(company_words(name)), False
    if HAN.search(first + last) or (not (first or last) and HAN.search(name)):
        if len(name_chars := "".join(HAN.findall(name or last + first))) > 4:
            return tuple(company_words(name or name_chars)), False
        if first and last:
            return (sound_of(first.replace(" ", "")), sound_of(last.replace(" ", ""))), True
        family_given = han_words(name or last + first)
        return tuple(reversed(family_given)), len(family_given) == 2
    if first or last:
        given, family = "".join(words(first)), "".join(words(last))
        return tuple(word for word in (given, family) if word), True
    return tuple(company_words(name)), False


def phone_tail(text: str) -> str:
    """The last digits of a phone; "" for no number."""
    digits = DIGITS.sub("", unicodedata.normalize("NFKC", text))
    return digits[-TAIL:] if len(digits) >= LEAST_PHONE else ""


def address_of(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numbers and words of an address, each in short form."""
    numbers: list[str] = []
    kept: list[str] = []
    for word in words(fold(text)):
        if word[0].isdigit() and not word.endswith(("st", "nd", "rd", "th")):
            numbers.append(word)
        elif word not in UNMEANT:
            kept.append(ADDRESS_WORDS.get(word) or sound_of(word))
    return tuple(numbers), tuple(kept)


def squeezed(text: str) -> str:
    """Letters and digits only, Chinese as pinyin."""
    return "".join(sound_of(word) for word in words(fold(text)))


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def profile(row: Mapping[str, Any]) -> Profile:
    """A profile from named values: the fields of a customer, with ``emails`` and ``phones`` of its contact points."""
    name, first, last = (fold(row.get(field) or "") for field in ("name", "first_name", "last_name"))
    if "@" in name or not any(map(str.isalpha, name)):
        name = ""  # a record without a name goes by its e-mail, phone or number
    company = row.get("kind") == "company"
    names, parts = names_of(first, last, name, company=company)
    numbers, street = address_of(row.get("address") or "")
    emails = [row.get("email") or "", *(row.get("emails") or ())]
    phones = [row.get("phone") or "", *(row.get("phones") or ())]
    birth = row.get("birth_date")
    return Profile(
        pk=row.get("pk") or 0,
        company=company,
        names=names,
        parts=parts,
        han="".join(HAN.findall(last + first if first and last else name)),
        emails=_each(fold(email) for email in emails if "@" in email),
        phones=_each(map(phone_tail, phones)),
        birth=str(birth).replace("-", "") if birth else "",
        numbers=numbers,
        street=street,
        city=squeezed(row.get("city") or ""),
        region=squeezed(row.get("region") or ""),
        postcode=squeezed(row.get("postcode") or ""),
    )
