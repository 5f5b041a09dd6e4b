"""``{% load ui %}``: the parts of a page. Signatures and examples: docs/ui.md, live at /ui/."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from crm.kit.ui import cells, icons, words
from crm.kit.ui.buttons import button, filter_chip, icon_button, menu, menu_item, switch, tab, tabs
from crm.kit.ui.forms import Combobox
from crm.kit.ui.reasons import Reason, add_up
from crm.kit.ui.words import Number
from crm.kit.where.builder import Row

register = template.Library()

register.simple_tag(cells.avatar, name="avatar")
register.simple_tag(cells.badge, name="badge")
register.simple_tag(cells.chip, name="chip")
register.simple_tag(cells.chips, name="chips")
register.simple_tag(cells.day, name="day")
register.simple_tag(cells.delta, name="delta")
register.simple_tag(cells.meter, name="meter")
register.simple_tag(cells.health, name="health")
register.simple_tag(cells.severity, name="severity")
register.simple_tag(cells.sla, name="sla")
for made in (button, icon_button, menu_item, tab, switch, filter_chip):
    register.simple_tag(made)
for block in (menu, tabs):
    register.simple_block_tag(block)
register.filter("percent", words.percent)
register.filter("compact", words.compact)
register.filter("duration", words.duration)
register.filter("signed", words.signed)
register.filter("short_day", words.short_day)
register.filter("short_moment", words.short_moment)


MOST_KEPT = 1_000
_kept: dict[tuple[object, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def kept(context: template.Context, name: str, *depends: object) -> SafeString:
    """A template that says the same on every page: drawn once per process for each language and for what it
    ``depends`` on, which must be hashable."""
    key = (name, get_language(), *depends)
    if key not in _kept:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        assert context.template is not None
        _kept[key] = context.template.engine.get_template(name).render(context)
    return _kept[key]


@register.simple_tag(name="icon")
def icon_tag(name: str, label: str = "", size: int = 16) -> SafeString:
    """An icon of the sprite; with ``label`` it is read out."""
    return icons.labelled_icon(name, label, size) if label else icons.icon(name, size)


@register.simple_tag
def tag(label: object, tone: str = "") -> SafeString:
    """A tag: square corners."""
    return format_html('<span class="tag {}">{}</span>', tone, label)


@register.simple_tag
def person(name: str, href: str = "", detail: str = "", size: str = "") -> SafeString:
    """Avatar, name (linked) and a quiet detail."""
    shown = format_html('<a class="strong" href="{}">{}</a>', href, name) if href else conditional_escape(name)
    more = format_html(' <span class="muted">{}</span>', detail) if detail else ""
    return format_html(
        '<span class="person">{}<span class="clip">{}{}</span></span>', cells.avatar(name, size), shown, more
    )


@register.simple_tag
def tip(text: object, exact: object) -> SafeString:
    """Text whose exact form shows on hover and focus."""
    return format_html(
        '<span class="tip num" tabindex="0">{}<span class="tip-text" role="tooltip">{}</span></span>',
        text,
        exact,
    )


@register.simple_tag
def number(value: Number | None, decimals: int = 0, unit: str = "", compact: bool = False) -> SafeString:
    """A figure; ``compact`` shortens and keeps the exact value on hover and focus."""
    if compact and value is not None and abs(float(value)) >= 10_000:
        return tip(words.compact(value) + unit, words.number(value, decimals) + unit)
    return format_html('<span class="num">{}{}</span>', words.number(value, decimals), unit)


@register.simple_tag
def money(amount: Number | None, currency: str = "", compact: bool = False, cents: bool | None = None) -> SafeString:
    """An amount; the exact value with its code on hover and focus."""
    if amount is None:
        return cells.EMPTY
    short = words.money_compact(amount, currency) if compact else words.money(amount, currency, cents=cents)
    return tip(short, words.money_exact(amount, currency))


@register.simple_tag
def risk(probability: Number | None, sparkle: bool = True) -> SafeString:
    """Probability with the word of its band; violet sparkle for model output."""
    return cells.risk(probability, sparkle=sparkle)


@register.simple_tag
def ago(value: datetime | date | None, now: datetime | None = None) -> SafeString:
    """Relative up to seven days; the exact time shows on hover and focus."""
    if value is None:
        return cells.EMPTY
    exact = words.moment(value) if isinstance(value, datetime) else words.day(value)
    return format_html(
        '<time class="tip" tabindex="0" datetime="{}">{}'
        '<span class="tip-text" role="tooltip">{}</span></time>',
        value.isoformat(), words.ago(value, now), exact,
    )  # fmt: skip


@register.simple_tag
def when(value: datetime | None) -> SafeString:
    """Exact time."""
    if value is None:
        return cells.EMPTY
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words.moment(value))


@register.simple_tag
def kbd(keys: str) -> SafeString:
    """``{% kbd "Ctrl K" %}`` in one key cap."""
    return format_html("<kbd>{}</kbd>", keys)


@register.simple_tag
def crumb(label: object, href: str = "", h1: bool = False) -> SafeString:
    """One step of the top bar's path; ``h1=True`` where the page has no other heading (lists)."""
    if href:
        return format_html('<li><a href="{}">{}</a>{}</li>', href, label, icons.icon("chevron-right", 14))
    if h1:
        return format_html("<li><h1>{}</h1></li>", label)
    return format_html('<li><span aria-current="page">{}</span></li>', label)


