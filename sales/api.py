"""REST: products, orders with their lines, deals, pipelines, tasks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Prefetch, Q, QuerySet
from rest_framework import serializers
from rest_framework.routers import BaseRouter

from crm.kit.filters import KitFilterSet
from crm.kit.rest import KitReadViewSet, KitViewSet
from crm.kit.shapes import Bag, Day, Id, KitSerializer, Moment, Money, Reference, Text
from sales import services
from sales.filters import ActivityFilters, DealFilters, OrderFilters, ProductFilters
from sales.models import Activity, Deal, Order, OrderLine, Pipeline, Product, Stage
from sales.services.orders import reach as order_reach

CURRENCY = r"^[A-Za-z]{3}$"
QUANTITY_MOST = Decimal("999999999")


class ProductShape(KitSerializer):
    """A product as the API shows it."""

    object = "product"
    key = "sales.product"

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    kind = serializers.ChoiceField(Product.Kind.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ProductInput(serializers.Serializer):
    """What a caller may write of a product."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    sku = Text(max_length=80)
    name = Text(max_length=300, required=False, allow_blank=True)
    category = Text(max_length=120, required=False, allow_blank=True)
    kind = serializers.ChoiceField(Product.Kind.choices, required=False)


class LineShape(KitSerializer):
    """One line of an order."""

    position = serializers.IntegerField()
    product = serializers.IntegerField(source="product_id", allow_null=True)
    sku = serializers.CharField(source="product.sku", allow_null=True)
    name = serializers.CharField()
    quantity = serializers.DecimalField(16, 4)
    unit_price = serializers.DecimalField(18, 4)
    discount = serializers.DecimalField(18, 4)
    tax = serializers.DecimalField(18, 4)
    net = serializers.DecimalField(18, 4)


