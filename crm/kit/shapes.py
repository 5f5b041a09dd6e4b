"""Serializers of the house: declared for the schema, compiled for speed, masked by role in one place."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.db.models import Expression, F, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.kit.customfields.catalogue import catalogue, catalogue_for
from crm.kit.customfields.values import restricted
from crm.kit.extensions import extensions
from crm.kit.masking import mask
from crm.kit.values import check_year

Getter = Callable[[Any], Any]
MAX_ID = 2**63 - 1


def _display_name(relation: str) -> Expression:
    full = Trim(Concat(f"{relation}__first_name", Value(" "), f"{relation}__last_name"))
    return Coalesce(NullIf(full, Value("")), f"{relation}__username")


PROPERTIES = {"display_name": _display_name}
"""What a property that shapes show of a joined row is in SQL."""
MAX_CUSTOM = 200  # keys of a custom or payload object
MAX_CUSTOM_TEXT = 20_000  # characters of all its texts and keys together


class Text(serializers.CharField):
    """Text as it is kept: Unicode NFC, trimmed, no control characters but line ends and tabs."""

    def to_internal_value(self, data: Any) -> str:
        """The text; a number is no text here."""
        if not isinstance(data, str):
            self.fail("invalid")
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        if any(ord(char) < 32 and char not in "\n\r\t" for char in text):
            self.fail("invalid")
        return text


class Moment(serializers.DateTimeField):
    """A moment in ISO 8601 with its zone; without one it is in the caller's."""

    def to_internal_value(self, value: Any) -> datetime:
        """A moment between the years 1800 and 2200."""
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss][+HH:MM|Z]")
        try:
            moment = super().to_internal_value(value)
            check_year(moment)
            return moment.astimezone(UTC)
        except (OverflowError, ModelError) as error:
            raise serializers.ValidationError(_("The year must be from 1800 to 2200.")) from error


class Day(serializers.DateField):
    """A day in ISO form."""

    def to_internal_value(self, value: Any) -> date:
        """A day between the years 1800 and 2200."""
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DD")
        day = super().to_internal_value(value)
        try:
            check_year(day)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error
        return day


class Money(serializers.DecimalField):
    """An amount as text with four decimals; numbers are taken too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=4, **kwargs)


class Id(serializers.IntegerField):
    """A key of our tables."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        """Whole numbers only: true is not 1."""
        if isinstance(data, bool) or (isinstance(data, float) and not data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": True})
class Bag(serializers.JSONField):
    """A JSON object of moderate size: custom fields, payloads, labels."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """An object; 400 for anything else or too much of it."""
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Send an object of names and values."))
        if _weight(data) > MAX_CUSTOM_TEXT or len(data) > MAX_CUSTOM:
            raise serializers.ValidationError(_("This object is too large."))
        return data


class Tags(serializers.ListField):
    """A list of short words, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Text(max_length=60), max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """The words in their order, doubles taken out."""
        return list(dict.fromkeys(super().to_internal_value(data)))


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": 200}]})
class Reference(serializers.Field):
    """A person or a team, by id or by name; services look it up within reach."""

    def to_internal_value(self, data: Any) -> int | str:
        """An id or a name of at most 200 characters."""
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data < 2**63:
            return data
        if isinstance(data, str) and len(data) <= 200:
            return data.strip()
        raise serializers.ValidationError(_("Send an id or a name."))

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


def _weight(data: Any) -> int:
    """Characters of all keys and texts, ten for any other value."""
    total, queue = 0, [data]
    while queue:
        item = queue.pop()
        if isinstance(item, dict):
            queue.extend(item.keys())
            queue.extend(item.values())
        elif isinstance(item, list):
            queue.extend(item)
        else:
            total += len(item) + 4 if isinstance(item, str) else 10
    return total


class KitSerializer(serializers.Serializer):
    """The shape of a row. ``object`` names the field rules, ``key`` the extensions that add fields.

    ``follows`` maps a field to the ruled field it repeats, so that both are masked alike.
    """

    object: ClassVar[str] = ""
    key: ClassVar[str] = ""
    follows: ClassVar[Mapping[str, str]] = {}

    def get_fields(self) -> dict[str, serializers.Field]:
        """The declared fields and those of apps above."""
        found = super().get_fields()
        for one in extensions(self.key):
            for name in one.api_fields:
                # a field belongs to one serializer: each gets a copy of its own
                found[name] = deepcopy(one.api_types.get(name) or serializers.JSONField(read_only=True))
        return found

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """By the compiled getters; masked for the user of the request, where there is one."""
        request = self.context.get("request")
        return represent(type(self), [instance], getattr(request, "user", None))[0]


