"""Kinds whose rows point at rows of other kinds by their id or name, in any order of the files."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.imports import links, pending
from customers.imports.context import Context
from customers.imports.links import by_key
from customers.imports.pending import Link
from customers.imports.tables import TableKind


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A field of the file that names the other end of a link."""

    field: str
    link: Link

    @property
    def staged(self) -> str:
        """Name of its column in the staging table."""
        return "f_" + self.field.replace(".", "_")

    @property
    def alias(self) -> str:
        """Name of the join to the other end."""
        return f"r_{self.link.object}"

    @property
    def join(self) -> str:
        """The join to the row that the file names: by id in this source, else by name where the link allows it."""
        key = f"s.{self.staged}"
        found = by_key(self.link.target, "x.id", source="%(source)s", key=key, to=self.alias)
        if not self.link.named:
            return found
        alias = self.alias
        return (
            f"{found.replace(f' {alias} ON', f' {alias}_id ON')} LEFT JOIN LATERAL (SELECT coalesce({alias}_id.id, "
            f"(SELECT n.id FROM {self.link.target} n WHERE lower(n.name) = lower({key}) ORDER BY n.id LIMIT 1)) AS id) "
            f"{alias} ON true"
        )


class LinkedKind(TableKind):
    """A kind with relations beside the one to its customer."""

    relations: tuple[Relation, ...] = ()

    def joins(self, context: Context) -> str:
        return " ".join([super().joins(context), *(relation.join for relation in self.relations)])

    def extras(self) -> dict[str, str]:
        return super().extras() | {relation.link.column: f"{relation.alias}.id" for relation in self.relations}

    def values(self, context: Context) -> dict[str, str]:
        return super().values(context) | {r.link.column: f"c.{r.link.column}" for r in self.relations}

    def changes(self, context: Context) -> dict[str, str]:
        found = super().changes(context)
        for relation in self.relations:
            if context.plan.has(relation.field):
                found[relation.link.column] = f"coalesce(c.{relation.link.column}, t.{relation.link.column})"
        return found

    def refuse(self, context: Context) -> None:
        super().refuse(context)
        for relation in self.relations:
            allowed = context.reach.teams(relation.link.object, "view")
            if allowed is None or not context.plan.has(relation.field) or context.reach.user is None:
                continue
            column = relation.link.column
            context.refuse(
                "import_chunk",
                f"{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {relation.link.target} u WHERE u.id = "
                f"import_chunk.{column} AND (u.team_id = ANY({links.ids(allowed)}) OR u.owner_id = {context.reach.user.pk}))",
                _("%(field)s names no record that you may write to") % {"field": relation.field},
            )

    def apply(self, context: Context, low: int, high: int) -> None:
        """Write one span; links without an other end are kept."""
        super().apply(context, low, high)
        for relation in self.relations:
            if context.plan.has(relation.field):
                pending.hold(context, relation.link, relation.staged)
