"""What alerts add to the customer list: a column with the open ones, made only where it is shown, and a filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
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


def severities(user: Any) -> dict[str, ArraySubquery]:
    """The severities of the open alerts, as a column beside a customer."""
    return {"alerts_open": ArraySubquery(of_customer(user).values("severity"))}


def worst(found: Sequence[str]) -> Severity:
    """The worst of some severities."""
    return max((Severity(one) for one in found), key=RANKS.index)


def _cell(row: Any, scene: Scene) -> SafeString:
    found = getattr(row, "alerts_open", None)
    if not found:
        return cells.EMPTY
    return cells.chip(f"{len(found)} · {worst(found).label}", TONES[worst(found)], dot=True)


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
        "open_alerts", _("Open alerts"), _cell, lambda row: len(row.alerts_open), shown=False, order=52,
        needs=lambda: severities(user), reads=("alerts_open",), make=len,
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
