"""What consent adds to the list of customers: a filter of page, API and saved views."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.extensions import Extension, extend
from customers.models import Channel, Consent, ConsentPurpose


def offered() -> list[tuple[str, str]]:
    """Every purpose by every channel, as the reader calls it; asked only where a list is drawn."""
    labels = dict(Channel.choices)
    return [
        (f"{one.key}.{channel}", _("%(purpose)s by %(channel)s") % {"purpose": one.name, "channel": labels[channel]})
        for one in ConsentPurpose.objects.filter(active=True)
        for channel in Channel.values
    ]


class ConsentField(forms.CharField):
    """``marketing.email``: a purpose and a channel."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=60,
            widget=forms.Select(choices=lambda: [("", "–"), *offered()]),  # type: ignore[arg-type] # asked when drawn
            **kwargs,
        )

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The words of the chip."""
        return offered()

    def clean(self, value: Any) -> Any:
        """A purpose and a channel that there are."""
        text = super().clean(value)
        key, _dot, channel = text.partition(".")
        known = not text or (channel in Channel.values and ConsentPurpose.objects.filter(key=key).exists())
        if not known:
            raise ValidationError(_("Write a purpose and a channel, such as marketing.email."))
        return text


class ConsentFilter(django_filters.Filter):
    """Customers who said yes to a purpose by a channel, and have not taken it back."""

    field_class = ConsentField

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """By the last word of the ledger."""
        if not value:
            return qs
        purpose, _dot, channel = value.partition(".")
        return qs.filter(Exists(Consent.objects.given(purpose, channel).filter(customer=OuterRef("pk"))))


def register() -> None:
    """Add the filter to the list of customers."""
    extend("customers.customer", Extension(filters={"consent": ConsentFilter(label=gettext_lazy("Has consent for"))}))
