"""Which file column fills which field: the mapping that was given, else one guessed from the header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from crm.kit.models import CustomField
from customers.imports.converters import ORDERS
from customers.imports.fields import Field, fold

PARTS = {"columns": dict, "constants": dict, "custom": dict, "adjustments": list, "options": dict}
OPTIONS = frozenset(
    [
        "date_order",
        "decimal",
        "time_zone",
        "encoding",
        "delimiter",
        "sheet",
        "empty",
        "return_prefix",
        "unknown_customers",
        "duplicates",
    ]
)


@dataclass(frozen=True, kw_only=True)
class FileMapping:
    """A checked mapping; see ``contract.md`` of the design for its shape."""

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    adjustments: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)

    @property
    def date_order(self) -> str:
        return self.options.get("date_order", "dmy")

    @property
    def decimal(self) -> str:
        return self.options.get("decimal", ".")

    def zone(self, default: str) -> ZoneInfo:
        """The zone of times without one."""
        return ZoneInfo(self.options.get("time_zone") or default)


def read(raw: Any) -> FileMapping:
    """Check a mapping's shape; raises Invalid with the first thing that does not fit."""
    if raw is None:
        return FileMapping()
    if not isinstance(raw, dict):
        raise Invalid(_("A mapping is a JSON object."))
    for name, value in raw.items():
        if name not in PARTS:
            raise Invalid(_("A mapping has no part “%(name)s”.") % {"name": str(name)[:60]})
        if not isinstance(value, PARTS[name]):
            raise Invalid(_("The part “%(name)s” of the mapping has the wrong shape.") % {"name": name})
    parts: dict[str, Any] = {
        name: {str(key): _word(value) for key, value in raw.get(name, {}).items()}
        for name in ("columns", "constants", "custom", "options")
    }
    adjustments = tuple(_word(code) for code in raw.get("adjustments", []))
    found = FileMapping(**parts, adjustments=adjustments)
    _check_options(found.options)
    return found


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float) or "\0" in str(value):
        raise Invalid(_("A mapping holds only texts and numbers."))
    return str(value)


def _check_options(options: Mapping[str, str]) -> None:
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise Invalid(_("A mapping has no option “%(name)s”.") % {"name": unknown[0][:60]})
    allowed = {
        "date_order": tuple(ORDERS), "decimal": (".", ","), "empty": ("keep", "clear"),
        "unknown_customers": ("create", "reject"), "duplicates": ("mark", "skip", "update"),
    }  # fmt: skip
    for name, values in allowed.items():
        if name in options and options[name] not in values:
            raise Invalid(
                _("The option “%(name)s” is one of %(values)s.") % {"name": name, "values": ", ".join(values)}
            )
    if "time_zone" in options:
        try:
            ZoneInfo(options["time_zone"])
        except (KeyError, ValueError, OSError) as error:
            raise Invalid(_("The time zone “%(name)s” is not known.") % {"name": options["time_zone"][:60]}) from error


@dataclass(frozen=True)
class Slot:
    """One field of the kind and where it comes from: a column of the file, or the same value for every row."""

    field: Field
    index: int | None = None
    constant: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the rows of one file become rows of one kind."""

    slots: tuple[Slot, ...]
    custom: tuple[tuple[int, CustomField], ...]
    mapping: FileMapping
    ignored: tuple[str, ...]

    def has(self, name: str) -> bool:
        """Whether a field is filled."""
        return any(slot.field.name == name for slot in self.slots)


def plan(fields: Sequence[Field], header: Sequence[str], mapping: FileMapping, *, obj: str) -> Plan:
    """Match the file's header with the kind's fields; raises Invalid when something named is not there."""
    by_name = {item.name: item for item in fields}
    places = _places(header)
    columns = mapping.columns or guess(fields, header, taken=set(mapping.constants))
    slots: dict[str, Slot] = {}
    used: set[int] = set()
    for column, name in columns.items():
        index = _index(column, places)
        if name in slots:
            raise Invalid(_("Two columns are mapped to “%(name)s”.") % {"name": name})
        slots[name] = Slot(_field(name, by_name), index=index)
        used.add(index)
    for name, value in mapping.constants.items():
        if name not in slots:
            slots[name] = Slot(_field(name, by_name), constant=value)
    custom = tuple((_index(column, places), _custom(name, obj)) for column, name in mapping.custom.items())
    used |= {index for index, _field_ in custom}
    missing = [item.name for item in fields if item.required and item.name not in slots]
    if missing:
        raise Invalid(
            _("No column of the file was found for “%(name)s”; name it in the mapping.") % {"name": missing[0]}
        )
    ignored = tuple(name for place, name in enumerate(header) if place not in used)
    return Plan(slots=tuple(slots.values()), custom=custom, mapping=mapping, ignored=ignored)


def _places(header: Sequence[str]) -> dict[str, int]:
    places = {fold(name): place for place, name in reversed(list(enumerate(header)))}
    return places | {name: place for place, name in enumerate(header)}


def _index(column: str, places: Mapping[str, int]) -> int:
    found = places.get(column, places.get(fold(column)))
    if found is None:
        raise Invalid(_("The file has no column “%(name)s”.") % {"name": column[:100]})
    return found


def _field(name: str, by_name: Mapping[str, Field]) -> Field:
    if name not in by_name:
        known = ", ".join(sorted(by_name))
        raise Invalid(_("There is no field “%(name)s”; known are: %(known)s.") % {"name": name[:60], "known": known})
    return by_name[name]


def _custom(name: str, obj: str) -> CustomField:
    found = CustomField.objects.filter(object=obj, name=name).first()
    if found is None:
        raise Invalid(_("There is no custom field “%(name)s” for this kind.") % {"name": name[:60]})
    return found


def guess(fields: Sequence[Field], header: Sequence[str], *, taken: set[str] | None = None) -> dict[str, str]:
    """File column → field by header words: exact field names first, then the dictionary of words."""
    found: dict[str, str] = {}
    taken = set(taken or ())
    candidates = [name for name in header if not name.startswith("_")]
    for rank in range(3):
        for item in fields:
            if item.name in taken:
                continue
            words = _words(item, rank)
            column = next((c for word in words for c in candidates if c not in found and fold(c) == word), None)
            if column is not None:
                found[column] = item.name
                taken.add(item.name)
    return found


def _words(item: Field, rank: int) -> tuple[str, ...]:
    match rank:
        case 0:
            return (fold(item.name),)
        case 1:
            return item.words
        case _:
            return (fold(item.name.rpartition(".")[2]),) if "." in item.name else ()
