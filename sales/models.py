"""Products, orders with their lines and returns, deals on their way through a pipeline."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.models import Team
from crm.kit.fields import FromSource, MoneyField, Stamped, search_column
from crm.kit.history import tracked
from customers.models import Contact, Customer
from sales.querysets import ActivityQuerySet, DealQuerySet, OrderQuerySet, PipelineQuerySet, ProductQuerySet
from sales.words import order_status, stage_name


@tracked(exclude=["search"])
class Product(FromSource, Stamped):
    """Something we sell. Codes that differ only by case are one product."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("Goods")
        SERVICE = "service", _("Service")
        ADJUSTMENT = "adjustment", _("Adjustment")

    sku = models.CharField(_("code"), max_length=80)
    name = models.CharField(_("name"), max_length=300, blank=True, default="")
    category = models.CharField(_("category"), max_length=120, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.GOODS)
    search = search_column(sku="i", name="n", category="c")

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.UniqueConstraint(Upper("sku"), name="sales_product_sku"),
            models.CheckConstraint(condition=~Q(sku=""), name="sales_product_coded"),
            models.CheckConstraint(condition=Q(kind__in=["goods", "service", "adjustment"]), name="sales_product_kind"),
        ]
        indexes = [GinIndex(fields=["search"], name="products_search")]

    def __str__(self) -> str:
        return self.name or self.sku


