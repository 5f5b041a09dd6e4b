"""Pages open slots, apps above fill them: ``{% slot "customer.detail.rail" record=customer %}``.

In ``<app>/panels.py`` (loaded at start)::

    @panel("customer.detail.rail", title=_("Open alerts"), order=30, policy=("alert", "view"), lazy=True)
    def open_alerts(request, record) -> dict | None:
        return {"alerts": Alert.objects.visible_to(request.user).open().filter(customer=record)}

``record`` is already checked by the page; a lazy panel finds it again through ``find``, registered once
per slot with ``opens(slot, find)``, which must go through ``visible_to(user)``. A panel that returns None
is not drawn. A panel that fails is logged with an id and says so in its place; the page stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from crm.kit import nav
from crm.kit.errors import error_id
from crm.kit.ui.icons import icon

logger = logging.getLogger(__name__)


class Loader(Protocol):
    """Numbers of a panel: the context of its template, or None to stay away."""

    def __call__(self, request: HttpRequest, record: Any) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Panel:
    """One filling of a slot."""

    slot: str
    name: str
    title: Any
    load: Loader | None  # None: the page's own part, drawn from what the page knows
    template: str
    policy: tuple[str, str]
    order: int = 50
    lazy: bool = False
    framed: bool = True  # inside a card with the title; else the template draws its own frame
    bare: bool = False  # no frame of its own, e.g. cells of a row of figures
    icon: str = ""
    insight: bool = False
    skeleton: str = "lines"
    live: str = ""  # topic that refetches it
    tab: bool = False  # a tab of the record page instead of a card
    fixed: bool = False  # a layout may move it, not hide it
    count: Callable[[HttpRequest, Any], int | None] | None = None


_panels: dict[str, dict[str, Panel]] = {}
_riders: dict[str, list[Callable[[Any], Mapping[str, Any]]]] = {}
_finders: dict[str, Callable[[Any, int], Any]] = {}


def panel(
    slot: str, *, title: Any, policy: tuple[str, str], template: str = "", name: str = "", **options: Any
) -> Callable[[Loader], Loader]:
    """Register a loader as a panel of ``slot``; its template is ``panels/<name>.html`` unless given."""

    def keep(load: Loader) -> Loader:
        called = name or getattr(load, "__name__", "panel")
        made = Panel(slot, called, title, load, template or f"panels/{called}.html", policy, **options)
        known = _panels.setdefault(slot, {}).get(called)
        if known is not None and known.load is not load:
            raise ValueError(f"Two panels of {slot} are named “{called}”.")
        _panels[slot][called] = made
        return load

    return keep


def block(slot: str, name: str, *, title: Any, template: str, policy: tuple[str, str], **options: Any) -> None:
    """Register a part that a page draws itself: the template gets the page's own context, and costs no query more."""
    _panels.setdefault(slot, {})[name] = Panel(slot, name, title, None, template, policy, bare=True, **options)


def rides(slot: str, make: Callable[[Any], Mapping[str, Any]]) -> None:
    """Register annotations (reader → name → expression) that come with the record of a page, for panels that need
    a figure and no query of their own."""
    if make not in _riders.setdefault(slot, []):
        _riders[slot].append(make)


def riding(slot: str, user: Any) -> dict[str, Any]:
    """Every annotation that comes with the record of a page."""
    return {name: made for make in _riders.get(slot, ()) for name, made in make(user).items()}


def opens(slot: str, find: Callable[[Any, int], Any]) -> None:
    """Register ``find(user, id) -> row or None`` for lazy panels of slots that start with ``slot``."""
    _finders[slot] = find


def panels_of(slot: str, user: Any) -> list[Panel]:
    """Panels of the slot that the user may see, in order."""
    found = [one for one in _panels.get(slot, {}).values() if nav.allowed(user, one.policy)]
    return sorted(found, key=lambda one: (one.order, one.name))


def follow(request: HttpRequest, layout: Mapping[str, list[tuple[str, Panel]]]) -> None:
    """Have the slots of this request show these panels, each under this name, instead of all of theirs."""
    request.__dict__["_layout"] = layout