@register.inclusion_tag("ui/stepper.html")
def stepper(position: int, total: int | str, previous: str = "", following: str = "") -> dict[str, Any]:
    """``3 / 214`` with arrows to the neighbours of a record."""
    return {"position": position, "total": total, "previous": previous, "following": following}


@register.simple_block_tag
def card(
    content: str,
    title: str = "",
    icon: str = "",
    insight: bool = False,
    foot: str = "",
    tools: str = "",
    flush: bool = False,
    id: str = "",
) -> SafeString:
    """A card with a heading; ``insight`` draws the violet border of model output."""
    css = "card" + (" insight" if insight else "") + (" flush" if flush else "")
    kit = format_html('<div class="tools">{}</div>', tools) if tools else ""
    sign = icons.icon(icon) if icon else ""
    head = format_html('<header class="card-head">{}<h2>{}</h2>{}</header>', sign, title, kit) if title else ""
    under = format_html('<footer class="card-foot">{}</footer>', foot) if foot else ""
    mark = format_html(' id="{}"', id) if id else ""
    return format_html('<section class="{}"{}>{}{}{}</section>', css, mark, head, content, under)


@register.simple_block_tag
def section(content: str, title: str, edit: str = "") -> SafeString:
    """A titled part between hairlines (profile column); ``edit`` is the address of its form."""
    pen = icon_button("pencil", gettext("Edit %(what)s") % {"what": title}, edit, small=True) if edit else ""
    return format_html('<section class="section"><header><h2>{}</h2>{}</header>{}</section>', title, pen, content)


@register.simple_block_tag
def figure(
    content: str, label: str, value: object = "", insight: bool = False, href: str = "", note: str = ""
) -> SafeString:
    """One cell of ``<div class="figures">``: label, value, then the content (delta, chip, sparkline)."""
    sign = icons.labelled_icon("sparkles", gettext("Predicted by a model"), 14) if insight else ""
    shown = format_html('<span class="figure-value">{}</span>', value) if value != "" else ""
    more = format_html('<span class="figure-note">{}</span>', note) if note else ""
    body = format_html(
        '<span class="figure-label">{}{}</span><span class="figure-body">{}{}{}</span>',
        sign,
        label,
        shown,
        content,
        more,
    )
    if href:
        return format_html('<a class="figure" href="{}">{}</a>', href, body)
    return format_html('<div class="figure">{}</div>', body)


@register.simple_block_tag
def empty(content: str, text: str) -> SafeString:
    """Why there is nothing, then (content) the one action."""
    return format_html('<div class="empty"><p>{}</p>{}</div>', text, content)


@register.simple_block_tag
def dialog(content: str, id: str, title: str, size: str = "", drawer: bool = False) -> SafeString:
    """A dialog opened by ``data-dialog="<id>"`` on any button. ``size="large"`` is 720 wide."""
    css = " ".join(part for part in (size, "drawer" if drawer else "") if part)
    close = icon_button("x", gettext("Close"), small=True, data_dialog_close=True)
    return format_html(
        '<dialog id="{}" class="{}" aria-labelledby="{}-title"><header class="dialog-head">'
        '<h2 id="{}-title">{}</h2>{}</header>{}</dialog>',
        id, css, id, id, title, close, content,
    )  # fmt: skip


@register.inclusion_tag("ui/pagination.html")
def pagination(
    shown: int, total: int | str | None = None, previous: str = "", following: str = "", first: str = ""
) -> dict[str, Any]:
    """Keyset pages: how many are shown of how many, and links."""
    return {"shown": shown, "total": total, "previous": previous, "following": following, "first": first}


