"""Which columns a list shows and in which order, how it is grouped, summed and spaced."""

from __future__ import annotations

from django.http import QueryDict
from django.http.response import HttpResponseBase

from crm.kit.lists.groups import Groups
from crm.kit.tables import Column
from crm.kit.views import go_to

DENSITIES = ("compact", "comfortable")
SIZES = (20, 50, 100, 200)
SET_HERE = ("columns", "group", "totals", "density", "page_size")


class Display(Groups):
    """``?part=display``: the columns are put in order by buttons, so that it works by keyboard and without a script."""

    @property
    def density(self) -> str:
        """The height of rows that the address asks for; empty for the reader's own."""
        asked = self.request.GET.get("density", "")
        return asked if asked in DENSITIES else ""

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of a page that are offered."""
        return SIZES

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """Every column but the first in the order of the form, else of the list; and whether it is shown."""
        form = self.request.GET
        rest = [column for column in self.all_columns if not column.first]
        shown = [column for column in self.columns if not column.first]
        if "order" not in form:
            return [*((column, True) for column in shown), *((column, False) for column in rest if column not in shown)]
        order = [name for name in dict.fromkeys(form.getlist("order")) if name in {column.name for column in rest}]
        verb, _colon, moved = form.get("do", "").partition(":")
        if moved in order and verb in ("up", "down"):
            place = order.index(moved)
            order.insert(max(0, place - 1 if verb == "up" else place + 1), order.pop(place))
        named, ticked = {column.name: column for column in rest}, set(form.getlist("shown"))
        left = [column for column in rest if column.name not in order]
        return [(column, column.name in ticked) for column in [*(named[name] for name in order), *left]]

    @property
    def kept_beside_display(self) -> list[tuple[str, str]]:
        """What the form carries along."""
        return self._kept(*SET_HERE)

    @property
    def display_reset(self) -> str:
        """The list as it shows itself to begin with."""
        return self.address(**dict.fromkeys((*SET_HERE, "shown", "order")))

    def displayed(self) -> HttpResponseBase:
        """To the list with what was chosen."""
        shown = [column.name for column, on in self.column_choices if on]
        usual = [column.name for column in self.all_columns if column.shown and not column.first]
        query = QueryDict(mutable=True)
        for name, value in self.kept_beside_display:
            query.appendlist(name, value)
        if shown != usual:
            query["columns"] = ",".join(shown or [next(column.name for column in self.all_columns)])
        for name in ("group", "totals", "density", "page_size"):
            value = self.request.GET.get(name, "")
            if value and (name, value) != ("page_size", "50"):
                query[name] = value
        text = query.urlencode(safe=",:;()|")
        return go_to(self.request, f"{self.request.path}?{text}" if text else self.request.path)
