"""Values that can be mended without asking anyone: what was surely meant, else nothing.

Each function takes a value and the record's country and gives the mended value, or "" where a person has to look.
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from customers.phones import normalised_phone
from customers.quality.territories import canonical, known_names

AT = re.compile(r"\s*[\[({<]\s*(?:at|ät|@)\s*[\])}>]\s*|\s+at\s+|@{2,}|＠", re.IGNORECASE)
DOT = re.compile(r"\s*[\[({]\s*dot\s*[\])}]\s*|\s+dot\s+|\.{2,}|。", re.IGNORECASE)
PREFIX = re.compile(r"^(?:mailto:|e-?mail:?\s+|smtp:)", re.IGNORECASE)
SLIPS = {
    "gmial.com": "gmail.com", "gmal.com": "gmail.com", "gmail.con": "gmail.com", "gmail.co": "gmail.com", "gnail.com": "gmail.com",
    "hotmial.com": "hotmail.com", "hotmail.con": "hotmail.com", "yaho.com": "yahoo.com", "yahoo.con": "yahoo.com",
    "outlok.com": "outlook.com", "outlook.con": "outlook.com", "qq.con": "qq.com", "163.con": "163.com",
}  # fmt: skip
WORTH = 5  # letters: of shorter words, one slip can make another word


def mended_email(value: str, country: str = "") -> str:
    """``Ada (at) x.org,`` → ``ada@x.org``; "" when it is still no address."""
    text = PREFIX.sub("", value.strip().strip("<>\"';,"))
    text = DOT.sub(".", AT.sub("@", text)).replace(",", ".").replace(" ", "").strip(".;:")
    local, at, domain = text.rpartition("@")
    domain = SLIPS.get(domain.lower(), domain.lower())
    found = f"{local.strip('.')}{at}{domain.strip('.')}"
    try:
        validate_email(found)
    except ValidationError:
        return ""
    return found if found != value else ""


def mended_phone(value: str, country: str = "") -> str:
    """``0086 138…`` → ``+86138…``; "" where the country is not known."""
    found = normalised_phone(value, country)
    good = found.startswith("+") and 8 <= len(found) <= 16
    return found if good and found != value else ""


def mended_country(value: str, country: str = "") -> str:
    """The English name of the country that a word means, slips of one letter included."""
    code = canonical(value) or canonical(_nearest(value.strip().casefold()))
    name = Locale.parse("en").territories.get(code, "") if code else ""
    return name if name != value else ""


@cache
def _nearest(word: str) -> str:
    if len(word) < WORTH:
        return ""
    found = process.extract(word, sorted(known_names()), scorer=DamerauLevenshtein.distance, score_cutoff=1, limit=2)
    codes = {canonical(name) for name, _distance, _place in found}
    return str(found[0][0]) if len(codes) == 1 else ""
