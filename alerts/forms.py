"""Shape of what people type about alerts and rules; the rules of the house are in the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.models import Rule, Severity
from alerts.services.rules import NAME_AT_MOST, RuleInput, written
from crm.accounts.fields import PersonField
from crm.accounts.models import User
from crm.kit.views import PlainForm

HOLDS = (
    ("PT0S", _("at once")),
    ("PT5M", _("for 5 minutes")),
    ("PT15M", _("for 15 minutes")),
    ("PT1H", _("for an hour")),
    ("P1D", _("for a day")),
)


class ResolveForm(PlainForm):
    """Why an alert is resolved."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"list": "resolve-reasons", "autocomplete": "off", "autofocus": True}),
        help_text=_("Others read it in the alert's history."),
    )


class AssignForm(PlainForm):
    """Who looks after an alert."""

    owner = PersonField(label=_("Owner"), required=False)

    def __init__(self, data: Any = None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["owner"].offer(user, "alert", "view")  # type: ignore[attr-defined]


class RuleForm(PlainForm):
    """A threshold on a metric."""

    name = forms.CharField(label=_("Name"), max_length=NAME_AT_MOST)
    metric = forms.CharField(
        label=_("Metric"),
        max_length=80,
        widget=forms.TextInput(attrs={"list": "metrics", "autocomplete": "off"}),
        help_text=_("The name under which events send it, such as returns_per_day."),
    )
    above = forms.FloatField(
        label=_("Alert above"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    below = forms.FloatField(
        label=_("Alert below"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    labels = forms.CharField(
        label=_("Only where"),
        max_length=400,
        required=False,
        help_text=_("Labels such as region=EU, shop=Paris."),
    )
    hold = forms.ChoiceField(label=_("When it lasts"), choices=HOLDS, initial="PT0S")
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices, initial=Severity.WARNING)
    active = forms.BooleanField(label=_("Watch this rule"), required=False, initial=True)

    def __init__(self, data: Any = None, *, rule: Rule | None = None, **kwargs: Any) -> None:
        if rule is not None:
            kwargs["initial"] = _initial(rule)
        super().__init__(data, **kwargs)
        hold = written(rule.hold_seconds) if rule else "PT0S"
        if hold not in dict(HOLDS):
            choices: Any = self.fields["hold"]
            choices.choices = [*HOLDS, (hold, hold)]

    def given(self) -> RuleInput:
        """The input of the service."""
        values = self.cleaned_data
        limits = {side: values[side] for side in ("above", "below") if values[side] is not None}
        return RuleInput(
            name=values["name"],
            metric=values["metric"],
            settings=limits,
            labels=_pairs(values["labels"]),
            hold=values["hold"],
            severity=values["severity"],
            active=values["active"],
        )


def _initial(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "metric": rule.metric.name,
        "above": rule.settings.get("above"),
        "below": rule.settings.get("below"),
        "labels": ", ".join(f"{name}={value}" for name, value in rule.labels.items()),
        "hold": written(rule.hold_seconds),
        "severity": rule.severity,
        "active": rule.active,
    }


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _sign, value in parts}
