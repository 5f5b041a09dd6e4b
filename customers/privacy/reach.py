"""Everything that hangs on a person, found by walking keys, and the places beyond keys that apps register.

An app says in its ``privacy.py`` what must not simply go with the person::

    kept(
        "sales.Order",
        blank={},
        why=_("Accounts must stay complete."),
        children=[Blank("sales.OrderLine", "order", {"name": ""})],
    )

and names places that no key leads to, such as files or snapshots::

    @scrubber("merges")
    def forget_snapshots(subject: Subject, words: Words) -> int: ...
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from crm.kit.errors import Refused
from customers.models import Contact, ContactRole, Customer

if TYPE_CHECKING:
    from customers.privacy.words import Words

Model = type[models.Model]
Keys = dict[Model, set[int]]
SLICE = 5_000


@dataclass(frozen=True)
class Blank:
    """Rows below a kept row: the key that leads up, and what their texts become."""

    model: str
    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """Rows that stay as figures without the person."""

    model: str
    values: Mapping[str, Any]
    why: str | Promise
    children: Sequence[Blank] = ()


@dataclass(frozen=True)
class Subject:
    """Who is meant: one customer or contact, and the contacts that belong to nobody else."""

    kind: str
    pk: int
    customers: frozenset[int]
    contacts: frozenset[int]

    @property
    def roots(self) -> Keys:
        """The rows of the person themselves."""
        found: Keys = {Customer: set(self.customers), Contact: set(self.contacts)}
        return {model: keys for model, keys in found.items() if keys}


@dataclass
class Walk:
    """What becomes of every row that leads to a person."""

    remove: Keys = field(default_factory=lambda: defaultdict(set))
    keep: dict[Model, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    detach: dict[tuple[Model, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    def kept_keys(self, model: Model) -> set[int]:
        """All kept rows of a table."""
        return set().union(*self.keep.get(model, {}).values())


Scrub = Callable[[Subject, "Words"], int]
_kept: dict[str, Kept] = {}
_names: dict[str, str | Promise] = {}
_scrubbers: dict[str, Scrub] = {}


def kept(model: str, *, blank: Mapping[str, Any], why: str | Promise, children: Sequence[Blank] = ()) -> None:
    """Rows of this table stay without the person: the key is emptied, and these fields get these values."""
    _kept[model.lower()] = Kept(model, blank, why, children)


def called(names: Mapping[str, str | Promise]) -> None:
    """What tables are called in previews and copies, by label."""
    _names.update({label.lower(): name for label, name in names.items()})


def name_of(model: Model) -> str:
    """What a table is called; its plain name where no app gave it one."""
    return str(_names.get(model._meta.label_lower) or model._meta.verbose_name_plural)


def scrubber(name: str) -> Callable[[Scrub], Scrub]:
    """Register a place that no key leads to; it runs before the tables are cleared and must bear repeating."""

    def register(scrub: Scrub) -> Scrub:
        known = _scrubbers.get(name)
        if known is not None and known is not scrub:
            raise ValueError(f"Two scrubbers are named “{name}”.")
        _scrubbers[name] = scrub
        return scrub

    return register


def load() -> None:
    """Let every app say what it keeps and where it holds more."""
    autodiscover_modules("privacy")


def scrubbers() -> dict[str, Scrub]:
    """All registered places by name."""
    load()
    return dict(sorted(_scrubbers.items()))


def kept_of(model: Model) -> Kept | None:
    """What stays of a table's rows, if anything does."""
    return _kept.get(model._meta.label_lower)


def subject_of(kind: str, pk: int) -> Subject:
    """The person behind a row. A contact of this customer alone belongs to the person, one of others too does not."""
    if kind == "contact":
        return Subject(kind, pk, frozenset(), frozenset([pk]))
    others = ContactRole.objects.filter(contact=models.OuterRef("contact")).exclude(customer=pk)
    alone = ContactRole.objects.filter(~models.Exists(others), customer=pk)
    return Subject(kind, pk, frozenset([pk]), frozenset(alone.values_list("contact", flat=True)))


def walk(subject: Subject) -> Walk:
    """Follow every key that leads to the person; raises Refused for one that nobody said how to cut."""
    load()
    found = Walk()
    for model, keys in subject.roots.items():
        found.remove[model] |= keys
    queue = [(model, set(keys)) for model, keys in subject.roots.items()]
    while queue:
        model, keys = queue.pop()
        for relation in relations(model):
            rows = _keys_of(relation, keys)
            if rows:
                queue += _sort(found, relation, rows)
    return found


def relations(model: Model) -> Iterator[Any]:
    """Keys of ordinary tables that point at a model."""
    for one in model._meta.get_fields(include_hidden=True):
        if not (one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)):
            continue
        below: Any = one.related_model
        if below._meta.managed and not below._meta.proxy and not hasattr(below, "pgh_tracked_model"):
            yield one


def _keys_of(relation: Any, keys: set[int]) -> set[int]:
    name, below = relation.field.name, relation.related_model
    ordered, rows = sorted(keys), set()
    for start in range(0, len(ordered), SLICE):
        part = below._base_manager.filter(**{f"{name}__in": ordered[start : start + SLICE]})
        rows.update(part.values_list("pk", flat=True))
    return rows


def _sort(found: Walk, relation: Any, rows: set[int]) -> list[tuple[Model, set[int]]]:
    """Decide what becomes of rows; gives those below which the walk goes on."""
    below, key = relation.related_model, relation.field
    if kept_of(below) is not None:
        found.keep[below][key.name] |= rows
        return []
    if relation.on_delete is models.CASCADE:
        new = rows - found.remove[below]
        found.remove[below] |= new
        return [(below, new)] if new else []
    if key.null:
        found.detach[below, key.name] |= rows
        return []
    sentence = _("%(table)s holds this person and cannot be cleared. Nothing was changed.")
    raise Refused(sentence % {"table": name_of(below)})


def histories() -> list[Model]:
    """The tables in which triggers keep old rows."""
    return [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]
