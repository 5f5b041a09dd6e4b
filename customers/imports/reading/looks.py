"""What the values of a column look like: e-mails, phones, dates, numbers, countries …"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from customers.imports.fields import fold
from customers.phones import BY_NAME

EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]{2,}")
URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
PHONE = re.compile(r"[+(]?\d[\d\s().\-/+]{5,22}\d(\s*(x|ext\.?|#|转)\s*\d{1,6})?")
DATE = re.compile(
    r"\d{1,4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,4}\.?日?([T\s,]+\d{1,2}[:h时]\d{2}.*)?|\d{1,2}[\s-][A-Za-z]{3,9}\.?[\s,-]+\d{2,4}.*"
    r"|[A-Za-z]{3,9}\.? \d{1,2}, \d{4}.*|(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])"
)
NUMBER = re.compile(r"[(+\-−]?\s*([$€£¥￥]|[A-Z]{3})?\s*[+\-−]?\d[\d\s.,'’\u00a0\u202f]*\s*([$€£¥￥%]|[A-Z]{3})?\)?")
BOOLEAN = frozenset(
    [
        "true",
        "false",
        "yes",
        "no",
        "ja",
        "nein",
        "oui",
        "non",
        "si",
        "sí",
        "sim",
        "não",
        "да",
        "нет",
        "是",
        "否",
        "y",
        "n",
        "t",
        "f",
        "on",
        "off",
    ]
)
TITLES = frozenset(["mr", "mrs", "ms", "dr", "herr", "frau", "prof"])
NAMELY = re.compile(r"[^\W\d_][^\d@_<>]{0,60}")


@lru_cache(maxsize=50_000)
def looks(text: str) -> frozenset[str]:
    """All that one value may be."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = {name for name, pattern in PATTERNS.items() if pattern.fullmatch(plain)}
    word = plain.casefold()
    if word in BOOLEAN:
        found.add("boolean")
    if word in BY_NAME or word in COUNTRIES:
        found.add("country")
    if "phone" in found and ("date" in found or sum(map(str.isdigit, plain)) > 15):
        found.discard("phone")
    if len(plain) > 80 or "\n" in plain:
        found.add("long")
    return frozenset(found)


PATTERNS = {"email": EMAIL, "url": URL, "phone": PHONE, "date": DATE, "number": NUMBER, "name": NAMELY}
COUNTRIES = frozenset(
    ["austria", "belgium", "brazil", "bulgaria", "canada", "chile", "china", "colombia", "croatia", "cyprus", "czechia", "denmark", "egypt", "estonia", "finland", "france", "germany", "greece", "hungary", "iceland", "india", "indonesia", "ireland", "israel", "italy", "japan", "kenya", "latvia", "lithuania", "luxembourg", "malaysia", "malta", "mexico", "morocco", "netherlands", "nigeria", "norway", "pakistan", "peru", "philippines", "poland", "portugal", "romania", "russia", "serbia", "singapore", "slovakia", "slovenia", "spain", "sweden", "switzerland", "taiwan", "thailand", "tunisia", "turkey", "ukraine", "usa", "vietnam", "deutschland", "österreich", "schweiz", "france", "españa", "italia", "polska", "россия", "украина", "中国", "日本", "美国", "英国", "法国", "德国", "台灣", "台湾", "韩国", "대한민국"]
)  # fmt: skip


def shares(values: Iterable[str]) -> dict[str, float]:
    """Look → its share of the values that are not empty."""
    counts: dict[str, int] = {}
    total = 0
    for value in values:
        if value.strip():
            total += 1
            for look in looks(value):
                counts[look] = counts.get(look, 0) + 1
    return {look: count / total for look, count in counts.items()} if total else {}


def column_type(values: Sequence[str], name: str = "") -> tuple[str, tuple[str, ...]]:
    """The type that a new custom field for this column would have, and its choices."""
    filled = [value.strip() for value in values if value.strip()]
    seen = shares(filled)
    different = dict.fromkeys(filled)
    words = {value.casefold() for value in different}
    if (filled and seen.get("boolean", 0) == 1 and len(words) <= 2) or words == {"0", "1"}:
        return "boolean", ()
    if seen.get("date", 0) > 0.95:
        return "date", ()
    if seen.get("number", 0) > 0.95 and not any(_coded(value) for value in different) and not _identifying(name):
        return "number", ()
    if seen.get("long", 0) > 0.3:
        return "long_text", ()
    if 1 < len(different) <= min(20, len(filled) // 3) and max(map(len, different), default=0) <= 60:
        return "choice", tuple(sorted(different))
    return "text", ()


def _coded(value: str) -> bool:
    """Leading zeros or more digits than a quantity has: a code, no number."""
    digits = re.sub(r"\D", "", value)
    return (len(digits) > 1 and value.lstrip("+-").startswith("0") and value.lstrip("+-0")[:1] not in ".,") or len(
        digits
    ) > 15


def _identifying(name: str) -> bool:
    word = fold(name)
    return word.endswith(("id", "number", "code", "nr", "no", "zip", "编号", "号码")) and not word.endswith(
        "numberofemployees"
    )
