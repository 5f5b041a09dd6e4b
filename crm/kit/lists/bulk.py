"""One action on many rows: at once for a few, as a job for more. A Job row tells of both.

The page sends a flag and the list's address, never the ids of "all 214 matching". The rows are found when
the work is done, through the filters, the reach and the rights that the user has then, and each row goes
through the app's own service. Rows are walked by key, so a job that was interrupted goes on behind the last
row it committed; every verb leaves a row alone that is as wanted already.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import pghistory
from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.kit import jobs
from crm.kit.errors import Invalid, Refused
from crm.kit.lists.declared import Action
from crm.kit.lists.rows import Rows, list_of
from crm.kit.models import Job
from crm.kit.progress import Progress
from crm.kit.sets import Swept

KIND = "lists.bulk"
MOST_AT_ONCE = 200
MOST_TICKED = 500
CHUNK = 50  # rows of one transaction; well within a lease
MANY = 5_000  # the same where one statement writes them all
MOST_NAMED = 100  # refused rows that are kept one by one
MOST_REASONS = 20


@dataclass
class Tally:
    """What became of the rows so far; a job keeps it as its result."""

    last: int = 0  # key of the last row that was looked at
    changed: int = 0
    same: int = 0
    refused: int = 0
    named: list[list[Any]] = field(default_factory=list)  # [key, why] of the first refused rows
    reasons: dict[str, int] = field(default_factory=dict)
    before: list[list[Any]] = field(default_factory=list)  # [key, what it held], for Undo of what was done at once
    contexts: list[str] = field(default_factory=list)  # marks of the history that a job wrote, for its Undo

    @classmethod
    def of(cls, job: Job) -> Tally:
        """What an earlier attempt of a job has done."""
        kept = job.result or {}
        return cls(**{name: kept[name] for name in cls.__dataclass_fields__ if name in kept})

    @property
    def seen(self) -> int:
        """Rows that were looked at."""
        return self.changed + self.same + self.refused

    def refuse(self, pk: int, why: str) -> None:
        """Count a row that was refused, with its reason."""
        self.refused += 1
        if len(self.named) < MOST_NAMED:
            self.named.append([pk, why])
        if why in self.reasons or len(self.reasons) < MOST_REASONS:
            self.reasons[why] = self.reasons.get(why, 0) + 1


@dataclass(frozen=True)
class Order:
    """One action, its value, and the rows: the ticked ones, or everything that matches the list's address."""

    listing: Rows
    action: Action
    value: Any
    ids: tuple[int, ...] | None = None

    @property
    def user(self) -> Any:
        """Whose reach and rights count."""
        return self.listing.request.user

    def after(self, last: int, most: int) -> list[int]:
        """The next keys in ascending order."""
        if self.ids is not None:
            return [pk for pk in sorted(set(self.ids)) if pk > last][:most]
        return list(self._rows(last).order_by("pk").values_list("pk", flat=True)[:most])

    def left(self, last: int) -> int:
        """How many rows lie behind a key."""
        return self._rows(last).count() if self.ids is None else len(self.after(last, MOST_TICKED))

    def _rows(self, last: int) -> QuerySet[Any]:
        return self.listing.matching().filter(pk__gt=last)

    def do(self, pk: int, tally: Tally, now: datetime) -> None:
        """The action on one row; a refusal is counted and leaves the other rows alone."""
        tally.last = pk
        try:
            with transaction.atomic():
                before = self.action.act(user=self.user, pk=pk, value=self.value, now=now)
        except Refused as refused:
            tally.refuse(pk, " ".join(getattr(refused, "fields", {}).values()) or refused.message)
            return
        except (DataError, IntegrityError):
            tally.refuse(pk, _("The values do not fit together."))
            return
        if before is None:
            tally.same += 1
            return
        tally.changed += 1
        if self.action.back:
            tally.before.append([pk, before])

    def sweep(self, keys: list[int], tally: Tally, now: datetime) -> None:
        """The action on a chunk in one statement; row by row where the database refuses one of them."""
        assert self.action.sweep is not None
        try:
            with transaction.atomic():
                done = self.action.sweep.act_on(user=self.user, ids=keys, value=self.value, now=now)
        except Refused as refused:
            done = Swept(refused=[(pk, refused.message) for pk in keys])
        except (DataError, IntegrityError):
            for pk in keys:
                self.do(pk, tally, now)
            return
        tally.last = keys[-1]
        tally.changed += done.changed
        tally.same += done.same
        for pk, why in done.refused:
            tally.refuse(pk, why)

    def kept(self) -> dict[str, Any]:
        """The order as a job keeps it."""
        rows = {"query": self.listing.state.urlencode()} if self.ids is None else {"ids": list(self.ids)}
        asker = {"language": translation.get_language(), "zone": timezone.get_current_timezone_name()}
        return {"list": self.listing.key, "action": self.action.name, "value": self.value, **rows, **asker}


