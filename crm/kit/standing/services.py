"""Verbs on standing exports: set up, change, run, pause, delete; and the job that writes one file."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.conf import CONF
from crm.kit import exports, jobs
from crm.kit.errors import Invalid, Refused
from crm.kit.lists.export import Export
from crm.kit.lists.rows import list_of
from crm.kit.models import Job, StandingExport, StandingFile
from crm.kit.progress import Progress
from crm.kit.standing import files
from crm.kit.standing.times import next_due
from crm.kit.workspace import workspace_zone

logger = logging.getLogger(__name__)

KIND = "standing.write"
MOST_OF_ONE = 50
MOST_DAYS = 90
RIGHT = ("export", "run")
SETTABLE = ("name", "format", "every", "at", "weekday", "monthday", "keep_days", "mail")


def own(user: Any) -> QuerySet[StandingExport]:
    """A person's standing exports."""
    return StandingExport.objects.filter(user=user, deleted_at=None)


def list_at(path: str) -> type[Export]:
    """The list at an address; Invalid where there is none that can be a file."""
    try:
        found: Any = getattr(resolve(path).func, "view_class", None)
    except Resolver404:
        found = None
    if not (isinstance(found, type) and issubclass(found, Export) and list_of(getattr(found, "key", "")) is found):
        raise Invalid(_("There is no list at this address."))
    return found


@transaction.atomic
def create(*, user: Any, path: str, query: str, values: dict[str, Any], now: dt.datetime) -> StandingExport:
    """Set a list up to be written again and again; raises Invalid for one that cannot be read that way."""
    if own(user).count() >= MOST_OF_ONE:
        raise Refused(_("You have %(most)s standing exports; delete one first.") % {"most": MOST_OF_ONE})
    listing = list_at(path)
    made = StandingExport(user=user, list=listing.key, path=path, query=query[:4000])
    made.query = _allowed(listing, made).state.urlencode()
    _set(made, values, now)
    made.save()
    return made


@transaction.atomic
def change(*, user: Any, pk: int, values: dict[str, Any], now: dt.datetime) -> StandingExport:
    """Another name, time or format."""
    row = _mine(user, pk)
    _set(row, values, now)
    row.save()
    return row


def _set(row: StandingExport, values: dict[str, Any], now: dt.datetime) -> None:
    for name in SETTABLE:
        setattr(row, name, values[name])
    if not 1 <= row.keep_days <= MOST_DAYS:
        sentence = _("Choose 1 to %(most)s days.") % {"most": MOST_DAYS}
        raise Invalid(sentence, fields={"keep_days": sentence})
    row.next_at = _next(row, now)


def zone_of(user: Any) -> ZoneInfo:
    """The zone of a person's clock."""
    return ZoneInfo(user.time_zone or workspace_zone())


def _next(row: StandingExport, now: dt.datetime) -> dt.datetime:
    return next_due(
        every=row.every, at=row.at, weekday=row.weekday, monthday=row.monthday, zone=zone_of(row.user), after=now
    )  # fmt: skip


def _mine(user: Any, pk: int, *, deleted: bool = False) -> StandingExport:
    rows = StandingExport.objects.select_for_update().filter(user=user, pk=pk, deleted_at__isnull=not deleted)
    row = rows.first()
    if row is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    if not user.access.can(*RIGHT):
        raise Refused(_("Your role does not reach this. Nothing was changed."), status=403, code="forbidden")
    return row


@transaction.atomic
def run_now(*, user: Any, pk: int) -> Job:
    """Write one file at once."""
    return _enqueue(_mine(user, pk))


@transaction.atomic
def pause(*, user: Any, pk: int) -> StandingExport:
    """No further files until it is resumed."""
    row = _mine(user, pk)
    row.paused, row.next_at = _("You paused it."), None
    row.save(update_fields=["paused", "next_at"])
    return row


@transaction.atomic
def resume(*, user: Any, pk: int, now: dt.datetime) -> StandingExport:
    """Go on with the next due time; raises Refused where the list is still out of reach."""
    row = _mine(user, pk)
    _listing(row)
    row.paused, row.next_at = "", _next(row, now)
    row.save(update_fields=["paused", "next_at"])
    return row


@transaction.atomic
def delete(*, user: Any, pk: int, now: dt.datetime) -> StandingExport:
    """Put it away with its files; they are deleted within a day unless it is restored before."""
    row = _mine(user, pk)
    row.deleted_at = now
    row.save(update_fields=["deleted_at"])
    return row


@transaction.atomic
def restore(*, user: Any, pk: int, now: dt.datetime) -> StandingExport:
    """Bring a deleted one back."""
    row = _mine(user, pk, deleted=True)
    row.deleted_at = None
    row.next_at = None if row.paused else _next(row, now)
    row.save(update_fields=["deleted_at", "next_at"])
    return row


def enqueue_due(*, now: dt.datetime) -> int:
    """Queue what is due, once each however many look; what was missed while nobody looked runs once."""
    due = StandingExport.objects.filter(next_at__lte=now, paused="", deleted_at=None)
    queued = 0
    for pk in list(due.order_by("next_at").values_list("pk", flat=True)[:200]):
        with transaction.atomic():
            row = due.select_for_update(of=("self",), skip_locked=True).select_related("user").filter(pk=pk).first()
            if row is not None:
                row.next_at = _next(row, now)
                row.save(update_fields=["next_at"])
                _enqueue(row)
                queued += 1
    return queued


