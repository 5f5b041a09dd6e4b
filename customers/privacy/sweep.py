"""Looks through every text of the database for a person's words and takes them out.

Rows that keys lead to are gone before; this reaches copies in texts: saved searches, arguments and results of
jobs, answers kept for repeats, notes about somebody else. Triggers are off meanwhile, so that no old text moves
into a history; the histories are tables too and are looked through like all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.db import IntegrityError, connection, models, transaction

from customers.privacy.reach import Model
from customers.privacy.words import ERASED, Words, near_sql

CHUNK = 500
OURS = frozenset({"kit", "accounts", "customers", "sales", "service", "marketing", "insights", "alerts", "pghistory"})
LEFT = frozenset(
    {
        "accounts.user", "accounts.auditentry", "accounts.auditdetail", "accounts.audithead", "accounts.apikey",
        "customers.eraseproof", "customers.consenttext", "customers.consentpurpose",
    }
)  # fmt: skip
"""Colleagues, and what proves something: the details of the audit trail are scrubbed by a verb of their own."""
TRACES = frozenset(
    {
        "kit.job",
        "accounts.savedview",
        "accounts.idempotencykey",
        "accounts.notification",
        "customers.importjob",
        "pghistory.context",
    }
)
"""Where people leave traces of their work: here a first or last name alone is a trace too."""


def sweep(words: Words) -> dict[str, int]:
    """Take a person's words out of every table; rows changed by table. Call it inside a transaction."""
    counts: dict[str, int] = {}
    cache.clear()
    with pgtrigger.ignore():
        for model, columns in tables():
            trace = model._meta.label_lower in TRACES
            wanted = (*words.strong, *words.weak) if trace else words.strong
            expression = words.in_traces if trace else words.everywhere
            changed = _sweep_table(model, columns, wanted, expression) if expression else 0
            if changed:
                counts[model._meta.label] = changed
    return counts


def tables() -> Iterator[tuple[Model, list[Any]]]:
    """Every table of ours with the columns that hold free text or JSON."""
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if options.app_label not in OURS or options.label_lower in LEFT or not options.managed or options.proxy:
            continue
        columns = [one for one in options.concrete_fields if _holds_text(one)]
        if columns:
            yield model, columns


def _holds_text(column: Any) -> bool:
    if column.primary_key or column.choices or getattr(column, "generated", False) or column.is_relation:
        return False
    kind = column.base_field if isinstance(column, ArrayField) else column
    return isinstance(kind, models.CharField | models.TextField | models.JSONField)


def _sweep_table(model: Model, columns: list[Any], words: tuple[str, ...], expression: str) -> int:
    """Look by SQL; clean the few rows that are found here, where JSON can be taken apart."""
    changed = 0
    keys = _near(model, columns, words)
    for start in range(0, len(keys), CHUNK):
        rows = model._base_manager.filter(pk__in=keys[start : start + CHUNK])
        for row in rows.values("pk", *(one.name for one in columns)):
            given = {one.name: row[one.name] for one in columns}
            clean = {name: cleaned(value, expression) for name, value in given.items()}
            values = {name: value for name, value in clean.items() if value != given[name]}
            if values:
                _write(model, row["pk"], values)
                changed += 1
    return changed


def _near(model: Model, columns: list[Any], words: tuple[str, ...]) -> list[Any]:
    """Keys of the rows that may hold one of the words: one look over the table, with plain comparisons."""
    table, key = model._meta.db_table, model._meta.pk.column
    joined = "concat_ws(' ', " + ", ".join(f'"{one.column}"::text' for one in columns) + ")"
    condition, values = near_sql(words, "everything")
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "{key}" FROM "{table}", lower({joined}) everything WHERE {condition}',  # noqa: S608 - our names
            values,
        )
        return [row[0] for row in cursor.fetchall()]


def _write(model: Model, key: Any, values: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=key).update(**values)
    except IntegrityError:  # a name that must be unique: the row's number stands in for it
        unique = {name: f"{value} {key}" if isinstance(value, str) else value for name, value in values.items()}
        model._base_manager.filter(pk=key).update(**unique)


def cleaned(value: Any, expression: str) -> Any:
    """A value without the person's words, whatever it is made of."""
    if isinstance(value, str):
        return re.sub(expression, ERASED, value, flags=re.IGNORECASE)
    if isinstance(value, dict):
        return {cleaned(key, expression): cleaned(inner, expression) for key, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner, expression) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return ERASED if re.fullmatch(expression, str(value)) else value
    return value
