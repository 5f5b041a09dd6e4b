"""Custom fields in lists: a column, filters and a sort for each, made when the definitions change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm.kit.customfields import filters
from crm.kit.customfields.catalogue import Catalogue, catalogue_for
from crm.kit.customfields.expressions import FILTERED, SORTED, raw_of, value_of
from crm.kit.customfields.holders import holder_of
from crm.kit.customfields.size import check_size
from crm.kit.customfields.values import level_of, masked, plain, words
from crm.kit.extensions import Extension, provide
from crm.kit.keyset import Computed
from crm.kit.models import CustomField
from crm.kit.tables import Column, Scene
from crm.kit.ui import cells

Type = CustomField.Type
RIGHT_ALIGNED = (Type.NUMBER, Type.MONEY)
AFTER_THE_OTHERS = 200


def extension_of(key: str, user: Any) -> Extension | None:
    """What the workspace's fields add to a list."""
    holder = holder_of(key)
    if holder is None:
        return None
    found = catalogue_for(user)
    made = found.made.get(key)
    if made is None:
        made = found.made[key] = _made(found, holder.object)
    return made if made.columns else None


def _made(catalogue: Catalogue, obj: str) -> Extension:
    fields = list(catalogue.active(obj).values())
    return Extension(
        columns=tuple(column_of(one, place) for place, one in enumerate(fields)),
        filters={name: made for one in fields for name, made in filters.filters_of(one).items()},
        orderings={one.rule: _sort_of(one) for one in fields if sortable(one)},
    )


def sortable(field: CustomField) -> bool:
    """Whether a list can be sorted by a field."""
    return not field.sensitive and Type(field.type) in SORTED


def indexable(field: CustomField) -> bool:
    """Whether an index helps a field."""
    return field.sensitive or Type(field.type) in FILTERED or field.type == Type.MULTI


def _sort_of(field: CustomField) -> Computed:
    return Computed(field.rule, value_of(field), lambda: check_size(field))


def column_of(field: CustomField, place: int = 0) -> Column:
    """The column of a field."""
    alias = f"custom_{field.pk}"
    return Column(
        field.rule, field.label, _cell(field, alias), _file_value(field, alias),
        sort=field.rule if sortable(field) else "", css="n" if field.type in RIGHT_ALIGNED else "", shown=False,
        field=field.rule, order=AFTER_THE_OTHERS + place, needs=lambda: {alias: raw_of(field)},
    )  # fmt: skip


def _stored(row: Any, field: CustomField, alias: str) -> Any:
    return getattr(row, alias) if hasattr(row, alias) else row.custom.get(field.name)


def _cell(field: CustomField, alias: str) -> Callable[[Any, Scene], object]:
    def cell(row: Any, scene: Scene) -> object:
        stored = _stored(row, field, alias)
        if stored is None or stored in ("", []):
            return cells.EMPTY
        if level_of(field, scene.levels) == "masked":
            return masked(field, stored)
        shown = words(field, stored)
        if field.type == Type.LINK and shown.startswith(("https://", "http://")):
            return cells.link(shown.partition("://")[2][:60], shown)
        return shown if len(shown) <= 80 else f"{shown[:79]}…"

    return cell


def _file_value(field: CustomField, alias: str) -> Callable[[Any], object]:
    return lambda row: plain(field, _stored(row, field, alias))


provide(extension_of)
