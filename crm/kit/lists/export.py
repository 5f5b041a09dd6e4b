"""A list as a file: the same rows and columns, streamed as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.text import slugify

from crm.kit import keyset
from crm.kit.exports import exported
from crm.kit.lists.conditions import Conditions
from crm.kit.tables import Column, spreadsheet_safe
from crm.kit.views import Policy, refuse


class Export(Conditions):
    """``?format=csv``."""

    export_policy: ClassVar[Policy] = ("export", "run")

    def prepare(self, rows: list[Any]) -> list[Any]:
        """A last look at the rows of the page, e.g. to attach what a second query found."""
        return rows

    def export(self) -> HttpResponseBase:
        """The filtered rows as CSV, streamed; only what the user may see, and noted in the audit trail."""
        refusal = refuse(self.request, self.export_policy)
        if refusal is not None:
            return refusal
        name = slugify(str(self.key).replace(".", "-"))
        exported(self.request, self.key, self.state.urlencode())
        response = StreamingHttpResponse(self.csv_lines(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'
        return response

    def csv_lines(self) -> Iterator[bytes]:
        """Header and rows, a thousand rows of the database at a time."""
        writer = csv.writer(_Echo())
        columns = self.columns
        yield ("\ufeff" + writer.writerow([spreadsheet_safe(str(column.label)) for column in columns])).encode()
        cursor = ""
        while True:
            page = keyset.page(self.rows, ordering=self.ordering, cursor=cursor, size=keyset.MAX_PAGE_SIZE)
            rows = self.prepare(page.rows)
            lines = (writer.writerow([spreadsheet_safe(self.file_value(c, row)) for c in columns]) for row in rows)
            yield "".join(lines).encode()
            if not page.next:
                return
            cursor = page.next

    def file_value(self, column: Column, row: Any) -> Any:
        """What a file shows of a cell; masked as on the page."""
        if column.value is None or self.levels.get(column.field or column.name) == "masked":
            return column.cell(row, self.scene)
        return column.value(row)


class _Echo:
    """A file whose ``write`` gives the text back, so that the CSV writer can stream."""

    def write(self, text: str) -> str:
        return text
