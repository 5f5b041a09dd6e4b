"""REST: customers, contacts, interactions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from crm.kit import exports, timeline
from crm.kit.errors import Invalid
from crm.kit.keyset import page_size
from crm.kit.rest import KitAPIView, KitViewSet, row_id
from crm.kit.shapes import Bag, Day, Id, KitSerializer, Moment, Reference, Tags, Text, represent
from crm.kit.tables import Scene
from crm.kit.workspace import workspace
from customers import points_api, services
from customers.duplicates import api as duplicates_api
from customers.duplicates.selectors import similar
from customers.filters import ContactFilters, CustomerFilters, InteractionFilters
from customers.imports_api import ImportViewSet
from customers.models import Contact, Customer, ExternalId, Gender, Interaction, Lifecycle
from customers.privacy import api as privacy_api
from customers.selectors import possible_doubles, with_external_ids
from customers.timeline import SUBJECT


class OutsideId(serializers.Serializer):
    """The name of a record in one outside system."""

    source = serializers.CharField()
    external_id = serializers.CharField()


class PartyShape(KitSerializer):
    """Fields that customers and contacts share."""

    id = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    source = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    company = serializers.CharField()
    title = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    gender = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    postcode = serializers.CharField()
    country = serializers.CharField()
    language = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.display_name", allow_null=True)
    team = serializers.IntegerField(source="team_id")
    team_name = serializers.CharField(source="team.name")
    tags = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    custom = serializers.DictField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CustomerShape(PartyShape):
    """A customer as the API shows it."""

    object = "customer"
    key = "customers.customer"

    external_id = serializers.SerializerMethodField()
    source = serializers.SerializerMethodField()
    external_ids = OutsideId(many=True, source="outside")
    kind = serializers.ChoiceField(Customer.Kind.choices)
    lifecycle = serializers.ChoiceField(Lifecycle.choices)
    parent = serializers.IntegerField(source="parent_id", allow_null=True)
    time_zone = serializers.CharField()
    last_contact_at = serializers.DateTimeField(source="last_contact.at", allow_null=True)

    def get_external_id(self, row: Any) -> str | None:
        """The oldest outside id."""
        return row.outside[0]["external_id"] if row.outside else None

    def get_source(self, row: Any) -> str | None:
        """The system of the oldest outside id."""
        return row.outside[0]["source"] if row.outside else None


class CreatedCustomerShape(CustomerShape):
    """A new customer, with the hint of others that look the same."""

    possible_duplicates = serializers.ListField(child=serializers.IntegerField(), required=False)


class ContactShape(PartyShape):
    """A contact as the API shows it."""

    object = "contact"
    key = "customers.contact"

    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)


class InteractionShape(KitSerializer):
    """An interaction as the API shows it."""

    object = "interaction"
    key = "customers.interaction"

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    customer = serializers.IntegerField(source="customer_id")
    customer_name = serializers.CharField(source="customer.name")
    contact = serializers.IntegerField(source="contact_id", allow_null=True)
    kind = serializers.ChoiceField(Interaction.Kind.choices)
    direction = serializers.CharField()
    channel = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    subject = serializers.CharField()
    text = serializers.CharField()
    author = serializers.IntegerField(source="author_id", allow_null=True)
    author_name = serializers.CharField(source="author.display_name", allow_null=True)
    thread = serializers.CharField()
    payload = serializers.DictField()
    mood = serializers.FloatField(allow_null=True)
    topic = serializers.CharField()


class PartyInput(serializers.Serializer):
    """What a caller may write of a customer or a contact; nothing else is taken."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    name = Text(max_length=200, required=False)
    first_name = Text(max_length=120, required=False, allow_blank=True)
    last_name = Text(max_length=120, required=False, allow_blank=True)
    company = Text(max_length=200, required=False, allow_blank=True)
    title = Text(max_length=120, required=False, allow_blank=True)
    email = Text(max_length=254, required=False, allow_blank=True)
    phone = Text(max_length=60, required=False, allow_blank=True)
    birth_date = Day(required=False, allow_null=True)
    gender = serializers.ChoiceField([*Gender.choices, ("", "")], required=False)
    address = Text(max_length=300, required=False, allow_blank=True)
    city = Text(max_length=120, required=False, allow_blank=True)
    region = Text(max_length=120, required=False, allow_blank=True)
    postcode = Text(max_length=20, required=False, allow_blank=True)
    country = Text(max_length=60, required=False, allow_blank=True)
    language = Text(max_length=10, required=False, allow_blank=True)
    owner = Reference(required=False, allow_null=True)
    team = Reference(required=False)
    tags = Tags(required=False)
    note = Text(max_length=20_000, required=False, allow_blank=True)
    custom = Bag(required=False)


