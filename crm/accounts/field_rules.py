"""What each role sees of a custom field: the field's own page writes the same rules as every other field has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.accounts.models import FieldRule, Role
from crm.kit.customfields.services import locked_field
from crm.kit.errors import Invalid
from crm.kit.models import CustomField

WHOLE = "write"
OPEN_TO_CHANGE = tuple(role for role in Role.values if role != Role.ADMIN)
"""Administrators always see everything: somebody must be able to put a rule right."""


def levels_of(field: CustomField) -> dict[str, str]:
    """Role → level."""
    found = dict.fromkeys(OPEN_TO_CHANGE, WHOLE)
    rules = FieldRule.objects.filter(object=field.object, field=field.rule)
    return found | {rule.role: rule.level for rule in rules if rule.role in found}


@transaction.atomic
def set_levels(*, by: Any, field_id: int, levels: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Write the level of every role; returns role → (before, after) of those that changed."""
    field = locked_field(by, field_id, "change")
    before = levels_of(field)
    changed = {}
    for role, level in levels.items():
        if role not in before or level not in (WHOLE, *FieldRule.Level.values):
            raise Invalid(_("There is no such role or level."))
        if before[role] != level:
            _write(field, role, level)
            changed[role] = (before[role], level)
    return changed


def _write(field: CustomField, role: str, level: str) -> None:
    if level == WHOLE:
        FieldRule.objects.filter(object=field.object, field=field.rule, role=role).delete()
    else:
        FieldRule.objects.update_or_create(object=field.object, field=field.rule, role=role, defaults={"level": level})
