"""Shape of what people type about rules; which settings fit is for the services to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.kit.views import PlainForm
from customers.quality import kinds, subjects
from customers.quality.models import Dimension, QualityRule
from customers.quality.selectors import kind_choices

SETTINGS = ("field", "other", "earliest", "days", "pattern", "low", "high")


class RuleForm(PlainForm):
    """A rule on the values of one field."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False,
                           help_text=_("Left empty, a rule that ships with Vantage is named by what it asks."))  # fmt: skip
    object = forms.ChoiceField(label=_("Records"))
    field = forms.ChoiceField(label=_("Field"))
    kind = forms.ChoiceField(label=_("Check"))
    days = forms.IntegerField(label=_("Days"), required=False, min_value=1, max_value=36500)
    pattern = forms.CharField(
        label=_("Pattern"),
        max_length=200,
        required=False,
        help_text=_("A regular expression, such as ^[A-Z]{2}[0-9]{4}$"),
    )
    values = forms.CharField(
        label=_("Values, one per line"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    low = forms.CharField(label=_("At least"), required=False, max_length=20)
    high = forms.CharField(label=_("At most"), required=False, max_length=20)
    earliest = forms.CharField(
        label=_("Not before"), required=False, max_length=10, widget=forms.DateInput(attrs={"type": "date"})
    )
    other = forms.ChoiceField(label=_("Not before the date"), required=False)
    dimension = forms.ChoiceField(label=_("Dimension"), choices=Dimension.choices)
    limit = forms.FloatField(label=_("Share that may fail, in %"), min_value=0, max_value=100, initial=1)
    severity = forms.ChoiceField(
        label=_("Severity of the alert"), choices=QualityRule.Severity.choices, initial="warning"
    )
    active = forms.BooleanField(label=_("Check this rule"), required=False, initial=True)

    def __init__(self, data: Any = None, *, rule: QualityRule | None = None, **kwargs: Any) -> None:
        if rule is not None:
            kwargs["initial"] = _initial(rule)
        super().__init__(data, **kwargs)
        every = subjects.subjects()
        fields = [
            (name, [(f"{name}:{key}", label) for key, label in one.fields().items()]) for name, one in every.items()
        ]
        grouped: Any = [(str(every[name].title), options) for name, options in fields]
        self._choose("object", [(name, one.title) for name, one in every.items()])
        self._choose("field", grouped)
        self._choose("other", [("", "–"), *grouped])
        self._choose("kind", kind_choices())
        if rule is not None:
            self.fields["object"].disabled = True

    def _choose(self, name: str, choices: Any) -> None:
        found: Any = self.fields[name]
        found.choices = choices

    def given(self) -> dict[str, Any]:
        """Values of the service."""
        values = self.cleaned_data
        kind = kinds.get(values["kind"])
        settings: dict[str, Any] = {}
        for name in kind.takes:
            settings[name] = self._setting(name)
        found = {name: values[name] for name in ("name", "object", "kind", "dimension", "severity", "active")}
        return {
            **found,
            "limit": values["limit"] / 100,
            "settings": {k: v for k, v in settings.items() if v not in (None, "")},
        }

    def _setting(self, name: str) -> Any:
        values = self.cleaned_data
        if name == "fields":
            return [_bare(values["field"])]
        if name in ("field", "other"):
            return _bare(values.get(name) or "")
        if name == "values":
            return [line.strip() for line in values["values"].splitlines() if line.strip()]
        return values.get(name)


def _bare(choice: str) -> str:
    return choice.partition(":")[2]


def _initial(rule: QualityRule) -> dict[str, Any]:
    given = rule.settings
    field = given.get("field") or next(iter(given.get("fields", [])), "")
    return {
        **{name: getattr(rule, name) for name in ("name", "object", "kind", "dimension", "severity", "active")},
        **{name: given.get(name) for name in SETTINGS if name in given},
        "field": f"{rule.object}:{field}", "other": f"{rule.object}:{given['other']}" if given.get("other") else "",
        "values": "\n".join(given.get("values", [])), "limit": round(rule.limit * 100, 4),
    }  # fmt: skip
