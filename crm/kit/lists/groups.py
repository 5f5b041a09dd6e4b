"""A list by groups with counts and sums, and the line of totals below a table.

``?group=lifecycle`` draws one heading per value; the rows of a group come when it is opened, through the same
filters with one condition more. ``?totals=sum`` (``avg``, ``filled``) fills the foot of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Avg, Count, F, Model, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import keyset
from crm.kit.errors import Invalid
from crm.kit.lists.cells import Cells
from crm.kit.tables import Column
from crm.kit.ui import words
from crm.kit.where.facets import Facet
from crm.kit.where.grammar import Condition

MOST_GROUPS = 100
COUNTED = 200_000  # rows that are looked at; beyond, numbers are "at least"
TOTALS = {"sum": gettext_lazy("Sum"), "avg": gettext_lazy("Average"), "filled": gettext_lazy("Filled in")}


@dataclass(frozen=True)
class Line:
    """The heading of one group."""

    label: str
    count: str
    sums: str
    open: str  # the address of its rows as a part of the page
    href: str  # the address of a list with nothing else


class Groups(Cells):
    """``?group=`` and ``?totals=``."""

    group_names: ClassVar[tuple[str, ...]] = ()  # facets whose values are few
    sums: ClassVar[Mapping[str, str]] = {}  # columns that are summed, with the path in the home currency

    @cached_property
    def group(self) -> Facet | None:
        """The facet that the list is grouped by; Invalid for one that is not offered."""
        name = self.request.GET.get("group", "")
        if not name:
            return None
        found = self.facets.get(name) if name in self.group_names else None
        if found is None:
            sentence = _("This list cannot be grouped by “%(name)s”.") % {"name": name[:60]}
            raise Invalid(sentence, fields={"group": sentence})
        return found

    @property
    def groupings(self) -> list[tuple[str, str, bool]]:
        """Name, word and whether it is chosen, of what the list can be grouped by."""
        known, chosen = self.facets, self.request.GET.get("group", "")
        return [(name, str(known[name].label), name == chosen) for name in self.group_names if name in known]

    @property
    def _sampled(self) -> QuerySet[Any]:
        """The rows that are counted: all, up to the cap."""
        keys = self.rows.order_by().values("pk")[: COUNTED + 1]
        return self.model._default_manager.filter(pk__in=keys).order_by()

    @cached_property
    def summed(self) -> list[tuple[str, str, Column]]:
        """(name, path, column) of the sums that the reader may see."""
        named = {column.name: column for column in self.columns}
        return [
            (name, path, named[name]) for name, path in self.sums.items()
            if name in named and (named[name].field or name) not in self.levels
        ]  # fmt: skip

    def lines(self) -> list[Line]:
        """The groups with their counts and sums, the largest first."""
        facet = self.group
        assert facet is not None
        exact = keyset.count(self.rows, cap=COUNTED).exact
        rows = self.rows.order_by() if exact else self._sampled
        sums = {f"sum_{name}": Sum(path) for name, path, _column in self.summed}
        found = list(
            rows.values(key=F(facet.path)).annotate(n=Count("pk"), **sums).order_by("-n", "key")[: MOST_GROUPS + 1]
        )
        labels = self._labels(facet, [row["key"] for row in found])
        return [self._line(facet, row, labels, exact=exact) for row in found[:MOST_GROUPS]]

    def _labels(self, facet: Facet, keys: list[Any]) -> dict[Any, str]:
        """The words of the values."""
        if facet.kind != "pick":
            return {key: str(label) for key, label in facet.choices}
        model: type[Model] = self.model._meta.get_field(facet.path).related_model  # type: ignore[union-attr, assignment]
        rows = model._default_manager.filter(pk__in=[key for key in keys if key is not None])
        return {row.pk: getattr(row, "display_name", "") or str(row) for row in rows}

    def _line(self, facet: Facet, row: dict[str, Any], labels: dict[Any, str], *, exact: bool) -> Line:
        key = row["key"]
        empty = key in (None, "")
        condition = Condition(facet.name, "empty") if empty else Condition(facet.name, "is", (str(key),))
        where = self.narrowed_by(condition)
        label = _("None") if empty else labels.get(key, str(key))
        sums = " · ".join(
            f"{column.label} {words.money_exact(row[f'sum_{name}'], self.scene.currency)}"
            for name, _path, column in self.summed if row[f"sum_{name}"] is not None
        )  # fmt: skip
        opened = self.address(where=where, group=None)
        return Line(
            label, words.number(row["n"]) + ("" if exact else "+"), sums,
            f"{opened}{'&' if '?' in opened else '?'}part=rows", opened,
        )  # fmt: skip

    def draw_rows(self) -> HttpResponse:
        """The first rows of a group, and the way to the others."""
        page = keyset.page(self.rows, ordering=self.ordering, size=self.page_size)  # type: ignore[attr-defined]
        more = self.address() if page.next else ""
        body = self.draw(self.prepare(page.rows))  # type: ignore[attr-defined]
        width = len(self.columns) + int(self.drawn_table.selectable)
        return render(self.request, "lists/group_rows.html", {"body": body, "more": more, "width": width})

    # Totals

    @property
    def totals_choices(self) -> list[tuple[str, str, bool]]:
        """What the foot of the table can show."""
        chosen = self.request.GET.get("totals", "")
        return [(name, str(label), name == chosen) for name, label in TOTALS.items()]

    def foot(self) -> SafeString:
        """The line of totals over everything that matches."""
        kind = self.request.GET.get("totals", "")
        if kind not in TOTALS:
            return SafeString("")
        exact = keyset.count(self.rows, cap=COUNTED).exact
        rows = self.rows.order_by() if exact else self._sampled
        figures = self._filled(rows) if kind == "filled" else self._figures(rows, kind)
        mark = "" if exact else "+"
        cells = [
            (column.classes, (f"{figures[column.name]}{mark}" if column.name in figures else ""))
            for column in self.columns[1:]
        ]
        first = format_html("{}<td>{}", SafeString("<td>") if self.drawn_table.selectable else "", TOTALS[kind])
        rest = format_html_join("", '<td class="{}">{}', cells)
        return format_html("<tfoot><tr>{}{}</tfoot>", first, rest)

    def _figures(self, rows: QuerySet[Any], kind: str) -> dict[str, str]:
        how = Sum if kind == "sum" else Avg
        wanted = {name: how(path) for name, path, _column in self.summed}
        found = rows.aggregate(**{f"total_{name}": one for name, one in wanted.items()}) if wanted else {}
        return {
            name: words.money_exact(found[f"total_{name}"], self.scene.currency)
            for name in wanted if found[f"total_{name}"] is not None
        }  # fmt: skip

    def _filled(self, rows: QuerySet[Any]) -> dict[str, str]:
        """The share of rows in which a column holds something."""
        plain = [column for column in self.columns if len(column.reads) == 1 and (column.field or column.name) not in self.levels]  # fmt: skip
        if not plain:
            return {}
        asked = {f"full_{column.name}": Count("pk", filter=self._full(column.reads[0])) for column in plain}
        found = rows.aggregate(every=Count("pk"), **asked)
        every = found["every"] or 1
        return {column.name: words.percent(found[f"full_{column.name}"] / every) for column in plain}

    def _full(self, path: str) -> Q:
        facet = next((one for one in self.facets.values() if one.path == path), None)
        filled = Q(**{f"{path}__isnull": False})
        if facet is not None and facet.kind == "list":
            return filled & ~Q(**{path: []})
        return filled & ~Q(**{path: ""}) if facet is not None and facet.kind in ("text", "choice") else filled
