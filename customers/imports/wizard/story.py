"""What the page of a job tells of an import: the counts, and the way to its own page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from crm.kit.jobpages import Story, told_by
from crm.kit.models import Job
from customers.imports.wizard import figures
from customers.imports.wizard.steps import address, standing
from customers.models import ImportJob


def _seen(job: Job, user: Any) -> ImportJob | None:
    """The import of a job, where this reader may see it."""
    number = job.args.get("import")
    return ImportJob.objects.visible_to(user).select_related("check_of").filter(pk=number).first() if number else None


@told_by("import")
def of_import(job: Job, user: Any) -> Story:
    """An import."""
    row = _seen(job, user)
    if row is None:
        return Story(_("Import"))
    title = _("Import of “%(name)s”") % {"name": row.file_name}
    return Story(title, figures.sentence(row), href=address(row, standing(row)), action=_("Open the import"))


@told_by("import.check")
def of_check(job: Job, user: Any) -> Story:
    """A check; its draft is where it leads."""
    row = _seen(job, user)
    if row is None or row.check_of is None:
        return Story(_("Check of an import"), note=_("It was checked again since, or thrown away."))
    title = _("Check of “%(name)s”") % {"name": row.file_name}
    draft = row.check_of
    return Story(title, figures.sentence(row), href=address(draft, standing(draft)), action=_("Open the import"))