def represent(shape: type[KitSerializer], rows: Iterable[Any], user: Any = None) -> list[dict[str, Any]]:
    """Rows as plain dictionaries, masked for the user; ten times as fast as one serializer per row."""
    levels = user.access.restricted_fields(shape.object) if hasattr(user, "access") else {}
    unseen = frozenset(
        one.object for one in extensions(shape.key) if one.object and hasattr(user, "access") and not user.access.can(one.object)
    )  # fmt: skip
    getters = _masked_getters(shape, frozenset(levels.items()), unseen)
    made = [{name: get(row) for name, get in getters} for row in rows]
    if levels.get("custom") is None and any(one.get("custom") for one in made):
        _restrict_custom(shape.object, made, levels, user)
    return made


def _restrict_custom(obj: str, made: list[dict[str, Any]], levels: Mapping[str, str], user: Any) -> None:
    """Custom fields by their own rules; sensitive ones as their mask."""
    fields = (catalogue() if user is None else catalogue_for(user)).every(obj)
    ruled = any(name.startswith("custom.") for name in levels)
    if ruled or any(one.sensitive for one in fields.values()):
        for one in made:
            one["custom"] = restricted(one["custom"], levels, fields)


@dataclass(frozen=True)
class Reading:
    """How a shape's rows are read: joined relations, the columns of all that is read, and joined values.

    A joined value is a column of another row that stands on this row under a name of its own (``_team_name``):
    a page of a hundred rows makes a hundred objects, not three hundred.
    """

    relations: list[str]
    columns: list[str]
    values: dict[str, Expression | F]


@cache
def reading(model: type[models.Model], shape: type[KitSerializer], joined: tuple[str, ...]) -> Reading:
    """What a list asks the database for, to fill a shape."""
    own = [field.name for field in model._meta.concrete_fields if not field.generated]
    sources = [(field.source or "").split(".") for field in shape().fields.values()]
    pairs = [(source[0], source[1]) for source in sources if len(source) == 2 and source[0] in joined]
    relations = [name for name in joined if name not in dict(pairs)]
    values = {joined_name(relation, name): _joined(relation, name) for relation, name in pairs}
    return Reading(relations, own, values)


def _joined(relation: str, name: str) -> Expression | F:
    return PROPERTIES[name](relation) if name in PROPERTIES else F(f"{relation}__{name}")


def joined_name(relation: str, name: str) -> str:
    """Where a joined value stands on the row."""
    return f"_{relation}_{name}"


@cache
def _masked_getters(
    shape: type[KitSerializer], levels: frozenset[tuple[str, str]], unseen: frozenset[str]
) -> list[tuple[str, Getter]]:
    level = dict(levels)
    hidden = {name for one in extensions(shape.key) if one.object in unseen for name in one.api_fields}
    found = []
    for name, get in _getters(shape):
        rule = "hidden" if name in hidden else level.get(shape.follows.get(name, name))
        found.append((name, _restricted(get, rule)))
    return found


def _restricted(get: Getter, level: str | None) -> Getter:
    if level == "hidden":
        return lambda row: None
    if level == "masked":
        return lambda row: mask(get(row))
    return get


@cache
def _getters(shape: type[KitSerializer]) -> list[tuple[str, Getter]]:
    made = {name: get for one in extensions(shape.key) for name, get in one.api_fields.items()}
    serializer = shape()
    return [
        (name, made.get(name) or _getter(serializer, field))
        for name, field in serializer.fields.items()
        if not field.write_only
    ]


def _getter(serializer: KitSerializer, field: serializers.Field) -> Getter:
    if isinstance(field, serializers.SerializerMethodField):
        return getattr(serializer, field.method_name)  # type: ignore[arg-type]
    read = _path(field.source_attrs)
    if isinstance(field, serializers.ListSerializer) and isinstance(field.child, KitSerializer):
        child = type(field.child)
        return lambda row: [{name: get(one) for name, get in _getters(child)} for one in _all(read(row))]
    if isinstance(field, KitSerializer):
        shape = type(field)
        return lambda row: None if read(row) is None else {name: get(read(row)) for name, get in _getters(shape)}
    return _typed(field, read)


def _typed(field: serializers.Field, read: Getter) -> Getter:
    if isinstance(field, serializers.DateTimeField):
        return lambda row: _moment(read(row))
    if isinstance(field, serializers.DateField):
        return lambda row: None if (day := read(row)) is None else day.isoformat()
    if isinstance(field, serializers.DecimalField):
        return lambda row: _amount(read(row))
    return read


def _all(related: Any) -> Iterable[Any]:
    return related.all() if isinstance(related, models.Manager) else related


def _path(attributes: list[str]) -> Getter:
    if len(attributes) == 1:
        name = attributes[0]
        return lambda row: getattr(row, name)

    kept = joined_name(*attributes) if len(attributes) == 2 else ""

    def read(row: Any) -> Any:
        if kept in row.__dict__:
            return row.__dict__[kept]
        for attribute in attributes:
            row = getattr(row, attribute, None)
            if row is None:
                return None
        return row

    return read


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
