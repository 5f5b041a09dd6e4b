"""The base of every FilterSet: one allow-list for a page, its API list and saved views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

import django_filters
from django.apps import apps
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid
from crm.kit.extensions import extensions
from crm.kit.search import match
from crm.kit.values import AmountField, IdField, check_year
from crm.kit.where.facets import Facet, Scope, facets_of
from crm.kit.where.filter import WhereFilter

M = TypeVar("M", bound=models.Model)
MAX_VALUES = 100


class SearchFilter(django_filters.CharFilter):
    """``search=``: by the words of the searched columns that the reader may see."""

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("Search"), strip=True, validators=[MaxLengthValidator(200)])

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """Nothing typed filters nothing."""
        if not value:
            return qs
        parent = self.parent
        return match(qs, value, hidden=parent.restricted if parent else ())


class IdFilter(django_filters.Filter):
    """Rows that belong to one other row, by its key."""

    field_class = IdField


class AmountFilter(django_filters.Filter):
    """A number compared with a column."""

    field_class = AmountField


class DateFilter(django_filters.DateFilter):
    """A day in ISO form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[check_year], **kwargs)


class TimeFilter(django_filters.IsoDateTimeFilter):
    """A moment in ISO 8601; without a zone it is in the reader's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[check_year], **kwargs)


class ChoicesFilter(django_filters.MultipleChoiceFilter):
    """One or more of fixed words, repeated in the address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("distinct", False)
        super().__init__(*args, **kwargs)


class TextFilter(django_filters.CharFilter):
    """An exact text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[MaxLengthValidator(300)], **kwargs)


class KitFilterSet(django_filters.FilterSet):
    """Filters of one list. ``object`` is the policy object whose field rules apply, ``key`` its extensions.

    Filters on a field that the reader sees masked or not at all are left out; filters of apps above join.
    ``asks`` names further columns that conditions may compare, ``named`` facets made by hand, ``related`` the
    FilterSet of a record above by the path to it.
    """

    object: ClassVar[str] = ""
    key: ClassVar[str] = ""
    asks: ClassVar[tuple[str, ...]] = ()
    named: ClassVar[tuple[Facet, ...]] = ()
    related: ClassVar[Mapping[str, type[KitFilterSet]]] = {}
    base_filters: dict[str, django_filters.Filter]

    search = SearchFilter()
    where = WhereFilter()

    def __init__(
        self, data: QueryDict | None = None, queryset: QuerySet[Any] | None = None, *,
        request: HttpRequest | None = None, prefix: str | None = None,
    ) -> None:  # fmt: skip
        user: Any = getattr(request, "user", None)
        self.reader = user
        self.restricted: Mapping[str, str] = user.access.restricted_fields(self.object) if _known(user) else {}
        self.base_filters = self.offered(user)
        super().__init__(data, queryset, request=request, prefix=prefix)

    @classmethod
    def offered(cls, user: Any = None) -> dict[str, django_filters.Filter]:
        """The filters that a user may use, additions included."""
        found = dict(cls.base_filters)
        if not _searchable(cls.key):
            found.pop("search", None)
        for one in extensions(cls.key, user if _known(user) else None):
            found.update(one.filters)
        if not _known(user):
            return found
        restricted = user.access.restricted_fields(cls.object)
        return {name: one for name, one in found.items() if not _about(one, restricted)}

    @classmethod
    def facets(cls, user: Any, request: Any = None, *, deeper: bool = True) -> dict[str, Facet]:
        """What conditions of a user may compare; none for a stranger and for lists of no table."""
        model = _table(cls.key)
        if model is None or not _known(user):
            return {}
        scope = Scope(model, user, request, frozenset(user.access.restricted_fields(cls.object)))
        return facets_of(cls, scope, cls.offered(user), extensions(cls.key, user), deeper=deeper)

    @cached_property
    def own_facets(self) -> dict[str, Facet]:
        """The same for whoever reads this list."""
        return type(self).facets(self.reader, self.request)


@cache
def _table(key: str) -> type[models.Model] | None:
    """The listed table."""
    try:
        return apps.get_model(key)
    except (LookupError, ValueError):
        return None


@cache
def _searchable(key: str) -> bool:
    """Whether the listed table has a search column."""
    model = _table(key)
    return model is not None and any(field.name == "search" for field in model._meta.get_fields())


def _known(user: Any) -> bool:
    return user is not None and hasattr(user, "access")


def _about(one: django_filters.Filter, restricted: Mapping[str, str]) -> bool:
    return (one.field_name or "").split("__")[0] in restricted


def strictly(
    filterset: type[KitFilterSet], params: QueryDict, queryset: QuerySet[M], request: HttpRequest, *,
    besides: Iterable[str] = (),
) -> QuerySet[M]:  # fmt: skip
    """Filter as the API does: an unknown name or a value that does not fit is a 400, not a guess."""
    given = [name for name in params if name not in set(besides)]
    if not given:
        return queryset
    offered = filterset.offered(request.user)
    unknown = [name for name in given if not offers(offered, name)]
    if unknown:
        sentence = _("This list cannot be filtered by it.")
        raise Invalid(_("Unknown parameters."), fields={name[:60]: sentence for name in unknown[:20]})
    if sum(len(params.getlist(name)) for name in given) > MAX_VALUES:
        raise Invalid(_("Too many filter values; the most is %(most)s.") % {"most": MAX_VALUES})
    found = filterset(params, queryset, request=request)
    if not found.is_valid():
        fields = {name: " ".join(map(str, errors)) for name, errors in found.errors.items()}
        raise Invalid(_("Some filters do not fit."), fields=fields)
    return found.qs


def offers(offered: Mapping[str, django_filters.Filter], name: str) -> bool:
    """Whether a parameter belongs to one of the filters; a range has two."""
    if name in offered:
        return True
    bare, _sep, suffix = name.rpartition("_")
    return suffix in ("min", "max", "after", "before") and isinstance(
        offered.get(bare), django_filters.RangeFilter | django_filters.DateFromToRangeFilter
    )
