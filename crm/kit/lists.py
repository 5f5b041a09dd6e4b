"""A list page is a declaration: model, filterset, table, default order. The base does the rest.

One address gives the full page, its part for htmx, or the CSV stream (``?format=csv``). All of a list's
state stands in its address: filters, ``search``, ``ordering``, ``columns``, ``cursor``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import keyset, search
from crm.kit.chips import Chip, chips_of, fit_for_a_page
from crm.kit.errors import Invalid, Refused
from crm.kit.exports import exported
from crm.kit.extensions import Extension, extend, extensions, orderings
from crm.kit.saved import views_of
from crm.kit.tables import Column, Scene, Table, rows_html, spreadsheet_safe
from crm.kit.views import Policed, Policy, refuse
from crm.kit.workspace import workspace

__all__ = ["Action", "Column", "Extension", "ListView", "Preset", "Table", "extend"]

PARTS = {
    "filters": gettext_lazy("Filter"),
    "display": gettext_lazy("Columns and rows"),
    "view": gettext_lazy("Save view"),
}
STATE = ("search", "ordering", "columns", "view")
MAX_TICKED = 500
Words = str | Promise


@dataclass(frozen=True)
class Preset:
    """A tab that every user of a list has: a name for the address and the filters it sets."""

    name: str
    label: Words
    query: str
    needs: str = ""  # a filter that must exist, such as one of an app above


@dataclass(frozen=True)
class Action:
    """A button of the bulk bar: ``POST`` of the chosen ids to ``url``."""

    name: str
    label: Words
    icon: str
    policy: Policy
    danger: bool = False
    input: Words = ""  # a text that goes with it, under the action's name


@dataclass(frozen=True)
class Heading:
    """One header cell."""

    label: Words
    css: str
    href: str
    direction: str
    model: bool


@dataclass(frozen=True)
class Tab:
    """A tab above the list."""

    label: Words
    href: str
    current: bool
    remove: str = ""


class ListView(Policed):
    """Declare ``model``, ``table``, ``filterset_class``, ``default_ordering``; everything else follows."""

    key: ClassVar[str]  # "customers.customer": saved views, extensions
    object: ClassVar[str]  # of the policy and of field rules
    model: ClassVar[type[Model]]
    table: ClassVar[Table]
    filterset_class: ClassVar[Any] = None
    filter_names: ClassVar[Sequence[str]] = ()
    own_orderings: ClassVar[Mapping[str, str]] = {}
    default_ordering: ClassVar[str] = "-id"
    title: ClassVar[Words]
    search_label: ClassVar[Words] = ""
    all_label: ClassVar[Words] = ""
    presets: ClassVar[Sequence[Preset]] = ()
    actions: ClassVar[Sequence[Action]] = ()
    bulk_url: str = ""
    create_url: str = ""
    create_label: ClassVar[Words] = ""
    create_policy: ClassVar[Policy | None] = None
    empty_text: ClassVar[Words] = ""
    empty_template: ClassVar[str] = "lists/empty.html"
    footer: str | SafeString = ""
    strip_template: ClassVar[str] = ""  # a line of sums above the table
    template_name: ClassVar[str] = "lists/page.html"
    part_name: ClassVar[str] = "lists/part.html"
    export_policy: ClassVar[Policy] = ("export", "run")
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

    # Rows

    def get_queryset(self) -> QuerySet[Any]:
        """The rows that the user may reach, with what the columns read; override to join more."""
        return self.model._default_manager.visible_to(self.request.user)  # type: ignore[attr-defined]

    @cached_property
    def extended(self) -> list[Extension]:
        """What apps above add to this list for this user."""
        return extensions(self.key, self.request.user)

    @cached_property
    def levels(self) -> dict[str, str]:
        """Fields that the user does not see whole."""
        return self.request.user.access.restricted_fields(self.object)

    @cached_property
    def filterset(self) -> Any:
        """The filters of the address, checked; Invalid (400) where a value does not fit."""
        queryset = self.get_queryset()
        for one in self.extended:
            queryset = one.annotate(queryset)
            if one.select_related:
                queryset = queryset.select_related(*one.select_related)
        made = self.filterset_class(self.request.GET, queryset=queryset, request=self.request)
        if not made.is_valid():
            field, errors = next(iter(made.form.errors.items()))
            label = made.form.fields[field].label or field if field in made.form.fields else field
            raise Invalid(f"{label}: {' '.join(errors)}", fields={field: " ".join(errors)})
        return made

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """The filtered rows, unordered."""
        found = self.filterset.qs
        if "search" in self.filterset.filters or not self.search_text:
            return found
        hidden = [name for name, level in self.levels.items() if level in ("hidden", "masked")]
        return search.match(found, self.search_text, hidden=hidden)

    @property
    def search_text(self) -> str:
        """What the search box holds."""
        return self.request.GET.get("search", "").strip()[: search.MAX_TEXT]

    @cached_property
    def orderings(self) -> dict[str, str]:
        """Public names of sorts and their paths, without fields this user may not read."""
        names = orderings(self.key, self.request.user, self.own_orderings)
        return {name: path for name, path in names.items() if path.split("__")[0] not in self.levels}

    @cached_property
    def ordering(self) -> keyset.Ordering:
        """The sort of the address."""
        asked = self.request.GET.get("ordering", "")
        return keyset.resolve(asked, model=self.model, allowed=self.orderings, default=self.default_ordering)

    # Columns

    @cached_property
    def all_columns(self) -> list[Column]:
        """Every column this user may see, those of apps above included."""
        more = [column for one in self.extended for column in one.columns]
        return self.table.having(more).allowed(self.levels)

    @cached_property
    def columns(self) -> list[Column]:
        """The chosen columns, the first always among them."""
        raw = self.request.GET.getlist("columns")
        asked = {name for part in raw for name in part.split(",")}
        known = [c for c in self.all_columns if c.first or (c.name in asked if asked else c.shown)]
        return known or self.all_columns

    @cached_property
    def scene(self) -> Scene:
        """What the cells may know."""
        return Scene(self.request.user, timezone.now(), workspace().home_currency, self.levels)

    # Addresses

    def address(self, **changes: str | None) -> str:
        """This list's address with some parts changed (None leaves one out) and paging begun again."""
        query = self.request.GET.copy()
        for name in ("cursor", "format", "part", *(name for name, value in changes.items() if value is None)):
            query.pop(name, None)
        for name, value in changes.items():
            if value is not None:
                query[name] = value
        for name in [name for name in query if not any(query.getlist(name))]:
            del query[name]
        return f"{self.request.path}?{query.urlencode(safe=',')}" if query else self.request.path

    @cached_property
    def state(self) -> QueryDict:
        """The filters, the search and the sort, as a saved view keeps them."""
        query = self.request.GET.copy()
        for name in ("cursor", "format", "part", "view", "page_size"):
            query.pop(name, None)
        for name in [name for name in query if not any(query.getlist(name))]:
            del query[name]
        return query

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
            "may_export": self.may(self.export_policy),
            "may_create": self.create_policy is None or self.may(self.create_policy),
            "first": self.address() if page.previous else "",
            "saved_view": self.own_view,
            "usable_actions": [one for one in self.actions if self.may(one.policy)],
            **more,
        }

    @property
    def size(self) -> int:
        """Rows per page."""
        return keyset.page_size(self.request.GET.get("page_size"), default=self.page_size)

    def prepare(self, rows: list[Any]) -> list[Any]:
        """A last look at the rows of the page, e.g. to attach what a second query found."""
        return rows

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

    def chips(self) -> list[Chip]:
        """The active filters as field, operator, value and the address without each."""
        found = chips_of(self.filterset, self.address)
        if self.search_text and not any(chip.name == "search" for chip in found):
            found.insert(0, Chip("search", str(_("Search")), "", self.search_text, self.address(search=None)))
        return found

    def tabs(self) -> list[Tab]:
        """All, the presets, then what this user and the teams saved."""
        bare = self.state.copy()
        bare.pop("columns", None)
        asked = self.request.GET.get("view", "")
        tabs = [Tab(self.all_label or _("All"), self.request.path, not bare and not asked)]
        for preset in self.presets:
            if not preset.needs or preset.needs in self.filterset.filters:
                query = preset.query.replace("{user}", str(self.request.user.pk))
                tabs.append(Tab(preset.label, f"{self.request.path}?{query}", _same(query, bare)))
        for saved in self.saved_views:
            here = asked == str(saved.pk) and _same(saved.query, self.state)
            query = f"{saved.query}&view={saved.pk}" if saved.query else f"view={saved.pk}"
            tabs.append(Tab(saved.name, f"{self.request.path}?{query}", here))
        return tabs

    def may(self, policy: Policy) -> bool:
        """Whether this user has a policy."""
        return policy[0] == "self" or self.request.user.access.can(*policy)

    # What the toolbar asks

    @property
    def has_search(self) -> bool:
        """Whether the rows can be searched by text."""
        return bool(self.search_label)

    @cached_property
    def filter_fields(self) -> list[Any]:
        """The filters people use, as bound fields; those of apps above come last."""
        form = self.filterset.form
        added = [name for one in self.extended for name in one.filters]
        names = [*self.filter_names, *added] if self.filter_names else list(form.fields)
        for name in names:
            if name in form.fields:
                fit_for_a_page(form.fields[name])
        return [form[name] for name in names if name in form.fields and name not in ("search", "ordering")]

    @property
    def filters_address(self) -> str:
        """Where the filter form comes from; the form is not part of every page."""
        return self._part_address("filters")

    @property
    def display_address(self) -> str:
        """Where the column chooser comes from."""
        return self._part_address("display")

    @property
    def view_address(self) -> str:
        """Where the form of a saved view comes from."""
        return self._part_address("view")

    def _part_address(self, part: str) -> str:
        here = self.address()
        return f"{here}{'&' if '?' in here else '?'}part={part}"

    @property
    def own_address(self) -> str:
        """This list without the part that is open."""
        return self.address()

    def _kept(self, *without: str) -> list[tuple[str, str]]:
        names = {name.removesuffix("[]") for name in without}
        return [(name, value) for name, values in self.state.lists() for value in values if name not in names]

    @property
    def kept_beside_search(self) -> list[tuple[str, str]]:
        """What the search form carries along."""
        return self._kept("search")

    @property
    def kept_beside_filters(self) -> list[tuple[str, str]]:
        """What the filter form carries along: search, sort and columns."""
        return [pair for pair in self._kept() if pair[0] in STATE]

    @property
    def kept_beside_columns(self) -> list[tuple[str, str]]:
        """What the column chooser carries along."""
        return self._kept("columns")

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """Every column but the first, and whether it is shown."""
        shown = set(self.columns)
        return [(column, column in shown) for column in self.all_columns if not column.first]

    @property
    def export_address(self) -> str:
        """The same list as a file."""
        here = self.address()
        return f"{here}{'&' if '?' in here else '?'}format=csv"

    @property
    def own_teams(self) -> bool:
        """Whether the user belongs to a team to share a view with."""
        return bool(self.request.user.access.memberships)

    @cached_property
    def own_view(self) -> int | None:
        """The id of the user's own saved view that is open, for its Delete button."""
        asked = self.request.GET.get("view", "")
        mine = (view.pk for view in self.saved_views if view.user_id == self.request.user.pk)
        return next((pk for pk in mine if str(pk) == asked), None)

    @cached_property
    def saved_views(self) -> list[Any]:
        """Saved views of this list that the user sees."""
        return views_of(self.request.user, self.key)

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

    # Export

    def export(self) -> HttpResponseBase:
        """The filtered rows as CSV, streamed; only what the user may see, and noted in the audit trail."""
        refusal = refuse(self.request, self.export_policy)
        if refusal is not None:
            return refusal
        name = slugify(str(self.key).replace(".", "-"))
        exported(self.request, self.key, self.state.urlencode())
        response = StreamingHttpResponse(self.csv_lines(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'
        return response

    def csv_lines(self) -> Iterator[bytes]:
        """Header and rows, a thousand rows of the database at a time."""
        writer = csv.writer(_Echo())
        columns = self.columns
        yield ("\ufeff" + writer.writerow([spreadsheet_safe(str(column.label)) for column in columns])).encode()
        cursor = ""
        while True:
            page = keyset.page(self.rows, ordering=self.ordering, cursor=cursor, size=keyset.MAX_PAGE_SIZE)
            rows = self.prepare(page.rows)
            lines = (writer.writerow([spreadsheet_safe(self.file_value(c, row)) for c in columns]) for row in rows)
            yield "".join(lines).encode()
            if not page.next:
                return
            cursor = page.next

    def file_value(self, column: Column, row: Any) -> Any:
        """What a file shows of a cell; masked as on the page."""
        if column.value is None or self.levels.get(column.field or column.name) == "masked":
            return column.cell(row, self.scene)
        return column.value(row)

    def bulk_ids(self) -> list[int]:
        """The ticked rows of a POST."""
        return [int(raw) for raw in self.request.POST.getlist("ids")[:MAX_TICKED] if raw.isascii() and raw.isdigit()]

    def refused(self, refused: Refused) -> HttpResponse:
        """A refused address goes back to the plain list."""
        if isinstance(refused, Invalid):
            return self.broken(refused)
        return super().refused(refused)


class _Echo:
    """A file whose ``write`` gives the text back, so that the CSV writer can stream."""

    def write(self, text: str) -> str:
        return text


def _same(query: str, state: QueryDict) -> bool:
    wanted = QueryDict(query)
    return {name: sorted(values) for name, values in wanted.lists()} == {
        name: sorted(values) for name, values in state.lists()
    }
