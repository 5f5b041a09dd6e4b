"""REST: campaigns, and the touches of one campaign below it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import URLPattern, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from crm.kit.errors import Invalid
from crm.kit.rest import KitReadViewSet, KitViewSet, row_id
from crm.kit.shapes import Id, KitSerializer, Moment, Money, Reference, Text, represent
from marketing import services
from marketing.filters import CampaignFilters, TouchFilters
from marketing.models import Campaign, Touch

MAX_TOUCHES = 1_000


class CampaignShape(KitSerializer):
    """A campaign as the API shows it."""

    object = "campaign"
    key = "marketing.campaign"

    id = serializers.IntegerField()
    external_id = serializers.CharField()
    source = serializers.CharField(source="source.name", allow_null=True)
    name = serializers.CharField()
    channel = serializers.CharField()
    state = serializers.ChoiceField(Campaign.State.choices)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    budget = serializers.DecimalField(18, 4, allow_null=True)
    currency = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    owner_name = serializers.CharField(source="owner.display_name", allow_null=True)
    team = serializers.IntegerField(source="team_id")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CampaignInput(serializers.Serializer):
    """What a caller may write of a campaign."""

    external_id = Text(max_length=200, required=False, allow_blank=True)
    source = Text(max_length=80, required=False, allow_blank=True)
    name = Text(max_length=200)
    channel = Text(max_length=40, required=False, allow_blank=True)
    state = serializers.ChoiceField(Campaign.State.choices, required=False)
    starts_at = Moment(required=False, allow_null=True)
    ends_at = Moment(required=False, allow_null=True)
    budget = Money(required=False, allow_null=True)
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", required=False, allow_blank=True)
    owner = Reference(required=False, allow_null=True)
    team = Reference(required=False)


class TouchShape(KitSerializer):
    """A customer's part in a campaign."""

    object = "campaign"
    key = "marketing.touch"

    id = serializers.IntegerField()
    campaign = serializers.IntegerField(source="campaign_id")
    customer = serializers.IntegerField(source="customer_id")
    customer_name = serializers.CharField(source="customer.name")
    sent_at = serializers.DateTimeField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    clicked_at = serializers.DateTimeField(allow_null=True)
    converted_at = serializers.DateTimeField(allow_null=True)
    unsubscribed_at = serializers.DateTimeField(allow_null=True)
    status = serializers.CharField()


class TouchInput(serializers.Serializer):
    """What a caller may write of a touch; the customer names it."""

    customer = Id()
    sent_at = Moment(required=False, allow_null=True)
    opened_at = Moment(required=False, allow_null=True)
    clicked_at = Moment(required=False, allow_null=True)
    converted_at = Moment(required=False, allow_null=True)
    unsubscribed_at = Moment(required=False, allow_null=True)
    status = Text(max_length=30, required=False, allow_blank=True)


class CampaignViewSet(KitViewSet):
    """Campaigns."""

    model = Campaign
    object = "campaign"
    serializer_class = CampaignShape
    write_class = CampaignInput
    filterset_class = CampaignFilters
    orderings = {"created_at": "created_at"}
    ordering = "-created_at"
    select_related = ("owner", "source")

    def create_row(self, data: dict[str, Any]) -> Campaign:
        """By the service."""
        return services.create_campaign(user=self.request.user, values=data)

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Campaign:
        """By the service."""
        return services.update_campaign(user=self.request.user, campaign_id=row.pk, values=data, expected=expected)

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service."""
        services.delete_campaign(user=self.request.user, campaign_id=row.pk, expected=expected)


class TouchViewSet(KitReadViewSet):
    """Touches of one campaign: list them; make or change up to 1,000 at once, one per customer."""

    model = Touch
    object = "campaign"
    policy = {"create": ("campaign", "change")}
    scope = "campaigns"
    serializer_class = TouchShape
    write_class = TouchInput(many=True)
    responses = {"post": {200: TouchShape(many=True)}}
    filterset_class = TouchFilters
    orderings = {}
    ordering = "-id"
    select_related = ("customer",)

    def get_queryset(self) -> QuerySet[Any]:
        """Of the campaign in the address, which the user must see."""
        campaign = Campaign.objects.visible_to(self.request.user).filter(pk=row_id(self.kwargs["campaign"])).first()
        if campaign is None:
            raise Http404
        return super().get_queryset().filter(campaign=campaign)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make or change touches."""
        self.get_queryset()
        if not isinstance(request.data, list) or not 0 < len(request.data) <= MAX_TOUCHES:
            raise Invalid("Send a list of 1 to 1,000 touches.")
        serializer = TouchInput(data=request.data, many=True)
        serializer.is_valid(raise_exception=True)
        rows = services.keep_touches(
            user=request.user, campaign_id=row_id(self.kwargs["campaign"]), touches=serializer.validated_data
        )
        return Response(represent(TouchShape, rows, request.user))


def register(router: BaseRouter) -> None:
    """The addresses of this app."""
    router.register("campaigns", CampaignViewSet, basename="campaigns")


urlpatterns: list[URLPattern] = [
    path(
        "campaigns/<str:campaign>/touches/",
        TouchViewSet.as_view({"get": "list", "post": "create"}),
        name="touches",
    )
]
