"""What a reader may ask about in conditions, and how each kind of field compares.

The facets of a list are derived from the filters that its FilterSet offers to the reader, from the columns
that it names in ``asks``, from records that hang above it (``related``), and from extensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.text import capfirst

RANGES = ("_min", "_max", "_after", "_before")
NO_FACETS = ("search", "where", "ordering")
UNARY = ("empty", "filled")

OPERATORS: dict[str, tuple[str, ...]] = {
    "text": ("is", "not", "any", "contains", "starts", *UNARY),
    "choice": ("is", "not", "any", *UNARY),
    "pick": ("is", "not", "any", *UNARY),
    "number": ("is", "gt", "lt", "between", *UNARY),
    "date": ("on", "before", "after", "between", "last", *UNARY),
    "moment": ("on", "before", "after", "between", "last", *UNARY),
    "yes": ("is",),
    "key": ("is", "any"),
    "list": ("is", "not", "any", *UNARY),
    "named": ("is", "not", "any"),
}

Build = Callable[[str, list[Any]], Q]


@dataclass(frozen=True)
class Facet:
    """One thing that can be asked about.

    ``path`` leads to a column; ``build`` makes the query of an operator and its values where there is none.
    ``choices`` are the words of a choice, ``offered`` the rows that a pick may name, ``address`` where a
    combobox finds them. ``wrap`` puts the query inside that of another record.
    """

    name: str
    label: str | Promise
    kind: str
    path: str = ""
    build: Build | None = None
    choices: Sequence[tuple[Any, Any]] = ()
    offered: Callable[[], QuerySet[Any]] | None = None
    source: django_filters.Filter | None = None
    wrap: Callable[[Q], Q] | None = None
    group: str | Promise = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators of its kind."""
        return OPERATORS[self.kind]


@dataclass(frozen=True)
class Scope:
    """For whom facets are made: the reader, the request, and what they may not see whole."""

    model: type[models.Model]
    user: Any
    request: Any = None
    hidden: frozenset[str] = field(default_factory=frozenset)


def facets_of(
    filterset: Any, scope: Scope, offered: Mapping[str, django_filters.Filter], extended: Iterable[Any], *, deeper: bool
) -> dict[str, Facet]:
    """Every facet of a FilterSet for one reader, by name; ``deeper`` for those of related records too."""
    found: dict[str, Facet] = {}
    for name, one in offered.items():
        apart = name in NO_FACETS or getattr(one, "apart", False)
        made = None if apart else _of_filter(name, one, scope)
        if made is not None:
            found.setdefault(made.name, made)
    for path in filterset.asks:
        made = None if path.split("__")[0] in scope.hidden else _of_path(path, path, scope.model)
        if made is not None:
            found[made.name] = made  # a column knows more operators than a filter
    for made in [*filterset.named, *(made for one in extended for made in one.facets)]:
        if made.path.split("__")[0] not in scope.hidden:
            found[made.name] = made
    for path, other in filterset.related.items() if deeper else ():
        found.update(_related(path, other, scope))
    return found


def _related(path: str, other: Any, scope: Scope) -> dict[str, Facet]:
    """The facets of the record above, asked only of those that the reader may see."""
    parent: Any = scope.model._meta.get_field(path).related_model
    if path in scope.hidden or not scope.user.access.can(other.object):
        return {}

    def wrap(inner: Q) -> Q:
        seen = parent._default_manager.visible_to(scope.user)
        return Q(models.Exists(seen.filter(inner, pk=models.OuterRef(path))))

    label = capfirst(str(scope.model._meta.get_field(path).verbose_name))  # type: ignore[union-attr]
    below = other.facets(scope.user, scope.request, deeper=False)
    return {
        f"{path}.{name}": replace(one, name=f"{path}.{name}", wrap=wrap, group=label) for name, one in below.items()
    }


