"""REST: customers that look like given values, merging, splitting again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.kit.errors import Invalid
from crm.kit.rest import KitAPIView, row_id
from crm.kit.shapes import Id
from customers.duplicates import selectors, words
from customers.merging import services as merging
from customers.models import Customer, Merge, MergedCustomer

TYPED = (
    "name",
    "first_name",
    "last_name",
    "kind",
    "email",
    "phone",
    "birth_date",
    "address",
    "city",
    "region",
    "postcode",
)
LONGEST = 300


class ReasonShape(serializers.Serializer):
    """One reason: in words, and its points; all points add up to the pair's."""

    label = serializers.CharField()
    points = serializers.FloatField()


class SimilarShape(serializers.Serializer):
    """A customer that looks like the given values."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    points = serializers.FloatField()
    score = serializers.FloatField(help_text="Probability by the model, 0 to 1.")
    reasons = ReasonShape(many=True)


class SimilarPage(serializers.Serializer):
    """The likeliest ones first, at most five."""

    results = SimilarShape(many=True)


class SimilarView(KitAPIView):
    """Customers within reach that look like the given values."""

    policy = ("customer", "view")
    scope = "customers"
    responses = {"get": {200: SimilarPage}}
    parameters = tuple(OpenApiParameter(name, str) for name in TYPED)

    def get(self, request: Request) -> Response:
        """Compared by what the caller may see whole."""
        given = request.query_params
        unknown = sorted(set(given) - set(TYPED))
        if unknown:
            raise Invalid(
                _("Unknown parameters."), fields={name[:60]: _("Unknown parameter.") for name in unknown[:20]}
            )
        values = {name: str(value).replace("\0", "").strip()[:LONGEST] for name, value in given.items()}
        levels = request.user.access.restricted_fields("customer")
        found = selectors.similar(user=request.user, values=values)
        return Response({"results": [_similar(one, levels) for one in found]})


def _similar(one: selectors.Similar, levels: dict[str, str]) -> dict[str, Any]:
    told = words.told(one.verdict.parts, levels)
    return {
        "id": one.customer.pk, "name": one.customer.name, "points": round(one.verdict.points, 1),
        "score": round(one.verdict.score, 4), "reasons": [{"label": each.label, "points": each.points} for each in told],
    }  # fmt: skip


class MergeInput(serializers.Serializer):
    """Who goes into this customer, and whose value each field takes."""

    others = serializers.ListField(child=Id(), min_length=1, max_length=merging.MOST_AT_ONCE)
    choices = serializers.DictField(
        child=Id(), required=False, help_text="Field → the id of the customer whose value is taken."
    )


class UnmergeInput(serializers.Serializer):
    """Which merge; without it the latest one."""

    merge = Id(required=False)


class MergeShape(serializers.Serializer):
    """A merge."""

    id = serializers.IntegerField()
    customer = serializers.IntegerField(help_text="The customer that stays.")
    merged = serializers.ListField(child=serializers.IntegerField())
    at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
    kept = serializers.ListField(
        child=serializers.CharField(), help_text="Fields changed since the merge, kept when it was undone."
    )


def _shape(merge: Merge, kept: list[str]) -> dict[str, Any]:
    return {
        "id": merge.pk, "customer": merge.keep_id,
        "merged": sorted(merge.others.values_list("customer", flat=True)), "at": merge.at, "undone_at": merge.undone_at,
        "kept": kept,
    }  # fmt: skip


class MergeView(KitAPIView):
    """Merge other customers into this one."""

    policy = ("customer", "delete")
    scope = "customers"
    write_class = MergeInput
    responses = {"post": {200: MergeShape}}

    def post(self, request: Request, pk: str) -> Response:  # type: ignore[override]
        """All that points at the others moves; their addresses lead here."""
        reached = Customer.objects.filter(request.user.access.rows("customer"))
        if not reached.filter(pk=row_id(pk)).exists():
            raise Http404
        data = checked(MergeInput, request.data)
        merge = merging.merge_customers(
            user=request.user, keep_id=row_id(pk), other_ids=data["others"], choices=data.get("choices"), now=self.now()
        )
        return Response(_shape(merge, []))


class UnmergeView(KitAPIView):
    """Split a merge of this customer again."""

    policy = ("customer", "delete")
    scope = "customers"
    write_class = UnmergeInput
    responses = {"post": {200: MergeShape}}

    def post(self, request: Request, pk: str) -> Response:  # type: ignore[override]
        """What was theirs is theirs again; what came since stays."""
        number, data = row_id(pk), checked(UnmergeInput, request.data)
        found = Merge.objects.filter(undone_at=None)
        found = found.filter(keep=number) | found.filter(
            pk__in=MergedCustomer.objects.filter(customer=number, standing=True).values("merge")
        )
        if "merge" in data:
            found = found.filter(pk=data["merge"])
        merge = found.order_by("-pk").first()
        if merge is None:
            raise Http404
        done, kept = merging.unmerge(user=request.user, merge_id=merge.pk, now=self.now())
        return Response(_shape(done, kept))


def checked(shape: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """Input through a serializer; unknown names are refused as everywhere."""
    made = shape(data=data)
    made.is_valid(raise_exception=True)
    return dict(made.validated_data)


def merged_away(user: Any, pk: int) -> Response | None:
    """The answer for a customer that went into another one; None when the caller sees no such."""
    kept = merging.standing_for(pk)
    if kept is None or not Customer.objects.visible_to(user).filter(pk=kept).exists():
        return None
    address = f"{settings.SITE_URL}/api/v1/customers/{kept}/"
    return Response({"merged_into": kept}, status=301, headers={"Location": address, "Cache-Control": "no-store"})


urlpatterns = [
    path("customers/similar/", SimilarView.as_view(), name="api-customers-similar"),
    path("customers/<str:pk>/merge/", MergeView.as_view(), name="api-customer-merge"),
    path("customers/<str:pk>/unmerge/", UnmergeView.as_view(), name="api-customer-unmerge"),
]
