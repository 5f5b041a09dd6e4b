"""Imports as rows: drafts and jobs, kept mappings, what was written, links that wait."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team
from customers.querysets import ImportJobQuerySet, SavedMappingQuerySet


class ImportJob(models.Model):
    """One import of one file: what was asked, how far it came, its report."""

    class Mode(models.TextChoices):
        UPSERT = "upsert", _("Create or update")
        CREATE = "create", _("Create only")
        UPDATE = "update", _("Update only")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    mode = models.CharField(_("mode"), max_length=6, choices=Mode.choices, default=Mode.UPSERT)
    source_name = models.CharField(_("source"), max_length=80, default="file")
    source = models.ForeignKey("kit.Source", models.PROTECT, null=True, related_name="+")
    team_name = models.CharField(_("team"), max_length=120, blank=True, default="")
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.BigIntegerField(_("size"), default=0)
    mapping = models.JSONField(_("mapping"), null=True, blank=True)
    dry_run = models.BooleanField(_("dry run"), default=False)
    strict = models.BooleanField(_("all or nothing"), default=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    job = models.ForeignKey("kit.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    reached = models.BigIntegerField(default=0, help_text=_("Rows up to this one are written for good."))
    counts = models.JSONField(default=dict, blank=True)
    lanes = models.JSONField(default=dict, blank=True, help_text=_("The same for each lane of a big file."))
    mends = models.JSONField(default=dict, blank=True, help_text=_("Cells mended by hand: line, column, new text."))
    wizard = models.JSONField(default=dict, blank=True, help_text=_("What a draft remembers besides its mapping."))
    check_of = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="checks")
    report = models.JSONField(_("report"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True, default="")
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    undo_job = models.ForeignKey("kit.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    undo = models.JSONField(_("report of the undo"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="imports_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class SavedMapping(models.Model):
    """A mapping under a name, offered again when a file with the same header comes."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=40)
    signature = models.CharField(max_length=64, help_text=_("Digest of the header, whatever the order of its columns."))
    header = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(_("mapping"))
    mode = models.CharField(_("mode"), max_length=6, choices=ImportJob.Mode.choices, default=ImportJob.Mode.UPSERT)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("owner"))
    team = models.ForeignKey(
        Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team"), db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedMappingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "kind", "name"], name="customers_savedmapping_once")]
        indexes = [models.Index(fields=["kind", "signature"], name="savedmappings_by_header")]

    def __str__(self) -> str:
        return self.name


class ImportChange(models.Model):
    """What one span of an import did to the rows of one model. The old values stand in the history."""

    class Did(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        DELETED = "deleted", _("Deleted")

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="changes")
    object = models.CharField(max_length=40)
    action = models.CharField(max_length=8, choices=Did.choices)
    ids = ArrayField(models.BigIntegerField())
    undone = models.JSONField(null=True, blank=True, help_text=_("What taking it back did, once it is done."))

    def __str__(self) -> str:
        return f"{self.job_id} {self.action} {self.object}"


class PendingLink(models.Model):
    """A row whose other end has not arrived yet; kept when it is resolved, so that an undone import can come again."""

    link = models.CharField(max_length=40, help_text=_("Which column of which table waits."))
    holder = models.BigIntegerField()
    source = models.ForeignKey("kit.Source", models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=200, help_text=_("What the file calls the other end."))
    job = models.ForeignKey(ImportJob, models.SET_NULL, null=True, blank=True, related_name="links")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "holder"], name="customers_pendinglink_once")]
        indexes = [models.Index(fields=["link", "source", "key"], name="customers_pendinglink_key")]

    def __str__(self) -> str:
        return f"{self.link} {self.holder} → {self.key}"
