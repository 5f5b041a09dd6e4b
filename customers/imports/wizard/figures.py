"""The counts of a report as the pages name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import ImportJob


@dataclass(frozen=True)
class Figure:
    """One count."""

    name: str
    label: str
    count: int
    tone: str = ""


def figures(row: ImportJob) -> list[Figure]:
    """What an import did, or what a check says it would do; possible duplicates where the report speaks of them."""
    report = row.report or {}
    done = row.dry_run is False
    made = [
        Figure("created", _("Created") if done else _("New"), _count(report, "created"), "ok"),
        Figure("updated", _("Updated") if done else _("Updates"), _count(report, "updated"), "info"),
        Figure("unchanged", _("Unchanged"), _count(report, "unchanged")),
        Figure("skipped", _("Skipped"), _count(report, "skipped"), "warn"),
        Figure("rejected", _("Rejected"), _count(report, "rejected"), "bad"),
    ]
    if "duplicates" in report:
        made.append(Figure("duplicates", _("Possible duplicates"), _count(report, "duplicates"), "warn"))
    if report.get("pending_links"):
        made.append(Figure("pending", _("Links that wait for their other end"), _count(report, "pending_links")))
    if report.get("resolved_links"):
        made.append(Figure("resolved", _("Waiting links resolved"), _count(report, "resolved_links"), "ok"))
    return made


def _count(report: dict[str, Any], name: str) -> int:
    """A count, whether it stands alone, with details, or as a list of what it counts."""
    value = report.get(name, 0)
    if isinstance(value, dict):
        value = value.get("count", 0)
    return len(value) if isinstance(value, list) else int(value or 0)


def written(row: ImportJob) -> int:
    """Rows that an import writes."""
    report = row.report or {}
    return _count(report, "created") + _count(report, "updated")


def sentence(row: ImportJob) -> str:
    """The counts in one line: "1,204 new, 88 updated, 6 rejected"; nothing where nothing is known."""
    report = row.report or dict(row.counts)
    parts = []
    for name, text in (
        ("created", lambda n: ngettext("%(n)s new", "%(n)s new", n)),
        ("updated", lambda n: ngettext("%(n)s updated", "%(n)s updated", n)),
        ("unchanged", lambda n: ngettext("%(n)s unchanged", "%(n)s unchanged", n)),
        ("skipped", lambda n: ngettext("%(n)s skipped", "%(n)s skipped", n)),
        ("rejected", lambda n: ngettext("%(n)s rejected", "%(n)s rejected", n)),
    ):
        count = _count(report, name)
        if count:
            parts.append(text(count) % {"n": f"{count:,}"})
    return ", ".join(parts)
