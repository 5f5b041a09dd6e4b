"""A table is a list of columns; the same columns draw the page, the part for htmx and the CSV.

Cells are plain functions (see ``crm.kit.ui.cells``): fifty rows of nine cells cost a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import conditional_escape as esc
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.kit.ui import cells

Words = str | Promise
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass
class Scene:
    """What every cell of one table may know: one clock reading, the reader and what is masked for them."""

    user: Any
    now: datetime
    currency: str = ""
    levels: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


Cell = Callable[[Any, Scene], object]


@dataclass(frozen=True)
class Column:
    """One column.

    ``cell`` gives safe HTML or plain text of a row, ``value`` what goes into a file (the cell's plain
    text when absent). ``sort`` is the name in ``?ordering=``. ``field`` is the name that a field rule may hide
    or mask; ``model`` marks model output with the sparkle. ``needs()`` are annotations (name → expression) of
    the list's query, made only where the column is shown. ``reads`` are the paths that ``make`` turns into what
    goes into a file (the value itself without it): a list whose columns all have them is exported without objects.
    """

    name: str
    label: Words
    cell: Cell
    value: Callable[[Any], object] | None = None
    sort: str = ""
    css: str = ""
    shown: bool = True
    field: str = ""
    model: bool = False
    first: bool = False
    order: int = 50
    needs: Callable[[], Mapping[str, Any]] = dict
    reads: tuple[str, ...] = ()
    make: Callable[..., object] | None = None

    @property
    def classes(self) -> str:
        """CSS classes of each of its cells."""
        return " ".join(part for part in (self.css, "first" if self.first else "") if part)


@dataclass(frozen=True)
class Table:
    """The columns of one list and how its rows behave."""

    columns: tuple[Column, ...]
    row_label: Callable[[Any], str] = str
    selectable: bool = False
    css: str = ""

    def having(self, more: Iterable[Column]) -> Table:
        """The same table with the columns that apps above registered, by their order."""
        added = [*self.columns, *more]
        ordered = sorted(added, key=lambda column: (not column.first, column.order))
        return Table(tuple(ordered), self.row_label, self.selectable, self.css)

    def allowed(self, levels: dict[str, str]) -> list[Column]:
        """Columns whose field is not hidden from the reader."""
        return [column for column in self.columns if levels.get(column.field or column.name) != "hidden"]


def rows_html(columns: Sequence[Column], rows: Iterable[Any], scene: Scene, table: Table) -> SafeString:
    """The ``<tr>`` elements of a table."""
    made = [(column.cell, column.classes) for column in columns]
    pick = _("Select %(name)s") if table.selectable else ""
    out: list[str] = []
    for row in rows:
        out.append("<tr data-row>")
        if pick:
            name = esc(pick % {"name": table.row_label(row)})
            out.append(f'<td class="sel"><input type="checkbox" name="ids" value="{row.pk}" aria-label="{name}">')
        # esc() writes out what is no text, such as a number; the stubs know only text
        out.extend(_td(esc(cell(row, scene)), css) for cell, css in made)  # type: ignore[arg-type]
        out.append("\n")
    return mark_safe("".join(out))  # noqa: S308 - every part above is escaped or made by a cell function


LONE = re.compile(r'<span class="(num|soft|muted|t-[a-z]+)"( title="[^"]*")?>([^<]*)</span>')
"""A cell that is one plain span: its class and title can stand on the cell itself, which saves a node."""


def _td(inner: str, css: str) -> str:
    # End tags of td and tr may be left out in HTML; a page of 50 rows is 4 KB and 200 nodes lighter.
    lone = LONE.fullmatch(inner) if inner.startswith("<span") else None
    title = ""
    if lone:
        name, title, inner = lone.group(1), lone.group(2) or "", lone.group(3)
        css = f"{css} {name}".strip()
    return f'<td class="{css}"{title}>{inner}' if css else f"<td{title}>{inner}"


def plain(value: object) -> str:
    """A value as a file shows it: ISO dates, plain decimals, no thousands separators."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list | tuple | set):
        return ", ".join(plain(item) for item in value)
    return str(value)


def safe_cell(value: object) -> object:
    """A cell of a file: numbers as they are, texts so that no spreadsheet takes them for a formula.

    One ``'`` goes before a leading ``= + - @``; importing takes exactly one away.
    """
    if type(value) is str or isinstance(value, str):
        if not value or value[0].isalnum():
            return value
        return f"'{value}" if value.lstrip().startswith(FORMULA_STARTS) or value[0] in "\t\r" else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = plain(value)
    return text if isinstance(value, Decimal) else safe_cell(text)


def empty_cell() -> SafeString:
    """A quiet dash."""
    return cells.EMPTY
