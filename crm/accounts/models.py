"""Who works here and what they may reach: users, team tree, grants, keys, audit trail, saved views."""

from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.accounts.access import Access
from crm.accounts.querysets import AuditQuerySet
from crm.kit.fields import Stamped
from crm.kit.history import tracked


class Role(models.TextChoices):
    """The five roles of the contract."""

    REP = "rep", _("Sales rep")
    AGENT = "agent", _("Support agent")
    MANAGER = "manager", _("Manager")
    INTEGRATOR = "integrator", _("Integrator")
    ADMIN = "admin", _("Administrator")


@tracked()
class Team(Stamped):
    """A node of the team tree. ``path`` holds the ids from the root to this team, own id last."""

    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent team")
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="accounts_team_name", nulls_distinct=False),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="accounts_team_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def root(cls) -> "Team":
        """The top of the tree; made when the workspace has none yet."""
        return cls.objects.filter(parent=None).order_by("id").first() or cls.objects.create(name=gettext("Everyone"))


class People(UserManager["User"]):
    """Makes users."""

    use_in_migrations = False

    @transaction.atomic
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        """The first person of a workspace, by ``manage.py createsuperuser``: an administrator of the whole tree."""
        made = super().create_superuser(username, email, password, **extra)
        Membership.objects.create(user=made, team=Team.root(), role=Role.ADMIN)
        return made


class User(AbstractUser):
    """A person who signs in; what they see follows from their memberships."""

    class Theme(models.TextChoices):
        AUTO = "", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMPACT = "compact", _("Compact")
        COMFORTABLE = "comfortable", _("Comfortable")

    language = models.CharField(_("language"), max_length=10, blank=True, default="", choices=settings.LANGUAGES)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    theme = models.CharField(_("theme"), max_length=5, blank=True, default="", choices=Theme.choices)
    density = models.CharField(_("density"), max_length=12, default=Density.COMPACT, choices=Density.choices)
    single_keys = models.BooleanField(_("single-letter shortcuts"), default=True)
    signature = models.TextField(_("signature"), max_length=2000, blank=True, default="")
    own_tabs = models.JSONField(default=dict, blank=True, help_text="Parts of record pages that stand as own tabs.")
    starred = models.JSONField(default=list, blank=True, help_text="Saved views in the sidebar: view, name, href.")

    objects: ClassVar[People] = People()

    @cached_property
    def access(self) -> Access:
        """What this user may reach, read once per request from memberships and grants."""
        return Access(self)

    @property
    def display_name(self) -> str:
        """Full name, or the sign-in name where none is given."""
        return self.get_full_name() or self.username


@tracked()
class Membership(models.Model):
    """A role of a user in a team; several memberships add up."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team", "role"], name="accounts_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.team_id}"


@tracked()
class Grant(models.Model):
    """A role may do an action on an object within a scope."""

    class Scope(models.TextChoices):
        OWN = "own", _("Own records")
        TEAM = "team", _("Own teams")
        SUBTREE = "subtree", _("Own teams and those below")
        ALL = "all", _("Everything")

    role = models.CharField(max_length=12, choices=Role.choices)
    object = models.CharField(max_length=30)
    action = models.CharField(max_length=12)
    scope = models.CharField(max_length=8, choices=Scope.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "object", "action"], name="accounts_grant_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.object}.{self.action} {self.scope}"


@tracked()
class FieldRule(models.Model):
    """What a role sees of one field where it is not the whole value."""

    class Level(models.TextChoices):
        HIDDEN = "hidden", _("Hidden")
        MASKED = "masked", _("Masked")
        READ = "read", _("Read only")

    role = models.CharField(max_length=12, choices=Role.choices)
    object = models.CharField(max_length=30)
    field = models.CharField(max_length=60)
    level = models.CharField(max_length=8, choices=Level.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "object", "field"], name="accounts_fieldrule_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.object}.{self.field} {self.level}"


class ApiKey(models.Model):
    """A key for programs; only its SHA-256 is stored, the key itself is shown once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(_("label"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditEntry(models.Model):
    """The append-only security trail; each row carries the digest of the one before.

    Only a salted digest of the detail is part of the chain: the detail itself can be taken away when a person
    is erased, and the chain holds.
    """

    at = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    action = models.CharField(max_length=40)
    object = models.CharField(max_length=60, blank=True, default="")
    detail_digest = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="accounts_audit_newest"),
            models.Index(fields=["object", "-at"], name="accounts_audit_object"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    @property
    def detail(self) -> dict[str, Any]:
        """What was noted besides; empty once it was taken away with a person."""
        kept = getattr(self, "kept", None)
        return dict(kept.data) if kept is not None else {}


class AuditDetail(models.Model):
    """What an entry says besides who, what and when; the salt keeps its digest from being guessed."""

    entry = models.OneToOneField(
        AuditEntry, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="kept"
    )
    salt = models.CharField(max_length=32)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.entry_id}"


class AuditHead(models.Model):
    """How long the audit trail is and how it ends, sealed; a single row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    entries = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="accounts_audithead_single")]

    def __str__(self) -> str:
        return f"{self.entries} {self.digest[:12]}"


class SavedView(models.Model):
    """A named set of filters, sort and columns of one list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")
    list = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "list", "name"], name="accounts_savedview_name", condition=models.Q(deleted_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """The view that a list opens with: a person's own choice, or everybody's where ``user`` is empty."""

    list = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "user"], name="accounts_defaultview_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.list} {self.view_id}"


class Visit(models.Model):
    """That a person looked at a record, when last, and when the time before that; a pin keeps it at hand.

    ``object`` and ``record`` name the row as grants and addresses do: no key of another app's table.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    object = models.CharField(max_length=30)
    record = models.BigIntegerField()
    seen_at = models.DateTimeField()
    before_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "object", "record"], name="accounts_visit_once")]
        indexes = [
            models.Index(fields=["user", "-seen_at"], name="accounts_visit_recent"),
            models.Index(fields=["user", "pinned_at"], name="accounts_visit_pins", condition=~models.Q(pinned_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.object} {self.record}"


class Notification(models.Model):
    """Something that one person is told: a row of their list, and the outbox of its e-mail.

    ``mail_at`` is when the e-mail is due; a worker that takes it puts it ahead, and a row that is sent, given up
    or was never to be mailed has none.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    body = models.TextField(blank=True, default="")
    href = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_error = models.CharField(max_length=200, blank=True, default="")
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="accounts_notification_newest"),
            models.Index(fields=["user"], name="accounts_notification_unread", condition=models.Q(read_at=None)),
            models.Index(
                fields=["mail_at"], name="accounts_notification_outbox", condition=models.Q(mail_at__isnull=False)
            ),
            models.Index(fields=["at"], name="accounts_notification_age"),
        ]

    def __str__(self) -> str:
        return self.text


class NotificationChoice(models.Model):
    """How a person wants to hear of a kind of notification, where it differs from what the kind itself says."""

    class Way(models.TextChoices):
        APP = "app", _("In Vantage")
        MAIL = "mail", _("In Vantage and by e-mail")
        OFF = "off", _("Not at all")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    way = models.CharField(max_length=4, choices=Way.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="accounts_notificationchoice_once"),
            models.CheckConstraint(
                condition=models.Q(way__in=["app", "mail", "off"]), name="accounts_notificationchoice_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.way}"


class IdempotencyKey(models.Model):
    """The stored answer of a POST that carried an Idempotency-Key."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="accounts_idempotencykey_once")]

    def __str__(self) -> str:
        return self.key
