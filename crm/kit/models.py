"""Tables without business words: workspace, sources, background jobs, live bells, exchange rates."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Reverse, Substr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.kit.history import tracked


class Workspace(models.Model):
    """The one workspace of an installation (a single row)."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=120, default="Vantage")
    home_currency = models.CharField(_("home currency"), max_length=3, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    sample_seed = models.IntegerField(null=True, blank=True, editable=False)
    sample_loaded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="kit_workspace_single")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_sample_data(self) -> bool:
        """Whether the rows of the demo generator are still here."""
        return self.sample_loaded_at is not None


@tracked()
class PageLayout(models.Model):
    """How a record page is laid out for everyone (``role`` empty) or for one role; the history keeps what was before."""

    page = models.CharField(max_length=30)
    role = models.CharField(max_length=12, blank=True, default="")
    parts = models.JSONField(default=dict, blank=True)
    """Areas with the names of their parts, and the hidden ones; empty stands for the default."""
    version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "role"], name="kit_pagelayout_once")]

    def __str__(self) -> str:
        return f"{self.page} {self.role}"


class Source(models.Model):
    """A system that sends data: a file series, an API client, a mailbox, the sample generator."""

    class Kind(models.TextChoices):
        FILE = "file", _("File")
        API = "api", _("API")
        CONNECTOR = "connector", _("Connector")
        SAMPLE = "sample", _("Sample data")

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.FILE)
    settings = models.JSONField(default=dict, blank=True)
    cursor = models.TextField(blank=True, default="")
    freshness_hours = models.PositiveIntegerField(_("freshness promise in hours"), null=True, blank=True)
    last_received_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SearchWord(models.Model):
    """A word of some name, kept by triggers: what a mistyped word is compared with.

    A word may stand here twice and may outlive its rows; ``crm.kit.vocabulary`` puts that right.
    """

    word = models.CharField(max_length=24, db_collation="C")

    class Meta:
        indexes = [
            models.Index(fields=["word"], name="kit_searchword_start"),
            models.Index(Reverse("word"), name="kit_searchword_end"),
            models.Index(Substr("word", 4, 2), name="kit_searchword_middle"),
        ]

    def __str__(self) -> str:
        return self.word


class ExchangeRate(models.Model):
    """Value of one unit of ``currency`` in the home currency from ``day`` on."""

    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="kit_exchangerate_once"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="kit_exchangerate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day} {self.rate}"


class Job(models.Model):
    """One piece of background work: the row is the queue, the lock and the log."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        DEAD = "dead", _("Given up")

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    args = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="jobs", db_index=False
    )
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    message = models.TextField(blank=True, default="")
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    run_after = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the asker heard or saw that it is over.")

    class Meta:
        indexes = [
            models.Index(
                fields=["run_after", "id"],
                condition=models.Q(state__in=["queued", "running"]),
                name="kit_job_open",
            ),
            models.Index(fields=["user"], name="kit_job_untold", condition=models.Q(told_at=None)),
            models.Index(fields=["-created_at", "-id"], name="kit_job_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.token}"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, well or not."""
        return self.state not in (self.State.QUEUED, self.State.RUNNING)


class StandingExport(models.Model):
    """A list that is written to a file again and again, with the rights that its owner has then."""

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel (XLSX)"
        NDJSON = "ndjson", "NDJSON"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    list = models.CharField(max_length=60)
    path = models.CharField(max_length=200)
    query = models.TextField(blank=True, default="")
    name = models.CharField(_("name"), max_length=80)
    format = models.CharField(_("format"), max_length=8, choices=Format.choices, default=Format.CSV)
    every = models.CharField(_("repeats"), max_length=8, choices=Every.choices, default=Every.DAY)
    at = models.TimeField(_("time"))
    weekday = models.PositiveSmallIntegerField(_("day of the week"), default=0)
    monthday = models.PositiveSmallIntegerField(_("day of the month"), default=1)
    keep_days = models.PositiveSmallIntegerField(_("files are kept for days"), default=7)
    mail = models.BooleanField(_("tell me by e-mail"), default=False)
    next_at = models.DateTimeField(null=True, blank=True)
    paused = models.TextField(blank=True, default="")
    """Why it does not run: a sentence; empty while it does."""
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="kit_standing_due", condition=models.Q(deleted_at=None, paused=""))
        ]

    def __str__(self) -> str:
        return self.name


class StandingFile(models.Model):
    """One file of a standing export, fetched by its token."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    export = models.ForeignKey(StandingExport, models.CASCADE, related_name="files")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    format = models.CharField(max_length=8)
    begun = models.PositiveIntegerField(default=0)
    """Grows when what was read must be read again: a person was erased meanwhile."""
    made_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    gone = models.CharField(max_length=20, blank=True, default="")
    """Why the file is no longer there before its time: ``erased``."""

    def __str__(self) -> str:
        return f"{self.token}.{self.format}"


class ScheduledSlot(models.Model):
    """One due time of one periodic job; the unique row makes a second beat harmless."""

    name = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "due_at"], name="kit_scheduledslot_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """When a background part last showed life (``beat``, ``worker``)."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


class LiveEvent(models.Model):
    """A bell for open pages: says that a topic changed, never what is in it."""

    topic = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="kit_liveevent_age")]

    def __str__(self) -> str:
        return f"{self.id} {self.topic}"


class CustomField(models.Model):
    """A field that this workspace added to a kind of record; values stand in the row's ``custom``."""

    class Type(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", pgettext_lazy("kind of field", "Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        MULTI = "multi", _("Several choices")
        BOOLEAN = "boolean", _("Yes or no")
        LINK = "link", _("Link")
        PERSON = "person", pgettext_lazy("kind of field", "Colleague")

    class Index(models.TextChoices):
        NONE = "", _("Not indexed")
        BUILDING = "building", _("Being indexed")
        READY = "ready", _("Indexed")
        FAILED = "failed", _("Indexing failed")

    object = models.CharField(max_length=30, default="customer")
    name = models.SlugField(max_length=60, allow_unicode=True)
    label = models.CharField(_("label"), max_length=120)
    type = models.CharField(_("type"), max_length=10, choices=Type.choices, default=Type.TEXT)
    choices = models.JSONField(default=list, blank=True)
    """Of a choice: ``{"value": …, "label": …}``, or a text that is both."""
    required = models.BooleanField(_("required"), default=False)
    help = models.CharField(_("help"), max_length=200, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    sensitive = models.BooleanField(_("sensitive"), default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    index = models.CharField(max_length=10, blank=True, default=Index.NONE, choices=Index.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["object", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["object", "name"], name="kit_customfield_once"),
            models.CheckConstraint(
                condition=models.Q(sensitive=False) | models.Q(type__in=["text", "long_text"]),
                name="kit_customfield_sensitive_text",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def options(self) -> dict[str, str]:
        """Value → label of a choice, in order."""
        pairs = (one if isinstance(one, dict) else {"value": one, "label": one} for one in self.choices)
        return {str(one["value"]): str(one["label"]) for one in pairs}

    @property
    def rule(self) -> str:
        """What field rules, filters, columns and files call it."""
        return f"custom.{self.name}"
