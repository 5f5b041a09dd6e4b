"""What the bulk bar of the ticket list offers; every row goes through the services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, person_of
from crm.kit.lists import Action, Input, Setting, one_of
from service.models import Ticket
from service.services import update_ticket
from service.sets import TICKETS, set_fields


def update(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Ticket:
    """As the service takes it."""
    return update_ticket(user=user, ticket_id=pk, values=values, now=now)


OWNER = Setting(TICKETS, "owner", update, many=set_fields)
STATUS = Setting(TICKETS, "status", update, many=set_fields, also=("resolved_at",))
PRIORITY = Setting(TICKETS, "priority", update, many=set_fields)
CHANGE = ("ticket", "change")
ACTIONS = (
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE, OWNER.act, OWNER.back,
        person_of("ticket"), Input(gettext_lazy("Agent"), picker=PEOPLE.of("ticket", "change")),
        sweep=OWNER, model=Ticket,
    ),
    Action(
        "status", gettext_lazy("Set status"), "circle-check", CHANGE, STATUS.act, STATUS.back,
        one_of(Ticket.Status.values), Input(gettext_lazy("Status"), Ticket.Status.choices), sweep=STATUS, model=Ticket,
    ),
    Action(
        "priority", gettext_lazy("Set priority"), "flag", CHANGE, PRIORITY.act, PRIORITY.back,
        one_of(Ticket.Priority.values), Input(gettext_lazy("Priority"), Ticket.Priority.choices), sweep=PRIORITY, model=Ticket,
    ),
)  # fmt: skip
