"""A fixed limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _

from alerts.conditions import conditions
from crm.kit.errors import Invalid

SIDES = ("above", "below")


@conditions.register
@dataclass(frozen=True)
class Threshold:
    """A value above or below a limit that people set; a value equal to the limit is fine."""

    name: ClassVar[str] = "threshold"
    above: float | None = None
    below: float | None = None

    @classmethod
    def checked(cls, settings: Mapping[str, Any]) -> Self:
        """From ``{"above": x}``, ``{"below": x}`` or both (outside a band)."""
        unknown = sorted(set(settings) - set(SIDES))
        if unknown:
            raise _invalid(_("A threshold has “above” and “below”, not “%(name)s”.") % {"name": unknown[0][:40]})
        given = {side: _limit(side, settings[side]) for side in SIDES if settings.get(side) is not None}
        if not given:
            raise _invalid(_("A threshold needs a limit: give “above”, “below” or both."))
        if len(given) == 2 and given["below"] >= given["above"]:
            raise _invalid(_("“below” must be smaller than “above”; otherwise every value breaks the rule."))
        return cls(**given)

    def crossed(self, value: float) -> tuple[str, float] | None:
        """The side and the limit that the value breaks."""
        if self.above is not None and value > self.above:
            return "above", self.above
        if self.below is not None and value < self.below:
            return "below", self.below
        return None

    def band(self) -> tuple[float | None, float | None]:
        """Lowest and highest value that is fine."""
        return self.below, self.above


def _limit(side: str, raw: object) -> float:
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise ValueError
        limit = float(raw)
    except (ValueError, OverflowError):
        raise _invalid(_("“%(side)s” must be a number.") % {"side": side}) from None
    if not math.isfinite(limit):
        raise _invalid(_("“%(side)s” must be a number.") % {"side": side})
    return limit


def _invalid(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"settings": sentence})
