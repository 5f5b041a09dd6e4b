"""Numbers, money, time and names as people read them, in the language of the request."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, lru_cache

from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext, pgettext

Number = int | float | Decimal
DASH = "–"
MINUS = "−"
SYMBOLS = {
    "CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$",
    "KRW": "₩", "INR": "₹", "AUD": "A$", "CAD": "C$", "SGD": "S$", "CHF": "CHF ",
}  # fmt: skip
NO_CENTS = {"JPY", "KRW", "VND", "CLP", "ISK"}
AVATAR_COLOURS = 10
RELATIVE_DAYS = 7


def is_chinese() -> bool:
    """Whether the request's language counts in 万."""
    return (get_language() or "").startswith("zh")


def number(value: Number | None, decimals: int = 0) -> str:
    """``48,216`` or ``1.5``; a dash for no value."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return DASH
    text = f"{value:,.{decimals}f}"
    return text.replace("-", MINUS) if text.strip("-0.,") else text.lstrip("-")


def compact(value: Number | None) -> str:
    """At most three significant figures: ``12.4 K``, ``3.1 M``; ``1.2 万``, ``3.1 亿`` in Chinese."""
    if value is None:
        return DASH
    size = abs(float(value))
    steps = ((1e8, "亿"), (1e4, "万")) if is_chinese() else ((1e9, "B"), (1e6, "M"), (1e3, "K"))
    for step, unit in steps:
        if size >= step * (1 if step > 1e4 or is_chinese() else 10):
            part = float(value) / step
            return f"{number(part, 1 if abs(part) < 100 else 0).removesuffix('.0')} {unit}"
    return number(value, 0 if size >= 100 or float(value).is_integer() else 1)


def money(amount: Number | None, currency: str = "", *, cents: bool | None = None) -> str:
    """``¥48,216.00``; cents are left out from 1,000 on unless asked for."""
    if amount is None:
        return DASH
    try:
        exact = Decimal(str(amount))
    except InvalidOperation:
        return DASH
    show_cents = (abs(exact) < 1000 and exact % 1 != 0) if cents is None else cents
    if currency in NO_CENTS:
        show_cents = False
    rounded = exact.quantize(Decimal("0.01") if show_cents else Decimal(1), ROUND_HALF_UP)
    return (MINUS if rounded < 0 else "") + symbol(currency) + f"{abs(rounded):,}"


def money_exact(amount: Number | None, currency: str = "") -> str:
    """The whole amount with cents and the currency's code, for hover and focus."""
    if amount is None:
        return DASH
    return f"{number(Decimal(str(amount)), 0 if currency in NO_CENTS else 2)} {currency}".strip()


def money_compact(amount: Number | None, currency: str = "") -> str:
    """``¥1.2 万`` or ``$12.4 K``."""
    if amount is None:
        return DASH
    sign = MINUS if amount < 0 else ""
    return f"{sign}{symbol(currency)}{compact(abs(float(amount)))}"


def symbol(currency: str) -> str:
    """The sign of a currency, else its code and a space."""
    return SYMBOLS.get(currency, f"{currency} " if currency else "")


