"""The rows and columns of a list, as its address asks for them and its reader may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from crm.kit import keyset, search
from crm.kit.errors import Invalid
from crm.kit.extensions import Extension, extensions, orderings
from crm.kit.filters import offers
from crm.kit.lists.declared import Action
from crm.kit.tables import Column, Scene, Table
from crm.kit.views import Policed, Policy
from crm.kit.where.builder import PREFIX
from crm.kit.workspace import workspace

STATE = ("search", "ordering", "columns", "view", "page_size", "density", "group", "totals")
"""Names of an address that are no filters."""

PASSING = frozenset({"cursor", "format", "part", "view", "do", "shown", "order", "row", "field", "cancel"})
"""Names of an address that are no part of a list's state."""

_lists: dict[str, type[Rows]] = {}


class Rows(Policed):
    """Filtered, searched, sorted rows; nothing here draws."""

    key: ClassVar[str]  # "customers.customer": saved views, extensions
    object: ClassVar[str]  # of the policy and of field rules
    model: ClassVar[type[Model]]
    table: ClassVar[Table]
    filterset_class: ClassVar[Any] = None
    filter_names: ClassVar[Sequence[str]] = ()
    own_orderings: ClassVar[Mapping[str, str]] = {}
    default_ordering: ClassVar[str] = "-id"
    actions: ClassVar[Sequence[Action]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "key" in vars(cls) and _lists.setdefault(cls.key, cls) is not cls:
            raise ValueError(f"Two lists are called “{cls.key}”.")

    @classmethod
    def read_by(cls, user: Any, query: str) -> Self:
        """The list as a user would find it under a query string, outside any request of theirs."""
        request = HttpRequest()
        request.method, request.user, request.GET = "GET", user, QueryDict(query)
        made = cls()
        made.setup(request)
        return made

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

    @property
    def joined(self) -> QuerySet[Any]:
        """All rows that the user reaches, with what the columns of apps above read."""
        queryset = self.get_queryset()
        for one in self.extended:
            queryset = one.annotate(queryset)
            if one.select_related:
                queryset = queryset.select_related(*one.select_related)
        needed = {name: made for column in self.columns for name, made in column.needs().items()}
        if needed:
            queryset = queryset.annotate(**needed)
        return queryset

    @cached_property
    def filterset(self) -> Any:
        """The filters of the address, checked; Invalid (400) where a value does not fit."""
        made = self.filterset_class(self.request.GET, queryset=self.joined, request=self.request)
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

    @cached_property
    def state(self) -> QueryDict:
        """The filters, the search and the sort, as a saved view keeps them."""
        query = self.request.GET.copy()
        for name in [
            name for name in query if name in PASSING or name.startswith(PREFIX) or not any(query.getlist(name))
        ]:
            del query[name]
        return query

    def matching(self) -> QuerySet[Any]:
        """The filtered rows for writing: a filter that the list does not have (any more) is never left out."""
        offered = self.filterset_class.offered(self.request.user)
        for name in self.state:
            if name not in STATE and not offers(offered, name):
                sentence = _("This list cannot be filtered by “%(name)s”. Nothing was changed.") % {"name": name[:60]}
                raise Invalid(sentence, fields={name[:60]: sentence})
        return self.rows

    @property
    def search_text(self) -> str:
        """What the search box holds."""
        return self.request.GET.get("search", "").strip()[: search.MAX_TEXT]

    @cached_property
    def orderings(self) -> dict[str, str]:
        """Public names of sorts and their paths, without fields this user may not read."""
        names = orderings(self.key, self.request.user, self.own_orderings)
        return {name: path for name, path in names.items() if not {path, path.split("__")[0]} & self.levels.keys()}

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
        asked = [name for part in self.request.GET.getlist("columns") for name in part.split(",") if name]
        if not asked:
            return [column for column in self.all_columns if column.first or column.shown] or self.all_columns
        named = {column.name: column for column in self.all_columns}
        chosen = [named[name] for name in dict.fromkeys(asked) if name in named]
        return [*(column for column in self.all_columns if column.first and column not in chosen), *chosen]

    @cached_property
    def scene(self) -> Scene:
        """What the cells may know."""
        return Scene(self.request.user, timezone.now(), workspace().home_currency, self.levels)

    @cached_property
    def drawn_table(self) -> Table:
        """The table, with tick boxes where this user may do something with the ticked rows."""
        selectable = self.table.selectable and any(self.may(one.policy) for one in self.actions)
        return Table(self.table.columns, self.table.row_label, selectable, self.table.css)

    def may(self, policy: Policy) -> bool:
        """Whether this user has a policy."""
        return policy[0] == "self" or self.request.user.access.can(*policy)


def list_of(key: str) -> type[Rows] | None:
    """The list of a key; the addresses of every app are loaded at the first look."""
    if key not in _lists:
        autodiscover_modules("urls")  # which load every view
    return _lists.get(key)
