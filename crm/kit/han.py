"""Chinese characters: which simplified one a traditional one folds to, and how each is read."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIRST, LAST = 0x4E00, 0x9FA5
DATA = Path(__file__).with_name("han.txt")


@dataclass(frozen=True)
class Characters:
    """The data file: readings by character, further readings of some, traditional to simplified."""

    readings: dict[str, str]
    others: dict[str, str]
    simplified: dict[str, str]


def characters() -> Characters:
    """Read the data file."""
    found = Characters({}, {}, {})
    for line in DATA.read_text(encoding="utf-8").splitlines():
        head, _blank, rest = line.partition(" ")
        if head == "=":
            found.simplified.update(zip(*rest.split(" "), strict=True))
        elif head.startswith("+"):
            found.others.update(dict.fromkeys(rest, head[1:]))
        elif head != "#":
            found.readings.update(dict.fromkeys(rest, head))
    return found


@cache
def folding() -> dict[int, str]:
    """Traditional to simplified characters, as ``str.translate`` takes it."""
    return str.maketrans(characters().simplified)


@cache
def readings() -> dict[str, str]:
    """The usual reading of each character, without its tone."""
    return characters().readings


def tables() -> dict[str, str]:
    """The data as constants of an SQL function: two bytes per character from U+4E00 on, in Base64.

    A constant of bytes is read in place at no cost per call; a table could not be read by a generated
    column, and would be empty while a backup is restored.
    """
    known = characters()
    sounds = sorted({*known.readings.values(), *known.others.values()})
    number = {sound: place for place, sound in enumerate(sounds, 1)}
    span = range(FIRST, LAST + 1)
    return {
        "sounds": ",".join(sounds),
        "readings": _bytes(number.get(known.readings.get(chr(code), ""), 0) for code in span),
        "others": _bytes(number.get(known.others.get(chr(code), ""), 0) for code in span),
        "simplified": _bytes(ord(known.simplified.get(chr(code), "\0")) for code in span),
    }


def _bytes(numbers: Iterable[int]) -> str:
    return base64.b64encode(b"".join(one.to_bytes(2, "big") for one in numbers)).decode()
