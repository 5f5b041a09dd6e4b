"""The tabs above a list: all, the presets, and the views that people saved."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.kit.lists.conditions import Conditions
from crm.kit.lists.declared import Preset, Tab
from crm.kit.saved import keeper

EVERYTHING = "all"  # the view of whoever wants no view, where the list would open with one
MOST_TABS = 6  # saved views that stand beside the presets; the others are behind "More"


class SavedViews(Conditions):
    """``?view=`` and the state that belongs to it."""

    @cached_property
    def saved_views(self) -> list[Any]:
        """Saved views of this list that the user sees."""
        return keeper().views_of(self.request.user, self.key)

    @cached_property
    def view(self) -> Any:
        """The view that is open."""
        asked = self.request.GET.get("view", "")
        return next((view for view in self.saved_views if str(view.pk) == asked), None)

    @property
    def opening(self) -> Any:
        """The view that this list opens with: the user's own choice, else everybody's."""
        mine = next((view for view in self.saved_views if view.opens), None)
        return mine or next((view for view in self.saved_views if view.opens_for_all), None)

    @cached_property
    def opening_address(self) -> str:
        """Where the list opens, if not with all rows: a saved view, else the preset that opens."""
        if self.opening is not None:
            return self.view_href(self.opening)
        preset = next((one for one in self.presets if one.opens), None)
        return self.preset_href(preset) if preset else ""

    def opened(self) -> HttpResponse | None:
        """To what the list opens with, where the address asks for nothing."""
        return None if self.request.GET or not self.opening_address else HttpResponseRedirect(self.opening_address)

    @property
    def whole(self) -> str:
        """The list with nothing left out."""
        return f"{self.request.path}?view={EVERYTHING}" if self.opening_address else self.request.path

    @property
    def preset(self) -> Preset | None:
        """The preset that is open, with nothing else asked."""
        return next((one for one in self.presets if same(self._query_of(one), self.state)), None)

    def preset_href(self, preset: Preset) -> str:
        """Where a preset opens."""
        return f"{self.request.path}?{self._query_of(preset)}"

    def _query_of(self, preset: Preset) -> str:
        return preset.query.replace("{user}", str(self.request.user.pk))

    def view_href(self, view: Any) -> str:
        """Where a view opens."""
        query = f"{view.query}&view={view.pk}" if view.query else f"view={view.pk}"
        return f"{self.request.path}?{query}"

    def tabs(self) -> list[Tab]:
        """All, the presets, then what this user and the teams saved."""
        bare = self.state.copy()
        for name in ("columns", "density", "page_size", "group", "totals"):
            bare.pop(name, None)
        tabs = [Tab(self.all_label or _("All"), self.whole, not bare and self.view is None)]
        for preset in self.presets:
            if not preset.needs or preset.needs in self.filterset.filters:
                here = self.view is None and same(self._query_of(preset), bare)
                tabs.append(Tab(preset.label, self.preset_href(preset), here))
        shown = self.saved_views[:MOST_TABS]
        if self.view is not None and self.view not in shown:
            shown = [*shown[:-1], self.view]
        tabs += [Tab(view.name, self.view_href(view), view == self.view) for view in shown]
        return tabs

    @property
    def more_views(self) -> list[tuple[str, str]]:
        """The names and addresses of the views that have no tab."""
        left = [view for view in self.saved_views[MOST_TABS:] if view != self.view]
        if self.view in self.saved_views[MOST_TABS:]:
            left.insert(0, self.saved_views[MOST_TABS - 1])
        return [(view.name, self.view_href(view)) for view in left]

    @property
    def unsaved(self) -> bool:
        """Whether the list differs from the view that is open."""
        return self.view is not None and not same(self.view.query, self.state)

    @property
    def reset_address(self) -> str:
        """The open view as it was saved."""
        return self.view_href(self.view) if self.view is not None else self.whole

    @property
    def may_edit_view(self) -> bool:
        """Whether the open view may be changed."""
        return self.view is not None and keeper().may_edit(self.request.user, self.view)

    @property
    def may_open_for_all(self) -> bool:
        """Whether the user chooses what everybody's list opens with."""
        return self.view is not None and self.view.team_id is not None and keeper().may_open_for_all(self.request.user)

    @property
    def view_is_starred(self) -> bool:
        """Whether the open view stands in the user's sidebar."""
        return self.view is not None and self.view.pk in {one.get("view") for one in self.request.user.starred}

    @property
    def own_teams(self) -> bool:
        """Whether the user belongs to a team to share a view with."""
        return bool(self.request.user.access.memberships)


def same(query: str, state: QueryDict) -> bool:
    """Whether a saved query and the state of a list say the same."""
    wanted = QueryDict(query)
    return {name: sorted(values) for name, values in wanted.lists()} == {
        name: sorted(values) for name, values in state.lists()
    }
