"""The cells of the deal list that can be edited in place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.accounts.fields import PersonField
from crm.accounts.models import User
from crm.kit.lists.cells import Editor
from crm.kit.values import AmountField, check_year
from sales.models import Deal, Stage
from sales.services.deals import update_deal


def _title(_user: User, row: Deal) -> forms.Field:
    return forms.CharField(label=_("Deal"), max_length=200, initial=row.title)


def _amount(_user: User, row: Deal) -> forms.Field:
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    amount = f"{row.amount:f}".rstrip("0").rstrip(".") if row.amount is not None else ""
    return AmountField(label=_("Amount"), required=False, initial=amount, widget=widget)


def _expected(_user: User, row: Deal) -> forms.Field:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=_("Expected close"), required=False, initial=row.expected_on, widget=widget, validators=[check_year]
    )


def _owner(user: User, row: Deal) -> forms.Field:
    made = PersonField(label=_("Owner"), required=False, initial=row.owner_id, help_text="")
    made.offer(user, "deal", "change", kept=row.owner_id)
    return made


def _stage(_user: User, row: Deal) -> forms.Field:
    stages = Stage.objects.filter(pipeline=row.stage.pipeline_id).order_by("position")
    return forms.TypedChoiceField(
        label=_("Stage"), coerce=int, initial=row.stage_id, choices=[(one.pk, one.label) for one in stages]
    )


def save(*, user: User, pk: int, values: dict[str, Any], expected: str | None, now: datetime) -> Deal:
    """As the service takes it."""
    return update_deal(user=user, deal_id=pk, values=values, now=now, expected=expected)


EDITOR = Editor(
    Deal, "deal",
    {"title": _title, "amount": _amount, "expected_on": _expected, "owner": _owner, "stage": _stage},
    save, ("deal", "change"),
)  # fmt: skip
