"""Addresses of visits and pins, the list of both, and their places in the shell."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.accounts import visits
from crm.kit import nav, palette, records
from crm.kit.views import Page, Policed, back_to, go_to

MOST_RECENT = 12


class NoteVisit(Policed):
    """The page says that it is being looked at; the answer is its pin, and what changed since the visit before."""

    policy = ("self", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, object: str, pk: int) -> HttpResponse:
        before, is_pinned = visits.note_visit(user=request.user, obj=object, record=pk, now=timezone.now())
        kind = records.kind_of(object, request.user)
        if kind is None:
            raise Http404
        told = kind.news(request, pk, before) if kind.news and before else mark_safe("")
        return HttpResponse(told + draw_pin(request, object, pk, pinned=is_pinned, oob=True))


class TogglePin(Policed):
    """Pin a record, or take the pin away."""

    policy = ("self", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, object: str, pk: int) -> HttpResponseBase:
        now_pinned = visits.toggle_pin(user=request.user, obj=object, record=pk, now=timezone.now())
        if request.headers.get("HX-Request"):
            return HttpResponse(draw_pin(request, object, pk, pinned=now_pinned) + draw_pins(request))
        messages.success(request, _("Pinned.") if now_pinned else _("No longer pinned."))
        return go_to(request, back_to(request, "/"))


class Recent(Page):
    """What one looked at last, and what one pinned."""

    policy = ("self", "view")
    template_name = "shell/recent.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            pinned=visits.pinned(user), recent=visits.recent(user, visits.MOST_KEPT), **kwargs
        )


def draw_pin(request: HttpRequest, obj: str, pk: int, *, pinned: bool, oob: bool = False) -> SafeString:
    """The star of a record's header."""
    context = {"object": obj, "pk": pk, "pinned": pinned, "known": True, "oob": oob}
    return mark_safe(render_to_string("shell/pin.html", context, request=request))  # noqa: S308 - a rendered template


@nav.late
def draw_pins(request: HttpRequest) -> SafeString:
    """The pinned records in the sidebar, swapped in once the page stands."""
    context = {"hits": visits.pinned(request.user), "path": request.headers.get("HX-Current-URL", "")}
    return mark_safe(render_to_string("shell/pins.html", context, request=request))  # noqa: S308 - as above


@palette.opening
def looked_at(user: Any) -> list[tuple[str, list[palette.Hit]]]:
    """What the palette shows before anything is typed."""
    pins = visits.pinned(user)
    known = {hit.href for hit in pins}
    recent = [hit for hit in visits.recent(user, MOST_RECENT) if hit.href not in known][: palette.LIMIT]
    return [(_("Pinned"), pins[: palette.LIMIT]), (_("Recently viewed"), recent)]