class CustomerInput(PartyInput):
    """What a caller may write of a customer."""

    kind = serializers.ChoiceField(Customer.Kind.choices, required=False)
    lifecycle = serializers.ChoiceField(Lifecycle.choices, required=False)
    parent = Id(required=False, allow_null=True)
    time_zone = Text(max_length=64, required=False, allow_blank=True)


class ContactInput(PartyInput):
    """What a caller may write of a contact; ``customer`` links it."""

    customer = Id(required=False)
    role = Text(max_length=80, required=False, allow_blank=True)


class InteractionInput(serializers.Serializer):
    """What a caller may write of an interaction."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    customer = Id()
    contact = Id(required=False, allow_null=True)
    kind = serializers.ChoiceField(Interaction.Kind.choices)
    direction = serializers.ChoiceField(Interaction.Direction.choices, required=False)
    channel = Text(max_length=40, required=False, allow_blank=True)
    occurred_at = Moment(required=False)
    subject = Text(max_length=300, required=False, allow_blank=True)
    text = Text(max_length=100_000, required=False, allow_blank=True)
    thread = Text(max_length=200, required=False, allow_blank=True)
    payload = Bag(required=False)
    mood = serializers.FloatField(min_value=-1, max_value=1, required=False, allow_null=True)
    topic = Text(max_length=80, required=False, allow_blank=True)


class CustomerViewSet(KitViewSet):
    """Customers: people and companies."""

    model = Customer
    object = "customer"
    serializer_class = CustomerShape
    write_class = CustomerInput
    created_class = CreatedCustomerShape
    filterset_class = CustomerFilters
    orderings = {
        "name": "sort_name", "created_at": "created_at", "last_contact_at": "last_contact__at",
    }  # fmt: skip
    ordering = "name"
    select_related = ("owner", "team", "last_contact")

    def related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """With every outside id."""
        return with_external_ids(super().related(queryset))

    def by_external(self, source: str, external_ids: list[str]) -> dict[str, Customer]:
        """Customers by their id in a source."""
        found = ExternalId.objects.filter(source__name=source, external_id__in=external_ids).select_related("customer")
        return {one.external_id: one.customer for one in found}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One customer; a merged one leads to where it went."""
        try:
            return super().retrieve(request, *args, **kwargs)
        except Http404:
            moved = duplicates_api.merged_away(request.user, row_id(kwargs["pk"]))
            if moved is None:
                raise
            return moved

    def create_row(self, data: dict[str, Any]) -> Customer:
        """By the service."""
        return services.create_customer(user=self.request.user, values=data, now=self.now())

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Customer:
        """By the service."""
        return services.update_customer(user=self.request.user, customer_id=row.pk, values=data, expected=expected)

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """Into the trash."""
        services.trash_customer(user=self.request.user, customer_id=row.pk, now=self.now(), expected=expected)
        exports.note(self.request, "trash", f"customer {row.pk}", {})

    def hints(self, row: Any) -> dict[str, Any]:
        """Others that look like a new customer."""
        values = {name: getattr(row, name) for name in duplicates_api.TYPED}
        found = similar(user=self.request.user, values=values, besides=row.pk)
        same = possible_doubles(user=self.request.user, email=row.email, phone=row.phone, besides=row.pk)
        return {
            "possible_duplicates": list(dict.fromkeys([one.customer.pk for one in found] + [one.pk for one in same]))
        }


