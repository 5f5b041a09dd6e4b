"""Table cells and small parts as plain functions: a list of 50 rows calls them some 450 times.

Each returns safe HTML of one or two nodes. Everything given is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from crm.kit.ui import words
from crm.kit.ui.icons import icon, shape
from crm.kit.ui.words import Number

BAND_TONES = {"low": "ok", "medium": "warn", "high": "bad"}
EMPTY = mark_safe('<span class="muted">–</span>')


def esc(value: Any) -> SafeString:
    """Escaped once: what is safe already stays as it is."""
    return conditional_escape(value)


def _safe(html: str) -> SafeString:
    """Mark what this module put together from escaped parts and constants."""
    return mark_safe(html)  # noqa: S308


def avatar(name: str, size: str = "", *, square: bool = False) -> SafeString:
    """Initials on the colour of the name. ``size``: sm (20), none (24), lg (32), xl (48)."""
    css = f"av av{words.colour_index(name)}" + (f" {size}" if size else "") + (" square" if square else "")
    return _safe(f'<span class="{css}" aria-hidden="true">{esc(words.initials(name))}</span>')


def person(name: str, href: str = "", *, with_avatar: bool = True) -> SafeString:
    """A name, linked, with its avatar: the first cell of a list."""
    if not name:
        return EMPTY
    face = avatar(name) if with_avatar else ""
    if href:
        return _safe(f'{face}<a href="{esc(href)}">{esc(name)}</a>')
    return _safe(f"{face}{esc(name)}")


def link(text: object, href: str) -> SafeString:
    """Plain link."""
    return _safe(f'<a href="{esc(href)}">{esc(text)}</a>')


def text(value: object) -> SafeString:
    """Text, or a quiet dash."""
    return EMPTY if value in (None, "") else _safe(esc(value))


def money(amount: Number | None, currency: str = "", *, cents: bool | None = None) -> SafeString:
    """Amount with its exact value on hover; ``cents`` for all or for none of a column, so that its figures line up."""
    if amount is None:
        return EMPTY
    exact = words.money_exact(amount, currency)
    return _safe(f'<span class="num" title="{esc(exact)}">{esc(words.money(amount, currency, cents=cents))}</span>')


def number(value: Number | None, decimals: int = 0) -> SafeString:
    """Right-aligned by the column; a dash for none."""
    return EMPTY if value is None else _safe(words.number(value, decimals))


def percent(share: Number | None, decimals: int = 0) -> SafeString:
    """A share from 0 to 1."""
    return EMPTY if share is None else _safe(words.percent(share, decimals))


def chip(label: object, tone: str = "", *, dot: bool = False, icon_name: str = "") -> SafeString:
    """A status or a segment. Tones: ok, warn, bad, info, accent, insight, solid-bad, outline, none."""
    css = "chip" + (f" {tone}" if tone else "") + (" dot" if dot else "")
    sign = icon(icon_name, 12) if icon_name else ""
    return _safe(f'<span class="{css}">{sign}{esc(label)}</span>')


def chips(labels: Iterable[object], tone: str = "", limit: int = 2) -> SafeString:
    """The first few as chips, the others as a number with their names on hover."""
    every = list(labels)
    if not every:
        return EMPTY
    shown = " ".join(chip(label, tone) for label in every[:limit])
    rest = every[limit:]
    if rest:
        names = ", ".join(str(label) for label in rest)
        shown += f' <span class="muted" title="{esc(names)}">+{len(rest)}</span>'
    return _safe(shown)


def tags(labels: Iterable[object], limit: int = 3) -> SafeString:
    """Tags in one node."""
    every = [str(label) for label in labels]
    if not every:
        return EMPTY
    shown = ", ".join(every[:limit]) + (f" +{len(every) - limit}" if len(every) > limit else "")
    return _safe(f'<span class="soft" title="{esc(", ".join(every))}">{esc(shown)}</span>')


def risk(probability: Number | None, *, sparkle: bool = False) -> SafeString:
    """``78%`` with the word of its band; the sparkle says that a model said it."""
    if probability is None:
        return EMPTY
    sign = icon("sparkles", 14) if sparkle else ""
    word = _band_chip(words.band(probability), get_language() or "")
    return _safe(f'<span class="risk">{sign}{words.percent(probability)} {word}</span>')


@cache
def _band_chip(name: str, language: str) -> SafeString:
    return chip(words.band_word(name), BAND_TONES[name], dot=True)


@cache
def _health_word(tone: str, language: str) -> str:
    return {"bad": gettext("Poor"), "warn": gettext("Fair"), "ok": gettext("Good")}[tone]


def health(score: Number | None) -> SafeString:
    """0 to 100 with a word: poor below 40, fair below 70, good from there."""
    if score is None:
        return EMPTY
    tone = "bad" if score < 40 else "warn" if score < 70 else "ok"
    label = _health_word(tone, get_language() or "")
    return _safe(f'<span class="t-{tone}" title="{esc(label)}">{words.number(score)}</span>')


def severity(name: str) -> SafeString:
    """Shape and word: critical diamond, warning triangle, info disc."""
    label = {
        "critical": gettext("Critical"),
        "warning": gettext("Warning"),
        "info": gettext("Info"),
    }.get(name, name)
    css = name if name in ("critical", "warning", "info") else "info"
    return _safe(f'<span class="sev {css}">{shape(css)}{esc(label)}</span>')


def ago(value: datetime | date | None, now: datetime | None = None) -> SafeString:
    """Relative up to seven days, exact on hover."""
    if value is None:
        return EMPTY
    exact = words.moment(value) if isinstance(value, datetime) else words.day(value)
    return _safe(f'<time datetime="{value.isoformat()}" title="{esc(exact)}">{esc(words.ago(value, now))}</time>')


def day(value: datetime | date | None) -> SafeString:
    """The day, machine-readable."""
    if value is None:
        return EMPTY
    return _safe(f'<time datetime="{value.isoformat()}">{esc(words.day(value))}</time>')


def yes_no(value: bool | None) -> SafeString:
    """A check mark with its word, or the word."""
    if value is None:
        return EMPTY
    if value:
        return format_html('{}<span class="sr">{}</span>', icon("check", 14), gettext("Yes"))
    return _safe(f'<span class="muted">{esc(gettext("No"))}</span>')


def delta(
    change: Number | None, period: str = "", *, good: str = "up", unit: str = "", decimals: int = 0, spoken: str = ""
) -> SafeString:
    """``▼ 14 in 30 days``. ``good`` is "up", "down" or "" (neither): a word says better or worse.

    ``spoken`` is read out in place of a short form.
    """
    if change is None:
        return _safe("")
    if spoken:
        shown = delta(change, period, good=good, unit=unit, decimals=decimals)
        return format_html('<span aria-hidden="true">{}</span><span class="sr">{}</span>', shown, spoken)
    if change == 0:
        return format_html(
            '<span class="delta flat">{}</span>', gettext("no change") + (f" {period}" if period else "")
        )
    up = change > 0
    mood = "" if not good else "good" if up == (good == "up") else "poor"
    meaning = {"good": gettext("better"), "poor": gettext("worse")}.get(mood, "")
    figure = words.number(change if up else -change, decimals) + unit
    return format_html(
        '<span class="delta {}">{} {}<span class="sr"> {}</span>{}</span>',
        mood or "flat",
        "▲" if up else "▼",
        figure,
        meaning,
        f" {period}" if period else "",
    )


def meter(value: Number, maximum: Number = 1, label: str = "", tone: str = "") -> SafeString:
    """A bar in SVG (no inline style). ``label`` is read out; empty where the number stands beside."""
    share = 0.0 if not maximum else max(0.0, min(1.0, float(value) / float(maximum)))
    width = f"{share * 100:.1f}%"
    named = f'role="img" aria-label="{esc(label)}"' if label else 'aria-hidden="true"'
    return _safe(
        f'<svg class="meter {esc(tone)}" {named}><rect class="track" width="100%" height="6" rx="3"/>'
        f'<rect class="fill" width="{width}" height="6" rx="3"/></svg>'
    )


def badge(count: int | None, tone: str = "") -> SafeString:
    """A number capped at 99+; nothing for zero."""
    if not count:
        return _safe("")
    return _safe(f'<span class="badge {esc(tone)}">{count if count < 100 else "99+"}</span>')


def sla(minutes: Number | None, *, paused: bool = False) -> SafeString:
    """Time left: neutral above 4 h, amber to 4 h, red to 1 h, solid red when overdue, pause sign."""
    if minutes is None:
        return EMPTY
    left = int(minutes)
    figure = f"{abs(left) // 60}:{abs(left) % 60:02d}"
    if paused:
        return format_html('<span class="chip sla">{}{}<span class="sr"> {}</span></span>',
                           icon("pause", 12), figure, gettext("paused"))  # fmt: skip
    if left < 0:
        return format_html(
            '<span class="chip sla solid-bad">{}{} {}</span>', icon("timer", 12), gettext("Overdue"), figure
        )
    tone = "bad" if left <= 60 else "warn" if left <= 240 else ""
    return format_html('<span class="chip sla {}">{}{}<span class="sr"> {}</span></span>',
                       tone, icon("timer", 12), figure, gettext("left"))  # fmt: skip


def now() -> datetime:
    """One clock reading for a whole list."""
    return timezone.now()
