"""The matched part of a text, marked; every piece is escaped on its own."""

from __future__ import annotations

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.kit.search import CJK_RUN, LEAST_DIGITS, Typed, fold

WORD = re.compile(r"[^\W_]+")
Span = tuple[int, int]


def spans(text: str, typed: Typed, kind: str = "n") -> list[Span]:
    """Where a text of a kind of field answers what was typed, in order and without overlap."""
    found: list[Span] = []
    if kind == "p":
        found += _digits(text, re.sub(r"\D", "", typed.folded).lstrip("0"))
    wanted = sorted(typed.words, key=len, reverse=True)
    for word in WORD.finditer(text):
        folded = fold(word[0])
        for part in wanted:
            here = _inside(folded, part)
            if here is not None:
                same = len(folded) == len(word[0])
                found.append((word.start() + here, word.start() + here + len(part)) if same else word.span())
                break
    return _apart(found)


def _inside(folded: str, part: str) -> int | None:
    """Where a word answers: at its beginning; anywhere in Chinese, Japanese and Korean."""
    place = folded.find(part)
    return place if place == 0 or (place > 0 and CJK_RUN.fullmatch(part)) else None


def _digits(text: str, wanted: str) -> list[Span]:
    places = [index for index, char in enumerate(text) if char.isdigit()]
    begun = "".join(text[index] for index in places).find(wanted) if len(wanted) >= LEAST_DIGITS else -1
    return [(places[begun], places[begun + len(wanted) - 1] + 1)] if begun >= 0 else []


def _apart(found: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for begin, end in sorted(found):
        if not kept or begin >= kept[-1][1]:
            kept.append((begin, end))
    return kept


def marked(text: str, places: list[Span]) -> SafeString:
    """The text with ``<mark>`` around the places."""
    pieces: list[tuple[str]] = []
    done = 0
    for begin, end in places:
        pieces += [(text[done:begin],), (format_html("<mark>{}</mark>", text[begin:end]),)]
        done = end
    return format_html_join("", "{}", [*pieces, (text[done:],)])
