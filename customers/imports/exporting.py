"""A whole kind out as CSV, XLSX or NDJSON, row by row, as one user may see it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid
from crm.kit.masking import mask
from customers.imports import kinds
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
    return writers[file_format]([name for name, _path, _level in columns], rows, out)


def _columns(kind: Kind, wanted: Sequence[str], user: User | None) -> list[tuple[str, str, str]]:
    """(field, path, level) of the columns that the user may see."""
    known = kind.exported()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Invalid(_("There is no field “%(name)s”; known are: %(known)s.")
                      % {"name": unknown[0][:60], "known": ", ".join(known)})  # fmt: skip
    found = [(name, known[name], _level(kind, name, user)) for name in (wanted or known)]
    return [column for column in found if column[2] != "hidden"]


def _level(kind: Kind, name: str, user: User | None) -> str:
    if user is None:
        return "write"
    head, _dot, field = name.rpartition(".")
    return user.access.field_level("customer" if head == "customer" else kind.object, field)


def _rows(kind: Kind, columns: list[tuple[str, str, str]], user: User | None) -> Iterator[list[Any]]:
    queryset = kind.shown_to(user)
    paths = []
    for place, (_name, path, _lev) in enumerate(columns):
        if path.endswith("external_ids"):
            owner = path.removesuffix("external_ids").removesuffix("__")
            ids = ExternalId.objects.filter(
                customer=OuterRef(f"{owner}_id" if owner and "__" not in owner else owner or "pk")
            )
            queryset = queryset.annotate(**{f"column_{place}": Subquery(ids.order_by("id").values("external_id")[:1])})
        else:
            queryset = queryset.annotate(**{f"column_{place}": F(path)})
        paths.append(f"column_{place}")
    if not queryset.query.order_by:
        queryset = queryset.order_by("pk")
    levels = [level for _name, _path, level in columns]
    for row in queryset.values_list(*paths).iterator(chunk_size=CHUNK):
        yield [mask(value) if level == "masked" else value for value, level in zip(row, levels, strict=True)]


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
