"""Step 3: what would happen, the rows that do not fit, and mending them on the spot."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Refused
from crm.kit.views import Page, go_to
from customers.imports.run import rejects_path
from customers.imports.wizard import drafts, figures, rejects
from customers.imports.wizard.steps import OfImport, address
from customers.models import ImportJob

CELL = re.compile(r"c-(\d{1,15})-(\d{1,5})", re.ASCII)
INPUTS = 600
"""Boxes on one page of rows to mend."""
FARTHEST = 10_000
"""Rejected rows that can be paged through; what lies behind is in the file."""


class CheckPage(OfImport, Page):
    """The dry run of a draft: counts, first rows, rejected rows."""

    policy = ("import", "run")
    step = "check"
    template_name = "imports/check.html"

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    @cached_property
    def tried(self) -> ImportJob | None:
        """The latest check."""
        return self.draft.checks.select_related("job").order_by("-id").first()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft.mapping is None:
            return go_to(request, address(self.draft, "map"))
        if request.headers.get("HX-Target") == "progress" and self.is_running:
            return render(request, "imports/progress.html", self._progress())
        if request.headers.get("HX-Target") == "progress":
            return go_to(request, address(self.draft, "check"))
        return render(request, self.template_name, self.get_context_data(**self._context()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent = request.POST
        if "import" in sent:
            drafts.launch(draft=self.draft, user=self.user, now=timezone.now())
            return go_to(request, address(self.draft, "run"))
        if "mend" in sent:
            count = drafts.mend(draft=self.draft, user=self.user, cells=self._mended(sent))
            if not count:
                messages.info(request, _("Nothing was changed."))
                return go_to(request, f"{request.path}?show=rejected")
        if "stop" in sent and self.tried and self.tried.job_id:
            jobs.cancel(job_id=self.tried.job_id)
            return go_to(request, address(self.draft, "map"))
        draft = ImportJob.objects.get(pk=self.draft.pk)
        made = drafts.check(draft=draft, user=self.user, now=timezone.now())
        if "mend" in sent:
            return go_to(request, self._after_mending(made, count))
        return go_to(request, address(draft, "check"))

    def _mended(self, sent: Any) -> dict[tuple[int, int], str]:
        """The cells whose text is another one than the page had shown."""
        found = {}
        for name, text in sent.items():
            cell = CELL.fullmatch(name)
            if cell and sent.get(f"was-{cell[1]}-{cell[2]}", "").replace("\r\n", "\n") != text.replace("\r\n", "\n"):
                found[int(cell[1]), int(cell[2])] = text
        return found

    def _after_mending(self, made: ImportJob, count: int) -> str:
        """To what is still rejected, if anything."""
        told = ngettext("%(n)d cell is mended and checked again.", "%(n)d cells are mended and checked again.", count)
        messages.success(self.request, told % {"n": count})
        left = (made.report or {}).get("rejected", 0) if made.state == ImportJob.State.DONE else 0
        return address(self.draft, "check") + ("?show=rejected" if left else "")

    @property
    def is_running(self) -> bool:
        """Whether the check is not over."""
        job = self.tried.job if self.tried else None
        return bool(job and not job.is_over)

    def _progress(self) -> dict[str, Any]:
        assert self.tried is not None
        return {"job": self.tried.job, "where": address(self.draft, "check"), "pace": None}

    def _context(self) -> dict[str, Any]:
        tried = self.tried
        found: dict[str, Any] = {**self.about(self.draft), "tried": tried, "user_may": True}
        if tried is None:
            return found
        if self.is_running:
            return found | self._progress() | {"running": True}
        if tried.state != ImportJob.State.DONE:
            return found | {
                "failed": tried.error or (tried.job.error if tried.job else "") or _("The check was stopped.")
            }
        found |= {"stale": not drafts.fits(self.draft, tried), "figures": figures.figures(tried)}
        found |= {"report": tried.report, "writes": figures.written(tried)}
        try:
            return found | self._rows(tried)
        except Refused as refused:
            return found | {"rows_error": refused.message}

    def _rows(self, tried: ImportJob) -> dict[str, Any]:
        """The rows to show: the first of the file, or the rejected ones."""
        only = self.request.GET.get("show") == "rejected"
        rejected = (tried.report or {}).get("rejected", 0) + (tried.report or {}).get("skipped", 0)
        shown: dict[str, Any] = {"only": only, "refused": rejected, "has_file": rejects_path(tried).exists()}
        if not only:
            header, rows = rejects.first_rows(self.draft, tried)
            return shown | {"header": header, "seen": rows}
        header = rejects.header_of(tried)
        size = max(5, min(rejects.PAGE, INPUTS // max(1, len(header))))
        raw = self.request.GET.get("from", "0")
        start = min(int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else 0, FARTHEST)
        rows, more = rejects.rejected(tried, start=start, size=size)
        return shown | {
            "header": header, "seen": rows, "start": start + 1, "end": start + len(rows),
            "following": f"?show=rejected&from={start + size}" if more and start + size <= FARTHEST else "",
            "previous": f"?show=rejected&from={max(0, start - size)}" if start else "",
            "can_mend": any(one.is_rejected for one in rows),
        }  # fmt: skip


class Discard(OfImport, Page):
    """Throw a draft away: asks with its name, then does it."""

    policy = ("import", "run")
    step = "upload"
    template_name = "imports/discard.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.about(self.draft), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = self.draft.file_name
        user: Any = request.user
        drafts.discard(draft=self.draft, user=user)
        messages.success(request, _("The draft of “%(name)s” is thrown away.") % {"name": name})
        return go_to(request, "/data/import/")
