"""Verbs of quality: write rules, let a row pass, ask for a check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job
from customers.quality import kinds, subjects
from customers.quality.models import Dimension, QualityException, QualityRule

CHECK = "quality.check"


def require(user: User, action: str) -> None:
    """Raises Refused unless the user may do it."""
    if not user.access.can("quality", action):
        raise Refused(_("You may not change quality rules."), status=403, code="forbidden")


@transaction.atomic
def save_rule(*, user: User, values: Mapping[str, Any], rule_id: int | None = None) -> QualityRule:
    """Write a rule. Raises Invalid with a sentence per field, Refused without the right or the rule."""
    require(user, "change" if rule_id else "add")
    rule = QualityRule() if rule_id is None else _rule(rule_id)
    for name in ("name", "dimension", "object", "kind", "limit", "severity", "active"):
        if name in values:
            setattr(rule, name, values[name])
    if "settings" in values:
        rule.settings = dict(values["settings"])
    _check(rule)
    rule.save()
    return rule


def _rule(rule_id: int) -> QualityRule:
    found = QualityRule.objects.select_for_update().filter(pk=rule_id).first()
    if found is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return found


def _check(rule: QualityRule) -> None:
    subject, kind = subjects.get(rule.object), kinds.get(rule.kind)
    if rule.dimension not in Dimension.values:
        raise Invalid(_("Choose a dimension."), fields={"dimension": _("Choose a dimension.")})
    if not 0 <= rule.limit <= 1:
        sentence = _("The share that may fail is from 0 to 100.")
        raise Invalid(sentence, fields={"limit": sentence})
    if not rule.key and not rule.name.strip():
        sentence = _("Give the rule a name.")
        raise Invalid(sentence, fields={"name": sentence})
    known = subject.fields()
    named = rule.settings.get("fields") or [rule.settings[name] for name in ("field", "other") if name in kind.takes]
    if not named or any(name not in known for name in named):
        sentence = _("Choose a field of these records.")
        raise Invalid(sentence, fields={"field": sentence})
    kind.check(subject, rule.settings)


@transaction.atomic
def delete_rule(*, user: User, rule_id: int) -> None:
    """Remove a rule with its results; one that ships with us is put to sleep instead."""
    require(user, "delete")
    rule = _rule(rule_id)
    if rule.key:
        rule.active = False
        rule.save(update_fields=["active", "updated_at"])
    else:
        rule.delete()


@transaction.atomic
def let_pass(*, user: User, rule_id: int, row: int, reason: str, now: datetime) -> QualityException:
    """Say that a row is fine as it is; it no longer counts as failing. Raises Refused out of reach."""
    require(user, "change")
    rule = _rule(rule_id)
    _reached(user, rule, row)
    made, _new = QualityException.objects.update_or_create(
        rule=rule, row=row, defaults={"reason": reason.strip()[:200], "by": user, "at": now}
    )
    return made


@transaction.atomic
def count_again(*, user: User, rule_id: int, row: int) -> None:
    """Take that back."""
    require(user, "change")
    rule = _rule(rule_id)
    _reached(user, rule, row)
    QualityException.objects.filter(rule=rule, row=row).delete()


def _reached(user: User, rule: QualityRule, row: int) -> None:
    rows = subjects.get(rule.object).model._default_manager.visible_to(user)  # type: ignore[attr-defined]
    if not rows.filter(pk=row).exists():
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")


@transaction.atomic
def ask_check(*, user: User) -> Job:
    """Queue a check of all rules; the one that waits or runs already, where there is one."""
    if not user.access.can("quality", "run"):
        raise Refused(_("You may not start a check."), status=403, code="forbidden")
    going = Job.objects.filter(kind=CHECK, state__in=[Job.State.QUEUED, Job.State.RUNNING]).first()
    return going or jobs.enqueue(CHECK, {}, user=user)
