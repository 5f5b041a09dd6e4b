"""Background work on customers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from crm.kit.jobs import handler
from crm.kit.models import Job
from crm.kit.progress import Cancelled, Progress
from customers.composer import drafts, mails
from customers.duplicates import scan
from customers.duplicates import services as duplicates
from customers.files import services as files
from customers.following import services as following
from customers.following import telling
from customers.imports import services
from customers.imports.tidy import tidy
from customers.privacy import copies, erasing, retention
from customers.quality.run import check_all
from customers.quality.services import CHECK
from customers.services import purge_old


@handler("import", title=_("Import"), time_limit=6 * 3600)
def run_import(job: Job, report: Progress) -> dict[str, Any]:
    """Run an accepted import as the person who asked for it; a repeated run goes on where the last one stopped."""
    return _run(job, report)


@handler("import.check", title=_("Check of an import"), time_limit=6 * 3600)
def check_import(job: Job, report: Progress) -> dict[str, Any]:
    """Try an import without writing."""
    return _run(job, report)


def _run(job: Job, report: Progress) -> dict[str, Any]:
    """In the asker's language, which the reasons of refused rows are written in."""
    number = int(job.args["import"])
    language = job.args.get("language") or (job.user.language if job.user else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        try:
            return services.run_accepted(import_id=number, now=job.created_at, progress=report)
        except Cancelled:
            services.stopped(import_id=number, now=timezone.now())
            raise


@handler("import.undo", title=_("Undo of an import"), time_limit=6 * 3600)
def undo_import(job: Job, report: Progress) -> dict[str, Any]:
    """Take an import back as the person who asked; a repeated run goes on where the last one stopped."""
    return services.undo_asked(import_id=int(job.args["import"]), user=job.user, now=job.created_at, progress=report)


@handler("imports.tidy", title=_("Tidy up imports"), time_limit=300)
def tidy_imports(_job: Job, _report: Progress) -> dict[str, Any]:
    """End what killed processes left of uploads and imports."""
    return dict(tidy(now=timezone.now()))


@handler("files.tidy", title=_("Tidy up files"), time_limit=600)
def tidy_files(_job: Job, _report: Progress) -> dict[str, Any]:
    """Delete the bytes of files that nobody can put back any more, empty drafts, and followers of what is gone."""
    now = timezone.now()
    return {**files.tidy(now=now), "drafts": drafts.tidy_drafts(now=now), "followers": following.tidy()}


@handler(following.JOB, title=_("Tell followers"), time_limit=300)
def tell_followers(job: Job, _report: Progress) -> dict[str, Any]:
    """Tell those who follow a record what somebody did; a repeated run tells nobody again."""
    return telling.run(job, now=timezone.now())


@handler(mails.JOB, title=_("Send an e-mail"), time_limit=120)
def send_mail(job: Job, _report: Progress) -> dict[str, Any]:
    """Send one e-mail of the outbox; a repeated run finds it sent."""
    last = job.attempts >= job.max_attempts
    return {"mail": mails.deliver(mail_id=int(job.args["mail"]), now=timezone.now(), last_try=last)}


@handler(CHECK, title=_("Check of the data's quality"), time_limit=3600)
def check_quality(_job: Job, report: Progress) -> dict[str, Any]:
    """Ask every quality rule."""
    return check_all(now=timezone.now(), progress=report)


@handler("customers.purge", title=_("Empty the trash"), time_limit=3600)
def purge_trash(_job: Job, _report: Progress) -> dict[str, Any]:
    """Delete for ever what has been in the trash for thirty days."""
    return dict(purge_old(now=timezone.now()))


@handler(erasing.JOB, title=_("Erase a person"), time_limit=3600)
def erase_person(job: Job, _report: Progress) -> dict[str, Any]:
    """Erase whom a proof stands for; a repeated run begins again or finds it done."""
    return dict(erasing.run_erase(proof_id=int(job.args["proof"]), now=timezone.now()))


@handler(copies.JOB, title=_("Copy of a person's data"), time_limit=3600)
def copy_person(job: Job, report: Progress) -> dict[str, Any]:
    """Write the copy that was asked for; a repeated run begins again."""
    return copies.run_copy(export_id=int(job.args["export"]), now=timezone.now(), progress=report)


@handler(retention.JOB, title=_("Retention rules"), time_limit=3 * 3600)
def apply_retention(_job: Job, report: Progress) -> dict[str, Any]:
    """Remove what is older than the workspace's rules allow."""
    return dict(retention.run(now=timezone.now(), progress=report))


@handler(duplicates.SCAN, title=_("Search for duplicates"), time_limit=3600, heavy=True)
def find_duplicates(job: Job, report: Progress) -> dict[str, Any]:
    """Everything, or what changed since the last scan; a repeated run goes on where the last one stopped."""
    done = scan.run_scan(whole=bool(job.args.get("whole")), now=timezone.now(), progress=report)
    return {"customers": done.customers, "pairs": done.found}


@handler(duplicates.MERGE_CERTAIN, title=_("Merge all certain duplicates"), time_limit=3600)
def merge_certain(job: Job, report: Progress) -> dict[str, Any]:
    """Merge every certain pair within the asker's reach."""
    return duplicates.merge_certain(job, report, now=timezone.now())


@handler(duplicates.SPLIT_AGAIN, title=_("Split merged customers again"), time_limit=3600)
def split_again(job: Job, report: Progress) -> dict[str, Any]:
    """Take back the merges of another job."""
    return duplicates.split_again(job, report, now=timezone.now())
