"""Tickets: list and simple record page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.changes import changes_of
from crm.kit.customfields.lines import OwnFieldsPage, lines_of
from crm.kit.customfields.unmasking import UnmaskOwnField
from crm.kit.errors import Invalid
from crm.kit.lists import ListView, Preset
from crm.kit.views import Action, FormPage, RecordPage
from customers.following.services import follows
from customers.models import Customer
from customers.views import find_customer
from service.bulk import ACTIONS
from service.cells import EDITOR
from service.filters import TicketFilters
from service.forms import TicketForm
from service.models import Ticket
from service.services import open_ticket, update_ticket
from service.tables import PRIORITY_TONES, SORTS, STATUS_TONES, TABLE


class TicketList(ListView):
    """Tickets of the reader's queues or customers."""

    policy = ("ticket", "view")
    key = "service.ticket"
    object = "ticket"
    model = Ticket
    table = TABLE
    filterset_class = TicketFilters
    filter_names = ("status", "priority", "owner", "channel", "opened_after", "opened_before")
    own_orderings = SORTS
    default_ordering = "-opened_at"
    title = gettext_lazy("Tickets")
    all_label = gettext_lazy("All tickets")
    search_label = gettext_lazy("Number or subject")
    presets = (
        Preset("open", gettext_lazy("Open"), "status=open&status=pending"),
        Preset("mine", gettext_lazy("Mine"), "owner={user}&status=open&status=pending"),
        Preset("free", gettext_lazy("Unassigned"), "owner=none&status=open"),
    )
    create_url = "/service/tickets/new/"
    create_label = gettext_lazy("New ticket")
    create_policy = ("ticket", "add")
    empty_text = gettext_lazy("No tickets. New ones appear here as soon as somebody asks.")
    actions = ACTIONS
    editor = EDITOR
    group_names = ("status", "priority", "queue", "owner", "channel")

    def get_queryset(self) -> QuerySet[Ticket]:
        return super().get_queryset().select_related("customer", "queue", "owner").only(
            "subject", "number", "status", "priority", "opened_at", "resolved_at", "rating", "customer__name",
            "queue__name", "owner__first_name", "owner__last_name", "owner__username",
        )  # fmt: skip


class TicketPage(RecordPage):
    """One ticket: what was asked, where it stands, its history."""

    policy = ("ticket", "view")
    model = Ticket
    record_name = "ticket"
    template_name = "service/ticket.html"

    def get_queryset(self) -> QuerySet[Ticket]:
        return super().get_queryset().select_related("customer", "contact", "queue", "owner").defer("search")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        ticket, user = context["ticket"], self.request.user
        levels = user.access.restricted_fields("ticket")
        reached = ticket.customer_id and Customer.objects.visible_to(user).filter(pk=ticket.customer_id).exists()
        return {
            **context,
            "followed": follows(user, "ticket", ticket.pk),
            "status_tone": STATUS_TONES[ticket.status],
            "priority_tone": PRIORITY_TONES[ticket.priority],
            "statuses": [(value, label) for value, label in Ticket.Status.choices if value != ticket.status],
            "changes": changes_of(ticket, ["status", "priority", "owner", "queue", "subject"], levels),
            "may_change": user.access.can("ticket", "change"),
            "customer_reached": bool(reached),
            "own": lines_of(ticket, obj="ticket", user=user),
            "own_unmask": "ticket-unmask",
            "own_edit": reverse("ticket-own", args=[ticket.pk]) if user.access.can("ticket", "change") else "",
        }


class EditTicketFields(OwnFieldsPage):
    """The own fields of a ticket."""

    policy = ("ticket", "change")
    model = Ticket
    object = "ticket"

    def update(self, values: dict[str, Any], expected: str | None) -> None:
        update_ticket(
            user=self.request.user, ticket_id=self.record.pk, values=values, now=timezone.now(), expected=expected
        )

    def address(self) -> str:
        return reverse("ticket", args=[self.record.pk])


class UnmaskOfTicket(UnmaskOwnField):
    """A sensitive value of a ticket."""

    model = Ticket
    object = "ticket"
    list_name = gettext_lazy("Tickets")


class NewTicket(FormPage):
    """A new ticket, of the customer in ``?customer=`` if any."""

    policy = ("ticket", "add")
    form_class = TicketForm
    template_name = "service/ticket_form.html"
    success_message = gettext_lazy("Ticket opened.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    @property
    def customer(self) -> Any:
        """The customer that the address names, within reach."""
        raw = self.request.POST.get("customer") or self.request.GET.get("customer") or ""
        return find_customer(self.request.user, int(raw)) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, **kwargs)

    def save(self, form: TicketForm) -> str:
        values: dict[str, Any] = {**form.values(), "queue": int(form.cleaned_data["queue"])}
        if self.customer is not None:
            values["customer"] = self.customer.pk
        made = open_ticket(user=self.request.user, values=values, now=timezone.now())
        return reverse("ticket", args=[made.pk])


class ChangeTicket(Action):
    """Take a ticket, or give it another status."""

    policy = ("ticket", "change")

    def act(self, request: HttpRequest) -> str:
        if not Ticket.objects.visible_to(request.user).filter(pk=self.kwargs["pk"]).exists():
            raise Http404
        values: dict[str, Any] = {}
        if request.POST.get("take"):
            values["owner"] = request.user.pk
        if request.POST.get("status") in Ticket.Status.values:
            values["status"] = request.POST["status"]
        if not values:
            raise Invalid(_("There is nothing to change."))
        done = update_ticket(user=request.user, ticket_id=self.kwargs["pk"], values=values, now=timezone.now())
        messages.success(
            request, _("Ticket %(number)s: %(status)s.") % {"number": done.number, "status": done.get_status_display()}
        )
        return reverse("ticket", args=[done.pk])