class ContactViewSet(KitViewSet):
    """Contacts: people we talk to at customers."""

    model = Contact
    object = "contact"
    serializer_class = ContactShape
    write_class = ContactInput
    filterset_class = ContactFilters
    orderings = {"name": "sort_name", "created_at": "created_at"}
    ordering = "name"
    select_related = ("owner", "team", "source")

    def create_row(self, data: dict[str, Any]) -> Contact:
        """By the service."""
        return services.create_contact(user=self.request.user, values=data, now=self.now())

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Contact:
        """By the service."""
        return services.update_contact(user=self.request.user, contact_id=row.pk, values=data, expected=expected)

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """Into the trash."""
        services.trash_contact(user=self.request.user, contact_id=row.pk, now=self.now())
        exports.note(self.request, "trash", f"contact {row.pk}", {})


class InteractionViewSet(KitViewSet):
    """Interactions are append-only: they can be listed, read and added."""

    model = Interaction
    object = "interaction"
    http_method_names = ["get", "head", "options", "post"]
    serializer_class = InteractionShape
    write_class = InteractionInput
    filterset_class = InteractionFilters
    orderings = {"occurred_at": "occurred_at"}
    ordering = "-occurred_at"
    select_related = ("customer", "author", "source")
    partial_update = None  # type: ignore[assignment]
    destroy = None  # type: ignore[assignment]

    def create_row(self, data: dict[str, Any]) -> Interaction:
        """By the service."""
        return services.add_interaction(user=self.request.user, values=data, now=self.now())

    def repeat(self, row: Any) -> bool:
        """A row that came before is left as it is: interactions do not change."""
        return True


class TimelineShape(KitSerializer):
    """One event of a customer's timeline."""

    at = serializers.DateTimeField()
    icon = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    text = serializers.CharField()
    href = serializers.CharField()
    model = serializers.BooleanField(help_text="Whether a model said it.")


class TimelinePage(serializers.Serializer):
    """A page of the timeline, newest first."""

    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    results = TimelineShape(many=True)


class TimelineView(KitAPIView):
    """What happened with a customer, from every app, newest first."""

    policy = ("customer", "view")
    scope = "customers"
    responses = {"get": {200: TimelinePage}}
    parameters = (
        OpenApiParameter("cursor", str, description="From “next” of a page."),
        OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        OpenApiParameter("type", str, description="Only events of one type, such as messages or orders."),
    )

    def get(self, request: Request, pk: str) -> Response:
        """One page of events."""
        customer = Customer.objects.visible_to(request.user).filter(pk=row_id(pk)).first()
        if customer is None:
            raise Http404
        params = request.query_params
        if set(params) - {"cursor", "page_size", "type"}:
            raise Invalid(_("Unknown parameters."))
        chosen = params.get("type", "")
        if chosen and chosen not in {group.name for group in timeline.groups_for(SUBJECT, request.user)}:
            raise Invalid(_("There is no such type of events."), fields={"type": _("Unknown type.")})
        size = page_size(params.get("page_size"))
        scene = Scene(
            request.user, self.now(), workspace().home_currency, request.user.access.restricted_fields("customer")
        )
        page = timeline.read(SUBJECT, customer, scene, chosen=chosen, cursor=params.get("cursor", ""), size=size)
        events = [event for day in page.days for event in day.events]
        query = urlencode({**params.dict(), "cursor": page.following})
        following = f"{settings.SITE_URL}{request.path}?{query}" if page.following else None
        return Response({
            "next": following, "next_cursor": page.following or None,
            "results": represent(TimelineShape, events, request.user),
        })  # fmt: skip


def register(router: BaseRouter) -> None:
    """The addresses of this app."""
    router.register("customers", CustomerViewSet, basename="customers")
    router.register("contacts", ContactViewSet, basename="contacts")
    router.register("interactions", InteractionViewSet, basename="interactions")
    router.register("imports", ImportViewSet, basename="imports")


urlpatterns = [
    *points_api.urlpatterns,
    *privacy_api.urlpatterns,
    *duplicates_api.urlpatterns,
    path("customers/<str:pk>/timeline/", TimelineView.as_view(), name="api-customer-timeline"),
]
