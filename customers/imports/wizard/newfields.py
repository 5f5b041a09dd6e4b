"""Custom fields made on the way, for columns that fit nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from crm.accounts.models import User
from crm.kit.customfields import create_field
from crm.kit.models import CustomField


def may_make(user: User) -> bool:
    """Whether the user may add fields to the workspace."""
    return bool(user.access.can("field", "add"))


def make(*, user: User, obj: str, label: str, type: str, choices: Sequence[str] = (), now: dt.datetime) -> str:
    """A new field of that kind of record; returns its name. One of the same label is used as it is."""
    label = label.strip()[:120]
    known = CustomField.objects.filter(object=obj, label__iexact=label, archived_at=None).first() if label else None
    if known is not None:
        return str(known.name)
    named = tuple((one, one) for one in choices) if type in ("choice", "multi") else ()
    return str(create_field(user=user, object=obj, label=label, type=type, choices=named, now=now).name)
