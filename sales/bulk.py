"""What the bulk bar of the deal list offers; every row goes through the services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, person_of
from crm.kit.lists import Action, Input, Setting
from sales.models import Deal
from sales.services.deals import update_deal


def update(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Deal:
    """As the service takes it."""
    return update_deal(user=user, deal_id=pk, values=values, now=now)


OWNER = Setting(Deal, "owner", update)
ACTIONS = (
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", ("deal", "change"), OWNER.act, OWNER.back,
        person_of("deal"), Input(gettext_lazy("Owner"), picker=PEOPLE.of("deal", "change")),
    ),
)  # fmt: skip
