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


Provider = Callable[[str, Any], "Extension | None"]
_PROVIDERS: list[Provider] = []


def provide(provider: Provider) -> None:
    """Register what makes additions of rows: (key, user) → an extension, or None."""
    if provider not in _PROVIDERS:
        _PROVIDERS.append(provider)


def extensions(key: str, user: Any = None) -> list[Extension]:
    """The additions to a list; with a user, those that the user may see and those that rows define.

    They are made once per request: its user's rights keep them.
    """
    found = _EXTENSIONS.get(key, [])
    if user is None:
        return list(found)
    access = getattr(user, "access", None)
    known: dict[str, list[Extension]] = vars(access).setdefault("_extensions", {}) if access is not None else {}
    if key not in known:
        made = (provider(key, user) for provider in _PROVIDERS)
        seen = (one for one in found if not one.object or user.access.can(one.object, "view"))
        known[key] = [*seen, *(one for one in made if one is not None)]
    return known[key]


def orderings(key: str, user: Any, own: Mapping[str, str]) -> dict[str, str]:
    """Public sort names of a list with their paths, additions included."""
    names = dict(own)
    for one in extensions(key, user):
        names.update(one.orderings)
    return names
