"""REST: tickets."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.routers import BaseRouter

from crm.kit.rest import KitViewSet
from crm.kit.shapes import Bag, Id, KitSerializer, Moment, Reference, Text
from service import services
from service.filters import TicketFilters
from service.models import Ticket


class TicketShape(KitSerializer):
    """A ticket as the API shows it."""

    object = "ticket"
    key = "service.ticket"

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    number = serializers.CharField()
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    customer_name = serializers.CharField(source="customer.name", allow_null=True)
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    queue = serializers.IntegerField(source="queue_id")
    queue_name = serializers.CharField(source="queue.name")
    subject = serializers.CharField()
    text = serializers.CharField()
    status = serializers.ChoiceField(Ticket.Status.choices)
    priority = serializers.ChoiceField(Ticket.Priority.choices)
    channel = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.display_name", allow_null=True)
    opened_at = serializers.DateTimeField()
    first_response_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    rating = serializers.IntegerField(allow_null=True)
    custom = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TicketInput(serializers.Serializer):
    """What a caller may write of a ticket; queue and agent by id or name."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    number = Text(max_length=80, required=False, allow_blank=True)
    customer = Id(required=False, allow_null=True)
    contact = Id(required=False, allow_null=True)
    queue = Reference(required=False)
    subject = Text(max_length=300)
    text = Text(max_length=100_000, required=False, allow_blank=True)
    status = serializers.ChoiceField(Ticket.Status.choices, required=False)
    priority = serializers.ChoiceField(Ticket.Priority.choices, required=False)
    channel = Text(max_length=40, required=False, allow_blank=True)
    owner = Reference(required=False, allow_null=True)
    opened_at = Moment(required=False)
    first_response_at = Moment(required=False, allow_null=True)
    resolved_at = Moment(required=False, allow_null=True)
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    custom = Bag(required=False)


class TicketViewSet(KitViewSet):
    """Tickets: questions and complaints that someone has to answer."""

    model = Ticket
    object = "ticket"
    serializer_class = TicketShape
    write_class = TicketInput
    filterset_class = TicketFilters
    orderings = {"opened_at": "opened_at"}
    ordering = "-opened_at"
    select_related = ("customer", "queue", "owner", "source")

    def reach(self, action: str) -> Q:
        """By the queue's team."""
        return services.reach(self.request.user, action)

    def create_row(self, data: dict[str, Any]) -> Ticket:
        """By the service."""
        return services.open_ticket(user=self.request.user, values=data, now=self.now())

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Ticket:
        """By the service."""
        return services.update_ticket(
            user=self.request.user, ticket_id=row.pk, values=data, now=self.now(), expected=expected
        )

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service."""
        services.delete_ticket(user=self.request.user, ticket_id=row.pk, expected=expected)


def register(router: BaseRouter) -> None:
    """The addresses of this app."""
    router.register("tickets", TicketViewSet, basename="tickets")