@register.simple_block_tag
def timeline_entry(
    content: str, icon: str, title: object, time: datetime | None = None, tone: str = "", detail: str = ""
) -> SafeString:
    """One ``<li>`` of ``<ol class="timeline">``. Tones colour the disc; content is the quiet text below."""
    at = (
        format_html(
            '<time class="event-time" datetime="{}" title="{}">{}</time>',
            time.isoformat(),
            words.moment(time),
            words.clock(time),
        )
        if time
        else ""
    )
    more = format_html(" · {}", detail) if detail else ""
    text = format_html('<div class="event-text">{}</div>', content) if content.strip() else ""
    return format_html(
        '<li class="event"><span class="disc {}">{}</span><div class="event-body">'
        '<div class="event-title"><b>{}</b>{}</div>{}</div>{}</li>',
        tone, icons.icon(icon, 14), title, more, text, at,
    )  # fmt: skip


@register.simple_block_tag
def facts(content: str, wide: bool = False) -> SafeString:
    """Description list of ``{% fact %}``."""
    return format_html('<dl class="facts{}">{}</dl>', " wide" if wide else "", content)


@register.simple_tag
def fact(label: str, value: object, edit: str = "") -> SafeString:
    """One line; ``edit`` draws the pencil, loading that address into the line by htmx."""
    shown = cells.EMPTY if value in (None, "") else cells.esc(value)
    pen = ""
    if edit:
        name = gettext("Edit %(what)s") % {"what": label}
        pen = format_html(
            '<a class="edit" href="{}" hx-get="{}" hx-target="closest dd" hx-swap="innerHTML" aria-label="{}">{}</a>',
            edit,
            edit,
            name,
            icons.icon("pencil", 14),
        )
    return format_html('<div><dt>{}</dt><dd><span class="grow">{}</span>{}</dd></div>', label, shown, pen)


@register.simple_tag
def meter_row(label: str, value: Number, maximum: Number = 5, tone: str = "") -> SafeString:
    """``Recency ▬▬▬ 4/5``."""
    return format_html(
        '<div class="meter-row"><span>{}</span>{}<span class="num">{}/{}</span></div>',
        label,
        cells.meter(value, maximum, "", tone),
        words.number(value),
        words.number(maximum),
    )


@register.inclusion_tag("ui/reasons.html")
def reasons(
    base: Number, parts: Iterable[Reason], value: Number, base_label: str = "", limit: int = 5
) -> dict[str, Any]:
    """Signed bars in percentage points that add up: base + parts + other = value (shares 0 to 1)."""
    return {
        "told": add_up(base, parts, value, limit),
        "base_label": base_label or gettext("Typical customer"),
    }


@register.simple_tag
def skeleton(kind: str = "lines", rows: int = 3) -> SafeString:
    """Grey shapes of the real layout: lines, events, plot, figures."""
    return mark_safe(render_to_string("ui/skeleton.html", {"kind": kind, "rows": range(rows)}))  # noqa: S308


@register.inclusion_tag("ui/job.html")
def job_card(job: Any, cancel: str = "", href: str = "", title: str = "") -> dict[str, Any]:
    """Progress of a kit Job: share, rows, elapsed, Cancel."""
    share = job.done / job.total if job.total else None
    return {"job": job, "share": share, "cancel": cancel, "href": href, "title": title}


@register.inclusion_tag("ui/panel_error.html")
def panel_error(error_id: str = "", retry: str = "", text: str = "") -> dict[str, Any]:
    """``Could not load · Retry`` with the error's id."""
    return {"error_id": error_id, "retry": retry, "text": text}


@register.simple_tag
def field(bound: BoundField, optional: bool = True) -> SafeString:
    """A form field with label, help and errors (template ui/field.html)."""
    return mark_safe(render_to_string("ui/field.html", {"field": bound, "show_optional": optional}))  # noqa: S308


@register.simple_tag
def combobox(name: str, address: str, label: str) -> SafeString:
    """A combobox outside a form class, such as in the bulk bar; ``address`` answers with the suggestions."""
    attrs = {"id": f"combo-{name}", "class": "input bulk-input", "aria-label": label, "placeholder": label}
    return Combobox(address).render(name, "", {**attrs, "maxlength": "320"})


@register.simple_tag
def pick_box(name: str, address: str) -> SafeString:
    """A combobox in a form, under a label of its own."""
    return Combobox(address).render(name, "", {"id": f"edit-{name}", "class": "input", "maxlength": "320"})


@register.simple_tag
def where_pick(row: Row, first: bool = False) -> SafeString:
    """The combobox of a condition; with ``first`` it holds the row that the condition names."""
    label = gettext("Value") if first else gettext("Add another")
    attrs = {"id": f"{row.name}.v", "class": "input", "aria-label": label, "placeholder": label, "maxlength": "320"}
    return Combobox(row.address).render(f"{row.name}.v", row.typed if first else "", attrs)


@register.inclusion_tag("ui/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """Summary of what is wrong, focused after a refused save."""
    return {"form": form}