def shown(request: HttpRequest, slot: str) -> list[tuple[str, Panel]]:
    """The panels of a slot on this page, each with its name there: as its layout says, else all of them."""
    layout: Mapping[str, list[tuple[str, Panel]]] = request.__dict__.get("_layout", {})
    if slot in layout:
        return layout[slot]
    return [(one.name, one) for one in panels_of(slot, request.user)]


def get_panel(slot: str, name: str) -> Panel:
    """The panel, or 404."""
    found = _panels.get(slot, {}).get(name)
    if found is None or found.load is None:
        raise Http404
    return found


def find_record(slot: str, user: Any, pk: int) -> Any:
    """The row a lazy panel is about, as the user may see it, or 404."""
    known = [prefix for prefix in _finders if slot == prefix or slot.startswith(f"{prefix}.")]
    found = _finders[max(known, key=len)](user, pk) if known else None
    if found is None:
        raise Http404
    return found


def address(one: Panel, record: Any) -> str:
    """Where the panel is fetched from on its own."""
    try:
        return reverse("panel", args=[one.slot, one.name, getattr(record, "pk", 0) or 0])
    except NoReverseMatch:
        return ""


def draw_slot(request: HttpRequest, slot: str, record: Any = None, page: Context | None = None) -> SafeString:
    """All panels of a slot; lazy ones as skeletons that fetch themselves."""
    drawn = [
        draw_waiting(one, record) if one.lazy else draw_panel(request, one, record, page)
        for _name, one in shown(request, slot)
    ]
    return mark_safe("".join(drawn))  # noqa: S308 - each part is safe


def draw_panel(request: HttpRequest, one: Panel, record: Any, page: Context | None = None) -> SafeString:
    """The panel with its numbers, or in its place the sentence that it could not load."""
    if one.load is None:
        assert page is not None
        assert page.template is not None
        return page.template.engine.get_template(one.template).render(page)
    try:
        context = one.load(request, record)
        if context is None:
            return mark_safe("")
        values = {"record": record, "panel": one, **context}
        body: str = render_to_string(one.template, values, request=request)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the page answers 503
    except Exception:
        mark = error_id()
        logger.exception("panel %s/%s failed [%s]", one.slot, one.name, mark)
        body = _failed(one, record, mark)
    return _frame(one, body, record)


def draw_waiting(one: Panel, record: Any) -> SafeString:
    """A skeleton that fetches the panel once the page stands; without a script, a link does."""
    where = address(one, record)
    body = render_to_string("ui/panel_waiting.html", {"panel": one, "address": where})
    return _frame(one, body, record, fetch=where)


def _failed(one: Panel, record: Any, mark: str) -> SafeString:
    return render_to_string("ui/panel_error.html", {"error_id": mark, "retry": address(one, record), "text": ""})


def _frame(one: Panel, body: str, record: Any, fetch: str = "") -> SafeString:
    # a part below the fold waits until it is looked at
    triggers = ["intersect once"] if fetch else []
    if one.live:
        triggers.append(f"live:{one.live} from:body")
    where = fetch or (address(one, record) if one.live else "")
    loads = (
        format_html(' hx-get="{}" hx-trigger="{}" hx-swap="{}" hx-target="this" data-quiet', where,
                    ", ".join(triggers), "outerHTML" if fetch else "morph:outerHTML")
        if triggers and where else ""
    )  # fmt: skip
    name = f"panel-{one.slot}-{one.name}".replace(".", "-")
    if one.bare and not loads:
        return body if isinstance(body, SafeString) else mark_safe(body)  # noqa: S308 - a rendered template
    if not one.framed:
        return format_html('<div data-panel id="{}"{}>{}</div>', name, loads, body)
    sign = icon("sparkles" if one.insight and not one.icon else one.icon) if one.icon or one.insight else ""
    return format_html(
        '<section class="card{}" data-panel id="{}"{}>'
        '<header class="card-head">{}<h2>{}</h2></header>{}</section>',
        " insight" if one.insight else "", name, loads, sign, one.title, body,
    )  # fmt: skip


def count_of(request: HttpRequest, one: Panel, record: Any) -> int | None:
    """The number on a tab; a failing one is left out."""
    if one.count is None:
        return None
    try:
        return one.count(request, record)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("count of panel %s/%s failed", one.slot, one.name)
        return None


def unavailable_text() -> str:
    """What a panel says where it cannot load."""
    return gettext("Could not load.")
