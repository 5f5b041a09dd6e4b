"""Whom we do business with: customers, contacts, their contact points, outside ids and interactions."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.models import Team
from crm.kit.fields import FromSource, Stamped, search_column, sort_key
from crm.kit.history import tracked
from customers.duplicates.models import DuplicateKeys, DuplicatePair, DuplicateScan  # noqa: F401 - tables of this app
from customers.merging.models import Merge, MergedCustomer, MergeMove  # noqa: F401
from customers.querysets import (
    ContactQuerySet,
    CustomerQuerySet,
    InteractionQuerySet,
)


class Lifecycle(models.TextChoices):
    """Where a customer stands with us."""

    LEAD = "lead", _("Lead")
    PROSPECT = "prospect", _("Prospect")
    ACTIVE = "active", _("Active")
    AT_RISK = "at_risk", _("At risk")
    LOST = "lost", _("Lost")


class Gender(models.TextChoices):
    """As people gave it."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")


class Party(Stamped):
    """What customers and contacts have in common: names, primary ways to reach them, owner and team."""

    first_name = models.CharField(_("first name"), max_length=120, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=120, blank=True, default="")
    company = models.CharField(_("company"), max_length=200, blank=True, default="")
    title = models.CharField(_("job title"), max_length=120, blank=True, default="")
    email = models.CharField(_("e-mail"), max_length=254, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=60, blank=True, default="")
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=8, blank=True, default="", choices=Gender.choices)
    address = models.CharField(_("address"), max_length=300, blank=True, default="")
    city = models.CharField(_("city"), max_length=120, blank=True, default="")
    region = models.CharField(_("region"), max_length=120, blank=True, default="")
    postcode = models.CharField(_("postcode"), max_length=20, blank=True, default="")
    country = models.CharField(_("country"), max_length=60, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"),
        db_index=False,
    )  # fmt: skip
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"), db_index=False)
    tags = ArrayField(models.CharField(max_length=60), verbose_name=_("tags"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True, default="")
    custom = models.JSONField(_("custom fields"), default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


@tracked(exclude=["search", "sort_name"])
class Customer(Party):
    """A person or a company we do business with."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        COMPANY = "company", _("Company")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name=_("parent company"),
        db_index=False,
    )  # fmt: skip
    lifecycle = models.CharField(_("lifecycle"), max_length=10, choices=Lifecycle.choices, default=Lifecycle.ACTIVE)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    sort_name = sort_key("name")
    search = search_column(name="n", company="c", email="e", phone="p")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="customers_customer_named"),
            models.CheckConstraint(condition=Q(kind__in=["person", "company"]), name="customers_customer_kind"),
            models.CheckConstraint(condition=Q(lifecycle__in=Lifecycle.values), name="customers_customer_lifecycle"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=models.F("id")), name="customers_customer_not_own_parent"
            ),
        ]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="customers_by_name", condition=Q(deleted_at=None)),
            models.Index(
                fields=["team", "sort_name", "id"], name="customers_by_team", condition=Q(deleted_at=None),
                include=["owner"],  # reach is decided by team or owner: counts read no row
            ),
            models.Index(fields=["owner", "sort_name", "id"], name="customers_by_owner", condition=Q(deleted_at=None)),
            models.Index(fields=["-created_at", "-id"], name="customers_newest", condition=Q(deleted_at=None)),
            models.Index(fields=["lifecycle", "sort_name", "id"], name="customers_lifecycle", condition=Q(deleted_at=None)),
            models.Index(fields=["country", "sort_name", "id"], name="customers_country", condition=Q(deleted_at=None)),
            models.Index(fields=["email"], name="customers_email", condition=~Q(email="")),
            models.Index(fields=["parent"], name="customers_children", condition=Q(parent__isnull=False)),
            models.Index(fields=["id"], name="customers_trash", condition=Q(deleted_at__isnull=False)),
            models.Index(fields=["-deleted_at", "-id"], name="customers_trash_newest", condition=Q(deleted_at__isnull=False)),
            GinIndex(fields=["tags"], name="customers_tags", condition=~Q(tags=[])),
            GinIndex(fields=["search"], name="customers_search"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def last_contact_at(self) -> datetime | None:
        """When people last talked, in either direction; a list joins ``last_contact`` first."""
        found = getattr(self, "last_contact", None)
        return found.at if found else None


class LastContact(models.Model):
    """When people last talked with a customer: a row of its own, since each talk moves it and nothing else."""

    computed = True

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="last_contact")
    at = models.DateTimeField(_("last contact"))

    class Meta:
        indexes = [models.Index(models.F("at").desc(), models.F("customer").desc(), name="customers_last_contact")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.at}"


class ExternalId(models.Model):
    """The name of a customer in one outside system; one customer may have many."""

    source = models.ForeignKey("kit.Source", models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(_("external id"), max_length=200)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="external_ids")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="customers_externalid_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="customers_externalid_filled"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.external_id}"


@tracked(exclude=["search", "sort_name"])
class Contact(FromSource, Party):
    """A person we talk to at one or more companies."""

    name = models.CharField(_("name"), max_length=200)
    sort_name = sort_key("name")
    search = search_column(name="n", company="c", email="e", phone="p")

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(condition=~Q(name=""), name="customers_contact_named"),
        ]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="contacts_by_name", condition=Q(deleted_at=None)),
            models.Index(fields=["team", "sort_name", "id"], name="contacts_by_team", condition=Q(deleted_at=None)),
            models.Index(fields=["owner", "sort_name", "id"], name="contacts_by_owner", condition=Q(deleted_at=None)),
            models.Index(fields=["-created_at", "-id"], name="contacts_newest", condition=Q(deleted_at=None)),
            GinIndex(fields=["search"], name="contacts_search"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class ContactRole(models.Model):
    """Links a contact to a customer, with what they do there and since when."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="roles", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_roles")
    role = models.CharField(_("role"), max_length=80, blank=True, default="")
    primary = models.BooleanField(_("primary"), default=False)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "customer", "role"], name="customers_contactrole_once"),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(primary=True), name="customers_contactrole_one_primary"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.role} {self.customer_id}"


