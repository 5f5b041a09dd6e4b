"""Filters of the list of duplicates."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.kit.filters import ChoicesFilter, KitFilterSet
from customers.duplicates.models import DuplicatePair


class DuplicateFilters(KitFilterSet):
    """The queue; without a state it holds what waits for a verdict."""

    object = "customer"
    key = "customers.duplicatepair"

    decision = ChoicesFilter(label=_("Certainty"), choices=DuplicatePair.Decision.choices)
    state = ChoicesFilter(label=_("State"), choices=DuplicatePair.State.choices)
