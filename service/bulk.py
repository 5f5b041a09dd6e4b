"""What the bulk bar of the ticket list offers; every row goes through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, person_of
from crm.kit.errors import Invalid
from crm.kit.lists import Action, Input, Setting
from service.models import Ticket
from service.services import update_ticket


def update(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Ticket:
    """As the service takes it."""
    return update_ticket(user=user, ticket_id=pk, values=values, now=now)


def one_of(words: list[str]) -> Callable[[User, str], str]:
    """Reads one of the offered words."""

    def read(_user: User, typed: str) -> str:
        if typed not in words:
            raise Invalid(_("Choose one of the values that are offered."))
        return typed

    return read


OWNER = Setting(Ticket, "owner", update)
STATUS = Setting(Ticket, "status", update, also=("resolved_at",))
PRIORITY = Setting(Ticket, "priority", update)
CHANGE = ("ticket", "change")
ACTIONS = (
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE, OWNER.act, OWNER.back,
        person_of("ticket"), Input(gettext_lazy("Agent"), picker=PEOPLE.of("ticket", "change")),
    ),
    Action(
        "status", gettext_lazy("Set status"), "circle-check", CHANGE, STATUS.act, STATUS.back,
        one_of(Ticket.Status.values), Input(gettext_lazy("Status"), Ticket.Status.choices),
    ),
    Action(
        "priority", gettext_lazy("Set priority"), "flag", CHANGE, PRIORITY.act, PRIORITY.back,
        one_of(Ticket.Priority.values), Input(gettext_lazy("Priority"), Ticket.Priority.choices),
    ),
)  # fmt: skip