def _of_filter(name: str, one: django_filters.Filter, scope: Scope) -> Facet | None:
    """A facet from a filter: by its column where it compares one, else by what the filter itself does."""
    base = next((name.removesuffix(end) for end in RANGES if name.endswith(end)), name)
    path = one.field_name or name
    if isinstance(one, django_filters.ModelChoiceFilter):
        return Facet(base, str(one.label), "pick", path, offered=lambda: _rows(one, scope.request), source=one)
    made = _of_path(base, path, scope.model, one)
    if made is not None and (made.kind == "list" or not _own_way(one)):
        return made
    return Facet(name, str(one.label), "named", build=_by(one, scope.model), source=one)


def _rows(one: Any, request: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = one.get_queryset(request)
    return found


def _own_way(one: django_filters.Filter) -> bool:
    """Whether a filter does more than compare its column."""
    return one.method is not None or not type(one).filter.__module__.startswith("django_filters")


def _by(one: django_filters.Filter, model: type[models.Model]) -> Build:
    """The query of a filter that works in its own way."""

    def build(operator: str, values: list[Any]) -> Q:
        found = Q()
        for value in values:
            found |= Q(pk__in=one.filter(model._default_manager.all(), value).order_by().values("pk"))
        return ~found if operator == "not" else found

    return build


def _of_path(name: str, path: str, model: type[models.Model], one: django_filters.Filter | None = None) -> Facet | None:
    """A facet of the column at a path; None where the path leads to no column that can be compared."""
    column = column_at(model, path)
    if column is None:
        return _of_value(name, path, one) if one is not None else None
    kind = _kind(column, one)
    if kind is None:
        return None
    ranged = one is None or one.lookup_expr != "exact"
    label = capfirst(str(column.verbose_name)) if ranged or not one else str(one.label)
    choices = tuple(column.flatchoices) or _choices(one)
    return Facet(name, label, "choice" if choices and kind == "text" else kind, path, choices=choices, source=one)


def _of_value(name: str, path: str, one: django_filters.Filter) -> Facet | None:
    """A facet of a value inside a document or an annotation: its kind is that of the filter."""
    choices = _choices(one)
    kind = "choice" if choices else _form_kind(one.field_class)
    return Facet(name, str(one.label), kind, path, choices=choices, source=one) if kind else None


def _choices(one: django_filters.Filter | None) -> tuple[tuple[Any, Any], ...]:
    given = one.extra.get("choices") if one is not None else None
    return tuple(given) if given and not callable(given) else ()


@cache
def column_at(model: type[models.Model], path: str) -> Any:
    """The column at the end of a path; None for annotations, documents and rows of other tables."""
    current: Any = model
    found: Any = None
    for part in path.split("__"):
        try:
            found = current._meta.pk if part == "pk" else current._meta.get_field(part)
        except (FieldDoesNotExist, AttributeError):
            return None
        current = found.related_model
    return found if found is not None and found.concrete else None


KINDS: tuple[tuple[type[models.Field], str], ...] = (
    (ArrayField, "list"),
    (models.BooleanField, "yes"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.ForeignKey, "key"),
    (models.DecimalField, "number"),
    (models.FloatField, "number"),
    (models.IntegerField, "number"),
    (models.CharField, "text"),
    (models.TextField, "text"),
)


def _kind(column: Any, one: django_filters.Filter | None) -> str | None:
    for cls, kind in KINDS:
        if isinstance(column, cls):
            return kind
    return _form_kind(one.field_class) if one is not None else None


FORM_KINDS: tuple[tuple[type[forms.Field], str], ...] = (
    (forms.NullBooleanField, "yes"),
    (forms.BooleanField, "yes"),
    (forms.DateTimeField, "moment"),
    (forms.DateField, "date"),
    (forms.DecimalField, "number"),
    (forms.FloatField, "number"),
    (forms.IntegerField, "number"),
    (forms.CharField, "text"),
)


def _form_kind(cls: type[forms.Field]) -> str:
    return next((kind for known, kind in FORM_KINDS if issubclass(cls, known)), "")
