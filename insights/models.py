"""Results of the mathematics: runs, model versions, scores, segments, findings; and business metrics."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.kit.fields import MoneyField
from crm.kit.history import tracked
from customers.models import Customer
from insights.querysets import (
    FindingQuerySet,
    MetricQuerySet,
    ModelQuerySet,
    RunQuerySet,
    ScoreQuerySet,
    SegmentQuerySet,
)


class Definition(models.Model):
    """What a modelled word means in this workspace, e.g. churn: a horizon in days or a field's value."""

    name = models.CharField(max_length=40, primary_key=True)
    settings = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Run(models.Model):
    """One call of the mathematics: what went in, what came out, how good it is."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("kind"), max_length=40)
    as_of = models.DateTimeField(_("data before"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    code_version = models.CharField(max_length=64, blank=True, default="")
    features = models.JSONField(default=list, blank=True)
    seed = models.IntegerField(default=42)
    settings = models.JSONField(default=dict, blank=True)
    rows_in = models.BigIntegerField(default=0)
    rows_out = models.BigIntegerField(default=0)
    dropped = models.JSONField(default=dict, blank=True, help_text=_("reason → rows"))
    metrics = models.JSONField(default=dict, blank=True)
    why = models.JSONField(default=list, blank=True)
    """Codes and figures of a refusal or failure; ``words.run_reason`` makes the sentence."""
    model = models.ForeignKey("insights.ModelVersion", models.SET_NULL, null=True, blank=True, related_name="runs")
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="insights_run_newest"),
            models.Index(fields=["kind", "-started_at"], name="insights_run_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.as_of:%Y-%m-%d}"


class ModelVersion(models.Model):
    """A trained model: its signed file, how it was judged, and its standing."""

    class Standing(models.TextChoices):
        CHAMPION = "champion", _("In use")
        CHALLENGER = "challenger", _("Challenger")
        RETIRED = "retired", _("Retired")

    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=60)
    standing = models.CharField(max_length=10, choices=Standing.choices, default=Standing.CHALLENGER)
    digest = models.CharField(max_length=64, blank=True, default="")
    features = models.JSONField(default=list)
    params = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    trained_as_of = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="insights_modelversion_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(standing="champion"), name="insights_modelversion_one_champion"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}-v{self.version}"


class CustomerScore(models.Model):
    """One wide row per customer: what every list and page shows of the mathematics."""

    computed = True

    class Band(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="score")
    churn_probability = models.FloatField(_("churn risk"), null=True)
    churn_band = models.CharField(max_length=6, choices=Band.choices, blank=True, default="")
    churn_reasons = models.JSONField(default=dict, blank=True)
    churn_refused = models.CharField(max_length=200, blank=True, default="")
    churn_run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    clv_12m = MoneyField(_("value, next 12 months"), null=True)
    clv_low = MoneyField(null=True)
    clv_high = MoneyField(null=True)
    rfm_r = models.PositiveSmallIntegerField(null=True)
    rfm_f = models.PositiveSmallIntegerField(null=True)
    rfm_m = models.PositiveSmallIntegerField(null=True)
    rfm_segment = models.CharField(max_length=30, blank=True, default="")
    cluster = models.PositiveSmallIntegerField(null=True)
    anomaly = models.FloatField(null=True)
    anomaly_reasons = models.JSONField(default=dict, blank=True)
    health = models.PositiveSmallIntegerField(_("health"), null=True)
    health_parts = models.JSONField(default=dict, blank=True)
    recency_days = models.FloatField(null=True)
    frequency = models.PositiveIntegerField(null=True)
    monetary = MoneyField(_("lifetime spend"), null=True)
    as_of = models.DateTimeField(_("data before"))
    scored_at = models.DateTimeField(_("scored"))
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(churn_probability__isnull=True) | Q(churn_probability__gte=0, churn_probability__lte=1),
                name="insights_score_probability",
            ),
            models.CheckConstraint(condition=Q(health__isnull=True) | Q(health__lte=100), name="insights_score_health"),
        ]  # fmt: skip
        indexes = [
            models.Index(F("churn_probability").desc(nulls_last=True), F("customer").desc(), name="scores_by_churn"),
            models.Index(F("clv_12m").desc(nulls_last=True), F("customer").desc(), name="scores_by_value"),
            models.Index(F("health").asc(nulls_last=True), F("customer").asc(), name="scores_by_health"),
            models.Index(F("monetary").desc(nulls_last=True), F("customer").desc(), name="scores_by_spend"),
            models.Index(fields=["rfm_segment", "customer"], name="scores_by_rfm"),
            models.Index(
                fields=["customer"], name="scores_at_risk", condition=Q(churn_band="high"),
                include=["clv_12m", "churn_probability"],
            ),
            models.Index(
                fields=["customer"], name="scores_of_churn", condition=Q(churn_probability__isnull=False),
                include=["churn_probability"],
            ),
            models.Index(
                fields=["customer"], name="scores_of_cluster", condition=Q(cluster__isnull=False),
                include=["cluster", "recency_days", "monetary"],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.customer_id} {self.churn_probability}"


class ScoreHistory(models.Model):
    """Appended when a score of a customer moves."""

    computed = True

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    name = models.CharField(max_length=20)
    value = models.FloatField(null=True)
    band = models.CharField(max_length=30, blank=True, default="")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["customer", "name", "-at"], name="insights_scorehistory_of")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.name} {self.value}"


@tracked()
class Segment(models.Model):
    """A named group of customers: by rule (RFM), by model (clusters), or a list."""

    class Kind(models.TextChoices):
        RULE = "rule", _("Rule")
        MODEL = "model", _("Model")
        LIST = "list", _("List")

    key = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    method = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    traits = models.JSONField(default=list, blank=True)
    profile = models.JSONField(default=dict, blank=True)
    size = models.PositiveIntegerField(default=0)
    previous_size = models.PositiveIntegerField(null=True)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    active = models.BooleanField(default=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ["method", "-size"]

    def __str__(self) -> str:
        return self.name


class SegmentMembership(models.Model):
    """A customer's stay in a segment."""

    computed = True

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="memberships", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "customer"], condition=Q(left_at=None), name="insights_membership_once"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-entered_at"], name="insights_membership_of"),
            models.Index(fields=["segment", "customer"], condition=Q(left_at=None), name="insights_membership_in"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.customer_id}"


