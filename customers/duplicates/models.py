"""What is known of duplicates: keys of each customer, pairs with their verdict, scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from crm.accounts.models import User


class DuplicateKeys(models.Model):
    """The numbers under which a customer is found among a million, and the state of the customer they were made of."""

    computed = True

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="+")
    keys = ArrayField(models.IntegerField())
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [GinIndex(fields=["keys"], name="customers_duplicate_keys")]

    def __str__(self) -> str:
        return f"{self.customer_id}"


class DuplicateScan(models.Model):
    """One scan: of everything, or of what changed since the one before."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    whole = models.BooleanField(_("everything"), default=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    passes = models.PositiveIntegerField(default=0, help_text=_("Passes that are written for good."))
    customers = models.BigIntegerField(_("customers"), default=0)
    compared = models.BigIntegerField(_("pairs compared"), default=0)
    found = models.BigIntegerField(_("pairs found"), default=0)
    counts = models.JSONField(default=dict, help_text=_("How often common values occur."))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="customers_scan_newest")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class DuplicatePairQuerySet(models.QuerySet):
    """Pairs of customers that may be one."""

    def visible_to(self, user: User) -> Self:
        """Pairs of which the user may see both; of merged ones, where the user may see what they became."""
        if not user.access.can("customer"):
            return self.none()
        present = Q(a__deleted_at=None, b__deleted_at=None)
        merged = Q(state=DuplicatePair.State.MERGED) & (Q(a__deleted_at=None) | Q(b__deleted_at=None))
        found = self.filter(present | merged)
        for side in ("a", "b"):
            found = found.filter(user.access.rows("customer", team=f"{side}__team", owner=f"{side}__owner"))
        return found

    def open(self) -> Self:
        """Those that wait for a verdict."""
        return self.filter(state=DuplicatePair.State.OPEN)


class DuplicatePair(models.Model):
    """Two customers that look like one, why, and what a person said of it."""

    computed = True

    class Decision(models.TextChoices):
        CERTAIN = "certain", pgettext_lazy("duplicate", "Certain")
        REVIEW = "review", pgettext_lazy("duplicate", "To review")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("duplicate", "Open")
        MERGED = "merged", _("Merged")
        DISMISSED = "dismissed", _("Not a duplicate")

    a = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    b = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    points = models.FloatField(_("points"))
    score = models.FloatField(_("score"))
    decision = models.CharField(_("decision"), max_length=8, choices=Decision.choices)
    reasons = models.JSONField(_("reasons"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    group = models.BigIntegerField(null=True, blank=True, help_text=_("The smallest id of those that hang together."))
    mark = models.BigIntegerField(default=0, help_text=_("What both looked like; another look opens the pair again."))
    scan = models.ForeignKey(DuplicateScan, models.SET_NULL, null=True, related_name="+", db_index=False)
    found_at = models.DateTimeField(_("found"))
    verdict_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    verdict_at = models.DateTimeField(_("judged"), null=True, blank=True)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="customers_duplicatepair_once"),
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="customers_duplicatepair_ordered"),
            models.CheckConstraint(
                condition=Q(decision__in=["certain", "review"]), name="customers_duplicatepair_decision"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "merged", "dismissed"]), name="customers_duplicatepair_state"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-points", "-id"], name="customers_pairs_by_points"),
            models.Index(fields=["group"], name="customers_pairs_group", condition=Q(group__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} {self.b_id}"

    @property
    def ids(self) -> tuple[Any, Any]:
        """Keys of both."""
        return self.a_id, self.b_id
