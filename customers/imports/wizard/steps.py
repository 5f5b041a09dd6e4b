"""The five steps, where an import stands among them, and what all their pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from customers.imports.wizard import labels
from customers.models import ImportJob

STEPS = {
    "upload": gettext_lazy("Upload"),
    "map": gettext_lazy("Map columns"),
    "check": gettext_lazy("Check"),
    "run": gettext_lazy("Import"),
    "result": gettext_lazy("Result"),
}


@dataclass(frozen=True)
class Step:
    """One step of the line on top."""

    name: str
    label: str
    href: str
    current: bool
    past: bool


def address(row: ImportJob, step: str) -> str:
    """Where a step of an import is."""
    return reverse(f"import-{step}", kwargs={"token": row.token})


def standing(row: ImportJob) -> str:
    """The step at which an import stands."""
    match row.state:
        case ImportJob.State.DRAFT:
            return "map" if row.mapping is None else "check"
        case ImportJob.State.WAITING | ImportJob.State.RUNNING:
            return "run"
        case _:
            return "result"


def reachable(row: ImportJob | None) -> tuple[str, ...]:
    """The steps that can be opened now: those before the one at which it stands, never the ones before a run."""
    if row is None:
        return ("upload",)
    match standing(row):
        case "map":
            return ("upload", "map")
        case "check":
            return ("upload", "map", "check")
        case other:
            return (other,)


def line(row: ImportJob | None, current: str) -> list[Step]:
    """The line on top."""
    open_, here = reachable(row), list(STEPS).index(current)
    return [
        Step(
            name,
            str(label),
            address(row, name) if row and name in open_ and name != current else "",
            place == here,
            place < here,
        )
        for place, (name, label) in enumerate(STEPS.items())
    ]


def neighbours(row: ImportJob | None, current: str) -> dict[str, str]:
    """Addresses of the steps before and after, where there are any."""
    names = list(STEPS)
    place = names.index(current)
    before = names[place - 1] if place else ""
    return {"step_before": address(row, before) if row and before in reachable(row) else ""}


class OfImport:
    """Finds the import of the address; another's and none at all give the same 404."""

    request: HttpRequest
    kwargs: dict[str, Any]
    step = ""

    @cached_property
    def row(self) -> ImportJob:
        """One of the imports that the user may see."""
        found = (
            ImportJob.objects.visible_to(self.request.user)
            .select_related("job", "user", "undo_job")
            .filter(check_of=None)
        )  # type: ignore[misc]
        one = found.filter(token=self.kwargs["token"]).first()
        if one is None:
            raise Http404
        return one

    @cached_property
    def draft(self) -> ImportJob:
        """The same, where it is the user's own and not run yet."""
        if self.row.state != ImportJob.State.DRAFT or self.row.user_id != self.request.user.pk:
            raise Http404
        return self.row

    def about(self, row: ImportJob | None) -> dict[str, Any]:
        """What every page of the wizard shows."""
        return {
            "row": row,
            "steps": line(row, self.step),
            "step_name": STEPS[self.step],
            "kind_label": labels.kind_label(row.kind) if row else "",
            "kind_icon": labels.kind_icon(row.kind) if row else "",
            **neighbours(row, self.step),
        }
