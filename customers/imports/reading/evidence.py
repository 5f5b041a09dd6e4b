"""How much a text looks like one that people wrote: letters, words and headers, for a choice between encodings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from customers.imports.fields import fold
from customers.imports.reading.languages import LANGUAGES
from customers.imports.words import known_words

RUN = re.compile(r"[^\x00-@\[-`{-\x7f\s]+")
"""Letters of ASCII and whatever lies beyond ASCII."""
HINT = re.compile(r"[^\W_]+")
MARKS = frozenset(
    "’‘“”„‚«»‹›–—…•·№€£°§®™ªº½¼¿¡´、。，：；（）！？「」『』【】《》〈〉・～ー々〇\u3000\xa0\u200e\u200f،؛؟"
)
HINTS = {hint: name for name, language in LANGUAGES.items() for hint in language.hints.split()}
HEADER_LINES = 6
HEADER_BONUS = 0.25
FEW = 4


def languages_of(texts: Iterable[str]) -> Counter[str]:
    """How often words hint at a language, over all readings of a sample."""
    found = Counter[str]()
    for text in texts:
        words = Counter(word.casefold() for word in HINT.findall(text))
        for word in words.keys() & HINTS.keys():
            found[HINTS[word]] += min(words[word], FEW * 2)
    return found


def plausible(text: str, languages: tuple[str, ...], hints: Counter[str]) -> float:
    """-4 to 1: the mean over the characters beyond ASCII, for an encoding of one byte."""
    top = max((hints[name] for name in languages), default=0) + 1
    weights: dict[str, float] = {}
    for name in languages:
        worth = 0.6 + 0.4 * (hints[name] + 0.5) / (max(top, sum(hints.values()) / 2) + 0.5)
        for letter in LANGUAGES[name].letters:
            weights[letter] = max(weights.get(letter, 0.0), min(worth, 1.0))
    return _mean(text, lambda run: [_letter(run, place, weights) for place in _odd(run)])


def plausible_wide(text: str, encoding: str) -> float:
    """The same for an encoding of several bytes."""
    mean = _mean(text, lambda run: _wide_run(run, encoding))
    letters = [sign for sign in text if sign > "\x7f" and sign.isalpha()]
    if encoding == "cp949" and letters and sum("가" <= sign <= "힣" for sign in letters) > 0.97 * len(letters):
        mean += 0.25  # Chinese read as Korean is never Hangul alone, Korean read as Chinese looks common
    return mean


def header_bonus(text: str) -> float:
    """For header words that we know and that only this reading spells."""
    words: set[str] = set()
    for line in text.splitlines()[:HEADER_LINES]:
        words.update(fold(cell) for cell in re.split(r"[,;\t|]", line) if not cell.isascii())
    return HEADER_BONUS * min(len(words & known_words()), FEW)


def _mean(text: str, points: object) -> float:
    total, count = 0.0, 0
    for run, times in Counter(RUN.findall(text)).items():
        if not run.isascii():
            found = points(run)  # type: ignore[operator]
            times = min(times, FEW)
            total, count = total + sum(found) * times, count + len(found) * times
    return total / count if count else 0.0


def _odd(run: str) -> list[int]:
    return [place for place, sign in enumerate(run) if sign > "\x7f"]


def _letter(run: str, place: int, weights: dict[str, float]) -> float:
    sign = run[place]
    category = unicodedata.category(sign)
    inside = 0 < place < len(run) - 1 and run[place - 1].isalpha() and run[place + 1].isalpha()
    if category[0] not in "LM":
        if sign in MARKS:
            return 0.3 if not inside or sign == "’" else -1.5
        return -4.0 if category[0] == "C" else -2.0
    points = weights.get(sign.lower() if sign != "İ" else "ı", -0.6)
    if place and sign.isupper() and run[place - 1].islower():
        points -= 1.5
    elif run[:1].islower() and any(map(str.isupper, run)):
        points -= 1.2
    return points - _strange(run, sign)


@lru_cache(maxsize=20_000)
def _script(sign: str) -> str:
    return unicodedata.name(sign, "?").partition(" ")[0]


def _strange(run: str, sign: str) -> float:
    """Two scripts in one word, or a Latin word with hardly a plain letter."""
    script = _script(sign)
    plain = sum(letter <= "\x7f" for letter in run)
    if script != "LATIN":
        return 2.0 if plain else 0.0
    return 1.5 if len(run) > 2 and plain < 0.4 * len(run) else 0.0


def _wide_run(run: str, encoding: str) -> list[float]:
    lower = sum("a" <= sign <= "z" for sign in run)
    strange = 1.0 if lower > 1 else 0.0
    return [_wide(sign, encoding) - strange for sign in run if sign > "\x7f"]


LEVELS = {"gb18030": ("gb2312", 0xD7), "big5": ("big5", 0xC6), "cp950": ("big5", 0xC6), "big5hkscs": ("big5", 0xC6), "cp932": ("euc_jp", 0xCF),
          "euc_jp": ("euc_jp", 0xCF), "cp949": ("euc_kr", 0xC8)}  # fmt: skip
"""Encoding → its national standard and the last row of the signs in daily use."""


@lru_cache(maxsize=60_000)
def _wide(sign: str, encoding: str) -> float:
    if sign in MARKS:
        return 0.4
    category = unicodedata.category(sign)
    if category[0] == "C":
        return -3.0
    kana, hangul = "\u3041" <= sign <= "\u30fe", "가" <= sign <= "힣"
    if "\uff61" <= sign <= "\uff9f":
        return -0.6
    if "\uff00" <= sign <= "\uff60":
        return 0.3
    japanese, korean = encoding in ("cp932", "euc_jp"), encoding == "cp949"
    if kana or hangul:
        return 1.0 if (kana and japanese) or (hangul and korean and _daily(sign, encoding)) else -1.0
    if not "\u3400" <= sign <= "\u9fff":
        return -0.1 if sign > "\U0001ffff" else -0.8
    if korean:
        return -0.8
    return (0.9 if japanese else 1.0) if _daily(sign, encoding) else 0.0 if _standard(sign, encoding) else -0.4


def _standard(sign: str, encoding: str) -> bytes:
    try:
        return sign.encode(LEVELS[encoding][0])
    except UnicodeEncodeError:
        return b""


def _daily(sign: str, encoding: str) -> bool:
    code = _standard(sign, encoding)
    return bool(code) and code[0] <= LEVELS[encoding][1]
