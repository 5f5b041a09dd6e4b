"""REST: alerts and what people do with them, rules, and the door for events."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import BaseRouter

from alerts import services, words
from alerts.filters import AlertFilters, RuleFilters
from alerts.models import Alert, AlertEvent, Rule, Severity
from alerts.services.rules import NAME_AT_MOST, RuleInput, written
from alerts.tasks import ring
from crm.kit.errors import Invalid
from crm.kit.rest import KitAPIView, KitReadViewSet, KitViewSet, row_id
from crm.kit.shapes import Bag, Id, KitSerializer, Text
from insights.ingest import AT_MOST, receive


class EventShape(KitSerializer):
    """One step in the life of an alert."""

    at = serializers.DateTimeField()
    action = serializers.CharField()
    user = serializers.CharField(source="user.username", allow_null=True)
    note = serializers.CharField()


class AlertShape(KitSerializer):
    """An alert; ``title`` and ``text`` are in the caller's language, ``reason`` holds the codes."""

    object = "alert"
    key = "alerts.alert"

    id = serializers.IntegerField()
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    state = serializers.ChoiceField(Alert.State.choices)
    severity = serializers.ChoiceField(Severity.choices)
    kind = serializers.CharField()
    reason = serializers.JSONField()
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    metric = serializers.CharField(source="metric.name", allow_null=True)
    labels = serializers.JSONField()
    rule = serializers.IntegerField(source="rule_id", allow_null=True)
    finding = serializers.IntegerField(source="finding_id", allow_null=True)
    owner = serializers.CharField(source="owner.username", allow_null=True)
    observed = serializers.FloatField(allow_null=True)
    expected_low = serializers.FloatField(allow_null=True)
    expected_high = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    repeats = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolution = serializers.CharField()

    def get_title(self, row: Alert) -> str:
        """What happened."""
        return words.headline(row)

    def get_text(self, row: Alert) -> str:
        """Observed against expected."""
        return words.sentence(row)


class AlertDetailShape(AlertShape):
    """An alert with its history."""

    events = EventShape(many=True)


class ResolveInput(serializers.Serializer):
    """Why it is resolved."""

    reason = Text(max_length=200)


class AssignInput(serializers.Serializer):
    """Whom it is given to; null is nobody."""

    owner = Id(allow_null=True)


class NothingInput(serializers.Serializer):
    """No input."""


