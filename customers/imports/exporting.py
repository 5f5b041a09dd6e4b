"""A whole kind out as CSV, XLSX or NDJSON, row by row, as one user may see it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.customfields.expressions import raw_of
from crm.kit.errors import Invalid
from crm.kit.masking import mask
from customers.imports import custom, kinds
from customers.imports.kinds import Kind
from customers.models import ExternalId

FORMATS = ("csv", "xlsx", "ndjson")
CHUNK = 5000
SHEET_ROWS = 1_048_575
RISKY = re.compile(r"'*\s*[=+\-@\t\r＝＋－＠]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula; importing takes the one mark away again."""
    return f"'{text}" if RISKY.match(text) else text


def export(*, kind_name: str, file_format: str, fields: Sequence[str], user: User | None, out: IO[bytes]) -> int:
    """Write all rows to ``out`` and return how many; raises Invalid for an unknown kind, format or field."""
    kind = kinds.get(kind_name)
    if file_format not in FORMATS:
        raise Invalid(_("The format is one of: %(formats)s.") % {"formats": ", ".join(FORMATS)})
    if user is not None and not user.access.can(kind.object):
        raise Invalid(_("“%(user)s” may not see this kind of record.") % {"user": user.username})
    columns = _columns(kind, fields, user)
    if not columns:
        raise Invalid(_("None of these fields may be seen."))
    rows = _rows(kind, columns, user)
    writers: dict[str, Callable[[list[str], Iterable[list[Any]], IO[bytes]], int]] = {
        "csv": _write_csv, "xlsx": _write_xlsx, "ndjson": _write_ndjson,
    }  # fmt: skip
    return writers[file_format]([column.name for column in columns], rows, out)


@dataclass(frozen=True)
class _Column:
    """One column of the file: where its value is read and how a reader may see it."""

    name: str
    path: Any
    level: str
    shown: Callable[[Any], Any] | None = None

    def value(self, stored: Any) -> Any:
        """As the file holds it."""
        if self.shown is not None:
            return self.shown(stored)
        return mask(stored) if self.level == "masked" else stored


def _columns(kind: Kind, wanted: Sequence[str], user: User | None) -> list[_Column]:
    """The columns that the user may see; each custom field is one of its own."""
    known = kind.exported()
    levels = {} if user is None else user.access.restricted_fields(kind.object)
    own = custom.exported(kind.object, levels) if "custom" in known and levels.get("custom") is None else {}
    unknown = [name for name in wanted if name not in known and name not in own]
    if unknown:
        raise Invalid(_("There is no field “%(name)s”; known are: %(known)s.")
                      % {"name": unknown[0][:60], "known": ", ".join([*known, *own])})  # fmt: skip
    every = [name for name in known if name != "custom" or not own]
    found = [
        _Column(name, raw_of(own[name][0]), "", custom.file_value(*own[name])) if name in own
        else _Column(name, known[name], _level(kind, name, user), _bag(kind, name, levels))
        for name in (wanted or [*every, *own])
    ]  # fmt: skip
    return [column for column in found if column.level != "hidden"]


def _bag(kind: Kind, name: str, levels: Mapping[str, str]) -> Callable[[Any], Any] | None:
    """The column of all custom fields together goes by the rules of each."""
    return custom.bag(kind.object, levels) if name == "custom" and levels.get("custom") is None else None


def _level(kind: Kind, name: str, user: User | None) -> str:
    if user is None:
        return "write"
    head, _dot, field = name.rpartition(".")
    return user.access.field_level("customer" if head == "customer" else kind.object, field)


def _rows(kind: Kind, columns: list[_Column], user: User | None) -> Iterator[list[Any]]:
    queryset = kind.shown_to(user)
    paths = []
    for place, column in enumerate(columns):
        paths.append(f"column_{place}")
        queryset = queryset.annotate(**{paths[-1]: _source(column.path)})
    if not queryset.query.order_by:
        queryset = queryset.order_by("pk")
    for row in queryset.values_list(*paths).iterator(chunk_size=CHUNK):
        yield [column.value(value) for value, column in zip(row, columns, strict=True)]


def _source(path: Any) -> Any:
    if not isinstance(path, str):
        return path
    if not path.endswith("external_ids"):
        return F(path)
    owner = path.removesuffix("external_ids").removesuffix("__")
    held_by = f"{owner}_id" if owner and "__" not in owner else owner or "pk"
    ids = ExternalId.objects.filter(customer=OuterRef(held_by))
    return Subquery(ids.order_by("id").values("external_id")[:1])


def plain(value: Any) -> Any:
    """A value as a file holds it: texts, numbers and ISO times."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
        case list():
            return "; ".join(map(str, value))
        case dict():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            return value


def _cell(value: Any) -> Any:
    """A spreadsheet-safe cell: numbers and times as they are, texts guarded."""
    text = plain(value)
    return guarded(text) if isinstance(value, str | list | dict) and text else text


def _write_csv(names: list[str], rows: Iterable[list[Any]], out: IO[bytes]) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _write_ndjson(names: list[str], rows: Iterable[list[Any]], out: IO[bytes]) -> int:
    count = 0
    for row in rows:
        values = {
            name: value if isinstance(value, list | dict | bool) else plain(value)
            for name, value in zip(names, row, strict=True)
        }
        out.write(json.dumps(values, ensure_ascii=False, default=str).encode() + b"\n")
        count += 1
    return count


def _write_xlsx(names: list[str], rows: Iterable[list[Any]], out: IO[bytes]) -> int:
    import openpyxl  # heavy (it brings numpy): not for the web process

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append(names)
    count = 0
    for row in rows:
        if count >= SHEET_ROWS:
            raise Invalid(_("A spreadsheet holds at most %(most)d rows; export as CSV.") % {"most": SHEET_ROWS})
        sheet.append([CONTROLS.sub("", str(_cell(value))) for value in row])
        count += 1
    book.save(out)
    return count
