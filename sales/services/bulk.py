"""Verbs over thousands of deals at once; each does what its row-wise twin does to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner
from crm.kit.errors import Invalid
from crm.kit.rows import check_fields
from crm.kit.sets import Swept, Target, differing_from
from sales.models import Deal

DEALS = Target(Deal, "deal")
SETTABLE = frozenset({"owner", "expected_on"})


def set_fields(*, user: User, ids: Collection[int], values: Mapping[str, Any], now: datetime) -> Swept:
    """Give fields of many deals the same values; refusals come back by row and reason."""
    if set(values) - SETTABLE:
        raise Invalid(_("This field cannot be changed for many at once."))
    check_fields(values, user=user, obj="deal")
    ready = dict(values)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="deal", action="change")
    return DEALS.put(user=user, ids=ids, changes=ready, differs=differing_from(ready), now=now)
