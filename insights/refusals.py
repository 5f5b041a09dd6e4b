"""Why the mathematics refuses: codes and figures; ``insights.words`` makes the sentence where somebody reads it."""

from __future__ import annotations

from typing import Any

DAYS_TO_WATCH = 20
"""Days that a metric needs before its bad ones can be told."""

Why = dict[str, Any]
"""``{"code": …, "values": {…}}``, as a Run keeps it."""


def why(code: str, **values: str | int) -> Why:
    """One reason."""
    return {"code": code, "values": values}


class Refusal(Exception):
    """Raised with one reason or several."""

    def __init__(self, *reasons: Why) -> None:
        super().__init__(*reasons)
        self.why = list(reasons)


class Thin(Refusal):
    """The data do not carry a part of the analysis: what is needed and what is there."""


class ModelRefused(Refusal):
    """A model file that must not be used."""
