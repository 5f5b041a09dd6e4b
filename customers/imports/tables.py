"""Kinds whose rows are rows of one table: a set-based upsert on (source, external id)."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django.db import connection, models
from django.utils.translation import gettext as _

from customers.imports import custom, links
from customers.imports.context import Context, owner_words, team_words
from customers.imports.fields import Field
from customers.imports.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm.accounts.models import User


class TableKind(Kind):
    """Declares a model; fields with a ``column`` are written, the rest is up to the subclass."""

    model: type[models.Model]
    append_only = False
    """Rows that are there already stay as they are."""
    owned = True
    """Whether rows have a team of their own (else they follow their customer)."""

    def __init__(self) -> None:
        self.fields = tuple(self._limited(item) for item in self.fields)

    def _limited(self, item: Field) -> Field:
        if item.type != "text" or not item.column or item.limit:
            return item
        return replace(item, limit=getattr(self.model._meta.get_field(item.column), "max_length", None) or 0)

    @property
    def customers_by_mail(self) -> bool:
        """Whether rows may name their customer by its e-mail where they give no id."""
        return "customer.email" in self.by_name

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def label(self) -> str:
        """The model's name, as notes of what was written carry it."""
        return self.model._meta.label_lower

    @cached_property
    def columns(self) -> dict[str, models.Field[Any, Any]]:
        """Writable columns of the table."""
        fields = cast("list[models.Field[Any, Any]]", self.model._meta.concrete_fields)
        return {str(field.column): field for field in fields if not getattr(field, "generated", False)}

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        """Owners and teams by name."""
        return {"owner": owner_words(context.reach, self.object), "team": team_words(context.reach, self.object)}

    def prepare(self, context: Context) -> None:
        """Customers that are known by id only come first."""
        if self.customers_by_id:
            links.name_customers_by_id(context)

    # -- SQL of one span -------------------------------------------------------------------------------

    def joins(self, context: Context) -> str:
        """Tables that the working rows need beside their own."""
        if not self.customers_by_id:
            return ""
        key = "s.f_customer_external_id"
        return links.customer_by_mail(context, key) if self.customers_by_mail else links.customer_by_key(key)

    def target(self) -> str:
        """The join that finds the row ``t`` of the table that a staged row ``s`` names."""
        return links.by_key(self.table, "x.id", source="%(source)s", key="s.external_id", to="t")

    def extras(self) -> dict[str, str]:
        """Working columns beside the staged ones: name → SQL over s, t, e."""
        return {"customer_id": "e.customer_id"} if self.customers_by_id else {}

    def values(self, context: Context) -> dict[str, str]:
        """Column → SQL over the working row ``c`` for a new row; NULL falls back to the column's default."""
        found = {item.column: f"c.{item.staged}" for item in self.fields if item.column}
        if self.customers_by_id and "customer_id" in self.columns:
            found["customer_id"] = "c.customer_id"
        if "source_id" in self.columns:
            found |= {"source_id": "%(source)s", "external_id": "c.external_id"}
        if "owner_id" in self.columns:
            found["owner_id"] = "coalesce(c.f_owner, %(owner)s)"
        if "team_id" in self.columns:
            found["team_id"] = links.team_sql(context, self.object, owner="owner_id" in self.columns)
        if "custom" in self.columns:
            found["custom"] = "c.f_custom"
        return found

    def changes(self, context: Context) -> dict[str, str]:
        """Column → SQL over ``c`` and ``t`` for a row that is there: only what the file fills."""
        clear = context.plan.mapping.options.get("empty") == "clear"
        found: dict[str, str] = {}
        for slot in context.plan.slots:
            column = slot.field.column
            if column:
                kept = f"%(d_{column})s" if clear else f"t.{column}"
                found[column] = f"coalesce(c.{slot.field.staged}, {kept})"
        if self.customers_by_id and links.names_customers(context) and "customer_id" in self.columns:
            found["customer_id"] = "coalesce(c.customer_id, t.customer_id)"
        if "custom" in self.columns and (context.plan.custom or context.plan.has("custom")):
            sealed = context.plan.has("custom") or any(one.sensitive for _index, one in context.plan.custom)
            found["custom"] = custom.changes(sealed=sealed)
        return found

    def defaults(self, context: Context) -> dict[str, Any]:
        """Parameters ``d_<column>``: what Django would write where nothing is given."""
        found: dict[str, Any] = {}
        for column, field in self.columns.items():
            if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
                found[f"d_{column}"] = context.now
            elif not field.primary_key:
                found[f"d_{column}"] = field.get_db_prep_save(field.get_default(), connection)
        return found

    def apply(self, context: Context, low: int, high: int) -> None:
        """Write one span: working rows with their match, refusals, inserts, updates."""
        self.work(context, low, high)
        self.refuse(context)
        if context.mode == "create" or self.append_only:
            left = (
                context.execute("DELETE FROM import_chunk WHERE target IS NOT NULL") if context.mode != "create" else 0
            )
            context.counts["unchanged"] += left
            context.refuse("import_chunk", "target IS NOT NULL", _("is here already"), skipped=True)
        if context.mode == "update":
            context.refuse("import_chunk", "target IS NULL", _("is not here yet"), skipped=True)
        matched = context.value("SELECT count(*) FROM import_chunk WHERE target IS NOT NULL")
        updated = self.update(context) if matched else 0
        context.counts["updated"] += updated
        context.counts["unchanged"] += matched - updated
        context.counts["created"] += self.insert(context)
        context.written.add(self.table)

    def work(self, context: Context, low: int, high: int) -> None:
        """Make the working rows of a span."""
        extras = "".join(f", {sql} AS {name}" for name, sql in self.extras().items())
        context.execute("DROP TABLE IF EXISTS import_chunk")
        context.execute(
            f"CREATE TEMP TABLE import_chunk AS SELECT s.*, t.id AS target{extras} FROM import_stage s {self.joins(context)} "
            f"{self.target()} WHERE s.row > %(low)s AND s.row <= %(high)s",
            {"low": low, "high": high},
        )
        context.execute("ANALYZE import_chunk")

    def refuse(self, context: Context) -> None:
        """Take out rows that may not be written."""
        if self.customers_by_id:
            links.refuse_customers(context, required=self._needs_customer(), by_mail=self.customers_by_mail)
        if self.owned:
            links.refuse_targets(context, self.table, self.object)

    def _needs_customer(self) -> bool:
        return "customer_id" in self.columns and not self.columns["customer_id"].null

    def insert(self, context: Context) -> int:
        """New rows; returns how many."""
        values = self.values(context)
        parts: dict[str, str] = {}
        for column, field in self.columns.items():
            given = values.get(column)
            if given is None and not field.primary_key:
                parts[column] = f"%(d_{column})s"
            elif given is not None:
                fallback = "" if field.null or f"d_{column}" not in self.defaults(context) else f"%(d_{column})s"
                parts[column] = f"coalesce({given}, {fallback})" if fallback and column != "id" else given
        parts = {column: self._cast(column, sql) for column, sql in parts.items()}
        statement = (
            f"WITH made AS (INSERT INTO {self.table} ({', '.join(map(_quoted, parts))}) "
            f"SELECT {', '.join(parts.values())} FROM import_chunk c WHERE c.target IS NULL ORDER BY c.row RETURNING id), "
            f"noted AS ({context.changed(self.label, 'created', 'SELECT id FROM made')}) SELECT count(*) FROM made"
        )
        return int(context.value(statement, self.defaults(context)))

    def _cast(self, column: str, sql: str) -> str:
        kind = self.columns[column].db_type(connection) or ""
        return f"({sql})::{kind.split(' GENERATED')[0]}" if sql.startswith("%(d_") or "[]" in kind else sql

    def update(self, context: Context) -> int:
        """Rows that differ; returns how many."""
        changes = {column: self._cast(column, sql) for column, sql in self.changes(context).items()}
        if not changes:
            return 0
        sets = [f"{_quoted(column)} = {sql}" for column, sql in changes.items()]
        sets += ["updated_at = %(now)s"] if "updated_at" in self.columns else []
        sets += ["version = t.version + 1"] if "version" in self.columns else []
        old = ", ".join(f"t.{_quoted(column)}" for column in changes)
        new = ", ".join(changes.values())
        statement = (
            f"WITH made AS (UPDATE {self.table} t SET {', '.join(sets)} FROM import_chunk c WHERE t.id = c.target "
            f"AND ROW({old}) IS DISTINCT FROM ROW({new}) RETURNING t.id), "
            f"noted AS ({context.changed(self.label, 'updated', 'SELECT id FROM made')}) SELECT count(*) FROM made"
        )
        return int(context.value(statement, self.defaults(context)))

    # -- out -------------------------------------------------------------------------------------------

    def shown_to(self, user: User | None) -> models.QuerySet[Any]:
        """Rows of the table that the user may see."""
        rows = self.model._default_manager.all()
        if user is None:
            present = any(field.name == "deleted_at" for field in self.model._meta.fields)
            return rows.filter(deleted_at=None) if present else rows
        return rows.visible_to(user)  # type: ignore[attr-defined, no-any-return]


def later_again(columns: str) -> str:
    """SQL condition: the same values of these columns stand in a later row of the span; NULL is no value."""
    return (
        f"row IN (SELECT row FROM (SELECT row, max(row) OVER (PARTITION BY {columns}) AS last FROM import_chunk "
        f"WHERE num_nulls({columns}) = 0) x WHERE row < last)"
    )


def _quoted(column: str) -> str:
    return f'"{column}"'