class Metric(models.Model):
    """A business figure over time. Additive parts are stored, ratios are derived."""

    class Direction(models.TextChoices):
        UP = "up", _("Up is good")
        DOWN = "down", _("Down is good")
        NONE = "", _("Neither")

    name = models.CharField(max_length=80, unique=True)
    title = models.CharField(max_length=120, blank=True, default="")
    unit = models.CharField(max_length=20, blank=True, default="")
    grain = models.CharField(max_length=10, default="day")
    good = models.CharField(max_length=4, choices=Direction.choices, blank=True, default=Direction.NONE)

    objects = MetricQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title or self.name


class MetricPoint(models.Model):
    """One value of a metric. ``event_id`` makes a repeated event harmless; ``checked_at`` empty is work."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="points", db_index=False)
    labels = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    value = models.FloatField()
    count = models.PositiveIntegerField(default=1)
    event_id = models.CharField(max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "event_id"], condition=~Q(event_id=""), name="insights_metricpoint_event"
            ),
            models.UniqueConstraint(
                fields=["metric", "labels", "at"], condition=Q(event_id=""), name="insights_metricpoint_slot"
            ),
        ]
        indexes = [
            models.Index(fields=["metric", "at"], name="insights_metricpoint_at"),
            models.Index(fields=["id"], condition=Q(checked_at=None), name="insights_metricpoint_todo"),
            BrinIndex(fields=["recorded_at"], name="insights_metricpoint_rec"),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.at:%Y-%m-%d %H:%M} {self.value}"


class Finding(models.Model):
    """Something strange about a customer or a metric: observed against expected, with its reason."""

    computed = True

    class Severity(models.TextChoices):
        INFO = "info", _("Info")
        WARNING = "warning", _("Warning")
        CRITICAL = "critical", _("Critical")

    kind = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+")
    metric = models.ForeignKey(Metric, models.CASCADE, null=True, blank=True, related_name="findings")
    labels = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()
    observed = models.FloatField(null=True)
    expected_low = models.FloatField(null=True)
    expected_high = models.FloatField(null=True)
    score = models.FloatField()
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.INFO)
    reason = models.JSONField(default=dict)
    detector = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64, unique=True)
    as_of = models.DateTimeField()
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    alerted_at = models.DateTimeField(null=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="insights_finding_score"),
            models.CheckConstraint(
                condition=Q(customer__isnull=False) | Q(metric__isnull=False), name="insights_finding_subject"
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="insights_finding_newest"),
            models.Index(fields=["customer", "-at"], name="insights_finding_customer"),
            models.Index(fields=["id"], condition=Q(alerted_at=None), name="insights_finding_todo"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.score:.2f}"
