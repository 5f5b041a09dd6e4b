"""Campaigns and the touches they made."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team
from crm.kit.fields import FromSource, MoneyField, Stamped, search_column
from crm.kit.history import tracked
from customers.models import Contact, Customer
from marketing.querysets import CampaignQuerySet, TouchQuerySet


@tracked(exclude=["search"])
class Campaign(FromSource, Stamped):
    """An effort to reach many customers at once."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")

    name = models.CharField(_("name"), max_length=200)
    channel = models.CharField(_("channel"), max_length=40, blank=True, default="email")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    budget = MoneyField(_("budget"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))  # fmt: skip
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    search = search_column(name="n")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(condition=~Q(name=""), name="marketing_campaign_named"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "scheduled", "running", "ended"]), name="marketing_campaign_state"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="campaigns_newest"),
            GinIndex(fields=["search"], name="campaigns_search"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Touch(FromSource):
    """A customer's part in a campaign: when it was sent, opened, clicked, answered.

    An imported one may wait for its campaign or customer; until both are here nobody sees it.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, null=True, related_name="touches", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="touches", db_index=False)
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="touches", db_index=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True, blank=True)
    converted_at = models.DateTimeField(_("converted"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=30, blank=True, default="")

    objects = TouchQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.UniqueConstraint(
                fields=["campaign", "customer"],
                condition=Q(external_id="", contact__isnull=True),
                name="marketing_touch_once",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-sent_at", "-id"], name="touches_of_customer"),
            models.Index(fields=["campaign", "customer"], name="touches_of_campaign"),
            models.Index(fields=["contact"], name="touches_of_contact", condition=Q(contact__isnull=False)),
            models.Index(fields=["id"], name="touches_of_nobody", condition=Q(customer__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} → {self.customer_id}"
