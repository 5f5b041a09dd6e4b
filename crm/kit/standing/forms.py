"""The form of a standing export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.kit.models import StandingExport
from crm.kit.views import PlainForm

DAYS = (
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")), (5, _("Saturday")),
    (6, _("Sunday")),
)  # fmt: skip


class StandingForm(PlainForm):
    """Name, format, and when."""

    name = forms.CharField(label=_("Name"), max_length=80)
    format = forms.ChoiceField(label=_("Format"), choices=StandingExport.Format.choices)
    every = forms.ChoiceField(label=_("Repeats"), choices=StandingExport.Every.choices)
    weekday = forms.TypedChoiceField(label=_("Day of the week"), choices=DAYS, coerce=int, initial=0)
    monthday = forms.IntegerField(
        label=_("Day of the month"), min_value=1, max_value=31, required=False,
        help_text=_("A shorter month takes its last day."),
    )  # fmt: skip
    at = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    keep_days = forms.IntegerField(label=_("Keep files for days"), min_value=1, max_value=90)
    mail = forms.BooleanField(label=_("Tell me by e-mail when a file is ready"), required=False)

    def clean_monthday(self) -> int:
        """The first where none was given."""
        return self.cleaned_data["monthday"] or 1

    def set_zone(self, name: str) -> None:
        """Say whose clock the time is read on."""
        self.fields["at"].help_text = _("On your clock: %(zone)s.") % {"zone": name}


def initial_of(row: StandingExport | None, name: str) -> dict[str, Any]:
    """What the form opens with."""
    if row is None:
        return {"name": name, "format": "csv", "every": "day", "at": "06:00", "monthday": 1, "keep_days": 7}
    return {one: getattr(row, one) for one in StandingForm.base_fields}
