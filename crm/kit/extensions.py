"""What apps above add to a list of an app below: columns, filters, sorts and API fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django_filters import Filter
from rest_framework.fields import Field


def _unchanged(queryset: QuerySet) -> QuerySet:
    return queryset


@dataclass(frozen=True, kw_only=True)
class Extension:
    """Additions to one list, registered in the ``ready()`` of the app that knows them.

    ``columns`` are column declarations of the page (see ``crm.kit.lists``), ``filters`` are django-filter
    filters by name, ``orderings`` map a public sort name to a lookup path, ``api_fields`` map a name to a
    function of the row, ``api_types`` give the same names their serializer field for the schema.
    ``annotate`` adds what the functions read, in the list's own query. ``object`` is the policy object
    whose view grant a person needs to see any of it (for example ``score``). ``facets`` are things that
    conditions may compare besides the filters (see ``crm.kit.where``).
    """

    columns: tuple[Any, ...] = ()
    filters: Mapping[str, Filter] = field(default_factory=dict)
    orderings: Mapping[str, str] = field(default_factory=dict)
    api_fields: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    api_types: Mapping[str, Field] = field(default_factory=dict)
    select_related: tuple[str, ...] = ()
    annotate: Callable[[QuerySet], QuerySet] = _unchanged
    object: str = ""
    facets: tuple[Any, ...] = ()


_EXTENSIONS: dict[str, list[Extension]] = defaultdict(list)


def extend(key: str, extension: Extension) -> None:
    """Add to the list named ``app.model`` in lower case, e.g. ``customers.customer``."""
    _EXTENSIONS[key].append(extension)


def extensions(key: str, user: Any = None) -> list[Extension]:
    """The additions to a list; with a user, only those that the user may see."""
    found = _EXTENSIONS.get(key, [])
    if user is None:
        return list(found)
    return [one for one in found if not one.object or user.access.can(one.object, "view")]


def orderings(key: str, user: Any, own: Mapping[str, str]) -> dict[str, str]:
    """Public sort names of a list with their paths, additions included."""
    names = dict(own)
    for one in extensions(key, user):
        names.update(one.orderings)
    return names
