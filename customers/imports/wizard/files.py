"""The rejects file as a download, for the person who imported."""

from __future__ import annotations

from django.http import FileResponse, Http404

from customers.imports.run import rejects_path
from customers.models import ImportJob


def rejects_file(row: ImportJob) -> FileResponse:
    """Rows that were not taken, with line and reason; 404 when there are none."""
    path = rejects_path(row)
    if not path.exists():
        raise Http404
    return FileResponse(
        path.open("rb"), as_attachment=True, filename="rejects.csv", content_type="text/csv; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "no-store"},
    )  # fmt: skip
