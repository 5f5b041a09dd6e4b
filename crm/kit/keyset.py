"""Keyset pages: any allowed sort with the key as tie-break, read by index, forwards and backwards.

A sort key that may be empty is read in two phases, the filled rows first and then the empty ones,
whatever the direction; so both phases stay on an index and the cursor never compares with NULL.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual
from django.utils.translation import gettext as _

from crm.kit import walks
from crm.kit.errors import Invalid

M = TypeVar("M", bound=models.Model)

PAGE_SIZE = 50
MAX_PAGE_SIZE = 500
COUNT_CAP = 10_000
MAX_CURSOR = 2_000  # characters
MAX_ID = 2**63 - 1
SORT_VALUE = "_sort_value"

FILLED, EMPTY = 0, 1


class Computed(str):
    """A sort by an expression: the text is the name that field rules know it by.

    ``expression`` may be NULL and must be written as its index says it; ``check`` raises Invalid where the
    table is too large to be sorted by it.
    """

    expression: Any
    check: Callable[[], None]

    def __new__(cls, name: str, expression: Any, check: Callable[[], None]) -> Computed:
        made = super().__new__(cls, name)
        made.expression, made.check = expression, check
        return made


@dataclass(frozen=True)
class Ordering:
    """One resolved sort: ``path`` is the lookup from the listed model, ``tie`` the key beside it in the index."""

    name: str
    path: str
    descending: bool
    nullable: bool
    tie: str = "pk"
    falls_to_null: bool = True  # the index holds empty values after the smallest one, not after the largest
    expression: Any = None  # in place of a column

    @property
    def key(self) -> Any:
        """What is sorted by."""
        return F(self.path) if self.expression is None else self.expression

    def filled(self, yes: bool) -> Q:
        """Rows that have a value, or those that have none."""
        if self.expression is None:
            return Q(**{f"{self.path}__isnull": not yes})
        return Q(IsNull(self.expression, not yes))

    def within(self, value: Any, *, falling: bool) -> Q:
        """Rows up to a value, or from it on."""
        if self.expression is None:
            return Q(**{f"{self.path}__lte" if falling else f"{self.path}__gte": value})
        return Q((LessThanOrEqual if falling else GreaterThanOrEqual)(self.expression, value))


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows of one page, the cursors of its neighbours (empty where there is none), and the number of all rows where
    that is known already."""

    rows: list[M]
    next: str = ""
    previous: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Count:
    """A number of rows; ``exact`` is false when counting stopped at the cap."""

    value: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.value:,}" if self.exact else f"{self.value:,}+"


@dataclass(frozen=True)
class _Place:
    """What a cursor says: the row beside the page, and on which side of it the page lies."""

    ordering: str
    phase: int
    value: Any
    pk: int
    backwards: bool


def resolve(name: str, *, model: type[models.Model], allowed: Mapping[str, str], default: str) -> Ordering:
    """The sort behind ``?ordering=name`` or ``-name``; ``allowed`` maps names to lookup paths.

    A default that is not among the allowed names is a path of its own, such as ``-id``.
    Raises Invalid (400) for a name that the list does not offer.
    """
    wanted = name or default
    bare = wanted.removeprefix("-")
    path = allowed.get(bare) or (bare if wanted == default else "")
    if not path or wanted.startswith("--"):
        offered = ", ".join(sorted(allowed))
        raise Invalid(
            _("Cannot sort by “%(name)s”. Use one of: %(offered)s.") % {"name": bare[:60], "offered": offered}
        )
    if isinstance(path, Computed):
        path.check()
        return Ordering(wanted, str(path), wanted.startswith("-"), True, "pk", False, path.expression)
    nullable, tie, holder = _walk(model, path)
    falls = not nullable or _falls_to_null(holder, path.split("__")[-1])
    return Ordering(wanted, path, wanted.startswith("-"), nullable, tie, falls)


def _falls_to_null(holder: type[models.Model] | None, column: str) -> bool:
    """How the column's index places empty values; a sort that differs from it would not use it."""
    for index in holder._meta.indexes if holder else ():
        for expression in index.expressions:
            if isinstance(expression, OrderBy) and getattr(expression.expression, "name", "") == column:
                return expression.descending == bool(expression.nulls_last)
    return False  # an index on plain columns: empty values after the largest


def _walk(model: type[models.Model], path: str) -> tuple[bool, str, type[models.Model] | None]:
    """Whether the value at a path may be NULL; the key of the table that holds it, as a path; that table."""
    nullable, prefix = False, ""
    parts = path.split("__")
    current: Any = model
    for index, part in enumerate(parts):
        try:
            field = current._meta.pk if part == "pk" else current._meta.get_field(part)
        except FieldDoesNotExist:
            return True, "pk", None  # an annotation: only the list knows; take the safe way
        nullable = nullable or not field.concrete or bool(getattr(field, "null", False))
        if index < len(parts) - 1:
            prefix = f"{prefix}{part}__"
            # A row of a one-to-one table has this row's key: its own column stands in the same index.
            current = field.related_model
            if not getattr(field, "one_to_one", False):
                return nullable or _may_miss(model, parts), "pk", None
    return nullable, f"{prefix}pk" if prefix else "pk", current


