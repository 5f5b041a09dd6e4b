"""Sorting and filtering by a field without an index reads every row: on a large table an index is offered instead."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.kit.customfields.expressions import rows_estimated
from crm.kit.customfields.holders import holder
from crm.kit.errors import Invalid
from crm.kit.models import CustomField

MOST_UNINDEXED = 100_000
"""Rows that are read through for one answer; see ``docs/custom-fields.md`` for the figures behind it."""


class Unindexed(Invalid):
    """Too many rows for a field without an index; ``html`` leads to where one is made."""

    def __init__(self, field: CustomField, rows: int, *, by_part: bool) -> None:
        named = {"name": field.label, "rows": f"{rows:,}"}
        if by_part:
            sentence = _(
                "“%(name)s” cannot be searched by a part of its text in about %(rows)s rows. Search for the whole text."
            )
        else:
            sentence = _("“%(name)s” is not indexed, and there are about %(rows)s rows to read. Index the field first.")
        super().__init__(sentence % named, fields={field.rule: sentence % named})
        self.html: SafeString = format_html("{}", self.message)
        if not by_part:
            link = format_html(
                '<a class="link" href="{}">{}</a>', reverse("settings-field", args=[field.pk]), _("Index this field")
            )
            self.html = format_html("{} {}", self.message, link)


def check_size(field: CustomField, *, by_part: bool = False) -> None:
    """Raise Unindexed where a field without an index would have too many rows read."""
    if field.index == CustomField.Index.READY and not by_part:
        return
    held = holder(field.object)
    rows = rows_estimated(held) if held else 0
    if rows > MOST_UNINDEXED:
        raise Unindexed(field, rows, by_part=by_part)
