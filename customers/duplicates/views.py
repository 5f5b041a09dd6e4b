"""The queue of duplicates, the page that compares, and the verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.kit.errors import Invalid
from crm.kit.jobpages import Story, job_or_404, told_by
from crm.kit.lists import Action as RowAction
from crm.kit.lists import ListView, Preset
from crm.kit.models import Job
from crm.kit.tables import Scene
from crm.kit.views import Action, Page, back_to, undo_toast
from customers.duplicates import comparing, selectors, services, words
from customers.duplicates.filters import DuplicateFilters
from customers.duplicates.models import DuplicatePair
from customers.duplicates.tables import TABLE
from customers.merging import services as merging
from customers.merging.choices import CHOSEN
from customers.models import Merge

CHANGE, DELETE = ("customer", "change"), ("customer", "delete")


def merge_row(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Merge one pair as proposed."""
    return {"merge": services.merge_pair(user=user, pair_id=pk, now=now).pk}


def split_row(*, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
    """Split it again."""
    merging.unmerge(user=user, merge_id=before["merge"], now=now)


def ignore_row(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Two different customers."""
    services.dismiss(user=user, pair_id=pk, now=now)
    return {}


def reopen_row(*, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
    """Take it back."""
    services.reopen(user=user, pair_id=pk)


class DuplicateList(ListView):
    """Pairs that wait for a verdict, likeliest first."""

    policy = ("customer", "view")
    key = "customers.duplicatepair"
    object = "customer"
    model = DuplicatePair
    table = TABLE
    filterset_class = DuplicateFilters
    filter_names = ("decision", "state")
    own_orderings = {"points": "points"}
    default_ordering = "-points"
    title = gettext_lazy("Duplicates")
    all_label = gettext_lazy("To judge")
    presets = (
        Preset("certain", gettext_lazy("Certain"), "decision=certain"),
        Preset("review", gettext_lazy("To review"), "decision=review"),
        Preset("merged", gettext_lazy("Merged"), "state=merged"),
        Preset("dismissed", gettext_lazy("Not duplicates"), "state=dismissed"),
    )
    empty_text = gettext_lazy("No duplicates wait for a verdict.")
    empty_template = "duplicates/empty.html"
    strip_template = "duplicates/strip.html"
    template_name = "duplicates/list.html"
    actions = (
        RowAction("merge", gettext_lazy("Merge"), "merge", DELETE, merge_row, split_row, danger=True),
        RowAction("ignore", gettext_lazy("Not a duplicate"), "x", CHANGE, ignore_row, reopen_row),
    )

    def get_queryset(self) -> QuerySet[DuplicatePair]:
        found = super().get_queryset().select_related("a", "b").only(
            "points", "score", "decision", "reasons", "state", "a__name", "a__city", "b__name", "b__city"
        )  # fmt: skip
        return found if self.request.GET.getlist("state") else found.filter(state=DuplicatePair.State.OPEN)

    @cached_property
    def scene(self) -> Scene:
        made = super().scene
        made.extra |= {"may_judge": self.may(CHANGE), "may_merge": self.may(DELETE)}
        return made

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            precision=selectors.precision(user), scan=selectors.last_scan(), may_scan=self.may(CHANGE),
            certain=services.certain(user).count() if self.may(DELETE) else 0, **more,
        )  # fmt: skip


class DuplicatePage(Page):
    """Two or more customers side by side."""

    policy = ("customer", "view")
    template_name = "duplicates/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        pair = services.pair_for(user, kwargs.pop("pk"))
        levels = user.access.restricted_fields("customer")
        wide = self.request.GET.get("all") == "1"
        more = selectors.together(user, pair)
        rows = [pair.a, pair.b, *(more if wide else [])]
        is_open = pair.state == DuplicatePair.State.OPEN
        sheet = comparing.sheet(user, rows, keep=self.request.GET.get("keep", "")) if is_open else None
        return super().get_context_data(
            pair=pair, sheet=sheet, more=more, wide=wide, levels=levels, reasons=words.told(pair.reasons, levels),
            points=round(sum(one.points for one in words.told(pair.reasons, levels)), 1), is_open=is_open,
            may_judge=user.access.can("customer", "change"), may_merge=user.access.can("customer", "delete"),
            merge=Merge.objects.filter(others__customer__in=pair.ids, undone_at=None).first(),
            score=min(pair.score, 0.99), steps=comparing.neighbours(user, pair), **kwargs,
        )  # fmt: skip


class MergePair(Action):
    """Merge what stands side by side, or, from the list, as proposed."""

    policy = DELETE

    def act(self, request: HttpRequest) -> str:
        now, pk = timezone.now(), self.kwargs["pk"]
        if "keep" in request.POST:
            pair = services.pair_for(request.user, pk)
            asked = comparing.asked(request.POST, allowed=CHOSEN)
            if not {asked.keep, *asked.others} >= set(pair.ids):
                raise Invalid(_("The form does not fit this pair. Nothing was changed; open it again."))
            made = merging.merge_customers(
                user=request.user, keep_id=asked.keep, other_ids=asked.others, choices=asked.choices,
                expected=asked.versions, now=now,
            )  # fmt: skip
            target = reverse("customer", args=[made.keep_id])
        else:
            made = services.merge_pair(user=request.user, pair_id=pk, now=now)
            target = back_to(request, reverse("duplicates"))
        sentence = _("Merged into %(name)s.") % {"name": made.keep.name}
        undo_toast(request, sentence, reverse("customer-unmerge", args=[made.pk]))
        return target


class IgnorePair(Action):
    """Not a duplicate."""

    policy = CHANGE

    def act(self, request: HttpRequest) -> str:
        pair = services.dismiss(user=request.user, pair_id=self.kwargs["pk"], now=timezone.now())
        undo_toast(request, _("Remembered: not a duplicate."), reverse("duplicate-reopen", args=[pair.pk]))
        return comparing.onward(request, pair)


class ReopenPair(Action):
    """Take "not a duplicate" back."""

    policy = CHANGE

    def act(self, request: HttpRequest) -> str:
        pair = services.reopen(user=request.user, pair_id=self.kwargs["pk"])
        messages.success(request, _("The pair waits for a verdict again."))
        return back_to(request, reverse("duplicate", args=[pair.pk]))


class Unmerge(Action):
    """Split what a merge made one."""

    policy = DELETE

    def act(self, request: HttpRequest) -> str:
        merge, kept = merging.unmerge(user=request.user, merge_id=self.kwargs["pk"], now=timezone.now())
        if kept:
            names = [str(getattr(merge.keep._meta.get_field(name), "verbose_name", name)) for name in kept]
            messages.warning(
                request, _("Split again. Changed since and kept: %(fields)s.") % {"fields": ", ".join(names)}
            )
        else:
            messages.success(request, _("Split again: everything is where it was."))
        return reverse("customer", args=[merge.keep_id])


class MergeCertain(Page):
    """Asks before all certain pairs are merged, then starts the job."""

    policy = DELETE
    template_name = "duplicates/certain.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            count=services.certain(user).count(), precision=selectors.precision(user), **kwargs
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Start the job."""
        job = services.ask_merge_certain(user=request.user)
        return HttpResponseRedirect(reverse("job", args=[job.token]))


class ScanNow(Action):
    """Look for duplicates now."""

    policy = CHANGE

    def act(self, request: HttpRequest) -> str:
        job = services.ask_scan(user=request.user)
        if job.user_id == request.user.pk:
            return reverse("job", args=[job.token])
        messages.info(request, _("A scan is running already."))
        return reverse("duplicates")


class SplitAgain(Action):
    """Undo all merges of one job."""

    policy = DELETE

    def act(self, request: HttpRequest) -> str:
        job = job_or_404(request.user, self.kwargs["token"])
        if job.kind != services.MERGE_CERTAIN:
            raise Http404
        return reverse("job", args=[services.ask_split_again(user=request.user, job_id=job.pk).token])


@told_by(services.MERGE_CERTAIN)
def merge_story(job: Job, user: Any) -> Story:
    """Merging all certain pairs, with Undo."""
    result = job.result or {}
    text = ""
    if job.state == Job.State.DONE:
        text = _("%(merged)s merges done, %(refused)s customers left as they were.") % {
            "merged": result.get("merged", 0), "refused": result.get("refused", 0),
        }  # fmt: skip
    standing = job.is_over and Merge.objects.filter(job=job, undone_at=None).exists()
    undo = reverse("duplicates-split", args=[job.token]) if standing and job.user_id == user.pk else ""
    return Story(title=_("Merge all certain duplicates"), text=text, undo=undo)