def _may_miss(model: Any, parts: list[str]) -> bool:
    """Whether any step of a path may be empty."""
    for part in parts:
        field = model._meta.get_field(part)
        if not field.concrete or field.null:
            return True
        model = field.related_model
    return False


def page(queryset: QuerySet[M], *, ordering: Ordering, cursor: str = "", size: int = PAGE_SIZE) -> Page[M]:
    """One page of a filtered queryset, at most 500 rows; raises Invalid (400) for a bad cursor."""
    size = max(1, min(size, MAX_PAGE_SIZE))
    place = _read_cursor(cursor, ordering, queryset.model) if cursor else None
    backwards = place is not None and place.backwards
    rows, total = _rows(queryset, ordering, place, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([], total=0 if place is None else None)
    onward = bool(place) if backwards else more
    back = more if backwards else bool(place)
    return Page(
        rows,
        next=_cursor(rows[-1], ordering, backwards=False) if onward else "",
        previous=_cursor(rows[0], ordering, backwards=True) if back else "",
        total=total if more or back else len(rows),
    )


def ordered(queryset: QuerySet[M], ordering: Ordering) -> QuerySet[M]:
    """All rows in the order of their pages, in one go: filled ones first, then those whose sort value is empty."""
    falling = ordering.descending
    if ordering.path in ("pk", "id"):
        return queryset.order_by("-pk" if falling else "pk")
    key = F(ordering.path)
    nulls = {"nulls_last": True} if ordering.nullable else {}
    return queryset.order_by(
        key.desc(**nulls) if falling else key.asc(**nulls), F(ordering.tie).desc() if falling else F(ordering.tie).asc()
    )


def _rows(queryset: QuerySet[M], ordering: Ordering, place: _Place | None, wanted: int) -> tuple[list[M], int | None]:
    """The rows of a page, and the number of all rows where that came to light."""
    backwards = place is not None and place.backwards
    phases = [FILLED, EMPTY] if ordering.nullable else [FILLED]
    if backwards:
        phases.reverse()
    if place is not None:
        phases = phases[phases.index(place.phase) :]
    found: list[M] = []
    total: int | None = None
    for phase in phases:
        beside = place if place is not None and place.phase == phase else None
        part = _phase(queryset, ordering, phase, beside, backwards=backwards)
        rows, total = _first(part, wanted - len(found))
        found.extend(rows)
        if len(found) >= wanted:
            break
    return found, total if place is None and len(phases) == 1 else None


def _first(ordered: QuerySet[M], wanted: int) -> tuple[list[M], int | None]:
    """The first rows of an order; of searched rows in the way that reads less, and counted where that costs nothing."""
    search = walks.asked(ordered)
    return (list(ordered[:wanted]), None) if search is None else walks.first(ordered, search, wanted)


def _phase(
    queryset: QuerySet[M], ordering: Ordering, phase: int, place: _Place | None, *, backwards: bool
) -> QuerySet[M]:
    """The rows of one phase in order, those beyond the place only."""
    falling = ordering.descending != backwards
    if phase == EMPTY:
        rows = queryset.filter(ordering.filled(False))
        if place is not None:
            rows = rows.filter(**{"pk__lt" if falling else "pk__gt": place.pk})
        if ordering.expression is not None:  # its index holds the empty ones by their key
            return rows.order_by(*_order(ordering, falling=falling))
        return rows.order_by("-pk" if falling else "pk")
    rows = queryset
    if ordering.nullable:
        rows = rows.filter(ordering.filled(True))
    rows = rows.annotate(**{SORT_VALUE: ordering.key})
    if ordering.path in ("pk", "id"):
        if place is not None:
            rows = rows.filter(**{"pk__lt" if falling else "pk__gt": place.pk})
        return rows.order_by("-pk" if falling else "pk")
    if place is not None:
        rows = rows.filter(_beyond(ordering, place, falling=falling))
    return rows.order_by(*_order(ordering, falling=falling))


def _order(ordering: Ordering, *, falling: bool) -> Iterable[Any]:
    """Sort expressions that fit the indexes."""
    key, tie = ordering.key, F(ordering.tie)
    if not ordering.nullable:
        return [key.desc() if falling else key.asc(), tie.desc() if falling else tie.asc()]
    last = falling == ordering.falls_to_null  # only filled rows are asked for: this is to fit the index
    nulls = {"nulls_last": True} if last else {"nulls_first": True}
    return [key.desc(**nulls) if falling else key.asc(**nulls), tie.desc() if falling else tie.asc()]


class _Row(Func):
    """A row value, so that one index condition compares both columns."""

    template = "(%(expressions)s)"
    arity = 2
    output_field = models.TextField()


def _beyond(ordering: Ordering, place: _Place, *, falling: bool) -> Any:
    here = _Row(ordering.key, F(ordering.tie))
    there = _Row(models.Value(place.value), models.Value(place.pk))
    compare = LessThan if falling else GreaterThan
    return ordering.within(place.value, falling=falling) & Q(compare(here, there))


def _cursor(row: models.Model, ordering: Ordering, *, backwards: bool) -> str:
    value = getattr(row, SORT_VALUE, None)
    phase = EMPTY if ordering.nullable and value is None else FILLED
    body = [ordering.name, phase, _plain(value), row.pk, int(backwards)]
    return base64.urlsafe_b64encode(json.dumps(body, separators=(",", ":")).encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value


def _read_cursor(cursor: str, ordering: Ordering, model: type[models.Model]) -> _Place:
    bad = Invalid(
        _("The cursor does not fit this list. Start again without it."),
        fields={"cursor": _("Not a cursor of this list.")},
    )
    try:
        if len(cursor) > MAX_CURSOR:
            raise bad
        body = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        name, phase, value, pk, backwards = body
        place = _Place(name, phase, _typed(value, ordering, model, phase), pk, bool(backwards))
    except (binascii.Error, ValueError, TypeError, RecursionError, ValidationError) as error:
        raise bad from error
    fits = place.ordering == ordering.name and phase in ((FILLED, EMPTY) if ordering.nullable else (FILLED,))
    if not fits or type(pk) is not int or not -MAX_ID <= pk <= MAX_ID:
        raise bad
    return place


def _typed(value: Any, ordering: Ordering, model: type[models.Model], phase: int) -> Any:
    """The sort value as its column's type; raises ValueError for anything else."""
    if phase == EMPTY:
        return None
    if value is None or isinstance(value, list | dict) or "\0" in str(value):
        raise ValueError
    field = _field(model, ordering.path) if ordering.expression is None else ordering.expression.output_field
    if field is None:
        return value
    typed = field.to_python(value)
    if isinstance(typed, str):
        typed.encode()  # a lone surrogate is no text; UnicodeEncodeError is a ValueError
    if isinstance(typed, datetime) and typed.tzinfo is None:
        raise ValueError
    field.run_validators(typed)
    return typed


def _field(model: type[models.Model], path: str) -> Any:
    current: Any = model
    field: Any = None
    for part in path.split("__"):
        try:
            field = current._meta.pk if part == "pk" else current._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        current = field.related_model
    return getattr(field, "output_field", None) or field


def count(queryset: QuerySet[Any], *, cap: int = COUNT_CAP) -> Count:
    """How many rows: exact up to the cap, counting no further."""
    return counted(queryset.order_by().values("pk")[: cap + 1].count(), cap=cap)


def counted(found: int, *, cap: int = COUNT_CAP) -> Count:
    """A number of rows as it is told: up to the cap."""
    return Count(min(found, cap), found <= cap)


def page_size(raw: str | None, *, default: int = PAGE_SIZE) -> int:
    """The page size asked for; raises Invalid (400) unless it is a whole number from 1 to 500."""
    if not raw:
        return default
    if raw.isascii() and raw.isdigit() and len(raw) < 6 and 1 <= int(raw) <= MAX_PAGE_SIZE:
        return int(raw)
    sentence = _("The page size is a whole number from 1 to %(most)s.") % {"most": MAX_PAGE_SIZE}
    raise Invalid(sentence, fields={"page_size": sentence})


@dataclass(frozen=True)
class Around:
    """A row's place in a list (from 1; 0 beyond the cap) and the keys of its neighbours."""

    place: int
    previous: int | None
    following: int | None


def around(queryset: QuerySet[Any], *, ordering: Ordering, pk: int, cap: int = COUNT_CAP) -> Around | None:
    """Where a row stands in a list; None when the list does not hold it."""
    row = queryset.annotate(**{SORT_VALUE: ordering.key}).filter(pk=pk).first()
    if row is None:
        return None
    phase = EMPTY if ordering.nullable and getattr(row, SORT_VALUE) is None else FILLED
    here = _Place(ordering.name, phase, getattr(row, SORT_VALUE), pk, backwards=True)
    before = _phase(queryset, ordering, phase, here, backwards=True)
    ahead = before.order_by().values("pk")[: cap + 1].count()
    if phase == EMPTY:
        ahead += _phase(queryset, ordering, FILLED, None, backwards=False).order_by().values("pk")[: cap + 1].count()
    back = page(queryset, ordering=ordering, cursor=_cursor(row, ordering, backwards=True), size=1).rows
    onward = page(queryset, ordering=ordering, cursor=_cursor(row, ordering, backwards=False), size=1).rows
    return Around(0 if ahead > cap else ahead + 1, back[0].pk if back else None, onward[0].pk if onward else None)
