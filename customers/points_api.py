"""REST: the e-mails, phones and addresses of a customer or a contact."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit.rest import KitAPIView, row_id
from crm.kit.shapes import Text
from customers import services
from customers.models import Contact, ContactPoint, Customer
from customers.points import shown_points


class PointShape(serializers.Serializer):
    """One way to reach them; the record's own field carries the primary one."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(ContactPoint.Kind.choices)
    value = serializers.CharField(help_text="As it was given.")
    normalised = serializers.CharField(help_text="As it is compared: lower-case mail, E.164 phone.")
    label = serializers.CharField()  # type: ignore[assignment] # the name of a column, not of the form
    primary = serializers.BooleanField()
    valid = serializers.BooleanField(allow_null=True, help_text="null: not checked.")
    bounced_at = serializers.DateTimeField(allow_null=True)
    opted_out_at = serializers.DateTimeField(allow_null=True)


class PointList(serializers.Serializer):
    """All of one record, the primary one of each kind first."""

    results = PointShape(many=True)


class PointChange(serializers.Serializer):
    """What a caller may change of one."""

    value = Text(max_length=300, required=False)
    label = Text(max_length=40, required=False, allow_blank=True)  # type: ignore[assignment] # as above
    primary = serializers.BooleanField(
        required=False, help_text="true makes it the primary one; false changes nothing."
    )
    valid = serializers.BooleanField(required=False, allow_null=True)
    bounced = serializers.BooleanField(required=False)
    opted_out = serializers.BooleanField(required=False)


class PointInput(PointChange):
    """What a caller may write of a new one."""

    kind = serializers.ChoiceField(ContactPoint.Kind.choices)
    value = Text(max_length=300)


class OfRecord(KitAPIView):
    """What both addresses share."""

    object: ClassVar[str] = "customer"
    model: ClassVar[Any] = Customer
    scope = "customers"

    def row(self, pk: str) -> Any:
        """The record, or 404."""
        found = self.model.objects.visible_to(self.request.user).filter(pk=row_id(pk)).first()
        if found is None:
            raise Http404
        return found

    def told(self, row: Any) -> list[dict[str, Any]]:
        """Its points as the caller may see them."""
        return [
            {**PointShape(one["point"]).data, "value": one["value"],
             "normalised": one["point"].normalised if one["whole"] else one["value"]}
            for one in shown_points(row, self.request.user, self.object)
        ]  # fmt: skip

    def one(self, row: Any, pk: int) -> dict[str, Any]:
        """One of them, or 404."""
        found = next((told for told in self.told(row) if told["id"] == pk), None)
        if found is None:
            raise Http404
        return found

    def checked(self, shape: type[serializers.Serializer], request: Request) -> dict[str, Any]:
        """Input through its shape; 400 with a sentence per field."""
        serializer = shape(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class PointsView(OfRecord):
    """All points of a customer, and a new one."""

    policy = {"get": ("customer", "view"), "post": ("customer", "change")}
    responses = {"get": {200: PointList}, "post": {201: PointShape}}
    write_class = PointInput

    def get(self, request: Request, pk: str) -> Response:
        """List them."""
        return Response({"results": self.told(self.row(pk))})

    def post(self, request: Request, pk: str) -> Response:  # type: ignore[override] # wrapped for repeats
        """Add one."""
        row = self.row(pk)
        values = self.checked(PointInput, request)
        made = services.add_point(user=request.user, holder=row, values=values, now=self.now())
        return Response(self.one(row, made.pk), status=HTTPStatus.CREATED)


class PointView(OfRecord):
    """One point of a customer."""

    policy = {"get": ("customer", "view"), "patch": ("customer", "change"), "delete": ("customer", "change")}
    responses = {
        "get": {200: PointShape},
        "patch": {200: PointShape},
        "delete": {204: OpenApiResponse(description="Gone.")},
    }
    write_class = PointChange

    def get(self, request: Request, pk: str, point: str) -> Response:
        """Read it."""
        return Response(self.one(self.row(pk), row_id(point)))

    def patch(self, request: Request, pk: str, point: str) -> Response:
        """Change what is sent."""
        row, key = self.row(pk), row_id(point)
        values = self.checked(PointChange, request)
        services.change_point(user=request.user, holder=row, point_id=key, values=values, now=self.now())
        return Response(self.one(row, key))

    def delete(self, request: Request, pk: str, point: str) -> Response:
        """Take it away; the oldest of its kind that is left becomes the primary one."""
        services.remove_point(user=request.user, holder=self.row(pk), point_id=row_id(point))
        return Response(status=HTTPStatus.NO_CONTENT)


class ContactPointsView(PointsView):
    """All points of a contact, and a new one."""

    object = "contact"
    model = Contact
    scope = "contacts"
    policy = {"get": ("contact", "view"), "post": ("contact", "change")}


class ContactPointView(PointView):
    """One point of a contact."""

    object = "contact"
    model = Contact
    scope = "contacts"
    policy = {"get": ("contact", "view"), "patch": ("contact", "change"), "delete": ("contact", "change")}


urlpatterns = [
    path("customers/<str:pk>/points/", PointsView.as_view(), name="api-customer-points"),
    path("customers/<str:pk>/points/<str:point>/", PointView.as_view(), name="api-customer-point"),
    path("contacts/<str:pk>/points/", ContactPointsView.as_view(), name="api-contact-points"),
    path("contacts/<str:pk>/points/<str:point>/", ContactPointView.as_view(), name="api-contact-point"),
]
