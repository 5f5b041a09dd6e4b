"""The report of an undo as a person reads it: what stayed, by name, and why."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from crm.accounts.models import User
from customers.imports.undo.scope import model_of

NAMES = ("name", "title", "number", "subject")


def told(report: dict[str, Any], *, user: User | None, most: int = 10_000) -> dict[str, Any]:
    """Counts, and each kept record with its name and a sentence; names only of what the reader may see."""
    entries = report.get("kept", [])[:most]
    names, people = _names(entries, user), _people(entries)
    kept = [
        {
            "object": entry["object"].rpartition(".")[2], "id": entry["id"],
            "label": names.get((entry["object"], entry["id"]), ""), "why": _why(entry, people),
        }
        for entry in entries
    ]  # fmt: skip
    return {
        "import_id": report.get("import_id"), "kind": report.get("kind"), "deleted": report.get("deleted_count", 0),
        "restored": report.get("restored_count", 0), "kept_count": report.get("kept_count", 0), "kept": kept,
        "seconds": report.get("seconds"),
    }  # fmt: skip


def _why(entry: dict[str, Any], people: dict[str, str]) -> str:
    match entry["why"]:
        case "edited":
            fields = _labels(model_of(entry["object"]), entry.get("fields", ""))
            who = people.get(entry.get("who", ""), "")
            if not fields:
                return _("changed since, and back again")
            if who:
                return _("%(who)s changed since: %(fields)s") % {"who": who, "fields": fields}
            return _("changed since: %(fields)s") % {"fields": fields}
        case "in_use":
            return _("something hangs on it by now: %(what)s") % {"what": _kind(entry)}
        case "part":
            return _("something of it was added or changed since: %(what)s") % {"what": _kind(entry)}
        case "reach":
            return _("it belongs to people whose records you may not change")
        case _:
            return _("other records need it as it is")


def _kind(entry: dict[str, Any]) -> str:
    return str(model_of(entry["by"])._meta.verbose_name)


def _labels(model: type[Model], names: str) -> str:
    by_column = {field.column: str(field.verbose_name) for field in model._meta.concrete_fields}
    return ", ".join(by_column.get(name, name) for name in names.split(",") if name)


def _people(entries: list[dict[str, Any]]) -> dict[str, str]:
    ids = {entry["who"] for entry in entries if entry.get("who")}
    return {str(one.pk): one.display_name for one in User.objects.filter(pk__in=ids)} if ids else {}


def _names(entries: list[dict[str, Any]], user: User | None) -> dict[tuple[str, int], str]:
    wanted: dict[str, list[int]] = {}
    for entry in entries:
        wanted.setdefault(entry["object"], []).append(entry["id"])
    found = {}
    for label, ids in wanted.items():
        model = model_of(label)
        own = {field.name for field in model._meta.concrete_fields}
        name = next((one for one in NAMES if one in own), None)
        rows = model._default_manager.filter(pk__in=ids)
        if name is None or (user is not None and not hasattr(rows, "visible_to")):
            continue
        seen = rows if user is None else rows.visible_to(user)  # type: ignore[attr-defined]
        found.update({(label, pk): str(value) for pk, value in seen.values_list("pk", name)})
    return found