@tracked()
class ContactPoint(models.Model):
    """One e-mail, phone or address of a customer or a contact."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        ADDRESS = "address", _("Address")

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="points", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="points", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    label = models.CharField(max_length=40, blank=True, default="")
    value = models.CharField(max_length=300)
    normalised = models.CharField(max_length=300, blank=True, default="")
    primary = models.BooleanField(default=False)
    valid = models.BooleanField(null=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, contact__isnull=True)
                | Q(customer__isnull=True, contact__isnull=False),
                name="customers_contactpoint_one_holder",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(primary=True, customer__isnull=False),
                name="customers_contactpoint_customer_primary",
            ),
            models.UniqueConstraint(
                fields=["contact", "kind"],
                condition=Q(primary=True, contact__isnull=False),
                name="customers_contactpoint_contact_primary",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "normalised"], name="customers_contactpoint_value"),
            models.Index(fields=["customer"], name="customers_points_of_customer", condition=Q(customer__isnull=False)),
            models.Index(fields=["contact"], name="customers_points_of_contact", condition=Q(contact__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.value


class Interaction(FromSource):
    """Anything that happened with a customer. Append-only: a correction is a new row."""

    class Kind(models.TextChoices):
        MAIL = "mail", pgettext_lazy("conversation", "E-mail")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        NOTE = "note", _("Note")
        CHAT = "chat", _("Chat")
        SOCIAL = "social", _("Social")
        WEB = "web", _("Web")
        FORM = "form", _("Form")
        CAMPAIGN = "campaign", _("Campaign")
        SYSTEM = "system", _("System")

    class Direction(models.TextChoices):
        IN = "in", _("Incoming")
        OUT = "out", _("Outgoing")
        NONE = "", _("None")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="interactions", db_index=False)
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="interactions", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    direction = models.CharField(
        _("direction"), max_length=3, choices=Direction.choices, blank=True, default=Direction.NONE
    )
    channel = models.CharField(_("channel"), max_length=40, blank=True, default="")
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    subject = models.CharField(_("subject"), max_length=300, blank=True, default="")
    text = models.TextField(_("text"), blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("author"),
        db_index=False,
    )  # fmt: skip
    thread = models.CharField(max_length=200, blank=True, default="")
    payload = models.JSONField(default=dict, blank=True)
    mood = models.FloatField(_("mood"), null=True, blank=True)
    topic = models.CharField(_("topic"), max_length=80, blank=True, default="")

    objects = InteractionQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(
                condition=Q(kind__in=["mail", "call", "meeting", "note", "chat", "social", "web", "form", "campaign", "system"]),
                name="customers_interaction_kind",
            ),
            models.CheckConstraint(
                condition=Q(mood__isnull=True) | Q(mood__gte=-1, mood__lte=1), name="customers_interaction_mood"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["customer", "-occurred_at", "-id"], name="interactions_timeline"),
            models.Index(fields=["-occurred_at", "-id"], name="interactions_newest"),
            models.Index(fields=["contact"], name="interactions_of_contact", condition=Q(contact__isnull=False)),
            BrinIndex(fields=["recorded_at"], name="interactions_recorded"),
        ]

    def __str__(self) -> str:
        return self.subject or self.get_kind_display()


from customers.composer.models import Draft, OutgoingMail  # noqa: E402, F401 - tables of this app
from customers.files.models import Attachment  # noqa: E402, F401
from customers.following.models import Follow  # noqa: E402, F401
from customers.import_records import (  # noqa: E402, F401
    ImportChange,
    ImportJob,
    PendingLink,
    SavedMapping,
)
from customers.privacy.records import (  # noqa: E402, F401 - its tables point at the ones above
    Channel,
    Consent,
    ConsentPurpose,
    ConsentText,
    EraseProof,
    LegalHold,
    PersonExport,
    RetentionRule,
    RetentionRun,
)
from customers.quality.models import QualityException, QualityResult, QualityRule  # noqa: E402, F401 - tables of this app
from customers.relationships import Relationship, RelationType  # noqa: E402, F401  tables of their own file
