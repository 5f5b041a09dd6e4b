"""How long data stay: rules that the workspace sets, what they would remove now, and the nightly work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts import audit
from crm.accounts.models import User
from crm.conf import CONF
from crm.kit.errors import Invalid, Refused
from crm.kit.progress import Progress
from customers.models import Customer, Interaction, LegalHold, RetentionRule, RetentionRun
from customers.privacy.consent import require_rules
from customers.privacy.copies import expire
from customers.privacy.erasing import erase_now
from customers.privacy.files import remove_stale

JOB = "privacy.retention"
CHUNK = 2_000
MOST_COUNTED = 10_000
MOST_ERASED = 500  # people in one night: each costs a look through all tables
LONGEST_DAYS = 36_500

Count = Callable[[dt.datetime], int]
Remove = Callable[[dt.datetime, dt.datetime, "Progress | None"], int]
"""(rows before this moment, now, progress) → how many went."""


@dataclass(frozen=True)
class Kind:
    """One kind of data with an age: what it is called, and how it is counted and removed."""

    name: str
    label: str | Promise
    days: int
    count: Count
    remove: Remove


def held() -> Exists:
    """That a row's customer is under a legal hold."""
    return Exists(LegalHold.objects.filter(customer=OuterRef("customer"), lifted_at=None))


def _old_interactions(kind: str, before: dt.datetime) -> QuerySet[Interaction]:
    return Interaction.objects.filter(~held(), kind=kind, occurred_at__lt=before)


def _interactions(kind: str, label: str | Promise) -> Kind:
    def count(before: dt.datetime) -> int:
        return _old_interactions(kind, before)[: MOST_COUNTED + 1].count()

    def remove(before: dt.datetime, _now: dt.datetime, progress: Progress | None) -> int:
        gone = 0
        while True:
            with transaction.atomic():
                keys = list(
                    _old_interactions(kind, before).order_by("occurred_at", "id").values_list("pk", flat=True)[:CHUNK]
                )
                Interaction.objects.filter(pk__in=keys).delete()
            gone += len(keys)
            if progress is not None:
                progress(done=gone)
            if len(keys) < CHUNK:
                return gone

    return Kind(f"interaction.{kind}", format_lazy("{} · {}", gettext_lazy("Interactions"), label), 730, count, remove)


def _trashed(before: dt.datetime) -> QuerySet[Customer]:
    on_hold = LegalHold.objects.filter(customer=OuterRef("pk"), lifted_at=None)
    return Customer.objects.trashed().filter(~Exists(on_hold), deleted_at__lt=before)


def _count_trash(before: dt.datetime) -> int:
    return _trashed(before)[: MOST_COUNTED + 1].count()


def _empty_trash(before: dt.datetime, now: dt.datetime, progress: Progress | None) -> int:
    """Each is erased with its own proof, so that an older backup cannot bring it back."""
    keys = list(_trashed(before).order_by("deleted_at").values_list("pk", flat=True)[:MOST_ERASED])
    gone = 0
    for place, pk in enumerate(keys):
        with suppress(Refused):  # held since, or about to be imported: the next night looks again
            erase_now(kind="customer", pk=pk, reason="retention", now=now)
            gone += 1
        if progress is not None:
            progress(done=place + 1, total=len(keys))
    return gone


def _rejects() -> Iterator[Path]:
    return (CONF.data_dir / "imports").glob("*/rejects.csv")


def _count_rejects(before: dt.datetime) -> int:
    return sum(path.stat().st_mtime < before.timestamp() for path in _rejects())


def _remove_rejects(before: dt.datetime, _now: dt.datetime, _progress: Progress | None) -> int:
    return remove_stale(_rejects(), before=before.timestamp())


KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        *(_interactions(value, label) for value, label in Interaction.Kind.choices),
        Kind("customer.trash", gettext_lazy("Customers in the trash"), 30, _count_trash, _empty_trash),
        Kind("import.rejects", gettext_lazy("Rejects files of imports"), 90, _count_rejects, _remove_rejects),
    )
}


@dataclass(frozen=True)
class Line:
    """A kind with its rule and what the rule would remove now."""

    kind: Kind
    days: int
    active: bool
    due: int
    wrong: bool = False  # what was typed does not fit

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.due > MOST_COUNTED


def lines(*, now: dt.datetime, typed: Mapping[str, tuple[int, bool]] | None = None) -> list[Line]:
    """Every kind, with what was typed, else its rule or the default, and how much is older."""
    rules = {one.kind: (one.days, one.active) for one in RetentionRule.objects.all()} | dict(typed or {})
    found = []
    for kind in KINDS.values():
        days, active = rules.get(kind.name, (kind.days, False))
        wrong = not 1 <= days <= LONGEST_DAYS
        found.append(Line(kind, days, active, 0 if wrong else kind.count(now - dt.timedelta(days=days)), wrong))
    return found


@transaction.atomic
def set_rules(*, user: User, rules: dict[str, tuple[int, bool]], now: dt.datetime) -> list[str]:
    """Set days and switch per kind; noted in the audit trail. Raises Invalid for days that make no sense."""
    require_rules(user)
    wrong = {
        name: _("Whole days from 1 to 36500.") for name, (days, _on) in rules.items() if not 1 <= days <= LONGEST_DAYS
    }
    if wrong or not rules.keys() <= KINDS.keys():
        raise Invalid(_("Some rules do not fit. Nothing was changed."), fields=wrong)
    before = {one.kind: (one.days, one.active) for one in RetentionRule.objects.select_for_update()}
    default = {name: (kind.days, False) for name, kind in KINDS.items()}
    changed = [name for name, rule in rules.items() if before.get(name, default[name]) != rule]
    for name in changed:
        days, active = rules[name]
        RetentionRule.objects.update_or_create(kind=name, defaults={"days": days, "active": active, "changed_by": user})
    if changed:
        detail: dict[str, Any] = {name: list(rules[name]) for name in changed}
        audit.record(action="retention.rules", obj="workspace", user_id=user.pk, detail=detail, address=None, at=now)
    return changed


def run(*, now: dt.datetime, progress: Progress | None = None) -> dict[str, int]:
    """Apply the active rules, chunk by chunk; a run that dies goes on at the next one. What went is written down."""
    counts = {}
    for rule in RetentionRule.objects.filter(active=True, kind__in=KINDS):
        gone = KINDS[rule.kind].remove(now - dt.timedelta(days=rule.days), now, progress)
        if gone:
            counts[rule.kind] = gone
    expired = expire(now=now)
    if expired:
        counts["person.copies"] = expired
    if counts:
        RetentionRun.objects.create(at=now, counts=counts)
        audit.record(action="retention", obj="workspace", user_id=None, detail=counts, address=None, at=now)
    return counts
