"""Kinds of import: what a row of a file becomes. Each app enters its own in its ``imports`` module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.fields import Field

if TYPE_CHECKING:
    from crm.accounts.models import User
    from customers.imports.context import Context


@dataclass(frozen=True)
class Part:
    """Rows that belong to a record, such as its phones: they go and stay with it when an import is undone.

    ``holders`` maps the label of each model that may hold one to the column that names it. ``strange`` is a SQL
    condition over a part ``p``: somebody else made it; without one, the import's notes tell.
    """

    holders: Mapping[str, str]
    strange: str = ""


PARTS = {
    "customers.contactpoint": Part({"customers.customer": "customer_id", "customers.contact": "contact_id"}),
    "customers.contactrole": Part({"customers.contact": "contact_id"}),
    "customers.externalid": Part({"customers.customer": "customer_id"}, strange="p.source_id <> %(source)s"),
}


class Kind:
    """A kind of import and export. Rows wait in ``import_stage``; ``apply`` writes a span of them."""

    name = ""
    object = ""
    """Whose grants count."""
    fields: tuple[Field, ...] = ()
    key = ""
    """The field that names a row where no external id is given."""
    identity: tuple[str, ...] = ()
    """Fields that tell rows without any id apart; all columns of the file when none of them is mapped."""
    found_by: tuple[str, ...] = ()
    """Further keys by which rows may be known again, where the mapping's option ``find_by`` chooses one."""
    repeats = False
    """Whether equal rows without an id are several events, rather than one record written twice."""
    derived: Mapping[str, str] = {}
    """Staging columns that ``derive`` computes from others: name → SQL type."""
    customers_by_id = False
    """Whether rows name a customer by ``customer.external_id``."""
    side_by_side = False
    """Whether a big file may be written in two lanes: no row of it leans on another one."""
    chunk: int | None = 50_000
    """Rows per transaction; None applies the whole file in one."""

    undoable = True
    """Whether an import of it can be taken back."""

    parts: Mapping[str, Part] = PARTS
    """What belongs to its records, by model."""

    @property
    def key_staged(self) -> str:
        return "f_" + self.key.replace(".", "_") if self.key else ""

    @property
    def identity_staged(self) -> list[str]:
        return ["f_" + name.replace(".", "_") for name in self.identity]

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by their name."""
        return {item.name: item for item in self.fields}

    def lookups(self, context: Context) -> Mapping[str, Mapping[str, int]]:
        """Known words of each lookup field → id."""
        return {}

    def derive(self, values: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """The derived columns of a batch from its converted ones (staged name → COPY texts)."""
        return {}

    def prepare(self, context: Context) -> None:
        """Set up what all spans share, in the first transaction."""

    def apply(self, context: Context, low: int, high: int) -> None:
        """Write the staged rows with low < row <= high and count them."""
        raise NotImplementedError

    def finish(self, context: Context) -> None:
        """What is done once, in the transaction of the last span."""

    def shown_to(self, user: User | None) -> models.QuerySet[Any]:
        """The rows that an export gives this user; all of them without a user."""
        raise NotImplementedError

    def exported(self) -> Mapping[str, str]:
        """Field name → lookup path, in the order of the exported columns."""
        raise NotImplementedError


_kinds: dict[str, Kind] = {}


def register(kind: type[Kind]) -> type[Kind]:
    """Class decorator: enter a kind under its name; a name that is taken stops the start."""
    known = _kinds.get(kind.name)
    if known is not None and type(known) is not kind:
        raise ValueError(f"two kinds of import are called {kind.name!r}")
    _kinds[kind.name] = kind()
    return kind


def kinds() -> dict[str, Kind]:
    """All kinds by name; the ``imports`` module of every app is loaded first."""
    autodiscover_modules("imports")
    return dict(sorted(_kinds.items()))


def get(name: str) -> Kind:
    """The kind of that name; raises Invalid that lists the known ones."""
    found = kinds().get(name)
    if found is None:
        known = ", ".join(kinds())
        raise Invalid(
            _("There is no kind “%(name)s” to import; known are: %(known)s.") % {"name": name[:60], "known": known}
        )
    return found
