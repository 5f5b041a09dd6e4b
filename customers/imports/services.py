"""Verbs of imports: accept one, run it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid
from customers.imports import kinds, mapping
from customers.imports.context import Reach, target_team
from customers.imports.run import Progress, run_import, silent
from customers.models import ImportJob


@transaction.atomic
def new_import(
    *, kind: str, file_name: str, mapping: dict[str, Any] | None, source: str, mode: str, team: str = "",
    dry_run: bool = False, strict: bool = False, user: User | None, now: dt.datetime,
) -> ImportJob:  # fmt: skip
    """A checked import that waits to be run. Raises Invalid or Refused with one sentence."""
    found = kinds.get(kind)
    check_mapping(mapping)
    source, team = source.strip() or "file", team.strip()
    if mode not in ImportJob.Mode.values:
        raise Invalid(_("The mode is one of: %(modes)s.") % {"modes": ", ".join(ImportJob.Mode.values)})
    if len(source) > 80 or len(team) > 120 or "\0" in source + team:
        raise Invalid(_("The name of the source or team is too long."))
    reach = Reach(user)
    reach.require(found.object, "add", "change")
    target_team(team, reach, found.object)
    return ImportJob.objects.create(
        kind=kind, file_name=_shown_name(file_name), mapping=mapping, source_name=source, mode=mode, team_name=team,
        dry_run=dry_run, strict=strict, user=user, created_at=now,
    )  # fmt: skip


def check_mapping(raw: dict[str, Any] | None) -> None:
    """Raises Invalid when the mapping has the wrong shape."""
    mapping.read(raw)


def _shown_name(name: str) -> str:
    """The file's name as it may be shown: no path, no control characters."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in plain if letter.isprintable())[:255] or "file"


def run(job: ImportJob, path: Path, *, now: dt.datetime, progress: Progress = silent) -> dict[str, Any]:
    """Run it here and return the report."""
    return run_import(job, path, now=now, progress=progress)
