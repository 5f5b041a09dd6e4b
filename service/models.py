"""Queues and tickets."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team
from crm.kit.fields import FromSource, Stamped, search_column
from crm.kit.history import tracked
from customers.models import Contact, Customer
from service.querysets import TicketQuerySet


@tracked()
class Queue(models.Model):
    """Where tickets wait for a team of agents."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="service_queue_one_default")
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


@tracked(exclude=["search"])
class Ticket(FromSource, Stamped):
    """A question or complaint that someone has to answer."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Waiting for customer")
        SOLVED = "solved", _("Solved")
        CLOSED = "closed", _("Closed")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("High")
        URGENT = "urgent", _("Urgent")

    number = models.CharField(_("number"), max_length=80, unique=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="tickets", verbose_name=_("customer"), db_index=False)  # fmt: skip
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="tickets", verbose_name=_("queue"), db_index=False)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"), blank=True, default="")
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.OPEN)
    priority = models.CharField(_("priority"), max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    channel = models.CharField(_("channel"), max_length=40, blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("agent"))  # fmt: skip
    opened_at = models.DateTimeField(_("opened"))
    first_response_at = models.DateTimeField(_("first response"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    search = search_column(number="i", subject="t")

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(condition=~Q(subject=""), name="service_ticket_subject"),
            models.CheckConstraint(condition=Q(status__in=["open", "pending", "solved", "closed"]), name="service_ticket_status"),
            models.CheckConstraint(condition=Q(priority__in=["low", "normal", "high", "urgent"]), name="service_ticket_priority"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5), name="service_ticket_rating"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["customer", "-opened_at", "-id"], name="tickets_of_customer"),
            models.Index(fields=["-opened_at", "-id"], name="tickets_newest"),
            models.Index(fields=["queue", "-opened_at", "-id"], name="tickets_of_queue"),
            models.Index(fields=["status", "-opened_at", "-id"], name="tickets_by_status"),
            GinIndex(fields=["search"], name="tickets_search"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"
