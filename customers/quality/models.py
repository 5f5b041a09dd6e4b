"""Rules on the data, what each check found, and rows that people said are fine as they are."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kit.fields import Stamped
from crm.kit.history import tracked


class Dimension(models.TextChoices):
    """The sides of quality, in the field's own words."""

    COMPLETE = "complete", _("Complete")
    VALID = "valid", _("Valid")
    UNIQUE = "unique", _("Unique")
    FRESH = "fresh", _("Fresh")
    CONSISTENT = "consistent", _("Consistent")


@tracked()
class QualityRule(Stamped):
    """One question to every row of a kind; broken when more than ``limit`` of the asked rows fail."""

    class Severity(models.TextChoices):
        INFO = "info", _("Info")
        WARNING = "warning", _("Warning")
        CRITICAL = "critical", _("Critical")

    key = models.CharField(
        max_length=60, unique=True, null=True, blank=True, help_text=_("Of a rule that ships with us.")
    )
    name = models.CharField(_("name"), max_length=120, blank=True, default="")
    dimension = models.CharField(_("dimension"), max_length=10, choices=Dimension.choices)
    object = models.CharField(_("records"), max_length=30)
    kind = models.CharField(_("check"), max_length=30)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    limit = models.FloatField(_("share that may fail"), default=0.01)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["dimension", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(key__isnull=False) | ~Q(name=""), name="customers_qualityrule_named"),
            models.CheckConstraint(condition=Q(limit__gte=0, limit__lte=1), name="customers_qualityrule_limit"),
            models.CheckConstraint(condition=Q(dimension__in=Dimension.values), name="customers_qualityrule_dimension"),
        ]

    def __str__(self) -> str:
        return self.name or self.key or ""


class QualityResult(models.Model):
    """What one check of one rule found.

    ``cells`` are [team id, source name, rows asked, rows that fail]: whoever reads sums the teams that they
    reach. A customer of two sources counts in both; ``totals`` are [team id, asked, failing], each row once.
    """

    rule = models.ForeignKey(QualityRule, models.CASCADE, related_name="results", db_index=False)
    at = models.DateTimeField(_("checked"))
    totals = models.JSONField(default=list)
    cells = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True, default="")
    seconds = models.FloatField(default=0)

    class Meta:
        indexes = [models.Index(fields=["rule", "-at"], name="customers_quality_of_rule")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.at:%Y-%m-%d}"


class QualityException(models.Model):
    """A row that fails a rule and is fine as it is, as somebody said."""

    rule = models.ForeignKey(QualityRule, models.CASCADE, related_name="exceptions", db_index=False)
    row = models.BigIntegerField()
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "row"], name="customers_qualityexception_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.row}"
