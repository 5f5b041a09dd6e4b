"""From a checked condition to the query: one small function per kind of field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from crm.kit.where.facets import Facet

Values = list[Any]


def query(facet: Facet, operator: str, values: Values, today: date) -> Q:
    """The rows that a condition is true for; an empty value is never "not" something by accident."""
    if facet.build is not None:
        made = facet.build(operator, values)
    else:
        made = BY_KIND[facet.kind](facet.path, operator, values, today)
    return facet.wrap(made) if facet.wrap else made


def _text(path: str, operator: str, values: Values, _today: date) -> Q:
    match operator:
        case "contains":
            return Q(**{f"{path}__icontains": values[0]})
        case "starts":
            return Q(**{f"{path}__istartswith": values[0]})
        case "empty":
            return Q(**{path: ""}) | Q(**{f"{path}__isnull": True})
        case "filled":
            return ~Q(**{path: ""}) & Q(**{f"{path}__isnull": False})
    return _equal(path, operator, values)


def _equal(path: str, operator: str, values: Values) -> Q:
    if operator == "empty":
        return Q(**{f"{path}__isnull": True})
    if operator == "filled":
        return Q(**{f"{path}__isnull": False})
    same = Q(**{f"{path}__in": values}) if operator == "any" or len(values) > 1 else Q(**{path: values[0]})
    return ~same if operator == "not" else same


def _plain(path: str, operator: str, values: Values, _today: date) -> Q:
    return _equal(path, operator, values)


def _number(path: str, operator: str, values: Values, _today: date) -> Q:
    match operator:
        case "gt" | "lt":
            return Q(**{f"{path}__{operator}": values[0]})
        case "between":
            return Q(**{f"{path}__gte": min(values), f"{path}__lte": max(values)})
    return _equal(path, operator, values)


def _date(path: str, operator: str, values: Values, today: date) -> Q:
    match operator:
        case "before" | "after":
            return Q(**{f"{path}__{'lt' if operator == 'before' else 'gt'}": values[0]})
        case "between":
            return Q(**{f"{path}__gte": min(values), f"{path}__lte": max(values)})
        case "last":
            return Q(**{f"{path}__gte": today - timedelta(days=values[0]), f"{path}__lte": today})
    return _equal(path, operator, values)


def _moment(path: str, operator: str, values: Values, today: date) -> Q:
    """Days begin where the reader is."""
    match operator:
        case "before":
            return Q(**{f"{path}__lt": start_of(values[0])})
        case "after":
            return Q(**{f"{path}__gte": start_of(values[0] + timedelta(days=1))})
        case "on" | "between":
            first, last = min(values), max(values)
            return Q(**{f"{path}__gte": start_of(first), f"{path}__lt": start_of(last + timedelta(days=1))})
        case "last":
            first, after = start_of(today - timedelta(days=values[0])), start_of(today + timedelta(days=1))
            return Q(**{f"{path}__gte": first, f"{path}__lt": after})
    return _equal(path, operator, values)


def start_of(day: date) -> datetime:
    """The first moment of a day where the reader is."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _list(path: str, operator: str, values: Values, _today: date) -> Q:
    match operator:
        case "empty":
            return Q(**{path: []})
        case "filled":
            return ~Q(**{path: []})
        case "any":
            return ~Q(**{path: []}) & Q(**{f"{path}__overlap": values})
        case "not":
            return ~Q(**{f"{path}__overlap": values})
    return ~Q(**{path: []}) & Q(**{f"{path}__contains": values})  # the index holds filled rows only


BY_KIND: dict[str, Callable[[str, str, Values, date], Q]] = {
    "text": _text,
    "choice": _text,
    "pick": _plain,
    "key": _plain,
    "yes": _plain,
    "number": _number,
    "date": _date,
    "moment": _moment,
    "list": _list,
}