class OrderShape(KitSerializer):
    """An order as the API shows it."""

    object = "order"
    key = "sales.order"

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    number = serializers.CharField()
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    customer_name = serializers.CharField(source="customer.name", allow_null=True)
    team = serializers.IntegerField(source="team_id")
    ordered_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(Order.Kind.choices)
    status = serializers.CharField()
    currency = serializers.CharField()
    total = serializers.DecimalField(18, 4)
    home_total = serializers.DecimalField(18, 4, allow_null=True)
    line_count = serializers.IntegerField()
    lines = LineShape(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class LineInput(serializers.Serializer):
    """One line: a product by id or code, how many, at what price."""

    product = Id(required=False, allow_null=True)
    sku = Text(max_length=80, required=False, allow_blank=True)
    name = Text(max_length=300, required=False, allow_blank=True)
    quantity = serializers.DecimalField(16, 4, min_value=-QUANTITY_MOST, max_value=QUANTITY_MOST)
    unit_price = Money(min_value=-QUANTITY_MOST, max_value=QUANTITY_MOST)
    discount = Money(required=False, min_value=-QUANTITY_MOST, max_value=QUANTITY_MOST)
    tax = Money(required=False, min_value=-QUANTITY_MOST, max_value=QUANTITY_MOST)


class OrderInput(serializers.Serializer):
    """What a caller may write of an order; ``lines`` replace all lines."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    number = Text(max_length=80)
    customer = Id(required=False, allow_null=True)
    team = Reference(required=False)
    ordered_at = Moment(required=False)
    kind = serializers.ChoiceField(Order.Kind.choices, required=False)
    status = Text(max_length=30, required=False, allow_blank=True)
    currency = serializers.RegexField(CURRENCY, required=False, allow_blank=True)
    lines = LineInput(many=True, required=False, max_length=1000)  # type: ignore[call-arg] # of the list


class StageShape(KitSerializer):
    """A step of a pipeline."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    probability = serializers.IntegerField()
    state = serializers.ChoiceField(Stage.State.choices)


class PipelineShape(KitSerializer):
    """A pipeline with its stages."""

    object = "deal"
    key = "sales.pipeline"

    id = serializers.IntegerField()
    name = serializers.CharField()
    is_default = serializers.BooleanField()
    stages = StageShape(many=True)


class DealShape(KitSerializer):
    """A deal as the API shows it."""

    object = "deal"
    key = "sales.deal"
    follows = {"home_amount": "amount"}

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    title = serializers.CharField()
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    customer_name = serializers.CharField(source="customer.name", allow_null=True)
    pipeline = serializers.IntegerField(source="stage.pipeline_id")
    stage = serializers.IntegerField(source="stage_id")
    stage_name = serializers.CharField(source="stage.name")
    state = serializers.ChoiceField(Stage.State.choices, source="stage.state")
    product = serializers.IntegerField(source="product_id", allow_null=True)
    amount = serializers.DecimalField(18, 4, allow_null=True)
    currency = serializers.CharField()
    home_amount = serializers.DecimalField(18, 4, allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.display_name", allow_null=True)
    team = serializers.IntegerField(source="team_id")
    opened_at = serializers.DateTimeField()
    expected_on = serializers.DateField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    lost_reason = serializers.CharField()
    custom = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DealInput(serializers.Serializer):
    """What a caller may write of a deal; stage and pipeline by id or name."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    title = Text(max_length=200)
    customer = Id(required=False, allow_null=True)
    pipeline = Reference(required=False)
    stage = Reference(required=False)
    product = Reference(required=False, allow_null=True)
    amount = Money(required=False, allow_null=True)
    currency = serializers.RegexField(CURRENCY, required=False, allow_blank=True)
    owner = Reference(required=False, allow_null=True)
    team = Reference(required=False)
    opened_at = Moment(required=False)
    expected_on = Day(required=False, allow_null=True)
    closed_at = Moment(required=False, allow_null=True)
    lost_reason = Text(max_length=200, required=False, allow_blank=True)
    custom = Bag(required=False)


class ActivityShape(KitSerializer):
    """A task as the API shows it; ``due_at`` is when it is late, the end of ``due_on`` unless ``timed``."""

    object = "activity"
    key = "sales.activity"

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    kind = serializers.ChoiceField(Activity.Kind.choices)
    title = serializers.CharField()
    note = serializers.CharField()
    state = serializers.ChoiceField(Activity.State.choices)
    priority = serializers.ChoiceField(Activity.Priority.choices)
    due_on = serializers.DateField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    timed = serializers.BooleanField()
    remind_at = serializers.DateTimeField(allow_null=True)
    repeat = serializers.ChoiceField(Activity.Repeat.choices)
    every = serializers.IntegerField()
    previous = serializers.IntegerField(source="follows_id", allow_null=True)
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    customer_name = serializers.CharField(source="customer.name", allow_null=True)
    deal = serializers.IntegerField(source="deal_id", allow_null=True)
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    ticket = serializers.IntegerField(source="ticket_id", allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.display_name", allow_null=True)
    team = serializers.IntegerField(source="team_id")
    done_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ActivityInput(serializers.Serializer):
    """What a caller may write of a task; ``due_at`` gives it a time, ``due_on`` a whole day."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    kind = serializers.ChoiceField(Activity.Kind.choices, required=False)
    title = Text(max_length=200)
    note = Text(max_length=20_000, required=False, allow_blank=True)
    state = serializers.ChoiceField(Activity.State.choices, required=False)
    priority = serializers.ChoiceField(Activity.Priority.choices, required=False)
    due_on = Day(required=False, allow_null=True)
    due_at = Moment(required=False, allow_null=True)
    remind_at = Moment(required=False, allow_null=True)
    repeat = serializers.ChoiceField(Activity.Repeat.choices, required=False, allow_blank=True)
    every = serializers.IntegerField(min_value=1, max_value=365, required=False)
    customer = Id(required=False, allow_null=True)
    deal = Id(required=False, allow_null=True)
    contact = Id(required=False, allow_null=True)
    ticket = Id(required=False, allow_null=True)
    owner = Reference(required=False, allow_null=True)
    team = Reference(required=False)


class ProductViewSet(KitViewSet):
    """Products: goods, services and adjustments."""

    model = Product
    object = "product"
    serializer_class = ProductShape
    write_class = ProductInput
    filterset_class = ProductFilters
    orderings = {"sku": "sku", "name": "name"}
    ordering = "-id"
    select_related = ("source",)

    def within_reach(self, row: Any, action: str) -> bool:
        """Products belong to no team: the grant is enough."""
        return bool(self.request.user.access.can("product", action))

    def create_row(self, data: dict[str, Any]) -> Product:
        """By the service."""
        return services.create_product(user=self.request.user, values=data)

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Product:
        """By the service."""
        return services.update_product(user=self.request.user, product_id=row.pk, values=data, expected=expected)

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service."""
        services.delete_product(user=self.request.user, product_id=row.pk, expected=expected)


class OrderViewSet(KitViewSet):
    """Sales and returns, with their lines."""

    model = Order
    object = "order"
    serializer_class = OrderShape
    write_class = OrderInput
    filterset_class = OrderFilters
    orderings = {"ordered_at": "ordered_at"}
    ordering = "-ordered_at"
    select_related = ("customer", "source")

    def related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """With the lines in one more query."""
        lines = OrderLine.objects.select_related("product").order_by("position")
        return super().related(queryset).prefetch_related(Prefetch("lines", lines))

    def reach(self, action: str) -> Q:
        """By the order's own team."""
        return order_reach(self.request.user, action)

    def create_row(self, data: dict[str, Any]) -> Order:
        """By the service."""
        return services.place_order(user=self.request.user, values=data, now=self.now())

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Order:
        """By the service."""
        return services.update_order(user=self.request.user, order_id=row.pk, values=data, expected=expected)

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service."""
        services.delete_order(user=self.request.user, order_id=row.pk, expected=expected)


class DealViewSet(KitViewSet):
    """Deals on their way through a pipeline."""

    model = Deal
    object = "deal"
    serializer_class = DealShape
    write_class = DealInput
    filterset_class = DealFilters
    orderings = {"opened_at": "opened_at"}
    ordering = "-opened_at"
    select_related = ("customer", "stage", "owner", "source")

    def create_row(self, data: dict[str, Any]) -> Deal:
        """By the service."""
        return services.open_deal(user=self.request.user, values=data, now=self.now())

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Deal:
        """By the service; another stage is a move."""
        return services.update_deal(
            user=self.request.user, deal_id=row.pk, values=data, now=self.now(), expected=expected
        )

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service."""
        services.delete_deal(user=self.request.user, deal_id=row.pk, expected=expected)


class ActivityViewSet(KitViewSet):
    """Tasks, calls and meetings that somebody has to see to."""

    model = Activity
    object = "activity"
    serializer_class = ActivityShape
    write_class = ActivityInput
    filterset_class = ActivityFilters
    orderings = {"due_at": "due_at"}
    ordering = "-due_at"
    select_related = ("customer", "owner", "source")

    def create_row(self, data: dict[str, Any]) -> Activity:
        """By the service."""
        return services.create_activity(user=self.request.user, values=data, now=self.now())

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Activity:
        """By the service; another state is a step."""
        return services.update_activity(
            user=self.request.user, activity_id=row.pk, values=data, now=self.now(), expected=expected
        )

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service."""
        services.delete_activity(user=self.request.user, activity_id=row.pk, expected=expected)


class PipelineFilters(KitFilterSet):
    """Pipelines are few."""

    object = "deal"
    key = "sales.pipeline"

    search = None  # type: ignore[assignment]
    is_default = django_filters.BooleanFilter()


class PipelineViewSet(KitReadViewSet):
    """Pipelines with their stages."""

    model = Pipeline
    object = "deal"
    serializer_class = PipelineShape
    filterset_class = PipelineFilters
    orderings = {"name": "name"}
    ordering = "name"

    def related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """With the stages in one more query."""
        stages = Stage.objects.order_by("position", "pk")
        return super().related(queryset).prefetch_related(Prefetch("stages", stages))


def register(router: BaseRouter) -> None:
    """The addresses of this app."""
    router.register("products", ProductViewSet, basename="products")
    router.register("orders", OrderViewSet, basename="orders")
    router.register("deals", DealViewSet, basename="deals")
    router.register("activities", ActivityViewSet, basename="activities")
    router.register("pipelines", PipelineViewSet, basename="pipelines")
