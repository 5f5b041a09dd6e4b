"""Taking an import back: first what would go, then the undo itself; what was kept stands on the result page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Refused
from crm.kit.views import Page, go_to
from customers.imports import kinds, services
from customers.imports.undo.run import check_undoable
from customers.imports.undo.words import told
from customers.imports.wizard import figures
from customers.imports.wizard.steps import OfImport, address
from customers.models import ImportJob

PLACES = {"customer": "/customers/{}/", "deal": "/sales/deals/{}/", "order": "/sales/orders/{}/", "ticket": "/service/tickets/{}/", "campaign": "/marketing/campaigns/{}/"}  # fmt: skip
NAMED = 200
"""Kept records that the page names; the API names them all."""


def can_undo(row: ImportJob, user: User) -> bool:
    """Whether this user is offered to take it back."""
    try:
        check_undoable(row)
    except Refused:
        return False
    if row.state == ImportJob.State.UNDOING and row.undo_job and not row.undo_job.is_over:
        return False
    object_ = kinds.get(row.kind).object
    may = user.access.can("import", "run") and all(user.access.can(object_, one) for one in ("add", "change"))
    return bool(may and (figures.written(row) or row.reached))


def report_of(row: ImportJob, user: User) -> dict[str, Any] | None:
    """What an undo did, with a link to each kept record that has a page."""
    if not row.undo:
        return None
    report = told(row.undo, user=user, most=NAMED)
    for entry in report["kept"]:
        place = PLACES.get(entry["object"])
        entry["href"] = place.format(entry["id"]) if place and entry["label"] else ""
    return report


class UndoPage(OfImport, Page):
    """Names the counts, then does it as a job."""

    policy = ("import", "run")
    step = "result"
    template_name = "imports/undo.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        if not can_undo(self.row, user):
            return go_to(request, address(self.row, "result"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = self.row.report or dict(self.row.counts)
        counts = {name: int(report.get(name, 0)) for name in ("created", "updated")}
        return super().get_context_data(counts=counts, **self.about(self.row), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        services.ask_undo(user=user, import_id=self.row.pk, now=timezone.now())
        messages.info(request, _("The import is being undone. You may leave; you will be told."))
        return go_to(request, address(self.row, "result"))
