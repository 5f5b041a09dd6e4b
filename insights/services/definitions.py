"""What modelled words mean in this workspace."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from insights.models import Definition

LEAST_HORIZON, MOST_HORIZON = 30, 365


@transaction.atomic
def define_churn(*, horizon_days: int) -> Definition:
    """Set after how many days without a purchase a customer has left; Invalid outside 30 to 365."""
    if not LEAST_HORIZON <= horizon_days <= MOST_HORIZON:
        raise Invalid(
            _("The horizon must be %(low)d to %(high)d days.") % {"low": LEAST_HORIZON, "high": MOST_HORIZON},
            fields={"horizon": _("Choose %(low)d to %(high)d days.") % {"low": LEAST_HORIZON, "high": MOST_HORIZON}},
        )
    found, _new = Definition.objects.update_or_create(
        name="churn", defaults={"settings": {"horizon_days": horizon_days}}
    )
    return found


@transaction.atomic
def use_default_churn() -> None:
    """Let the base's own buying rhythm set the horizon again."""
    Definition.objects.filter(name="churn").delete()


def churn_settings() -> dict[str, Any]:
    """The chosen settings, empty when the rhythm of the base decides."""
    found = Definition.objects.filter(name="churn").first()
    return dict(found.settings) if found else {}


def chosen_k() -> int | None:
    """The number of clusters somebody set, else None: silhouette and stability decide."""
    found = Definition.objects.filter(name="clusters").first()
    return int(found.settings["k"]) if found and found.settings.get("k") else None


@transaction.atomic
def define_clusters(*, k: int | None) -> None:
    """Set the number of clusters (3 to 8), or None to let silhouette and stability decide."""
    if k is None:
        Definition.objects.filter(name="clusters").delete()
        return
    if not 3 <= k <= 8:
        raise Invalid(_("Choose 3 to 8 clusters."), fields={"k": _("Choose 3 to 8.")})
    Definition.objects.update_or_create(name="clusters", defaults={"settings": {"k": k}})
