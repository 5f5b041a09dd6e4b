"""Names of people: which part is the family's, and how they are capitalised."""

from __future__ import annotations

import re

HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,6}")
HANGUL = re.compile(r"[\uac00-\ud7af]{2,5}")
DOUBLE = frozenset(
    [
        "欧阳",
        "歐陽",
        "司马",
        "司馬",
        "诸葛",
        "諸葛",
        "上官",
        "夏侯",
        "东方",
        "東方",
        "皇甫",
        "尉迟",
        "尉遲",
        "公孙",
        "公孫",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "長孫",
        "司徒",
        "司空",
        "轩辕",
        "軒轅",
        "端木",
        "独孤",
        "獨孤",
        "南宫",
        "南宮",
        "西门",
        "西門",
        "呼延",
        "百里",
        "东郭",
        "東郭",
        "남궁",
        "황보",
        "제갈",
        "선우",
        "독고",
        "사공",
        "서문",
    ]
)
"""Family names of two signs."""
PARTICLES = frozenset(
    [
        "van",
        "von",
        "der",
        "den",
        "de",
        "da",
        "di",
        "del",
        "della",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "ter",
        "ten",
        "zu",
        "zur",
        "af",
        "av",
        "bin",
        "ibn",
        "al",
        "el",
        "st",
        "st.",
        "san",
    ]
)
PREFIXES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "herr",
        "frau",
        "sir",
        "mme",
        "mlle",
        "m",
        "sr",
        "sra",
        "srta",
        "don",
        "doña",
        "ing",
        "dipl.-ing",
    ]
)
SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq"])
SURNAME_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def split_name(text: str) -> tuple[str, str]:
    """(given, family); a name of one word is a given name."""
    plain = " ".join(text.replace("\u3000", " ").split())
    if "," in plain:
        family, _comma, given = plain.partition(",")
        return _without(given.split(), SUFFIXES), family.strip()
    words = plain.split()
    if SURNAME_FIRST.match(plain):
        return _eastern(plain, words)
    while len(words) > 1 and words[0].casefold().rstrip(".") in PREFIXES:
        words = words[1:]
    while len(words) > 1 and words[-1].casefold().rstrip(".") in SUFFIXES:
        words = words[:-1]
    if len(words) < 2:
        return " ".join(words), ""
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _eastern(plain: str, words: list[str]) -> tuple[str, str]:
    """Family name first; without a blank it has one sign, or two where it is one of the known ones."""
    if len(words) > 1:
        return "".join(words[1:]), words[0]
    if not (HAN.fullmatch(plain) or HANGUL.fullmatch(plain)):
        return plain, ""
    length = 2 if plain[:2] in DOUBLE and len(plain) > 2 else 1
    return plain[length:], plain[:length]


def _without(words: list[str], left_out: frozenset[str]) -> str:
    return " ".join(word for word in words if word.casefold().strip(".") not in left_out)


def given_name(text: str) -> str:
    """The given part."""
    return split_name(text)[0]


def family_name(text: str) -> str:
    """The family's part."""
    return split_name(text)[1]


def title_case(text: str) -> str:
    """Each word with a capital, also behind hyphens and apostrophes; particles of names stay small inside."""
    words = text.lower().split()
    return " ".join(
        word if place and word in PARTICLES else re.sub(r"(^|[-'’(/.])(\w)", lambda m: m[1] + m[2].upper(), word)
        for place, word in enumerate(words)
    )