@tracked(exclude=["search"])
class Order(FromSource, Stamped):
    """A sale or a return, with or without a known customer. Totals are kept by the services that write lines."""

    class Kind(models.TextChoices):
        SALE = "sale", _("Sale")
        RETURN = "return", _("Return")

    number = models.CharField(_("number"), max_length=80)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
        db_index=False,
    )
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"), db_index=False)
    ordered_at = models.DateTimeField(_("ordered"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices, default=Kind.SALE)
    status = models.CharField(_("status"), max_length=30, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    total = MoneyField(_("total"), default=0, help_text=_("All lines, adjustments included; returns are negative."))
    home_total = MoneyField(_("total in home currency"), null=True, blank=True)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    search = search_column(number="i")

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(condition=~Q(number=""), name="sales_order_numbered"),
            models.CheckConstraint(condition=Q(kind__in=["sale", "return"]), name="sales_order_kind"),
        ]
        indexes = [
            models.Index(fields=["customer", "-ordered_at", "-id"], name="orders_of_customer"),
            models.Index(fields=["-ordered_at", "-id"], name="orders_newest"),
            models.Index(fields=["team", "-ordered_at", "-id"], name="orders_of_team"),
            models.Index(fields=["number"], name="orders_number"),
            models.Index(fields=["updated_at", "id"], name="orders_changed"),
            GinIndex(fields=["search"], name="orders_search"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status_label(self) -> str:
        """The status as the reader calls it."""
        return order_status(self.status)


@tracked()
class OrderLine(models.Model):
    """One line of an order, keyed by its place in it. ``net`` is signed: returns are negative."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField(_("place"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    name = models.CharField(_("description"), max_length=300, blank=True, default="")
    quantity = models.DecimalField(_("quantity"), max_digits=16, decimal_places=4)
    unit_price = MoneyField(_("unit price"))
    discount = MoneyField(_("discount"), default=0)
    tax = MoneyField(_("tax"), default=0)
    net = MoneyField(_("net"))
    home_net = MoneyField(_("net in home currency"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="sales_orderline_place")]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"


@tracked()
class Pipeline(models.Model):
    """A way of selling, with its own stages."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_default = models.BooleanField(default=False)

    objects = PipelineQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="sales_pipeline_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Stage(models.Model):
    """A step of a pipeline; ``probability`` is the share of deals in it that are won, in percent."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("deal", "Open")
        WON = "won", pgettext_lazy("deal", "Won")
        LOST = "lost", pgettext_lazy("deal", "Lost")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("place"))
    probability = models.PositiveSmallIntegerField(_("probability"), default=50)
    state = models.CharField(_("state"), max_length=4, choices=State.choices, default=State.OPEN)

    class Meta:
        ordering = ["pipeline", "position"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="sales_stage_name"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="sales_stage_probability"),
            models.CheckConstraint(condition=Q(state__in=["open", "won", "lost"]), name="sales_stage_state"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name as the reader calls it."""
        return stage_name(self.name)


@tracked(exclude=["search"])
class Deal(FromSource, Stamped):
    """A sale in the making."""

    title = models.CharField(_("title"), max_length=200)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="deals", verbose_name=_("customer"), db_index=False)  # fmt: skip
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals", verbose_name=_("stage"), db_index=False)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("product"))  # fmt: skip
    amount = MoneyField(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    home_amount = MoneyField(null=True, blank=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))  # fmt: skip
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    opened_at = models.DateTimeField(_("opened"))
    expected_on = models.DateField(_("expected close"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    lost_reason = models.CharField(_("lost because"), max_length=200, blank=True, default="")
    custom = models.JSONField(default=dict, blank=True)
    search = search_column(title="n")

    objects = DealQuerySet.as_manager()

    class Meta:
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(condition=~Q(title=""), name="sales_deal_titled"),
        ]
        indexes = [
            models.Index(fields=["customer", "-opened_at", "-id"], name="deals_of_customer"),
            models.Index(fields=["-opened_at", "-id"], name="deals_newest"),
            models.Index(fields=["team", "-opened_at", "-id"], name="deals_of_team"),
            models.Index(fields=["stage", "-opened_at", "-id"], name="deals_in_stage"),
            models.Index(
                fields=["currency"], include=["amount", "customer", "team", "owner", "stage"], name="deals_sums"
            ),
            models.Index(models.F("home_amount").desc(nulls_last=True), models.F("id").desc(), name="deals_largest"),
            GinIndex(fields=["search"], name="deals_search"),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class StageChange(models.Model):
    """When a deal entered a stage, and who moved it."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="stage_changes")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["deal", "at"], name="sales_stagechange_deal")]

    def __str__(self) -> str:
        return f"{self.deal_id} → {self.stage_id}"


@tracked(exclude=["search", "reminded_at"])
class Activity(FromSource, Stamped):
    """A task, call or meeting that somebody has to see to.

    ``due_on`` is the day as it was meant. ``due_at`` is the moment after which it is late: the time where one was
    given (``timed``), else the end of that day where its owner is.
    """

    class Kind(models.TextChoices):
        TASK = "task", _("To-do")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        EMAIL = "email", _("E-mail")
        OTHER = "other", _("Other")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("task", "Open")
        DONE = "done", pgettext_lazy("task", "Done")
        CANCELLED = "cancelled", pgettext_lazy("task", "Cancelled")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("High")

    class Repeat(models.TextChoices):
        NEVER = "", _("Does not repeat")
        DAY = "day", _("Daily")
        WEEK = "week", _("Weekly")
        MONTH = "month", _("Monthly")

    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.TASK)
    note = models.TextField(_("note"), blank=True, default="")
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    priority = models.CharField(_("priority"), max_length=6, choices=Priority.choices, default=Priority.NORMAL)
    due_on = models.DateField(_("due"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    timed = models.BooleanField(default=False)
    remind_at = models.DateTimeField(_("reminder"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    repeat = models.CharField(_("repeats"), max_length=5, blank=True, default=Repeat.NEVER, choices=Repeat.choices)
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    repeat_day = models.PositiveSmallIntegerField(null=True, blank=True, editable=False, help_text="Day of the month on which the series stands.")  # fmt: skip
    follows = models.OneToOneField("self", models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer"), db_index=False)  # fmt: skip
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("deal"))
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact"))  # fmt: skip
    ticket = models.ForeignKey("service.Ticket", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ticket"))  # fmt: skip
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"), db_index=False)  # fmt: skip
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"), db_index=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)  # fmt: skip
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)  # fmt: skip
    search = search_column(title="t")

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            *FromSource.Meta.constraints,
            models.CheckConstraint(condition=~Q(title=""), name="sales_activity_titled"),
            models.CheckConstraint(condition=Q(kind__in=["task", "call", "meeting", "email", "other"]), name="sales_activity_kind"),
            models.CheckConstraint(condition=Q(priority__in=["low", "normal", "high"]), name="sales_activity_priority"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | Q(state__in=["open", "cancelled"], done_at__isnull=True),
                name="sales_activity_state",
            ),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True, due_at__isnull=True, timed=False) | Q(due_on__isnull=False, due_at__isnull=False),
                name="sales_activity_due",
            ),
            models.CheckConstraint(
                condition=Q(repeat="") | Q(repeat__in=["day", "week", "month"], every__gte=1, due_on__isnull=False),
                name="sales_activity_repeat",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(models.F("due_at").desc(nulls_last=True), models.F("id").desc(), name="activities_due"),
            models.Index(fields=["due_at", "id"], name="activities_open", condition=Q(state="open")),
            models.Index(fields=["owner", "state", "due_at", "id"], name="activities_of_owner"),
            models.Index(fields=["team", "state", "due_at", "id"], name="activities_of_team"),
            models.Index(fields=["customer", "state", "due_at"], name="activities_of_customer"),
            models.Index(
                fields=["customer", "-done_at", "-id"], name="activities_done", condition=Q(done_at__isnull=False)
            ),
            models.Index(
                fields=["remind_at"], name="activities_to_remind",
                condition=Q(state="open", remind_at__isnull=False, reminded_at__isnull=True),
            ),
            GinIndex(fields=["search"], name="activities_search"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def is_late(self, now: datetime) -> bool:
        """Open beyond its time."""
        return self.state == self.State.OPEN and self.due_at is not None and self.due_at < now
