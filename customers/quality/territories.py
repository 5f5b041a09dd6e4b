"""Countries by their names in the languages that people write them in, and by their codes."""

from __future__ import annotations

from functools import cache

from babel import Locale

LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sv", "da", "nb", "fi", "ru", "uk", "tr", "ja", "ko",
             "zh_Hans", "zh_Hant", "ar", "he", "vi", "id", "el", "hu", "ro")  # fmt: skip
ALSO = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "america": "US", "united states of america": "US", "uk": "GB", "u.k.": "GB",
    "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "holland": "NL",
    "korea": "KR", "republic of korea": "KR", "czech republic": "CZ", "viet nam": "VN", "russian federation": "RU",
    "prc": "CN", "p.r. china": "CN", "pr china": "CN", "people's republic of china": "CN", "中华人民共和国": "CN", "中国大陆": "CN",
    "uae": "AE", "hong kong": "HK", "macau": "MO", "taiwan": "TW", "eire": "IE", "republic of ireland": "IE",
    "ivory coast": "CI", "burma": "MM", "swaziland": "SZ", "cape verde": "CV", "turkey": "TR", "bosnia": "BA",
}  # fmt: skip
"""Words in use that the Unicode tables do not list."""


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and code != "ZZ":
                found.setdefault(name.casefold(), code)
                found.setdefault(code.casefold(), code)
    return found | ALSO


def known_names() -> frozenset[str]:
    """Every word that names a country, in lower case."""
    return frozenset(_codes())


def canonical(word: str) -> str:
    """The ISO 3166 code that a word means; "" for none."""
    return _codes().get(word.strip().casefold(), "")
