"""The base of every FilterSet: one allow-list for a page, its API list and saved views."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, TypeVar

import django_filters
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid
from crm.kit.extensions import extensions
from crm.kit.search import match

M = TypeVar("M", bound=models.Model)
MAX_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1800, 2200
MAX_VALUES = 100


def check_year(value: date | datetime) -> None:
    """Refuse dates that no clock of ours will show and some time zones cannot convert."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(_("The year must be from %(a)s to %(b)s.") % {"a": FIRST_YEAR, "b": LAST_YEAR})


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


class IdField(forms.IntegerField):
    """A key of our tables."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_python(self, value: Any) -> int | None:
        """At most nineteen digits, before anything is computed with them."""
        if value not in self.empty_values and not re.fullmatch(r"\s*[0-9]{1,19}\s*", str(value), re.ASCII):
            raise ValidationError(_("Enter a whole number."))
        return super().to_python(value)


class IdFilter(django_filters.Filter):
    """Rows that belong to one other row, by its key."""

    field_class = IdField


class AmountField(forms.DecimalField):
    """A plain decimal number of at most twenty digits."""

    def to_python(self, value: Any) -> Any:
        """Refuses exponents: 1e999999 is short to write and long to compute."""
        if value not in self.empty_values and not re.fullmatch(
            r"\s*-?[0-9]{0,14}(\.[0-9]{0,10})?\s*", str(value), re.ASCII
        ):
            raise ValidationError(_("Enter a number."))
        return super().to_python(value)


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
    """

    object: ClassVar[str] = ""
    key: ClassVar[str] = ""
    base_filters: dict[str, django_filters.Filter]

    search = SearchFilter()

    def __init__(
        self, data: QueryDict | None = None, queryset: QuerySet[Any] | None = None, *,
        request: HttpRequest | None = None, prefix: str | None = None,
    ) -> None:  # fmt: skip
        user: Any = getattr(request, "user", None)
        self.restricted: Mapping[str, str] = user.access.restricted_fields(self.object) if _known(user) else {}
        self.base_filters = _asked(self.offered(user), data)
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


@cache
def _searchable(key: str) -> bool:
    """Whether the listed table has a search column."""
    try:
        return any(field.name == "search" for field in apps.get_model(key)._meta.get_fields())
    except (LookupError, ValueError):
        return False


def _known(user: Any) -> bool:
    return user is not None and hasattr(user, "access")


def _about(one: django_filters.Filter, restricted: Mapping[str, str]) -> bool:
    name = one.field_name or ""
    return name in restricted or name.split("__")[0] in restricted


def _asked(offered: dict[str, django_filters.Filter], data: QueryDict | None) -> dict[str, django_filters.Filter]:
    """Without the filters on demand that nobody asks for: a workspace may have hundreds, a page uses a few."""
    if data is None or data.get("part") == "filters":
        return offered
    return {name: one for name, one in offered.items() if name in data or not getattr(one, "on_demand", False)}


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
