"""How a value looks to someone who may know that it exists, not what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STARS = "****"
PHONE_SIGNS = "+-() ./"


def mask(value: Any) -> str:
    """``138****0000`` for phones, ``l***@example.com`` for mail, the first character of other texts."""
    text = "" if value is None else str(value).strip()
    if not text:
        return ""
    if "@" in text:
        name, _at, host = text.rpartition("@")
        return f"{name[:1]}***@{host}"
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) > 7 and all(char.isdigit() or char in PHONE_SIGNS for char in text):
        return f"{digits[:3]}{STARS}{digits[-4:]}"
    return f"{text[:1]}{STARS}"


def at_level(value: Any, level: str) -> Any:
    """A value at a field level (``hidden``, ``masked``, anything else is whole)."""
    if level == "hidden":
        return None
    return mask(value) if level == "masked" else value


def masked(values: Mapping[str, Any], levels: Mapping[str, str]) -> dict[str, Any]:
    """Values by field name as a reader may see them; hidden ones are left out."""
    return {
        name: at_level(value, levels.get(name, "")) for name, value in values.items() if levels.get(name) != "hidden"
    }
