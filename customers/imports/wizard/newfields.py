"""Custom fields made on the way, for columns that fit nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField


def may_make(user: User) -> bool:
    """Whether the user may add fields to the workspace."""
    return bool(user.access.can("setting", "add"))


@transaction.atomic
def make(*, user: User, obj: str, label: str, type: str, choices: Sequence[str] = (), now: dt.datetime) -> str:
    """A new field of that kind of record; returns its name. One of the same name and kind is used as it is."""
    if not may_make(user):
        raise Refused(_("You may not add fields to this workspace."), status=403, code="forbidden")
    label = label.strip()[:120]
    name = slugify(label, allow_unicode=True)[:60]
    if not name:
        raise Invalid(_("Give the new field a name."))
    values = {"label": label, "type": type, "choices": list(choices) if type.endswith("choice") else []}
    found, _made = CustomField.objects.get_or_create(object=obj, name=name, defaults=values)
    return found.name
