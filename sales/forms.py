"""Shape of what people type about deals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PersonField
from crm.kit.customfields.forms import OwnFields
from crm.kit.views import PlainForm
from sales.models import Stage


class DealForm(PlainForm):
    """A new deal of a customer."""

    title = forms.CharField(label=_("Title"), max_length=200)
    amount = forms.DecimalField(label=_("Amount"), required=False, max_digits=14, decimal_places=2, min_value=0)
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3, required=False)
    stage = forms.ChoiceField(label=_("Stage"))
    expected_on = forms.DateField(
        label=_("Expected close"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    owner = PersonField(label=_("Owner"), required=False)

    def __init__(self, data: Any = None, *, user: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["owner"].offer(user, "deal", "add")  # type: ignore[attr-defined]
        self.own = OwnFields(self, user=user, obj="deal", action="add")
        rows = Stage.objects.filter(pipeline__is_default=True).order_by("position")
        self.offer("stage", [(str(row.pk), row.name) for row in rows])

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields that this workspace added."""
        return [self[name] for name in self.own.names]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: value for name, value in self.cleaned_data.items() if name not in self.own.names}
        return found | ({"custom": self.own.values()} if self.own.names else {})
