"""Shape of what people type about consent, erasure and retention; the rules are in the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.kit.views import PlainForm
from customers.models import Channel, Consent, ConsentPurpose


class ConsentForm(PlainForm):
    """What a person said, and the proof."""

    purpose = forms.ChoiceField(label=_("Purpose"))
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    state = forms.ChoiceField(
        label=pgettext_lazy("consent", "Consent"),
        choices=[choice for choice in Consent.State.choices if choice[0] != "unknown"], initial="given",
        widget=forms.RadioSelect,
    )  # fmt: skip
    how = forms.ChoiceField(
        label=_("How it was said"),
        choices=[choice for choice in Consent.How.choices if choice[0] not in ("import", "api")], initial="phone",
    )  # fmt: skip
    on = forms.DateField(
        label=_("On"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    place = forms.CharField(
        label=pgettext_lazy("consent", "Where"),
        max_length=200,
        required=False,
        help_text=_("Such as the fair or the page."),
    )
    url = forms.URLField(label=_("Address of the proof"), max_length=500, required=False, assume_scheme="https")
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer("purpose", [(one.key, one.name) for one in ConsentPurpose.objects.filter(active=True)])
        self.fields["on"].initial = timezone.localdate()


class EraseForm(PlainForm):
    """The name of whom to erase, typed."""

    typed = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class PurposeForm(PlainForm):
    """A new purpose, named in every language."""

    key = forms.CharField(
        label=_("Key"), max_length=40, help_text=_("For the API and imports: small letters, digits, - and _.")
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for code, name in settings.LANGUAGES:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name (%(language)s)") % {"language": name}, max_length=80, required=code == "en"
            )

    def names(self) -> dict[str, str]:
        """The name per language."""
        return {code: self.cleaned_data[f"name_{code}"] for code, _name in settings.LANGUAGES}


class TextForm(PlainForm):
    """The next version of the words of a purpose."""

    purpose = forms.ChoiceField(label=_("Purpose"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    text = forms.CharField(label=_("Text"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer("purpose", [(str(one.pk), one.name) for one in ConsentPurpose.objects.filter(active=True)])
