"""Tables of privacy: the ledger of consent with its purposes and texts, holds, proofs, retention rules."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from customers.privacy.querysets import ConsentQuerySet


class Channel(models.TextChoices):
    """How a person may be reached."""

    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    SMS = "sms", _("Text message")
    POST = "post", pgettext_lazy("channel", "Post")
    CHAT = "chat", _("Chat")


class ConsentPurpose(models.Model):
    """What people are asked to agree to. ``names`` holds its name per language."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    names = models.JSONField(default=dict)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """As the reader calls it."""
        return str(self.names.get(get_language() or "") or self.names.get("en") or self.key)


class ConsentText(models.Model):
    """The words that people agreed to: a version never changes, a new wording is a new version."""

    purpose = models.ForeignKey(ConsentPurpose, models.PROTECT, related_name="texts")
    language = models.CharField(_("language"), max_length=10)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["purpose", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "language", "version"], name="customers_consenttext_once"),
            models.CheckConstraint(condition=~Q(text=""), name="customers_consenttext_filled"),
        ]
        triggers = [pgtrigger.ReadOnly(name="never_changed", fields=["purpose", "language", "version", "text"])]

    def __str__(self) -> str:
        return f"{self.purpose} {self.language} {self.version}"


class Consent(models.Model):
    """One line of the ledger: what a person said about a purpose and a channel, to which words, and the proof."""

    class State(models.TextChoices):
        GIVEN = "given", pgettext_lazy("consent", "Given")
        WITHDRAWN = "withdrawn", pgettext_lazy("consent", "Withdrawn")
        UNKNOWN = "unknown", pgettext_lazy("consent", "Unknown")

    class How(models.TextChoices):
        FORM = "form", _("Web form")
        EMAIL = "email", _("By e-mail")
        PHONE = "phone", _("By phone")
        PERSON = "person", _("In person")
        PAPER = "paper", _("On paper")
        LINK = "link", _("Unsubscribe link")
        IMPORT = "import", _("Import")
        API = "api", _("API")

    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, null=True, blank=True, related_name="consents", db_index=False
    )
    contact = models.ForeignKey(
        "customers.Contact", models.CASCADE, null=True, blank=True, related_name="consents", db_index=False
    )
    purpose = models.ForeignKey(ConsentPurpose, models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    text = models.ForeignKey(ConsentText, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    how = models.CharField(_("how"), max_length=10, choices=How.choices)
    place = models.CharField(_("where"), max_length=200, blank=True, default="")
    url = models.URLField(_("address"), max_length=500, blank=True, default="")
    ip = models.GenericIPAddressField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("recorded by"),
        db_index=False,
    )  # fmt: skip
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, contact__isnull=True) | Q(customer__isnull=True, contact__isnull=False),
                name="customers_consent_one_holder",
            ),
            models.CheckConstraint(condition=Q(channel__in=["email", "phone", "sms", "post", "chat"]), name="customers_consent_channel"),
            models.CheckConstraint(condition=Q(state__in=["given", "withdrawn", "unknown"]), name="customers_consent_state"),
        ]  # fmt: skip
        indexes = [
            models.Index(
                "customer", "purpose", "channel", F("at").desc(), F("id").desc(), include=["state"],
                name="consents_of_customer", condition=Q(customer__isnull=False),
            ),
            models.Index(
                "contact", "purpose", "channel", F("at").desc(), F("id").desc(), include=["state"],
                name="consents_of_contact", condition=Q(contact__isnull=False),
            ),
            models.Index(fields=["purpose", "channel", "state", "customer"], name="consents_by_state"),
        ]  # fmt: skip
        triggers = [
            pgtrigger.ReadOnly(
                name="append_only",
                fields=[
                    "purpose",
                    "channel",
                    "state",
                    "text",
                    "how",
                    "place",
                    "url",
                    "ip",
                    "note",
                    "at",
                    "recorded_at",
                ],
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.contact_id} {self.purpose_id} {self.channel} {self.state}"


class LegalHold(models.Model):
    """Why the data of a customer must stay for now: nothing erases or purges it while the hold is on."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="holds", db_index=False)
    reason = models.CharField(_("reason"), max_length=300)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(lifted_at=None), name="customers_legalhold_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="customers_legalhold_reason"),
        ]
        indexes = [models.Index(fields=["customer"], name="customers_legalhold_of")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.placed_at:%Y-%m-%d}"


class EraseProof(models.Model):
    """That a person was erased: keyed digests instead of names, and how many rows of each table went or stayed.

    The same lines stand in ``erasures.log`` of the data folder, outside the database: an older backup that is
    restored finds the person again by them.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10)
    subject_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    key = models.CharField(max_length=64)
    digests = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    reason = models.CharField(max_length=40, default="asked")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    job = models.ForeignKey("kit.Job", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-asked_at", "-id"], name="customers_proofs_newest"),
            models.Index(fields=["kind", "subject_id"], name="customers_proofs_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.token}"


class PersonExport(models.Model):
    """A copy of everything about a person, to be fetched by its token until it expires."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    job = models.ForeignKey("kit.Job", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    language = models.CharField(max_length=10)
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-created_at"], name="customers_exports_of"),
            models.Index(fields=["expires_at"], name="customers_exports_expire"),
        ]

    def __str__(self) -> str:
        return str(self.token)


class RetentionRule(models.Model):
    """How long one kind of data stays; an inactive rule removes nothing."""

    kind = models.CharField(max_length=40, unique=True)
    days = models.PositiveIntegerField(_("days"))
    active = models.BooleanField(_("active"), default=False)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["kind"]
        constraints = [models.CheckConstraint(condition=Q(days__gte=1), name="customers_retentionrule_days")]

    def __str__(self) -> str:
        return f"{self.kind} {self.days}"


class RetentionRun(models.Model):
    """What one nightly run of the retention rules removed: the proof of it."""

    at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="customers_retention_newest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
