"""The page of a list: full, as its part for htmx, as a dialog of its toolbar, or as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from crm.kit import keyset
from crm.kit.errors import Invalid, Refused
from crm.kit.lists import bulk
from crm.kit.lists.declared import Heading, Words
from crm.kit.lists.post import Bulk
from crm.kit.tables import Table, rows_html
from crm.kit.views import Policy

PARTS = {
    "filters": gettext_lazy("Filter"),
    "display": gettext_lazy("Columns and rows"),
    "view": gettext_lazy("Save view"),
}


class ListView(Bulk):
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
            if request.GET.get("format") == "csv":
                return self.export()
            if request.GET.get("part") in PARTS:
                return self.dialog(request.GET["part"])
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
        context = {"list": self, "part": part, "inner": f"lists/{part}_fields.html", "saved_view": self.own_view}
        return TemplateResponse(self.request, frame, {**context, "heading": PARTS[part]})

    def wants_part(self) -> bool:
        """Whether htmx asked for the list alone."""
        return self.request.headers.get("HX-Target") == "list"

    def broken(self, invalid: Invalid) -> HttpResponse:
        """An address that makes no sense: the plain list, and a sentence saying so."""
        messages.error(self.request, invalid.message)
        kept = QueryDict(mutable=True)
        if "ordering" not in invalid.fields and "search" in self.request.GET:
            kept["search"] = self.request.GET["search"]
        return HttpResponseRedirect(f"{self.request.path}?{kept.urlencode()}" if kept else self.request.path)

    # Context

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        page = keyset.page(self.rows, ordering=self.ordering, cursor=self.request.GET.get("cursor", ""), size=self.size)
        rows = self.prepare(page.rows)
        return {
            "list": self,
            "page": page,
            "count": self.count(page),
            "body": self.draw(rows),
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
            "saved_view": self.own_view,
            "usable_actions": [one for one in self.actions if self.may(one.policy)],
            "most_at_once": bulk.MOST_AT_ONCE,
            **more,
        }

    @property
    def size(self) -> int:
        """Rows per page."""
        return keyset.page_size(self.request.GET.get("page_size"), default=self.page_size)

    def count(self, page: keyset.Page[Any]) -> keyset.Count:
        """How many rows match: known without counting when all are on this page."""
        if not page.next and not page.previous:
            return keyset.Count(len(page.rows), True)
        return keyset.count(self.rows)

    def draw(self, rows: Sequence[Any]) -> SafeString:
        """The table rows."""
        return rows_html(self.columns, rows, self.scene, self.drawn_table)

    @cached_property
    def drawn_table(self) -> Table:
        """The table, with tick boxes where this user may do something with the ticked rows."""
        selectable = self.table.selectable and any(self.may(one.policy) for one in self.actions)
        return Table(self.table.columns, self.table.row_label, selectable, self.table.css)

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
            made.append(Heading(column.label, column.classes, href, direction, column.model))
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
