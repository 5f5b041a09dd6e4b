"""Buttons, menus, tabs, switches, filter chips: what people press."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from crm.kit.ui import icons, words

CURRENT = mark_safe(' aria-current="true"')


def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """``hx_get=url`` becomes ``hx-get="…"``; True stands alone, False and None are left out."""
    pairs = [(name.rstrip("_").replace("_", "-"), value) for name, value in attrs.items()]
    given = [(name, value) for name, value in pairs if value is not None and value is not False]
    return format_html_join("", "{}", ((_attribute(name, value),) for name, value in given))


def _attribute(name: str, value: Any) -> SafeString:
    return format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)


def button(
    label: str,
    href: str = "",
    icon: str = "",
    kind: str = "",
    key: str = "",
    small: bool = False,
    **attrs: Any,
) -> SafeString:
    """A button or a link like one. Kinds: primary (one per page), danger, quiet, insight, none."""
    css = " ".join(part for part in ("btn", kind, "small" if small else "", attrs.pop("class_", "")) if part)
    inner = format_html(
        "{}<span>{}</span>{}",
        icons.icon(icon) if icon else "",
        label,
        format_html("<kbd>{}</kbd>", key) if key else "",
    )
    if key:
        attrs.setdefault("aria_keyshortcuts", key.replace("↵", "Enter").replace(" ", "+"))
        attrs.setdefault("data_key", key.lower() if len(key) == 1 else None)
    if href:
        return format_html('<a class="{}" href="{}"{}>{}</a>', css, href, attributes(attrs), inner)
    kind_of = attrs.pop("type", "button")
    return format_html('<button class="{}" type="{}"{}>{}</button>', css, kind_of, attributes(attrs), inner)


def icon_button(
    icon: str, label: str, href: str = "", kind: str = "quiet", small: bool = False, **attrs: Any
) -> SafeString:
    """A square button with a name for readers and a tooltip."""
    css = f"btn icon-only {kind}" + (" small" if small else "")
    attrs = {"aria_label": label, "title": label, **attrs}
    if href:
        return format_html('<a class="{}" href="{}"{}>{}</a>', css, href, attributes(attrs), icons.icon(icon))
    kind_of = attrs.pop("type", "button")
    return format_html('<button class="{}" type="{}"{}>{}</button>', css, kind_of, attributes(attrs), icons.icon(icon))


def menu(content: str, label: str, icon: str = "", kind: str = "", id: str = "", only_icon: bool = False,
         key: str = "", small: bool = False) -> SafeString:  # fmt: skip
    """A button with a menu of ``{% menu_item %}``; ``id`` must be unique on the page."""
    name = f"menu-{id}"
    attrs = {"popovertarget": name, "aria_haspopup": "menu", "id": f"{name}-button"}
    if only_icon:
        opener = icon_button(icon or "ellipsis", label, kind=kind or "quiet", small=small, **attrs)
    else:
        opener = button(label, icon=icon, kind=kind, key=key, small=small, **attrs)
    return format_html(
        '{}<div class="menu" id="{}" popover role="menu" aria-labelledby="{}-button">{}</div>',
        opener,
        name,
        name,
        content,
    )


def menu_item(label: str, href: str = "", icon: str = "", key: str = "", danger: bool = False,
              checked: bool = False,              **attrs: Any) -> SafeString:  # fmt: skip
    """A link or button of a menu."""
    css = "menu-item" + (" danger" if danger else "")
    tail = format_html("<kbd>{}</kbd>", key) if key else ""
    if checked:
        tail = icons.icon("check", 14, "check")
        attrs["aria_current"] = "true"
    inner = format_html("{}<span>{}</span>{}", icons.icon(icon) if icon else "", label, tail)
    if href:
        return format_html(
            '<a class="{}" role="menuitem" tabindex="-1" href="{}"{}>{}</a>',
            css,
            href,
            attributes(attrs),
            inner,
        )
    kind_of = attrs.pop("type", "button")
    return format_html(
        '<button class="{}" role="menuitem" tabindex="-1" type="{}"{}>{}</button>',
        css,
        kind_of,
        attributes(attrs),
        inner,
    )


def tabs(content: str, label: str) -> SafeString:
    """Tabs are links, so that each has an address; inside: ``{% tab %}``."""
    return format_html('<nav class="tabs" aria-label="{}">{}</nav>', label, content)


def tab(label: str, href: str, current: bool = False, count: int | None = None, **attrs: Any) -> SafeString:
    """One tab."""
    many = format_html('<span class="count">{}</span>', words.number(count)) if count is not None else ""
    here = mark_safe(' aria-current="page"') if current else ""
    return format_html('<a class="tab" href="{}"{}{}>{}{}</a>', href, here, attributes(attrs), label, many)


def switch(label: str, options: Iterable[tuple[str, str, bool]]) -> SafeString:
    """Segmented switch of links: (word, address, current)."""
    items = format_html_join(
        "", '<a href="{}"{}>{}</a>',
        ((href, CURRENT if current else "", word) for word, href, current in options),
    )  # fmt: skip
    return format_html('<div class="switch" role="group" aria-label="{}">{}</div>', label, items)


def filter_chip(field: str, operator: str, value: str, remove: str, edit: str = "") -> SafeString:
    """An active filter: field, operator, value; ``remove`` is the address without it."""
    words_of = format_html("{} {} <b>{}</b>", field, operator, value)
    first = format_html('<a href="{}">{}</a>', edit, words_of) if edit else format_html("<span>{}</span>", words_of)
    gone = gettext("Remove filter %(field)s") % {"field": field}
    return format_html(
        '<span class="filter">{}<a class="remove" href="{}" aria-label="{}">{}</a></span>',
        first,
        remove,
        gone,
        icons.icon("x", 12),
    )
