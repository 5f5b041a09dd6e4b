"""Drafts that are kept while people type, and the outbox of the e-mails that they send."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kit.models import Job


class Draft(models.Model):
    """What one person has begun to write about a customer, for that person alone.

    ``generation`` grows when the draft is sent or discarded: what a slower page saves of it then is refused.
    """

    private = True  # left out of copies of the customer's data: nobody else reads it

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    generation = models.PositiveIntegerField(default=0)
    values = models.JSONField(default=dict, blank=True)
    discarded = models.JSONField(default=dict, blank=True)
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["user", "customer", "kind"], name="customers_draft_once")]
        indexes = [models.Index(fields=["saved_at"], name="drafts_empty", condition=Q(values={}))]

    def __str__(self) -> str:
        return f"{self.user_id} {self.customer_id} {self.kind}"


class OutgoingMail(models.Model):
    """The outbox: an e-mail that was written with its interaction in one transaction, and what became of it."""

    interaction = models.OneToOneField("customers.Interaction", models.CASCADE, related_name="outgoing")
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    to = models.EmailField(_("to"), max_length=254)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True), name="customers_outgoingmail_one_end"
            )
        ]

    def __str__(self) -> str:
        return str(self.token)
