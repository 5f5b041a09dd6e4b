"""REST: the ledger of consent of a customer, and their history field by field."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit import keyset
from crm.kit.errors import Invalid
from crm.kit.keyset import page_size
from crm.kit.rest import KitAPIView, row_id
from crm.kit.shapes import Id, KitSerializer, Moment, Text, represent
from customers.models import Channel, Consent, Customer
from customers.privacy.changes import history_of
from customers.privacy.consent import Proof, record_consent

SIZE = {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}


class ConsentShape(KitSerializer):
    """One line of the ledger."""

    object = "consent"

    id = serializers.IntegerField()
    purpose = serializers.CharField(source="purpose.key")
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(Consent.State.choices)
    text = serializers.IntegerField(source="text_id", allow_null=True)
    text_version = serializers.IntegerField(source="text.version", allow_null=True)
    text_language = serializers.CharField(source="text.language", allow_null=True)
    how = serializers.ChoiceField(Consent.How.choices)
    place = serializers.CharField()
    url = serializers.CharField()
    ip = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    by = serializers.IntegerField(source="by_id", allow_null=True)
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class ConsentPage(serializers.Serializer):
    """A page of the ledger, newest first."""

    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    results = ConsentShape(many=True)


class ConsentInput(serializers.Serializer):
    """What a caller may write: what was said, and the proof."""

    purpose = Text(max_length=40)
    channel = serializers.ChoiceField(Channel.choices)
    state = serializers.ChoiceField(Consent.State.choices)
    text = Id(required=False, allow_null=True)
    how = serializers.ChoiceField(Consent.How.choices, required=False)
    place = Text(max_length=200, required=False, allow_blank=True)
    url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    ip = serializers.IPAddressField(required=False, allow_null=True)
    note = Text(max_length=500, required=False, allow_blank=True)
    at = Moment(required=False)


def find(request: Request, pk: str) -> Customer:
    """The customer of the address as the caller may see it; 404 otherwise."""
    found = Customer.objects.visible_to(request.user).filter(pk=row_id(pk)).first()
    if found is None:
        raise Http404
    return found


def following(request: Request, cursor: str) -> dict[str, str | None]:
    """Where the next page is."""
    query = urlencode({**request.query_params.dict(), "cursor": cursor})
    return {
        "next": f"{settings.SITE_URL}{request.path}?{query}" if cursor else None,
        "next_cursor": cursor or None,
    }


class ConsentsView(KitAPIView):
    """What a customer said about purposes and channels, newest first; POST adds a line. Lines never change."""

    policy = {"get": ("customer", "view"), "post": ("customer", "change")}
    scope = "customers"
    write_class = ConsentInput
    responses = {"get": {200: ConsentPage}, "post": {201: ConsentShape}}
    parameters = (
        OpenApiParameter("cursor", str, description="From “next” of a page."),
        OpenApiParameter("page_size", SIZE),
    )

    def get(self, request: Request, pk: str) -> Response:
        """One page of the ledger."""
        if set(request.query_params) - {"cursor", "page_size"}:
            raise Invalid(_("Unknown parameters."))
        rows = Consent.objects.filter(customer=find(request, pk)).select_related("purpose", "text")
        ordering = keyset.resolve("-at", model=Consent, allowed={"at": "at"}, default="-at")
        cursor, size = request.query_params.get("cursor", ""), page_size(request.query_params.get("page_size"))
        page = keyset.page(rows, ordering=ordering, cursor=cursor, size=size)
        results = represent(ConsentShape, page.rows, request.user)
        return Response({**following(request, page.next), "results": results})

    def post(self, request: Request, pk: str) -> Response:  # type: ignore[override]
        """Add a line to the ledger."""
        customer = find(request, pk)
        serializer = ConsentInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(serializer.validated_data)
        proof = Proof(
            how=given.get("how") or Consent.How.API, place=given.get("place", ""), url=given.get("url", ""),
            ip=given.get("ip"), note=given.get("note", ""),
        )  # fmt: skip
        made = record_consent(
            user=request.user, holder="customer", pk=customer.pk, purpose=given["purpose"], channel=given["channel"],
            state=given["state"], proof=proof, now=self.now(), at=given.get("at"), text_id=given.get("text"),
        )  # fmt: skip
        return Response(represent(ConsentShape, [made], request.user)[0], status=201)


class ChangeShape(KitSerializer):
    """One field that one write changed."""

    object = "consent"

    at = serializers.DateTimeField()
    field = serializers.CharField(help_text="The name of the field; own fields as custom.<name>.")
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)
    source = serializers.CharField(help_text="page, api, import, job, command or system.")
    user = serializers.IntegerField(allow_null=True)
    user_name = serializers.CharField(allow_null=True)
    import_id = serializers.IntegerField(allow_null=True)
    job = serializers.IntegerField(allow_null=True)


class ChangesPage(serializers.Serializer):
    """Changes of some writes, newest first; ``page_size`` counts writes."""

    next = serializers.CharField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    results = ChangeShape(many=True)


class HistoryView(KitAPIView):
    """Who changed which field of a customer, from what to what, when and by which way."""

    policy = ("customer", "view")
    scope = "customers"
    responses = {"get": {200: ChangesPage}}
    parameters = (
        OpenApiParameter("cursor", str, description="From “next” of a page."),
        OpenApiParameter("page_size", SIZE),
    )

    def get(self, request: Request, pk: str) -> Response:
        """One page of changes."""
        if set(request.query_params) - {"cursor", "page_size"}:
            raise Invalid(_("Unknown parameters."))
        customer = find(request, pk)
        cursor = request.query_params.get("cursor", "")
        if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise Invalid(
                _("This page does not exist any more; begin at the first."), fields={"cursor": _("Unknown cursor.")}
            )
        levels = request.user.access.restricted_fields("customer")
        size = page_size(request.query_params.get("page_size"))
        page = history_of(customer, levels, before=int(cursor) if cursor else None, size=size)
        results = represent(ChangeShape, page.changes, request.user)
        return Response({**following(request, str(page.following or "")), "results": results})


urlpatterns = [
    path("customers/<str:pk>/consents/", ConsentsView.as_view(), name="api-customer-consents"),
    path("customers/<str:pk>/history/", HistoryView.as_view(), name="api-customer-history"),
]
