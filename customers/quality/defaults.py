"""The rules that ship with us, made when a workspace is first checked; a workspace changes them as it likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from customers.quality.models import QualityRule
from customers.quality.subjects import subjects


@dataclass(frozen=True)
class Default:
    """A rule by its key."""

    dimension: str
    object: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    limit: float = 0.01
    severity: str = "warning"


_defaults: dict[str, Default] = {
    "customer.reachable": Default("complete", "customer", "filled", {"fields": ["email", "phone"]}, 0.05),
    "customer.country": Default("complete", "customer", "filled", {"fields": ["country"]}, 0.2, "info"),
    "customer.owner": Default("complete", "customer", "filled", {"fields": ["owner"]}, 0.5, "info"),
    "customer.email": Default("valid", "customer", "email", {"field": "email"}, 0.005),
    "customer.phone": Default("valid", "customer", "phone", {"field": "phone"}, 0.01),
    "customer.birth_date": Default("valid", "customer", "dated", {"field": "birth_date", "earliest": "1900-01-01"}, 0.001),
    "customer.country_known": Default("valid", "customer", "country", {"field": "country"}, 0.01),
    "contact.email": Default("valid", "contact", "email", {"field": "email"}, 0.01),
    "contact.phone": Default("valid", "contact", "phone", {"field": "phone"}, 0.01),
    "customer.email_once": Default("unique", "customer", "unique", {"field": "email"}, 0.01),
    "customer.updated": Default("fresh", "customer", "fresh", {"field": "updated_at", "days": 1095}, 0.5, "info"),
    "customer.country_spelled": Default("consistent", "customer", "spelled", {"field": "country"}, 0.01),
}  # fmt: skip


def default(key: str, rule: Default) -> None:
    """Enter a rule that ships with an app above."""
    _defaults[key] = rule


def ensure_rules() -> None:
    """Make the rules that are missing; one that a workspace changed or put to sleep stays so."""
    subjects()
    known = set(QualityRule.objects.exclude(key=None).values_list("key", flat=True))
    QualityRule.objects.bulk_create(
        [
            QualityRule(
                key=key, dimension=one.dimension, object=one.object, kind=one.kind, settings=one.settings, limit=one.limit,
                severity=one.severity,
            )
            for key, one in _defaults.items()
            if key not in known
        ],
        ignore_conflicts=True,
    )  # fmt: skip
