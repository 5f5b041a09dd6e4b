"""Icons of the sprite ``static/icons.svg`` and the small severity shapes."""

from __future__ import annotations

from functools import cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SHAPES = {
    "critical": "M5 0 10 5 5 10 0 5z",
    "warning": "M5 .5 10 9.5 0 9.5z",
    "info": "M5 0a5 5 0 1 0 0 10A5 5 0 0 0 5 0z",
}


@cache
def sprite() -> str:
    """Address of the sprite."""
    return static("icons.svg")


@cache
def icon(name: str, size: int = 16, extra: str = "") -> SafeString:
    """An icon that says nothing of its own; put words beside it, or use ``labelled_icon``."""
    css = "icon" + (f" icon-{size}" if size != 16 else "") + (f" {extra}" if extra else "")
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, sprite(), name)


def labelled_icon(name: str, label: str, size: int = 16) -> SafeString:
    """An icon that stands alone and is read out as ``label``."""
    return format_html('{}<span class="sr">{}</span>', icon(name, size), label)


@cache
def shape(severity: str) -> SafeString:
    """Diamond, triangle or disc: the severity without its colour."""
    path = SHAPES.get(severity, SHAPES["info"])
    return mark_safe(  # noqa: S308 - both texts are constants of this file
        f'<svg class="shape" viewBox="0 0 10 10" aria-hidden="true"><path d="{path}"/></svg>'
    )
