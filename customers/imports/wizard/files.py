"""The rejects file as a download, for the person who imported."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest

from crm.kit.views import Policed
from customers.imports.run import rejects_path
from customers.imports.wizard.steps import OfImport
from customers.models import ImportJob


class RejectsFile(OfImport, Policed):
    """Rows that an import, or the latest check of a draft, did not take; 404 when there are none."""

    policy = ("import", "run")

    def get(self, request: HttpRequest, **_kwargs: Any) -> FileResponse:
        row: ImportJob | None = self.row
        if self.row.state == ImportJob.State.DRAFT:
            row = self.draft.checks.order_by("-id").first()
        if row is None or row.user_id != request.user.pk or not rejects_path(row).exists():
            raise Http404
        return FileResponse(
            rejects_path(row).open("rb"), as_attachment=True, filename="rejects.csv",
            content_type="text/csv; charset=utf-8",
            headers={
                "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "no-store",
            },
        )  # fmt: skip
