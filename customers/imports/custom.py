"""Custom fields in files: read by their type, sealed where sensitive, written as columns of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.kit.customfields.catalogue import catalogue
from crm.kit.customfields.values import clean, kept, level_of, masked, money, plain, read, restricted
from crm.kit.errors import Invalid
from crm.kit.masking import STARS
from crm.kit.models import CustomField
from customers.imports.converters import Bad, Converter, converter, json_cell, trimmed
from customers.imports.fields import Field, fold

Type = CustomField.Type
CONVERTED = {Type.NUMBER: "number", Type.DATE: "date", Type.BOOLEAN: "yes"}
NATIVE = (Type.NUMBER, Type.BOOLEAN)
MASKS = (STARS, "***@")


@dataclass(frozen=True)
class Surroundings:
    """What reading needs to know and may not ask for: the database is busy with the rows just then."""

    people: Mapping[str, int]
    """Folded names → key of a colleague."""
    home: str
    """The home currency."""
    settings: Mapping[str, Any]
    """``order``, ``decimal`` and ``zone`` of the mapping."""

    def checked(self, field: CustomField, value: Any) -> Any:
        """A value as programs send it, or as a text; raises Invalid."""
        if value in (None, "", []):
            return None
        match field.type:
            case Type.PERSON:
                known = self.people.get(str(value).casefold()) if isinstance(value, str) else value
                if known not in self.people.values():
                    raise Invalid(_("“%(text)s” is not known") % {"text": str(value)[:60]})
                return known
            case Type.MONEY:
                return money(self._pointed(value), home=lambda: self.home)
        return read(field, value) if isinstance(value, str) else clean(field, value)

    def _pointed(self, value: Any) -> Any:
        """An amount whose decimals stand behind a comma, with a point."""
        if self.settings["decimal"] != "," or not isinstance(value, str) or "," not in value:
            return value
        return value.replace(".", "").replace(",", ".")


class CellReader(dict[str, Any]):
    """Raw cell → what the row keeps; raises ValueError with the reason. Remembers what it has seen."""

    MOST = 100_000

    def __init__(self, field: CustomField, around: Surroundings, *, guarded: bool = True) -> None:
        super().__init__()
        self.field, self.around, self.guarded = field, around, guarded
        kind = CONVERTED.get(Type(field.type))
        self.converter = converter(Field(name=field.name, type=kind), lookups={}, **around.settings) if kind else None

    def __missing__(self, raw: str) -> Any:
        value = self._read(trimmed(raw, guarded=self.guarded))
        if len(self) >= self.MOST:
            self.clear()
        if not self.field.sensitive:
            self[raw] = value
        return value

    def _read(self, text: str) -> Any:
        if not text or (self.field.sensitive and is_masked(text)):
            return None  # a mask that comes back from an export is no value
        try:
            found = self.around.checked(self.field, text) if self.converter is None else self._converted(text)
        except Invalid as invalid:
            raise ValueError(invalid.message) from invalid
        return None if found is None else kept(self.field, found)

    def _converted(self, text: str) -> Any:
        value = self.converter.convert(text)  # type: ignore[union-attr]
        if isinstance(value, Bad):
            raise ValueError(value.removeprefix(f"{self.field.name} "))
        if self.field.type == Type.BOOLEAN:
            return value == "t"
        return clean(self.field, Decimal(value) if self.field.type == Type.NUMBER else value)


def is_masked(text: str) -> bool:
    """Whether a text is one that masking made."""
    return any(mark in text for mark in MASKS)


class BagConverter(Converter):
    """A JSON object of custom fields, each by its type; names that are no fields keep plain values."""

    def __init__(self, field: Field, around: Surroundings, *, obj: str) -> None:
        super().__init__(field)
        self.fields, self.around = catalogue().active(obj), around

    def convert(self, text: str) -> str:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            return self.bad(_("is not a JSON object of plain values"))
        ready: dict[str, object] = {}
        for name, value in found.items():
            field = self.fields.get(name)
            if field is None and isinstance(value, dict | list):
                return self.bad(_("is not a JSON object of plain values"))
            try:
                ready[name] = value if field is None else self._one(field, value)
            except Invalid as invalid:
                return self.bad(f"{name}: {invalid.message}")
        return json_cell({name: value for name, value in ready.items() if value is not None})

    def _one(self, field: CustomField, value: Any) -> Any:
        if field.sensitive and (not isinstance(value, str) or is_masked(value)):
            return None
        found = self.around.checked(field, value)
        return None if found is None else kept(field, found)


def own_columns(header: Sequence[str], used: set[int], *, obj: str) -> tuple[tuple[int, CustomField], ...]:
    """Columns of a file that are named after custom fields: ``custom.plan``, their label or their name."""
    fields = catalogue().active(obj)
    words = {fold(one.name): one for one in fields.values()} | {fold(one.label): one for one in fields.values()}
    exact = {one.rule: one for one in fields.values()}
    found: dict[int, CustomField] = {}
    taken: set[str] = set()
    for looked_up in (exact.get, lambda name: words.get(fold(name))):
        for place, name in enumerate(header):
            field = looked_up(name.strip())
            if field is not None and place not in used | found.keys() and field.name not in taken:
                found[place] = field
                taken.add(field.name)
    return tuple(found.items())


def file_value(field: CustomField, level: str) -> Callable[[Any], Any]:
    """What a file holds of a stored value: numbers and yes or no as they are, anything else as ``read`` takes it."""

    def value(stored: Any) -> Any:
        if stored is None:
            return None
        if level == "masked" or field.sensitive:
            return masked(field, stored)
        return stored if field.type in NATIVE and not isinstance(stored, str) else plain(field, stored)

    return value


def exported(obj: str, levels: Mapping[str, str]) -> dict[str, tuple[CustomField, str]]:
    """``custom.name`` → field and its level, of the fields that a reader may know of."""
    found = {one.rule: (one, level_of(one, levels)) for one in catalogue().active(obj).values()}
    return {name: pair for name, pair in found.items() if pair[1] != "hidden"}


def bag(obj: str, levels: Mapping[str, str]) -> Callable[[Any], Any]:
    """The whole of a row's custom values as a reader may see them."""
    fields = catalogue().every(obj)
    return lambda stored: restricted(stored or {}, levels, fields)


FRESH = (
    "(SELECT coalesce(jsonb_object_agg(x.key, x.value), '{}') FROM jsonb_each(c.f_custom) x "
    "WHERE x.value ->> 'index' IS NULL OR (t.custom -> x.key ->> 'index') IS DISTINCT FROM (x.value ->> 'index'))"
)


def changes(*, sealed: bool) -> str:
    """SQL of a row's custom values after the file's: a sealed value that is there already is not sealed again."""
    given = FRESH if sealed else "coalesce(c.f_custom, '{}')"
    return f"t.custom || {given}"
