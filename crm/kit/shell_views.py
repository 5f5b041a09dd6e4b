"""Small addresses of the shell: numbers of the sidebar, palette, lazy panels, charts, the gallery's parts."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join

from crm.kit import charts, nav, palette, slots
from crm.kit.ui.charts import as_csv, draw
from crm.kit.views import Policed, refuse


class NavCounts(Policed):
    """Numbers beside the sidebar's lines, each swapped into its place."""

    policy = ("self", "view")

    def get(self, request: HttpRequest) -> HttpResponse:
        drawn = format_html_join("", "{}", ((self._one(item, number),) for item, number in nav.counts(request.user)))
        return HttpResponse("".join([drawn, *nav.late_parts(request)]))

    @staticmethod
    def _one(item: nav.Entry, number: int) -> str:
        css = "nav-count hot" if item.hot and number else "nav-count"
        text = "" if not number else str(number) if number < 100 else "99+"
        return format_html(
            '<span id="nav-count-{}" class="{}" hx-swap-oob="true">{}</span>',
            item.key,
            css if text else "",
            text,
        )


class PanelView(Policed):
    """One panel on its own; the policy is the panel's, the row comes through the slot's finder."""

    policy = ("self", "view")

    def get(self, request: HttpRequest, slot: str, name: str, pk: int) -> HttpResponse:
        one = slots.get_panel(slot, name)
        refusal = refuse(request, one.policy)
        if refusal is not None:
            raise Http404
        record = slots.find_record(slot, request.user, pk) if pk else None
        drawn = slots.draw_panel(request, one, record)
        if not request.headers.get("HX-Request"):
            return render(request, "shell/panel_page.html", {"panel": one, "body": drawn})
        return HttpResponse(drawn)


class ChartView(Policed):
    """A declared chart as a figure, or its numbers as CSV; the policy is the chart's."""

    policy = ("self", "view")

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        declared = charts.declared().get(name)
        if declared is None or refuse(request, declared.policy) is not None:
            raise Http404
        made = declared.make(request.user, request.GET.dict())
        if request.GET.get("format") == "csv":
            return HttpResponse(
                as_csv(made),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
            )
        return HttpResponse(draw(made))


class PaletteView(Policed):
    """What the Ctrl-K palette lists for the typed text."""

    policy = ("self", "view")

    def get(self, request: HttpRequest) -> HttpResponse:
        text, here = request.GET.get("q", ""), request.GET.get("here", "")
        sections = palette.answer(request.user, text, here[: palette.LONGEST])
        context: dict[str, Any] = {
            "sections": sections,
            "missing": None if sections else palette.missing(request.user, text),
        }
        return render(request, "shell/palette.html", context)
