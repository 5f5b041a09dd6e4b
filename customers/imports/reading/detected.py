"""What was found out about a file, with how sure it is and why: shown by the wizard, overruled by ``options``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One property of a file. ``value`` is what the option of the same name takes."""

    value: str
    confidence: float = 1.0
    """0 to 1; a given option is 1."""
    why: str = ""
    """One sentence in the reader's language."""
    alternatives: tuple[str, ...] = ()
    """Further values that may be right, the likeliest first."""


@dataclass(frozen=True, kw_only=True)
class Detected:
    """All that was found out about a file; None where the format knows no such thing (a spreadsheet's encoding)."""

    format: Guess
    encoding: Guess | None = None
    delimiter: Guess | None = None
    quote: Guess | None = None
    header_row: Guess | None = None
    """Number of the line that holds the header; ``0`` when no line does."""
    sheet: Guess | None = None
    decimal: Guess | None = None
    thousands: Guess | None = None
    date_order: Guess | None = None
    warnings: tuple[str, ...] = ()
    """Sentences that a person should read before importing."""

    def as_json(self) -> dict[str, Any]:
        """Plain values for reports and pages."""
        found: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Guess):
                found[item.name] = {
                    "value": value.value, "confidence": round(value.confidence, 2), "why": value.why,
                    "alternatives": list(value.alternatives),
                }  # fmt: skip
        return found | {"warnings": list(self.warnings)}
