"""The job page of a bulk action: what it does, to how many rows, which were refused and why; and its Undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.kit.jobpages import Failure, Story, job_or_404, told_by
from crm.kit.lists import bulk, undo
from crm.kit.lists.post import outcome
from crm.kit.lists.rows import Rows
from crm.kit.models import Job
from crm.kit.views import Action, back_to


@told_by(bulk.KIND)
def story(job: Job, user: Any) -> Story:
    """As the reader may see it: the names of the refused rows are read now, within the reader's reach."""
    listing, action = bulk.described(job)
    tally = bulk.Tally.of(job)
    title = bulk.spoken(action, job.args.get("value")) if action else _("Bulk action")
    return Story(
        title=f"{title} · {getattr(listing, 'title', '')}" if listing else title,
        text=outcome(tally) if job.is_over else "",
        note=_note(job, tally),
        failures=_failures(listing, tally, user) if listing else [],
        more=tally.refused - len(tally.named),
        reasons=sorted(tally.reasons.items(), key=lambda pair: -pair[1]),
        undo=reverse("job-undo", args=[job.token]) if undo.undoable(job) and job.user_id == user.pk else "",
    )


def _note(job: Job, tally: bulk.Tally) -> str:
    if not job.is_over:
        return _("The filters, your rights and the rows are looked at again while it runs; the count may differ.")
    if {"back", "undo"} & (job.result or {}).keys():
        return _("It was undone.")
    if undo.undoable(job) or not tally.changed:
        return ""
    return _("There is no Undo for so many; the history of every record keeps what it held before.")


@told_by(undo.KIND)
def undo_story(job: Job, user: Any) -> Story:
    """What came back, and which rows stay as they are and why."""
    done, tally = undo.original(job), bulk.Tally.of(job)
    listing, action = bulk.described(done) if done is not None else (None, None)
    title = (
        _("Undo: %(what)s") % {"what": bulk.spoken(action, done.args.get("value"))} if action and done else _("Undo")
    )
    return Story(
        title=f"{title} · {getattr(listing, 'title', '')}" if listing else title,
        text=back_words(tally.changed, tally.refused) if job.is_over else "",
        failures=_failures(listing, tally, user) if listing else [],
        more=tally.refused - len(tally.named),
        reasons=sorted(tally.reasons.items(), key=lambda pair: -pair[1]),
    )


def back_words(back: int, stayed: int) -> str:
    """How many rows are as before, and how many are not."""
    told = [ngettext("%(n)s record is as before.", "%(n)s records are as before.", back) % {"n": f"{back:,}"}]
    if stayed:
        told.append(ngettext("%(n)s stays as it is.", "%(n)s stay as they are.", stayed) % {"n": f"{stayed:,}"})
    return " ".join(told)


def _failures(listing: type[Rows], tally: bulk.Tally, user: Any) -> list[Failure]:
    """The refused rows by name, in the list's own words; those out of the reader's reach by number."""
    if not tally.named or not user.access.can(*listing.policy):
        return []
    seen = listing.read_by(user, "")
    rows = seen.get_queryset().in_bulk([pk for pk, _why in tally.named])
    first = listing.table.columns[0]
    return [
        Failure(first.cell(rows[pk], seen.scene) if pk in rows else format_html("#{}", pk), why)
        for pk, why in tally.named
    ]


class UndoJob(Action):
    """Put back what a bulk action changed."""

    policy = ("self", "view")

    def act(self, request: HttpRequest) -> str:
        job = job_or_404(request.user, self.kwargs["token"])
        done = undo.undo(job_id=job.pk, user=request.user, now=timezone.now())
        if isinstance(done, Job):
            return reverse("job", args=[done.token])
        back, stayed = done
        messages.add_message(request, messages.WARNING if stayed else messages.SUCCESS, back_words(back, stayed))
        return back_to(request, reverse("job", args=[job.token]))
