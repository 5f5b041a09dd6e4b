"""What alerts add to the customer list: a column with the open ones, made only where it is shown, and a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, When
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from alerts.models import Alert, Severity
from crm.kit.extensions import Extension, provide
from crm.kit.filters import ChoicesFilter
from crm.kit.tables import Column, Scene
from crm.kit.ui import cells
from crm.kit.where import Facet

RANKS = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)
TONES = {Severity.INFO: "info", Severity.WARNING: "warn", Severity.CRITICAL: "bad"}
OPEN, NONE = "any", "none"
CHOICES = [(OPEN, _("Any")), *Severity.choices, (NONE, _("None"))]


def of_customer(user: Any) -> QuerySet[Alert]:
    """The open alerts of the customer in an outer query, within the reader's reach."""
    return Alert.objects.visible_to(user).open().filter(customer=OuterRef("pk")).order_by()


def _figure(user: Any, made: Any) -> Subquery:
    return Subquery(of_customer(user).values("customer").annotate(made=made).values("made"))


def figures(user: Any) -> dict[str, Subquery]:
    """The number of open alerts and the rank of the worst, as columns beside a customer."""
    whens = (When(severity=one, then=n) for n, one in enumerate(RANKS))
    rank = Max(Case(*whens, default=0, output_field=IntegerField()))
    return {"alerts_open": _figure(user, Count("pk")), "alerts_worst": _figure(user, rank)}


def _cell(row: Any, scene: Scene) -> SafeString:
    count, rank = getattr(row, "alerts_open", None), getattr(row, "alerts_worst", None)
    if not count:
        return cells.EMPTY
    return cells.chip(f"{count} · {RANKS[rank or 0].label}", TONES[RANKS[rank or 0]], dot=True)


class AlertsFilter(ChoicesFilter):
    """Customers with an open alert, of a severity, or with none; one row of the filter is enough."""

    on_demand = True

    def __init__(self, asked: Callable[[list[str]], Q]) -> None:
        self.asked = asked  # a function: filters are copied for every list, and a reader is not to be
        super().__init__(label=_("Open alerts"), field_name="pk", choices=CHOICES)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Nothing chosen filters nothing."""
        return qs.filter(self.asked(value)) if value else qs


def condition(user: Any, values: list[str]) -> Q:
    """The condition of some choices together."""
    found, mine = Q(pk__in=[]), of_customer(user)
    if OPEN in values:
        found |= Q(Exists(mine))
    severities = [one for one in values if one in Severity.values]
    if severities:
        found |= Q(Exists(mine.filter(severity__in=severities)))
    if NONE in values:
        found |= ~Q(Exists(mine))
    return found


def extension_of(key: str, user: Any) -> Extension | None:
    """The addition for one reader; none for whoever sees no alerts."""
    if key != "customers.customer" or not getattr(user, "access", None) or not user.access.can("alert"):
        return None
    column = Column(
        "open_alerts", _("Open alerts"), _cell, lambda row: row.alerts_open or 0, shown=False, order=52, needs=tuple(figures(user).items()),
        reads=("alerts_open",), make=lambda n: n or 0,
    )  # fmt: skip

    def asked(values: list[str]) -> Q:
        return condition(user, values)

    def build(operator: str, values: list[Any]) -> Q:
        return ~asked(values) if operator == "not" else asked(values)

    facet = Facet("open_alerts", _("Open alerts"), "named", build=build, choices=CHOICES)
    return Extension(object="alert", columns=(column,), filters={"open_alerts": AlertsFilter(asked)}, facets=(facet,))


def register() -> None:
    """Called once at start."""
    provide(extension_of)
