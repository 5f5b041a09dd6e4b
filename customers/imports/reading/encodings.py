"""The encoding of a text file, by byte-order mark, by what decodes, and by which reading looks like people's words."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import IO

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading import evidence
from customers.imports.reading.detected import Guess
from customers.imports.reading.languages import ONE_BYTE

SAMPLE = 1024 * 1024
EVIDENCE = 12 * 1024
FAR = 512 * SAMPLE
"""How far into a file of plain ASCII the first other byte is looked for."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
WIDE = ("gb18030", "big5", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949")
SHOWN = ("utf-8", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252", "cp1250", "cp1251")
SUPERSETS = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "shift_jis": "cp932",
             "euc_kr": "cp949", "koi8-r": "koi8_u", "iso8859-1": "cp1252", "iso8859-9": "cp1254"}  # fmt: skip
"""What people name → what such files really hold."""
MOST_BAD = 0.25
LATER = {"cp950": 0.02, "big5hkscs": 0.05}
"""Wider forms of Big5: only where the plain one does not read the file."""


def named(name: str) -> str:
    """The decoder for a name that a person gave; raises Invalid."""
    try:
        found = codecs.lookup(name).name
        if not codecs.lookup(name)._is_text_encoding:  # type: ignore[attr-defined]
            raise LookupError
    except (LookupError, ValueError) as error:
        raise Invalid(_("The encoding “%(name)s” is not known.") % {"name": name[:60]}) from error
    return SUPERSETS.get(found, found)


def detect(stream: Callable[[], IO[bytes]]) -> Guess:
    """The likeliest encoding of the text that ``stream`` begins anew."""
    sample, whole = _sample(stream)
    for bom, name in BOMS:
        if sample.startswith(bom):
            return Guess(value=name, why=_("The file begins with a byte-order mark."))
    wide = _utf16(sample)
    if wide:
        return Guess(value=wide, confidence=0.95, why=_("Every second byte of plain letters is zero."))
    if b"\x1b$" in sample and sample.isascii():
        return Guess(value="iso2022_jp", confidence=0.95, why=_("It switches to Japanese by escape signs."))
    if sample.isascii():
        return Guess(
            value="utf-8", why=_("It holds plain letters only, which all encodings share."), alternatives=SHOWN[1:]
        )
    share = _bad_share(sample, whole)
    if share == 0:
        return Guess(value="utf-8", confidence=0.99, why=_("All of it is valid UTF-8."))
    if share < MOST_BAD:
        return Guess(value="utf-8", confidence=0.7, alternatives=SHOWN[1:],
                     why=_("Nearly all of it is valid UTF-8; a few places are not."))  # fmt: skip
    return _scored(sample, whole)


def _sample(stream: Callable[[], IO[bytes]]) -> tuple[bytes, bool]:
    """The beginning of the file; of a file that begins in plain ASCII also the first piece that is not."""
    file = stream()
    try:
        first = file.read(SAMPLE)
        if len(first) < SAMPLE:
            return first, True
        read = SAMPLE
        piece = first
        while piece.isascii() and read < FAR:
            piece = file.read(SAMPLE)
            read += len(piece)
            if not piece:
                return first, True
        return (first if piece is first else first[: SAMPLE // 8] + piece), False
    finally:
        close = getattr(file, "close", None)
        if close is not None:
            close()


def _utf16(sample: bytes) -> str:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    least = max(2, len(sample) // 100)
    for name, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many >= least and many > 20 * few and _decodes(sample, name, whole=False) is not None:
            return name
    return ""


def _bad_share(sample: bytes, whole: bool) -> float:
    """Bytes that are no UTF-8, of all that are no ASCII."""
    odd = sum(len(part) for part in sample.translate(None, bytes(range(128))).split(b"\0"))
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample, whole)
    bad = sum("\udc80" <= sign <= "\udcff" for sign in text if sign > "\ud7ff")
    return bad / odd if odd else 0.0


def _decodes(sample: bytes, encoding: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(sample, whole)
    except UnicodeDecodeError:
        return None


def _scored(sample: bytes, whole: bool) -> Guess:
    lines = sample.splitlines()
    odd = [line for line in lines[1:] if not line.isascii()]
    kept, size = list(lines[: evidence.HEADER_LINES]), 0
    for line in odd:
        kept.append(line[:2000])
        size += len(kept[-1])
        if size > EVIDENCE:
            break
    plain = b"\n".join(kept)
    readings: dict[str, str] = {}
    for name in (*WIDE, *ONE_BYTE):
        if _decodes(sample, name, whole) is not None:
            readings[name] = plain.decode(name, errors="replace")
    if not readings:
        return _best_of_broken(plain)
    scores = _scores(readings)
    ranked = sorted(scores, key=lambda name: -scores[name])
    best = ranked[0]
    others = [name for name in ranked[1:] if readings[name] != readings[best]]
    margin = scores[best] - scores[others[0]] if others else 1.0
    sure = max(0.3, min(0.98, 0.6 + margin)) if scores[best] > 0 else 0.3
    why = _("Its letters and header words make sense in this encoding.")
    return Guess(value=best, confidence=sure, why=why, alternatives=tuple(others[:5]))


def _scores(readings: dict[str, str]) -> dict[str, float]:
    hints = evidence.languages_of(set(readings.values()))
    found: dict[str, float] = {}
    for name, text in readings.items():
        if name in WIDE:
            score = evidence.plausible_wide(text, name) - LATER.get(name, 0.0)
        else:
            languages, preferred = ONE_BYTE[name]
            score = evidence.plausible(text, languages, hints) + preferred
        found[name] = score + evidence.header_bonus(text)
    return found


def _best_of_broken(plain: bytes) -> Guess:
    """No encoding reads all of it: the one that reads most, its bad places reject their rows."""
    readings = {
        name: plain.decode(name, errors="replace") for name in ("utf-8", "gb18030", "cp950", "cp932", "cp949", "cp1252")
    }
    best = min(readings, key=lambda name: readings[name].count("\ufffd"))
    return Guess(value=best, confidence=0.3, why=_("No encoding fits all of the file; this one fits most of it."),
                 alternatives=tuple(name for name in SHOWN if name != best))  # fmt: skip
