"""The page of a list: full, as its part for htmx, as a dialog of its toolbar, or as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from crm.kit import keyset
from crm.kit.errors import Invalid, Refused
from crm.kit.lists import bulk
from crm.kit.lists.declared import Heading, Words
from crm.kit.lists.display import Display
from crm.kit.lists.export import FORMATS
from crm.kit.tables import rows_html
from crm.kit.views import Policy

PARTS = {
    "filters": gettext_lazy("Filter"),
    "display": gettext_lazy("Columns and rows"),
    "view": gettext_lazy("Save view"),
    "export": gettext_lazy("Export"),
}


class ListView(Display):
    """Declare ``model``, ``table``, ``filterset_class``, ``default_ordering``; everything else follows."""

    create_url: str = ""
    create_label: ClassVar[Words] = ""
    create_policy: ClassVar[Policy | None] = None
    empty_text: ClassVar[Words] = ""
    empty_template: ClassVar[str] = "lists/empty.html"
    footer: str | SafeString = ""
    also: ClassVar[Sequence[tuple[Words, str, Policy]]] = ()  # lists beside this one: words, address, policy
    strip_template: ClassVar[str] = ""  # a line of sums above the table
    template_name: ClassVar[str] = "lists/page.html"
    part_name: ClassVar[str] = "lists/part.html"
    page_size: ClassVar[int] = keyset.PAGE_SIZE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            if request.GET.get("format") in FORMATS:
                return self.export(request.GET["format"])
            if self.is_cell:
                return self.draw_cell()
            if request.GET.get("part") == "where":
                return self.build()
            if request.GET.get("part") == "rows":
                return self.draw_rows()
            if request.GET.get("part") == "display" and request.GET.get("do") == "apply":
                return self.displayed()
            if request.GET.get("part") in PARTS:
                return self.dialog(request.GET["part"])
            away = self.opened()
            if away is not None:
                return away
            context = self.get_context_data()
        except Invalid as invalid:
            return self.broken(invalid)
        template = self.part_name if self.wants_part() else self.template_name
        response = TemplateResponse(request, template, context)
        response.headers["Vary"] = "HX-Request, HX-Target"
        return response

    def dialog(self, part: str) -> HttpResponseBase:
        """Filters, columns or the form of a saved view: in a dialog, or as a page without a script."""
        frame = "lists/dialog.html" if self.request.headers.get("HX-Request") else "lists/dialog_page.html"
        context = {"list": self, "part": part, "inner": f"lists/{part}_fields.html"}
        return TemplateResponse(self.request, frame, {**context, "heading": PARTS[part]})

    def wants_part(self) -> bool:
        """Whether htmx asked for the list alone."""
        return self.request.headers.get("HX-Target") == "list"

    def broken(self, invalid: Invalid) -> HttpResponse:
        """An address that makes no sense: the plain list, and a sentence saying so."""
        messages.error(self.request, getattr(invalid, "html", invalid.message))
        kept = QueryDict(mutable=True)
        if "ordering" not in invalid.fields and "search" in self.request.GET:
            kept["search"] = self.request.GET["search"]
        return HttpResponseRedirect(f"{self.request.path}?{kept.urlencode()}" if kept else self.whole)

    # Context

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        page = keyset.page(self.rows, ordering=self.ordering, cursor=self.request.GET.get("cursor", ""), size=self.size)
        rows = self.prepare(page.rows)
        return {
            "list": self,
            "page": page,
            "count": self.count(page),
            "body": "" if self.group else self.draw(rows),
            "lines": self.lines() if self.group else [],
            "width": len(self.columns) + int(self.drawn_table.selectable),
            "foot": self.foot() if rows else "",
            "headings": self.headings(),
            "chips": self.chips(),
            "tabs": self.tabs(),
            "following": self.address(cursor=page.next) if page.next else "",
            "previous": self.address(cursor=page.previous) if page.previous else "",
            "narrowed": bool(self.state) or bool(self.request.GET.get("cursor")),
            "also": [(label, href) for label, href, policy in self.also if self.may(policy)],
            "may_export": self.may(self.export_policy),
            "may_create": self.create_policy is None or self.may(self.create_policy),
            "first": self.address() if page.previous else "",
            "usable_actions": [one for one in self.actions if self.may(one.policy) and not one.edits],
            "edits": [one for one in self.actions if self.may(one.policy) and one.edits],
            "most_at_once": bulk.MOST_AT_ONCE,
            **more,
        }

    @property
    def size(self) -> int:
        """Rows per page."""
        return keyset.page_size(self.request.GET.get("page_size"), default=self.page_size)

    def count(self, page: keyset.Page[Any]) -> keyset.Count:
        """How many rows match: not counted where the page knows."""
        return keyset.count(self.rows) if page.total is None else keyset.counted(page.total)

    def draw(self, rows: Sequence[Any]) -> SafeString:
        """The table rows."""
        return rows_html(self.columns, rows, self.scene, self.drawn_table)

    def headings(self) -> list[Heading]:
        """Header cells with their sort links."""
        current, falling = self.ordering.name.removeprefix("-"), self.ordering.descending
        made = []
        for column in self.columns:
            sortable = column.sort in self.orderings and column.sort
            here = bool(sortable) and column.sort == current
            target = f"-{column.sort}" if here and not falling else column.sort
            if sortable and not here and "n" in column.css.split():
                target = f"-{column.sort}"  # figures: the largest first
            direction = ("descending" if falling else "ascending") if here else ""
            href = self.address(ordering=target) if sortable else ""
            edit = column.name if self.may_edit(column.name) else ""
            made.append(Heading(column.label, column.classes, href, direction, column.model, edit))
        return made

    # Neighbours

    def neighbours(self, record: Any) -> dict[str, Any] | None:
        """A record's place in this list, the number of rows, and the rows before and after it."""
        here = keyset.around(self.rows, ordering=self.ordering, pk=record.pk)
        if here is None:
            return None
        return {
            "place": here.place,
            "previous": here.previous,
            "following": here.following,
            "total": keyset.count(self.rows),
        }

    def refused(self, refused: Refused) -> HttpResponse:
        """A refused address goes back to the plain list."""
        if isinstance(refused, Invalid):
            return self.broken(refused)
        return super().refused(refused)
