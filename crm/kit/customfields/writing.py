"""Custom values into a row: every name known, every value checked, sealed where sensitive, merged with what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.kit.crypto import Unreadable
from crm.kit.customfields.catalogue import catalogue
from crm.kit.customfields.values import clean, kept, masked, unsealed
from crm.kit.errors import Invalid
from crm.kit.models import CustomField
from crm.kit.rows import LOCKED_LEVELS


def merged(
    given: Mapping[str, Any] | None, *, obj: str, user: Any, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The row's values after writing the given ones; None empties a field.

    Raises Invalid that names every field which does not exist, may not be written, or does not fit.
    """
    held = dict(before or {})
    if not given:
        return held
    fields = catalogue().active(obj)
    wrong: dict[str, str] = {}
    for name, value in given.items():
        try:
            held[name] = _one(fields.get(name), value, held.get(name), obj=obj, user=user)
        except Invalid as invalid:
            wrong[f"custom.{str(name)[:60]}"] = invalid.message
    if wrong:
        raise Invalid(_("Some own fields do not fit."), fields=wrong)
    return {name: value for name, value in held.items() if value is not None}


def _one(field: CustomField | None, value: Any, before: Any, *, obj: str, user: Any) -> Any:
    if field is None:
        raise Invalid(_("There is no field of this name."))
    if user is not None and user.access.field_level(obj, field.rule) in LOCKED_LEVELS:
        raise Invalid(_("Your roles may not change this field."))
    if before is not None and _unchanged(field, value, before):
        return before
    found = clean(field, value, user)
    if found is None and field.required and before is not None:
        raise Invalid(_("This field is required."))
    return None if found is None else kept(field, found)


def _unchanged(field: CustomField, value: Any, before: Any) -> bool:
    """Whether a value comes back as it is, or a sealed one as it was shown: then it stays, whatever is offered now."""
    if value == before and type(value) is type(before):
        return True
    if not field.sensitive or not isinstance(value, str):
        return False
    if value == masked(field, before):
        return True
    try:
        return bool(unsealed(field, before) == value)
    except Unreadable:
        return False
