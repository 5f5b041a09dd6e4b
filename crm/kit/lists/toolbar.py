"""A list's addresses and everything above its table: tabs, chips, the forms of filters, columns and views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.kit.chips import Chip, chips_of, fit_for_a_page
from crm.kit.lists.declared import Preset, Words
from crm.kit.lists.rows import STATE, Rows
from crm.kit.where.builder import PREFIX

READABLE = ",:;()|"
"""Signs that stand in an address as they are."""


class Toolbar(Rows):
    """What the toolbar asks, and where its links lead."""

    title: ClassVar[Words]
    search_label: ClassVar[Words] = ""
    all_label: ClassVar[Words] = ""
    presets: ClassVar[Sequence[Preset]] = ()

    def address(self, **changes: str | None) -> str:
        """This list's address with some parts changed (None leaves one out) and paging begun again."""
        query = self.request.GET.copy()
        gone = {"cursor", "format", "part", "do", *(name for name, value in changes.items() if value is None)}
        for name in [name for name in query if name in gone or name.startswith(PREFIX)]:
            del query[name]
        for name, value in changes.items():
            if value is not None:
                query[name] = value
        for name in [name for name in query if not any(query.getlist(name))]:
            del query[name]
        return f"{self.request.path}?{query.urlencode(safe=READABLE)}" if query else self.whole

    @property
    def whole(self) -> str:
        """The list with nothing left out."""
        return self.request.path

    def chips(self) -> list[Chip]:
        """The active filters as field, operator, value and the address without each."""
        found = chips_of(self.filterset, self.address)
        if self.search_text and not any(chip.name == "search" for chip in found):
            found.insert(0, Chip("search", str(_("Search")), "", self.search_text, self.address(search=None)))
        return found

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
        return [form[name] for name in names if name in form.fields and name not in ("search", "ordering", "where")]

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
        held = [(name, value) for name, values in self.state.lists() for value in values if name not in names]
        return held + [("view", view) for view in self.request.GET.getlist("view")[:1] if view and "view" not in names]

    @property
    def kept_beside_search(self) -> list[tuple[str, str]]:
        """What the search form carries along."""
        return self._kept("search")

    @property
    def kept_beside_filters(self) -> list[tuple[str, str]]:
        """What the filter form carries along: search, sort and columns."""
        return [pair for pair in self._kept() if pair[0] in STATE]

    @property
    def export_address(self) -> str:
        """Where the formats of a file are offered."""
        return self._part_address("export")

    @property
    def exports(self) -> list[tuple[str, str]]:
        """The same list as a file: what each format is called, and its address."""
        here = self.address()
        joint = "&" if "?" in here else "?"
        return [("CSV", f"{here}{joint}format=csv"), ("Excel (XLSX)", f"{here}{joint}format=xlsx")]
