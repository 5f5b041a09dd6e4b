"""Rules, the alerts they and the findings raise, and what people did with them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.querysets import AlertQuerySet, RuleQuerySet
from crm.accounts.models import Team, User
from crm.kit.fields import Stamped
from crm.kit.history import tracked
from customers.models import Customer
from insights.models import Finding, Metric


class Severity(models.TextChoices):
    """How much it matters."""

    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


@tracked()
class Rule(Stamped):
    """A condition on a metric that people set: in this kind, a threshold with a duration."""

    name = models.CharField(_("name"), max_length=120)
    metric = models.ForeignKey(Metric, models.CASCADE, related_name="rules", verbose_name=_("metric"))
    labels = models.JSONField(_("labels"), default=dict, blank=True)
    detector = models.CharField(_("detector"), max_length=40, default="threshold")
    settings = models.JSONField(_("settings"), default=dict)
    hold_seconds = models.PositiveIntegerField(_("for, in seconds"), default=0)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    active = models.BooleanField(_("active"), default=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="alerts_rule_named"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="alerts_rule_severity"),
        ]

    def __str__(self) -> str:
        return self.name


class RuleState(models.Model):
    """Since when one series breaches a rule that has a duration; empty ``breach_since`` means it does not."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="states", db_index=False)
    labels = models.JSONField(default=dict, blank=True)
    breach_since = models.DateTimeField(null=True)
    last_at = models.DateTimeField()
    last_value = models.FloatField()
    fired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "labels"], name="alerts_rulestate_once")]
        indexes = [
            models.Index(
                fields=["breach_since"],
                condition=Q(breach_since__isnull=False, fired_at=None),
                name="alerts_rulestate_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.labels}"


class Alert(Stamped):
    """Something that needs a person. Repeats of the same fingerprint while open are counted, not raised.

    Its history is its own ``AlertEvent`` rows.
    """

    computed = True

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")

    fingerprint = models.CharField(max_length=64)
    group = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    kind = models.CharField(max_length=40)
    reason = models.JSONField(default=dict)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    metric = models.ForeignKey(Metric, models.CASCADE, null=True, blank=True, related_name="+")
    labels = models.JSONField(default=dict, blank=True)
    rule = models.ForeignKey(Rule, models.SET_NULL, null=True, blank=True, related_name="alerts")
    finding = models.ForeignKey(Finding, models.SET_NULL, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    observed = models.FloatField(null=True)
    expected_low = models.FloatField(null=True)
    expected_high = models.FloatField(null=True)
    score = models.FloatField(null=True)
    repeats = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last seen"))
    acknowledged_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(_("resolved because"), max_length=200, blank=True, default="")

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=~Q(state="resolved"), name="alerts_alert_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "acknowledged", "resolved"]), name="alerts_alert_state"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-last_at", "-id"], name="alerts_by_state"),
            models.Index(fields=["-last_at", "-id"], name="alerts_newest"),
            models.Index(fields=["customer", "-last_at"], name="alerts_of_customer"),
            models.Index(fields=["fingerprint", "-last_at"], name="alerts_of_condition"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class AlertEvent(models.Model):
    """One step in the life of an alert; the list is its timeline, and undo reads the last step."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField()
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    action = models.CharField(max_length=20)
    before = models.CharField(max_length=12, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    owner_before = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["alert", "id"], name="alerts_event_of")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.action}"
