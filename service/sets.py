"""Verbs over thousands of tickets at once; each does what its row-wise twin does to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner
from crm.kit.errors import Invalid
from crm.kit.rows import check_fields
from crm.kit.sets import Swept, Target, differing_from
from service.models import Ticket
from service.services import OVER, reach

TICKETS = Target(Ticket, "ticket", reach)
SETTABLE = frozenset({"owner", "status", "priority"})


def set_fields(*, user: User, ids: Collection[int], values: Mapping[str, Any], now: datetime) -> Swept:
    """Give fields of many tickets the same values; solving stamps the time, opening again clears it."""
    if set(values) - SETTABLE:
        raise Invalid(_("This field cannot be changed for many at once."))
    check_fields(values, user=user, obj="ticket")
    ready: dict[str, Any] = dict(values)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="ticket", action="change")
    differs = differing_from(ready)
    if "status" in ready:
        moment = Ticket._meta.get_field("resolved_at")
        over = ready["status"] in OVER
        ready["resolved_at"] = Coalesce(F("resolved_at"), Value(now, output_field=moment)) if over else None
    return TICKETS.put(user=user, ids=ids, changes=ready, differs=differs, now=now)
