"""That a person follows a record."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Follow(models.Model):
    """One person who wants to hear of one record: of a customer by its key, so that a merge moves it; else by name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    object = models.CharField(max_length=20)
    record = models.BigIntegerField(null=True, blank=True)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("follower")
        verbose_name_plural = _("followers")
        constraints = [
            models.CheckConstraint(
                condition=Q(object="customer", customer__isnull=False, record__isnull=True)
                | (~Q(object="customer") & Q(customer__isnull=True, record__isnull=False)),
                name="customers_follow_one_record",
            ),
            models.UniqueConstraint(
                fields=["user", "customer"], condition=Q(customer__isnull=False), name="customers_follow_customer_once"
            ),
            models.UniqueConstraint(
                fields=["user", "object", "record"],
                condition=Q(record__isnull=False),
                name="customers_follow_record_once",
            ),
        ]
        indexes = [
            models.Index(fields=["customer"], name="followers_of_customer", condition=Q(customer__isnull=False)),
            models.Index(fields=["object", "record"], name="followers_of_record", condition=Q(record__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.object} {self.customer_id or self.record}"
