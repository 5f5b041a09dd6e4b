"""Which file column fills which field: the mapping that was given, else one guessed from the header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from crm.kit.models import CustomField
from customers.imports import matching, transforms
from customers.imports.converters import ORDERS
from customers.imports.custom import own_columns
from customers.imports.fields import Field, fold
from customers.imports.names import family_name, given_name
from customers.imports.reading import encodings

PARTS = {"columns": dict, "constants": dict, "custom": dict, "adjustments": list, "options": dict, "transforms": dict}
OPTIONS = frozenset(
    [
        "date_order",
        "decimal",
        "time_zone",
        "encoding",
        "delimiter",
        "quote",
        "header_row",
        "sheet",
        "empty",
        "return_prefix",
        "unknown_customers",
        "find_by",
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
    transforms: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """File column → the steps that change its cells; see ``transforms.py``."""

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
    found = FileMapping(**parts, adjustments=adjustments, transforms=transforms.read(raw.get("transforms", {})))
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
        "unknown_customers": ("create", "reject"), "find_by": ("id", "email", "phone", "name"),
        "duplicates": ("mark", "skip", "update"),
    }  # fmt: skip
    _check_reading(options)
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


def _check_reading(options: Mapping[str, str]) -> None:
    """Options that say how the file is read."""
    if options.get("encoding"):
        encodings.named(options["encoding"])
    for name in ("delimiter", "quote"):
        if len(options.get(name, "")) > 1 or options.get(name, "") in ("\n", "\r"):
            raise Invalid(_("The option “%(name)s” is one sign.") % {"name": name})
    row = options.get("header_row", "")
    if row and not (row.isascii() and row.isdigit() and len(row) < 5):
        raise Invalid(_("The option “header_row” is the number of a line, 0 when the file has no header."))


@dataclass(frozen=True)
class Slot:
    """One field of the kind and where it comes from: a column of the file, or the same value for every row."""

    field: Field
    index: int | None = None
    constant: str = ""
    change: Callable[[str], str] | None = None
    """What makes the field's value from the cell, where it is a part of it."""

    def cells(self, columns: Sequence[Sequence[str]]) -> list[str] | tuple[str, ...]:
        """The cells of the field in a batch."""
        assert self.index is not None
        column = columns[self.index]
        return tuple(column) if self.change is None else list(map(self.change, column))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the rows of one file become rows of one kind."""

    slots: tuple[Slot, ...]
    custom: tuple[tuple[int, CustomField], ...]
    mapping: FileMapping
    ignored: tuple[str, ...]
    changes: tuple[tuple[int, transforms.Step, tuple[int, ...]], ...] = ()
    """Columns that are changed before they are converted: place, step, places of the further columns it needs."""

    def changed(self, columns: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The columns of a batch after the mapping's transforms."""
        found = list(columns)
        for place, step, others in self.changes:
            found[place] = tuple(step.column(found[place], [columns[other] for other in others]))
        return found

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
    slots |= _split(slots, mapping, places, by_name)
    custom = tuple((_index(column, places), _custom(name, obj)) for column, name in mapping.custom.items())
    if not mapping.columns and not custom:
        custom = own_columns(header, used - _places_of(slots, "custom"), obj=obj)
        if custom:
            slots.pop("custom", None)  # the fields one by one say it all
    used |= {index for index, _field_ in custom}
    if not slots and not custom:
        raise Invalid(_("No column of the file was recognised; name the columns in the mapping."))
    missing = [item.name for item in fields if item.required and item.name not in slots]
    if missing:
        raise Invalid(
            _("No column of the file was found for “%(name)s”; name it in the mapping.") % {"name": missing[0]}
        )
    ignored = tuple(name for place, name in enumerate(header) if place not in used)
    changes = tuple(
        (_index(column, places), step, tuple(_index(other, places) for other in step.others))
        for column, raw in mapping.transforms.items()
        for step in transforms.steps(raw)
    )
    return Plan(slots=tuple(slots.values()), custom=custom, mapping=mapping, ignored=ignored, changes=changes)


PARTS_OF_NAME = {"first_name": given_name, "last_name": family_name}


def _split(
    slots: Mapping[str, Slot], mapping: FileMapping, places: Mapping[str, int], by_name: Mapping[str, Field]
) -> dict[str, Slot]:  # fmt: skip
    """Slots for the parts of a name that the mapping splits, where no column of their own fills them."""
    column = next((name for name, steps in mapping.transforms.items() if transforms.SPLIT in steps), None)
    if column is None:
        return {}
    index = _index(column, places)
    return {
        part: Slot(by_name[part], index=index, change=change)
        for part, change in PARTS_OF_NAME.items()
        if part in by_name and part not in slots
    }


def _places_of(slots: Mapping[str, Slot], name: str) -> set[int]:
    return {slots[name].index or 0} if name in slots and slots[name].index is not None else set()


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
    found = CustomField.objects.filter(object=obj, name=name, archived_at=None).first()
    if found is None:
        raise Invalid(_("There is no custom field “%(name)s” for this kind.") % {"name": name[:60]})
    return found


def guess(
    fields: Sequence[Field], header: Sequence[str], *, taken: set[str] | None = None,
    samples: Sequence[Sequence[str]] | None = None, preset: Mapping[str, str] | None = None,
) -> dict[str, str]:  # fmt: skip
    """File column → field, as far as it is sure: by header words, by values too where ``samples`` of them are given."""
    ranked = matching.matches(fields, header, samples, preset)
    found = matching.assign(ranked, taken=set(taken or ()), least=matching.SURE)
    return {header[place]: match.field for place, match in sorted(found.items())}
