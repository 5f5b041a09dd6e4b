"""What a merge did, row by row, so that it can be taken back."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Merge(models.Model):
    """One merge into one customer; ``before`` and ``after`` are the survivor's fields that it changed."""

    keep = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", verbose_name=_("kept"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(_("merged"))
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undone_at = models.DateTimeField(_("split again"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    job = models.ForeignKey("kit.Job", models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.keep_id} {self.at:%Y-%m-%d %H:%M}"


class MergedCustomer(models.Model):
    """A customer that went into another one: its address leads there while the merge stands."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="others")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    keep = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    standing = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(standing=True), name="customers_mergedcustomer_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} → {self.keep_id}"


class MergeMove(models.Model):
    """Rows of one table that pointed at a merged customer and now point at the survivor.

    ``stripped`` names the flag that some of them lost because the survivor had its own, such as ``primary``.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="moves")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    table = models.CharField(max_length=80)
    field = models.CharField(max_length=80)
    ids = ArrayField(models.BigIntegerField())
    stripped = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.table} {len(self.ids)}"
