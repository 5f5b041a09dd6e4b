"""What the bulk bar of the deal list offers; every row goes through the services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, person_of
from crm.kit.lists import Action, Input, Setting, read_day
from sales.models import Deal
from sales.services.bulk import DEALS, set_fields
from sales.services.deals import update_deal


def update(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Deal:
    """As the service takes it."""
    return update_deal(user=user, deal_id=pk, values=values, now=now)


OWNER = Setting(DEALS, "owner", update, many=set_fields)
EXPECTED = Setting(DEALS, "expected_on", update, many=set_fields)
CHANGE = ("deal", "change")
ACTIONS = (
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE, OWNER.act, OWNER.back, person_of("deal"),
        Input(gettext_lazy("Owner"), picker=PEOPLE.of("deal", "change")), sweep=OWNER, model=Deal,
    ),
    Action(
        "edit-expected_on", gettext_lazy("Expected close"), "pencil", CHANGE, EXPECTED.act, EXPECTED.back, read_day,
        Input(gettext_lazy("Expected close"), kind="date"), sweep=EXPECTED, model=Deal, edits=True,
    ),
)  # fmt: skip