@transaction.atomic
def at_once(order: Order, keys: list[int], *, now: datetime) -> Job:
    """Do it here, for as many rows as that is fast enough for; the job row is the record and the Undo.

    One transaction: no row is changed without its record, whatever ends the process.
    """
    tally = Tally()
    for pk in keys:
        order.do(pk, tally, now)
    return Job.objects.create(
        kind=KIND, args=order.kept(), user=order.user, state=Job.State.DONE, done=tally.seen, total=tally.seen,
        attempts=1, started_at=now, finished_at=now, told_at=now, result=asdict(tally),
    )  # fmt: skip


@transaction.atomic
def as_job(order: Order) -> Job:
    """Queue it."""
    return jobs.enqueue(KIND, order.kept(), user=order.user)


def run(job: Job, report: Progress, *, now: datetime) -> dict[str, Any]:
    """The job's work: chunk by chunk, each with its tally in one transaction; asks anew for the rights each time."""
    with as_asked(job), pghistory.context(user=job.user_id, via="job", job=job.pk) as context:
        tally = Tally.of(job)
        tally.contexts.append(str(context.id))
        report(done=tally.seen, total=tally.seen + order_of(job).left(tally.last))
        for order, keys in _chunks(job, tally):
            with transaction.atomic():
                if order.action.sweep is not None:
                    order.sweep(keys, tally, now)
                else:
                    for pk in keys:
                        order.do(pk, tally, now)
                tally.before.clear()  # the history keeps it
                report.fence()
                Job.objects.filter(pk=job.pk).update(result=asdict(tally))
            report(done=tally.seen)
    return asdict(tally)


@contextmanager
def as_asked(job: Job) -> Iterator[None]:
    """The asker's language for the reasons, and their time zone: a day in a filter begins where they are."""
    with translation.override(job.args.get("language")), timezone.override(job.args.get("zone") or "UTC"):
        yield


def _chunks(job: Job, tally: Tally) -> Iterator[tuple[Order, list[int]]]:
    while True:
        order = order_of(job)
        keys = order.after(tally.last, MANY if order.action.sweep is not None else CHUNK)
        if not keys:
            return
        yield order, keys


def order_of(job: Job) -> Order:
    """The order that a job keeps, with the rights of this moment; raises Refused where they are gone."""
    user = get_user_model().objects.filter(pk=job.user_id or 0, is_active=True).first()
    if user is None:
        raise Refused(_("The person who asked for this may not sign in any more. The rows that are left stay."))
    listing, action = described(job)
    if listing is None or action is None:
        raise Refused(_("This action is no longer offered. The rows that are left stay as they are."))
    made = listing.read_by(user, job.args.get("query", ""))
    if not (made.may(made.policy) and made.may(action.policy)):
        raise Refused(_("Your role no longer reaches this. The rows that are left stay as they are."))
    ids = tuple(job.args["ids"]) if "ids" in job.args else None
    return Order(made, action, job.args["value"], ids)


def described(job: Job) -> tuple[type[Rows] | None, Action | None]:
    """The list and the action that a job names."""
    listing = list_of(job.args.get("list", ""))
    actions = listing.actions if listing else ()
    return listing, next((one for one in actions if one.name == job.args.get("action")), None)


def spoken(action: Action, value: Any) -> str:
    """An action with its value, as a person says it."""
    choices = dict(action.input.choices) if action.input else {}
    word = str(choices.get(value, value)) if isinstance(value, str) else ""
    return f"{action.label} “{word}”" if word else str(action.label)


def chosen(ids: list[str]) -> tuple[int, ...]:
    """The ticked rows of a form; raises Invalid for none and for more than a page can hold."""
    found = {int(one) for one in ids if one.isascii() and one.isdigit() and len(one) < 19}
    if not found:
        raise Invalid(_("Nothing is selected. Tick the rows first."))
    if len(found) > MOST_TICKED:
        raise Invalid(_("At most %(most)s rows can be ticked; choose all that match instead.") % {"most": MOST_TICKED})
    return tuple(sorted(found))