class AlertViewSet(KitReadViewSet):
    """Alerts. They are raised by rules and findings; people acknowledge, assign and resolve them."""

    model = Alert
    object = "alert"
    policy = dict.fromkeys(("acknowledge", "resolve", "reopen", "assign", "undo"), ("alert", "change"))
    serializer_class = AlertShape
    detail_class = AlertDetailShape
    filterset_class = AlertFilters
    orderings = {"last_at": "last_at"}
    ordering = "-last_at"
    select_related = ("rule", "metric", "owner")
    responses: ClassVar[dict[str, Any]] = {"post": {200: AlertDetailShape}}

    @property
    def write_class(self) -> type[serializers.Serializer]:
        """The input of each step."""
        return {"resolve": ResolveInput, "assign": AssignInput}.get(self.action, NothingInput)

    def related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """With the history, for one row."""
        queryset = super().related(queryset)
        if self.action == "list":
            return queryset
        return queryset.prefetch_related(Prefetch("events", AlertEvent.objects.select_related("user")))

    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say that you look after it."""
        return self._step(services.acknowledge)

    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Close it with a reason."""
        return self._step(services.resolve)

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open a resolved one again."""
        return self._step(services.reopen)

    @action(detail=True, methods=["post"])
    def assign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give it to somebody."""
        return self._step(services.assign, owner="owner_id")

    @action(detail=True, methods=["post"])
    def undo(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take the last step back."""
        return self._step(services.undo)

    def _step(self, verb: Any, **names: str) -> Response:
        serializer = self.write_class(data=self.request.data or {})
        serializer.is_valid(raise_exception=True)
        given = {names.get(name, name): value for name, value in serializer.validated_data.items()}
        pk = row_id(self.kwargs["pk"])
        try:
            verb(alert_id=pk, user=self.request.user, now=self.now(), **given)
        except Alert.DoesNotExist:
            raise Http404 from None
        return self.answer(self.get_row())


class RuleShape(KitSerializer):
    """A rule as it is posted."""

    object = "rule"
    key = "alerts.rule"

    id = serializers.IntegerField()
    name = serializers.CharField()
    metric = serializers.CharField(source="metric.name")
    labels = serializers.JSONField()
    detector = serializers.CharField()
    settings = serializers.JSONField()
    severity = serializers.ChoiceField(Severity.choices)
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """``for`` is a word of Python, so it joins here."""
        return {**super().get_fields(), "for": serializers.SerializerMethodField(method_name="get_for")}

    def get_for(self, row: Rule) -> str:
        """How long a breach must last, in ISO 8601."""
        return written(row.hold_seconds)


class RuleWrite(serializers.Serializer):
    """A rule to be written; services check what the fields mean."""

    name = Text(max_length=NAME_AT_MOST)
    metric = Text(max_length=80)
    labels = Bag(required=False)
    detector = Text(max_length=40, required=False)
    settings = Bag()
    severity = serializers.ChoiceField(Severity.choices, required=False)
    active = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        """``for`` is a word of Python, so it joins here."""
        return {**super().get_fields(), "for": Text(max_length=40, required=False, source="hold")}


class RuleViewSet(KitViewSet):
    """Rules: a condition on a metric that raises an alert."""

    model = Rule
    object = "rule"
    serializer_class = RuleShape
    write_class = RuleWrite
    filterset_class = RuleFilters
    orderings = {"name": "name"}
    ordering = "name"
    select_related = ("metric",)
    batch = None  # type: ignore[assignment]

    def reach(self, action_name: str) -> Any:
        """By team, and one's own."""
        return self.request.user.access.rows("rule", action_name, owner="created_by")

    def create_row(self, data: dict[str, Any]) -> Rule:
        """By the service."""
        return services.create_rule(given=RuleInput(**data), user=self.request.user)

    def update_row(self, row: Any, data: dict[str, Any], expected: str | None = None) -> Rule:
        """By the service, with what is not sent as it was."""
        kept = {
            "name": row.name,
            "metric": row.metric.name,
            "labels": row.labels,
            "detector": row.detector,
            "settings": row.settings,
            "severity": row.severity,
            "hold": written(row.hold_seconds),
            "active": row.active,
        }
        return services.change_rule(rule_id=row.pk, given=RuleInput(**{**kept, **data}), user=self.request.user)

    def delete_row(self, row: Any, expected: str | None = None) -> None:
        """By the service; its alerts stay."""
        services.delete_rule(rule_id=row.pk, user=self.request.user)


class EventsInput(serializers.Serializer):
    """A batch of events; each is checked by itself."""

    events = serializers.ListField(
        child=serializers.JSONField(),
        max_length=AT_MOST,
        help_text="Objects with “type”: “metric” (metric, labels, at, value, id) or “interaction” (source, "
        "external_id, customer, kind, occurred_at, subject, text, payload).",
    )


class EventResult(serializers.Serializer):
    """What became of one event."""

    index = serializers.IntegerField()
    id = serializers.CharField()
    status = serializers.ChoiceField(["created", "updated", "repeated", "rejected"])
    reason = serializers.CharField()


class EventsAnswer(serializers.Serializer):
    """The results in the order of the batch."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    repeated = serializers.IntegerField()
    rejected = serializers.IntegerField()
    results = EventResult(many=True)


class EventsView(KitAPIView):
    """Interactions and metric points, up to 1,000 at a time; late and repeated ones are harmless."""

    policy = {"post": ("metric", "add")}
    scope = "events"
    write_class = EventsInput
    responses: ClassVar[dict[str, Any]] = {"post": {202: EventsAnswer}}

    def post(self, request: Request) -> Response:  # type: ignore[override]
        """Store the batch and have it checked at once."""
        if not isinstance(request.data, dict) or "events" not in request.data:
            raise Invalid(_("Send an object with a list of “events”."), fields={"events": _("This is missing.")})
        received = receive(events=request.data["events"], user=request.user, now=self.now())
        if received.points:
            transaction.on_commit(lambda: ring() and None, robust=True)
        counts = {name: received.count(name) for name in ("created", "updated", "repeated", "rejected")}
        return Response({**counts, "results": [vars(one) for one in received.results]}, status=202)


def register(router: BaseRouter) -> None:
    """The tables of this app."""
    router.register("alerts", AlertViewSet, basename="alerts")
    router.register("rules", RuleViewSet, basename="rules")


urlpatterns = [path("events/", EventsView.as_view(), name="events")]