def _enqueue(row: StandingExport) -> Job:
    file = StandingFile.objects.create(export=row, format=row.format)
    file.job = jobs.enqueue(KIND, {"file": file.pk}, user=row.user)
    file.save(update_fields=["job"])
    return file.job


def run(job: Job, report: Progress, *, now: dt.datetime) -> dict[str, Any]:
    """Write the file with what its owner may see now; where they may not any more, pause and say so."""
    file = StandingFile.objects.select_related("export__user").filter(pk=job.args.get("file")).first()
    if file is None or file.export.deleted_at:
        raise Refused(_("This export was deleted meanwhile; no file was written."))
    if file.made_at is not None:
        return {"rows": file.rows, "size": file.size}
    row = file.export
    with translation.override(row.user.language or translation.get_language()), timezone.override(zone_of(row.user)):
        try:
            listing = _listing(row)
        except Refused as refused:
            StandingExport.objects.filter(pk=row.pk).update(paused=refused.message, next_at=None)
            raise
        _write(file, listing, report, now)
        exports.note(listing.request, "export", row.list, {"query": row.query[:500], "standing": row.pk})
        told = _tell(row, file) if row.mail else True
    return {"rows": file.rows, "size": file.size, **({} if told else {"mail": "failed"})}


def _write(file: StandingFile, listing: Export, report: Progress, now: dt.datetime) -> None:
    """Once more where somebody was erased while the rows were read: the file may still hold them."""
    while True:
        begun = StandingFile.objects.values_list("begun", flat=True).get(pk=file.pk)
        file.rows, file.size = files.write(file, listing, report)
        with transaction.atomic():
            report.fence()
            kept = StandingFile.objects.filter(pk=file.pk, begun=begun).update(
                made_at=now, rows=file.rows, size=file.size, expires_at=now + dt.timedelta(days=file.export.keep_days)
            )
        if kept:
            return
        files.remove(file)


def _listing(row: StandingExport) -> Export:
    """The list as its owner would find it now; raises Refused with the reason why they would not."""
    user = get_user_model().objects.get(pk=row.user_id)
    if not user.is_active:
        raise Refused(_("Its owner may not sign in any more; no file was written."))
    found = list_of(row.list)
    if found is None or not issubclass(found, Export):
        raise Refused(_("This list is no longer there; no file was written."))
    row.user = user
    return _allowed(found, row)


def _allowed(found: type[Export], row: StandingExport) -> Export:
    made = found.read_by(row.user, row.query)
    if not (made.may(made.policy) and made.may(made.export_policy)):
        raise Refused(_("Your role no longer reaches this list; no file was written."))
    made.matching()
    if not made.columns:
        raise Refused(_("None of its columns may be seen; no file was written."))
    return made


def _tell(row: StandingExport, file: StandingFile) -> bool:
    """A mail that holds a link and no data; whether it went out."""
    if not row.user.email:
        return False
    link = f"{CONF.site_url}{reverse('standing')}"
    body = _("The file you asked for is ready: %(link)s\nSign in to fetch it; it is kept for %(days)s days.") % {
        "link": link, "days": row.keep_days,
    }  # fmt: skip
    try:
        send_mail(_("An export is ready"), body, None, [row.user.email])
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("The mail about standing file %s did not go out: %s", file.pk, type(error).__name__)
        return False
    return True


def fetch(*, user: Any, token: Any, now: dt.datetime) -> StandingFile:
    """A file for its owner, while it is kept; 404 for anybody else."""
    file = StandingFile.objects.select_related("export").filter(
        token=token, export__user=user, export__deleted_at=None, expires_at__gt=now, gone=""
    ).first()  # fmt: skip
    if file is None or not files.path_of(file).exists():
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return file


def tidy(*, now: dt.datetime) -> int:
    """Remove files that are old, of deleted exports, or nobody's; how many."""
    put_away = StandingExport.objects.filter(deleted_at__lt=now - dt.timedelta(days=1))
    old = StandingFile.objects.filter(expires_at__lt=now) | StandingFile.objects.filter(export__in=put_away)
    removed = sum(files.remove(file) for file in old)
    old.delete()
    put_away.delete()
    known = {files.path_of(file).stem for file in StandingFile.objects.only("token", "format")}
    for path in files.folder().glob("*"):
        young = path.stat().st_mtime > (now - dt.timedelta(days=1)).timestamp()
        if path.stem not in known and not young:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def forget_erased(names_person: Any) -> int:
    """A person was erased: what is being written is begun again, and files that name them go; how many."""
    StandingFile.objects.filter(made_at=None).update(begun=F("begun") + 1)
    gone = 0
    for file in StandingFile.objects.exclude(made_at=None).filter(gone=""):
        path = files.path_of(file)
        if path.exists() and names_person(path):
            path.unlink(missing_ok=True)
            StandingFile.objects.filter(pk=file.pk).update(gone="erased")
            gone += 1
    for path in files.folder().glob(f"*{files.UNFINISHED}"):
        if names_person(path):
            path.unlink(missing_ok=True)
    return gone
