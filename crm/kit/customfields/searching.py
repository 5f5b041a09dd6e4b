"""What a search may find of a row's custom values: never what is sensitive, a number or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.kit.customfields.catalogue import catalogue
from crm.kit.customfields.values import words
from crm.kit.models import CustomField

Type = CustomField.Type
FOUND = (Type.TEXT, Type.LONG_TEXT, Type.LINK, Type.CHOICE, Type.MULTI)


def searchable_values(obj: str, custom: Mapping[str, Any]) -> dict[str, str]:
    """Field rule (``custom.plan``) → text, so that a search can leave out what its reader may not see."""
    fields = catalogue().active(obj)
    return {
        fields[name].rule: words(fields[name], value)
        for name, value in custom.items()
        if name in fields and not fields[name].sensitive and fields[name].type in FOUND and value
    }
