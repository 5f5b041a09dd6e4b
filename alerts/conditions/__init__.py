"""What a rule may watch for: one file each, found by the registry. Rules name it ``detector``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

from crm.kit.registry import Registry


class Condition(Protocol):
    """A question to one value of a metric."""

    name: ClassVar[str]

    @classmethod
    def checked(cls, settings: Mapping[str, Any]) -> Self:
        """The condition with these settings; raises Invalid with a sentence per field."""

    def crossed(self, value: float) -> tuple[str, float] | None:
        """The side (``above`` or ``below``) and the limit that the value breaks, or None."""

    def band(self) -> tuple[float | None, float | None]:
        """Lowest and highest value that is fine."""


conditions: Registry[Condition] = Registry("alerts.conditions")
