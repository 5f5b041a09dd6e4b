"""Shape of what people type about tickets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PersonField
from crm.kit.customfields.forms import OwnFields
from crm.kit.views import PlainForm
from service.models import Queue, Ticket


class TicketForm(PlainForm):
    """A new ticket."""

    subject = forms.CharField(label=_("Subject"), max_length=300)
    text = forms.CharField(
        label=_("What happened"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=Ticket.Priority.choices, initial="normal")
    queue = forms.ChoiceField(label=_("Queue"))

    owner = PersonField(label=_("Agent"), required=False)

    def __init__(self, data: Any = None, *, user: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["owner"].offer(user, "ticket", "add")  # type: ignore[attr-defined]
        self.own = OwnFields(self, user=user, obj="ticket", action="add")
        self.offer("queue", [(str(row.pk), row.name) for row in Queue.objects.order_by("-is_default", "name")[:100]])

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields that this workspace added."""
        return [self[name] for name in self.own.names]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: value for name, value in self.cleaned_data.items() if name not in self.own.names}
        return found | ({"custom": self.own.values()} if self.own.names else {})
