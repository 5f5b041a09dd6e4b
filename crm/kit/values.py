"""Form fields for plain values that come from outside, in an address or a form."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1800, 2200


def check_year(value: date | datetime) -> None:
    """Refuse dates that no clock of ours will show and some time zones cannot convert."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(_("The year must be from %(a)s to %(b)s.") % {"a": FIRST_YEAR, "b": LAST_YEAR})


class IdField(forms.IntegerField):
    """A key of our tables."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_python(self, value: Any) -> int | None:
        """At most nineteen digits, before anything is computed with them."""
        if value not in self.empty_values and not re.fullmatch(r"\s*[0-9]{1,19}\s*", str(value), re.ASCII):
            raise ValidationError(_("Enter a whole number."))
        return super().to_python(value)


class AmountField(forms.DecimalField):
    """A plain decimal number of at most twenty digits."""

    def to_python(self, value: Any) -> Any:
        """Refuses exponents: 1e999999 is short to write and long to compute."""
        if value not in self.empty_values and not re.fullmatch(
            r"\s*-?[0-9]{0,14}(\.[0-9]{0,10})?\s*", str(value), re.ASCII
        ):
            raise ValidationError(_("Enter a number."))
        return super().to_python(value)
