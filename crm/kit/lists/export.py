"""A list as a file: the same rows and columns, streamed as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, ClassVar

from django.db import connection, transaction
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.text import slugify

from crm.kit import keyset
from crm.kit.exports import exported
from crm.kit.lists.saved import SavedViews
from crm.kit.masking import mask
from crm.kit.sheets import Chunk, csv_stream, xlsx_stream
from crm.kit.tables import Column, safe_cell
from crm.kit.views import Policy, refuse

FORMATS: dict[str, tuple[Callable[[Sequence[str], Iterator[Chunk]], Iterator[bytes]], str]] = {
    "csv": (csv_stream, "text/csv; charset=utf-8"),
    "xlsx": (xlsx_stream, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
ROWS = 2_000  # of the database at a time


@contextmanager
def reading_all() -> Iterator[None]:
    """The transaction that a cursor lives in while the file is sent; it is planned for all rows, not for the first."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
            cursor.execute("SET LOCAL work_mem = '64MB'")
        yield


def _as_now(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The stream in the language and the time zone of this moment: it is read when the request is over."""
    language, zone = translation.get_language(), timezone.get_current_timezone()
    while True:
        with translation.override(language), timezone.override(zone):
            part = next(stream, None)
        if part is None:
            return
        yield part


class Export(SavedViews):
    """``?format=csv`` and ``?format=xlsx``."""

    export_policy: ClassVar[Policy] = ("export", "run")

    def prepare(self, rows: list[Any]) -> list[Any]:
        """A last look at the rows of the page, e.g. to attach what a second query found."""
        return rows

    def export(self, form: str) -> HttpResponseBase:
        """The filtered rows as a file, streamed; only what the user may see, and noted in the audit trail."""
        refusal = refuse(self.request, self.export_policy)
        if refusal is not None:
            return refusal
        write, kind = FORMATS[form]
        header = [str(safe_cell(str(column.label))) for column in self.columns]
        chunks = self.cells()
        exported(self.request, self.key, self.state.urlencode())
        response = StreamingHttpResponse(_as_now(write(header, chunks)), content_type=kind)
        name = slugify(str(self.key).replace(".", "-"))
        response.headers["Content-Disposition"] = (
            f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.{form}"'
        )
        return response

    def cells(self) -> Iterator[Chunk]:
        """The cells of all rows, a few thousand rows at a time, in the order of the list."""
        rows = keyset.ordered(self.rows, self.ordering)
        if all(column.reads for column in self.columns):
            return self._by_values(rows)
        return self._by_rows(rows)

    def _by_values(self, rows: Any) -> Iterator[Chunk]:
        """Where every column says what it reads, no row becomes an object: a million of them in half a minute."""
        makers = [self._maker(column) for column in self.columns]
        paths = list(dict.fromkeys(path for column in self.columns for path in column.reads))
        places = [[paths.index(path) for path in column.reads] for column in self.columns]
        with reading_all():
            found = rows.values_list(*paths).iterator(chunk_size=ROWS)
            while chunk := list(islice(found, ROWS)):
                read = list(zip(*chunk, strict=True))
                made = [
                    list(map(make, *(read[place] for place in wanted)))
                    for make, wanted in zip(makers, places, strict=True)
                ]
                yield list(zip(*made, strict=True))

    def _maker(self, column: Column) -> Callable[..., object]:
        """A function of what a column reads, to a cell; masked as on the page."""
        make = column.make
        if self.levels.get(column.field or column.name) == "masked":
            return lambda *values: safe_cell(mask(make(*values) if make else values[0]))
        if make is None:
            return safe_cell
        return lambda *values: safe_cell(make(*values))

    def _by_rows(self, rows: Any) -> Iterator[Chunk]:
        columns = self.columns
        with reading_all():
            found = rows.iterator(chunk_size=ROWS)
            while chunk := self.prepare(list(islice(found, ROWS))):
                yield [[safe_cell(self.file_value(column, row)) for column in columns] for row in chunk]

    def file_value(self, column: Column, row: Any) -> Any:
        """What a file shows of a cell; masked as on the page."""
        if column.value is None or self.levels.get(column.field or column.name) == "masked":
            return column.cell(row, self.scene)
        return column.value(row)
