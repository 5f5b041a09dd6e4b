"""``{% load slots %}{% slot "customer.detail.rail" record=customer %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from crm.kit import slots

register = template.Library()


@register.simple_tag(takes_context=True, name="slot")
def slot_tag(context: Context, name: str, record: Any = None) -> SafeString:
    """Everything that apps registered for this place."""
    return slots.draw_slot(context["request"], name, record, context)


@register.simple_tag(takes_context=True)
def panel_tabs(context: Context, name: str, record: Any = None) -> list[dict[str, Any]]:
    """Tabs of a record: ``{% panel_tabs "customer.detail.tabs" customer as tabs %}`` → name, title, count."""
    request = context["request"]
    return [
        {"name": called, "title": one.title, "count": slots.count_of(request, one, record), "panel": one}
        for called, one in slots.shown(request, name)
    ]


@register.simple_tag(takes_context=True)
def panel_body(context: Context, name: str, panel: str, record: Any = None) -> SafeString:
    """One panel by its name: the content of the chosen tab."""
    request = context["request"]
    chosen = next((one for called, one in slots.shown(request, name) if called == panel), None)
    return slots.draw_panel(request, chosen, record, context) if chosen else SafeString("")
