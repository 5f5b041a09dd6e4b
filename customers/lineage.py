"""Who wrote a value of a record, when and by which way, read from the history that the database keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.kit.masking import at_level
from customers.models import Customer, ExternalId, ImportJob

MOST_LOOKED_AT = 500  # states of a record that are read at most
MOST_SHOWN = 50
WAYS = {
    "page": gettext_lazy("by hand"),
    "api": gettext_lazy("by the API"),
    "import": gettext_lazy("by an import"),
    "merge": gettext_lazy("by a merge"),
    "job": gettext_lazy("by a job"),
}


@dataclass(frozen=True)
class Written:
    """One change of one field. ``way`` is the way it came, ``link`` where that is told, such as an import."""

    at: datetime
    old: Any
    new: Any
    who: str = ""
    way: str = ""
    link: str = ""


@dataclass(frozen=True)
class Lineage:
    """All that is known of one field: its changes, newest first, and how the record came to be."""

    changes: list[Written]
    created_at: datetime
    sources: list[str]
    more: bool


def held(row: Any, name: str) -> Any:
    """The plain value of a field on a row or on a kept state of it: a key where it is a relation."""
    return getattr(row, row._meta.get_field(name).attname)


def changes_of(row: Any, name: str, *, since: int = 0) -> tuple[list[Written], bool]:
    """The changes of one field, newest first, and whether older states were left out; two queries."""
    column = row._meta.get_field(name).attname
    events = row.events.filter(version__gte=since) if since else row.events
    kept = list(
        events.exclude(pgh_label__startswith="delete").order_by("-pgh_id")
        .values_list("pgh_created_at", column, "pgh_context__metadata")[: MOST_LOOKED_AT + 1]
    )  # fmt: skip
    newer, found = held(row, name), []
    for at, value, context in kept[:MOST_LOOKED_AT]:
        if value != newer:
            found.append((at, value, newer, context or {}))
        newer = value
    names = _names(found)
    return [_written(one, names) for one in found], len(kept) > MOST_LOOKED_AT


def author_of(row: Any, name: str, *, since: int) -> Written | None:
    """The newest change of a field from a version on."""
    found, _more = changes_of(row, name, since=since)
    return found[0] if found else None


def lineage(row: Any, name: str) -> Lineage:
    """What is known of one field of a customer or a contact."""
    changes, more = changes_of(row, name)
    if isinstance(row, Customer):
        known = ExternalId.objects.filter(customer=row).order_by("pk")
        sources = [f"{system} ({key})" for system, key in known.values_list("source__name", "external_id")[:5]]
    else:
        sources = [f"{row.source.name} ({row.external_id})"] if row.source_id else []
    return Lineage(changes[:MOST_SHOWN], row.created_at, sources, more or len(changes) > MOST_SHOWN)


def spoken(row: Any, name: str, value: Any, *, user: Any, levels: Mapping[str, str]) -> str:
    """A value in words, as far as the reader may see it."""
    if value in (None, "", []):
        return "–"
    described = row._meta.get_field(name)
    if described.is_relation:
        return _named(described.related_model, value, user)
    choices = dict(described.flatchoices or ())
    if value in choices:
        return str(choices[value])
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(at_level(value, levels.get(name, "")) or "–")


def _named(model: Any, pk: Any, user: Any) -> str:
    rows = model._default_manager.all()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(user)
    other = rows.filter(pk=pk).first()
    if other is None:
        return _("someone no longer here") if model is User else _("a record that you may not see")
    return getattr(other, "display_name", "") or str(other)


def _written(one: tuple[datetime, Any, Any, dict[str, Any]], names: Mapping[Any, str]) -> Written:
    at, old, new, context = one
    way = "import" if context.get("import") else "merge" if context.get("merge") else str(context.get("via") or "")
    if not way and not context.get("user"):
        way = "job"
    link = ""
    if context.get("import"):
        job = ImportJob.objects.filter(pk=context["import"]).values_list("file_name", flat=True).first()
        link = job or ""
    return Written(at, old, new, names.get(context.get("user"), ""), str(WAYS.get(way, "")), link)


def _names(found: list[tuple[datetime, Any, Any, dict[str, Any]]]) -> dict[Any, str]:
    ids = {context["user"] for *_rest, context in found if context.get("user")}
    return {user.pk: user.display_name for user in User.objects.filter(pk__in=ids)} if ids else {}
