"""Step 5: what an import did, the rows it did not take, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Refused
from crm.kit.models import CustomField
from crm.kit.views import Page, go_to
from customers.imports import kinds
from customers.imports.run import rejects_path
from customers.imports.wizard import drafts, figures, labels, rejects
from customers.imports.wizard.steps import OfImport, address, standing
from customers.imports.wizard.treatments import in_words
from customers.imports.wizard.undo_page import can_undo, report_of
from customers.models import ImportJob

FEW = 10
OVER = (ImportJob.State.DONE, ImportJob.State.UNDOING, ImportJob.State.UNDONE)


class ResultPage(OfImport, Page):
    """Counts with links, treatments, what was left out, rejected rows, undo."""

    policy = ("import", "view")
    write_policy = ("import", "run")
    step = "result"
    template_name = "imports/result.html"

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    @property
    def is_own(self) -> bool:
        """Rejected rows are those of the person who imported."""
        return self.row.user_id == self.user.pk

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.row
        if row.state == ImportJob.State.DRAFT or (standing(row) == "run" and not (row.job and row.job.is_over)):
            return go_to(request, address(row, standing(row)))
        if request.headers.get("HX-Target") == "progress":
            if row.state != ImportJob.State.UNDOING:
                return go_to(request, address(row, "result"))
            return render(request, "imports/undone.html", {"row": row, "undoing": True})
        return render(request, self.template_name, self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "again" in request.POST:
            if not self.is_own:
                raise Refused(_("No rejected rows are kept of this import."), status=404)
            made = drafts.again_from_rejects(old=self.row, user=self.user, now=timezone.now())
            drafts.check(draft=made, user=self.user, now=timezone.now())
            messages.success(request, _("The rejected rows are a draft of their own now, with the same mapping."))
            return go_to(request, address(made, "check") + "?show=rejected")
        if "reopen" in request.POST:
            return go_to(request, address(drafts.reopen(row=self.row, user=self.user), "map"))
        if "retry" in request.POST:
            drafts.retry(row=self.row, user=self.user)
            return go_to(request, address(self.row, "run"))
        return go_to(request, address(self.row, "result"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row
        report, kind = row.report or {}, kinds.get(row.kind)
        mine = rejects_path(row).exists() and self.is_own
        refused, more_refused = rejects.rejected(row, size=FEW) if mine else ([], False)
        return super().get_context_data(
            report=report, figures=figures.figures(row) if row.report else [], so_far=figures.sentence(row),
            failure=self._failure(), lists=_lists(row, self.user),
            treatments=[(in_words(name, kind), count) for name, count in report.get("treatments", {}).items()],
            filled=_filled(row),
            format=labels.setting_value("format", report.get("format", "")),
            encoding=labels.setting_value("encoding", report.get("encoding") or "") if report.get("encoding") else "",
            has_rejects=mine, refused=refused, more_refused=more_refused, header=rejects.header_of(row) if mine else [],
            can_reopen=self.is_own and drafts.can_reopen(row), can_retry=self.is_own and drafts.can_retry(row),
            can_undo=can_undo(row, self.user), undone=report_of(row, self.user),
            undoing=row.state == ImportJob.State.UNDOING and row.undo_job is not None,
            may_run=self.user.access.can("import", "run"), **self.about(row), **kwargs,
        )  # fmt: skip

    def _failure(self) -> str:
        """Why it ended early, in one sentence, without places of the server."""
        row = self.row
        if row.state in OVER:
            return ""
        told = row.error or (row.job.error if row.job else "") or _("It was cut off. The rows written so far stay.")
        return told.replace(str(rejects_path(row)), "rejects.csv")


def _filled(row: ImportJob) -> list[tuple[str, str]]:
    """Which column filled which field, in words; custom fields under their label."""
    kind, mapping = kinds.get(row.kind), row.mapping or {}
    columns = mapping.get("columns") or (row.report or {}).get("mapping", {})
    custom = mapping.get("custom", {})
    names = dict(CustomField.objects.filter(object=kind.object, name__in=custom.values()).values_list("name", "label"))
    found = [(column, labels.field_label(kind, name)) for column, name in columns.items()]
    return found + [(column, names.get(name, name)) for column, name in custom.items()]


def _lists(row: ImportJob, user: User) -> list[tuple[str, str]]:
    """(words, address) of the lists where the rows of an import are found."""
    url_name = labels.KINDS.get(row.kind, ("", "", ""))[2]
    if (
        not url_name
        or row.dry_run
        or row.state == ImportJob.State.UNDONE
        or not figures.written(row)
        or not user.access.can(kinds.get(row.kind).object)
    ):
        return []
    try:
        place = reverse(url_name)
    except NoReverseMatch:
        return []
    if row.kind in ("customers", "leads"):
        return [(_("Show the customers of this import"), f"{place}?imported_by={row.pk}")]
    return [(_("Open the list “%(name)s”") % {"name": labels.kind_label(row.kind)}, place)]