def percent(share: Number | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as ``78%``."""
    return DASH if share is None else f"{number(float(share) * 100, decimals)}%"


def signed(value: Number | None, decimals: int = 0) -> str:
    """With its sign: ``+26``, ``−9``."""
    if value is None:
        return DASH
    text = number(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def band(probability: Number) -> str:
    """low below 30 %, medium below 60 %, high from there (domain.md)."""
    return "low" if probability < 0.3 else "medium" if probability < 0.6 else "high"


def band_word(name: str) -> str:
    """The word of a risk band."""
    if name == "low":
        return gettext("Low")
    return gettext("Medium") if name == "medium" else gettext("High")


def initials(name: str) -> str:
    """Two letters for an avatar: first and last word, or the last two characters of a Chinese name."""
    words = name.replace("·", " ").split()
    if not words:
        return "?"
    if ord(words[0][0]) > 0x2E7F:
        return words[0][-2:] if len(words[0]) <= 4 else words[0][:2]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])
    return letters.upper()


def colour_index(name: str) -> int:
    """The same name has the same avatar colour everywhere."""
    return zlib.crc32(name.encode()) % AVATAR_COLOURS


@cache
def month(number: int, language: str) -> str:
    """``Nov``; formatting a date through the locale machinery costs more than a whole cell."""
    return formats.date_format(date(2000, number, 1), "M")


def local(value: datetime) -> datetime:
    """In the reader's zone."""
    return value.astimezone(timezone.get_current_timezone())


def moment(value: datetime) -> str:
    """Exact time in the reader's zone: ``21 Nov 2026, 02:00`` or ``2026年11月21日 02:00``."""
    there = local(value)
    language = get_language() or ""
    gap = " " if language.startswith("zh") else ", "
    return f"{_day(there, language)}{gap}{there.hour:02d}:{there.minute:02d}"


def day(value: date | datetime | None) -> str:
    """``21 Nov 2026`` or ``2026年11月21日``, in the reader's zone."""
    if value is None:
        return DASH
    return _day(local(value) if isinstance(value, datetime) else value, get_language() or "")


def _day(there: date, language: str) -> str:
    if language.startswith("zh"):
        return f"{there.year}年{there.month}月{there.day}日"
    return f"{there.day} {month(there.month, language)} {there.year}"


def short_day(value: date | datetime, year: int | None = None) -> str:
    """``21 Nov`` or ``11月21日``; with the year where it is not this one."""
    there = local(value) if isinstance(value, datetime) else value
    language = get_language() or ""
    if there.year != (year or timezone.now().year):
        return _day(there, language)
    if language.startswith("zh"):
        return f"{there.month}月{there.day}日"
    return f"{there.day} {month(there.month, language)}"


def clock(value: datetime) -> str:
    """``09:12`` in the reader's zone."""
    there = local(value)
    return f"{there.hour:02d}:{there.minute:02d}"


def short_moment(value: datetime) -> str:
    """``21 Nov, 02:00``; with the year where it is not this one."""
    gap = " " if is_chinese() else ", "
    return f"{short_day(value)}{gap}{clock(value)}"


def ago(value: datetime | date | None, now: datetime | None = None) -> str:
    """``3 min ago`` up to seven days, the day after that; the future says ``in 3 min``."""
    if value is None:
        return DASH
    if not isinstance(value, datetime):
        return short_day(value)
    at = now or timezone.now()
    gap = at - value
    if abs(gap) >= timedelta(days=RELATIVE_DAYS):
        return short_day(value, at.year)
    return _gap(
        int(gap.total_seconds()) // 60 if gap >= timedelta(0) else -(int(-gap.total_seconds()) // 60),
        get_language() or "",
    )


@lru_cache(maxsize=4096)
def _gap(minutes: int, language: str) -> str:
    """Words of a distance in minutes; negative is the future. Kept: a list asks for few different ones."""
    size = abs(minutes)
    if size < 1:
        return gettext("just now")
    if size < 60:
        return (gettext("%(n)s min ago") if minutes > 0 else gettext("in %(n)s min")) % {"n": size}
    if size < 1440:
        return (gettext("%(n)s h ago") if minutes > 0 else gettext("in %(n)s h")) % {"n": size // 60}
    n = size // 1440
    if minutes > 0:
        return ngettext("%(n)s day ago", "%(n)s days ago", n) % {"n": n}
    return ngettext("in %(n)s day", "in %(n)s days", n) % {"n": n}


def listed(parts: Iterable[object]) -> str:
    """``often, high spend``; with the mark between them that the language uses."""
    return pgettext("between the parts of a list", ", ").join(map(str, parts))


def duration(seconds: float | None) -> str:
    """``45 s``, ``6 min``, ``2 h 20 min``."""
    if seconds is None:
        return DASH
    whole = round(seconds)
    if whole < 60:
        return gettext("%(n)s s") % {"n": whole if seconds >= 1 else f"{seconds:.1f}"}
    if whole < 3600:
        return gettext("%(n)s min") % {"n": whole // 60}
    return gettext("%(h)s h %(m)s min") % {"h": whole // 3600, "m": whole % 3600 // 60}
