"""The cells of the ticket list that can be edited in place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PersonField
from crm.accounts.models import User
from crm.kit.lists.cells import Editor
from service.models import Ticket
from service.services import update_ticket


def _subject(_user: User, row: Ticket) -> forms.Field:
    return forms.CharField(label=_("Ticket"), max_length=300, initial=row.subject)


def _status(_user: User, row: Ticket) -> forms.Field:
    return forms.ChoiceField(label=_("Status"), choices=Ticket.Status.choices, initial=row.status)


def _priority(_user: User, row: Ticket) -> forms.Field:
    return forms.ChoiceField(label=_("Priority"), choices=Ticket.Priority.choices, initial=row.priority)


def _owner(user: User, row: Ticket) -> forms.Field:
    made = PersonField(label=_("Agent"), required=False, initial=row.owner_id, help_text="")
    made.offer(user, "ticket", "change", kept=row.owner_id)
    return made


def save(*, user: User, pk: int, values: dict[str, Any], expected: str | None, now: datetime) -> Ticket:
    """As the service takes it."""
    return update_ticket(user=user, ticket_id=pk, values=values, now=now, expected=expected)


EDITOR = Editor(
    Ticket, "ticket", {"subject": _subject, "status": _status, "priority": _priority, "owner": _owner},
    save, ("ticket", "change"),
)  # fmt: skip
