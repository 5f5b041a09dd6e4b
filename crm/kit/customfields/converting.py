"""Another type for a field: only where every value that is there converts, and shown before it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.kit import jobs
from crm.kit.customfields.services import MOST_CHOICES, holder_of, locked_field
from crm.kit.customfields.values import kept, plain, read
from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField, Job

Type = CustomField.Type
CONVERT = "fields.convert"
MOST_DISTINCT = 100_000
MOST_SHOWN = 10
AT_ONCE = 1_000
TARGETS = (
    Type.TEXT, Type.LONG_TEXT, Type.NUMBER, Type.MONEY, Type.DATE, Type.CHOICE, Type.MULTI, Type.BOOLEAN, Type.LINK,
)  # fmt: skip


@dataclass
class Preview:
    """What a change of type would do: values that convert, values that do not with the first of them."""

    fits: int = 0
    misfits: int = 0
    shown: list[tuple[str, int, str]] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    choices: list[dict[str, str]] = field(default_factory=list)


def preview(custom: CustomField, new_type: str) -> Preview:
    """Try every distinct value; raises Invalid for a type that cannot be asked for."""
    if new_type not in TARGETS or new_type == custom.type or custom.sensitive or custom.type == Type.PERSON:
        sentence = _("This field cannot become one of that type.")
        raise Invalid(sentence, fields={"type": sentence})
    values = list(_distinct(custom))
    if len(values) > MOST_DISTINCT:
        raise Refused(
            _("More than %(most)s different values stand there: too many to convert.") % {"most": f"{MOST_DISTINCT:,}"}
        )
    target = copy(custom)
    target.type = new_type
    found = Preview()
    if new_type in (Type.CHOICE, Type.MULTI) and custom.type not in (Type.CHOICE, Type.MULTI):
        texts = dict.fromkeys(plain(custom, value).strip()[:120] for value, _count in values)
        found.choices = [{"value": text, "label": text} for text in texts if text]
        if len(found.choices) > MOST_CHOICES:
            raise Refused(
                _("More than %(most)s different values stand there: too many for choices.") % {"most": MOST_CHOICES}
            )
        target.choices = found.choices
    for value, count in values:
        _try(custom, target, value, count, found)
    return found


def _try(custom: CustomField, target: CustomField, value: Any, count: int, found: Preview) -> None:
    text = plain(custom, value)
    try:
        new = kept(target, read(target, text))
    except Invalid as invalid:
        found.misfits += count
        if len(found.shown) < MOST_SHOWN:
            found.shown.append((text[:80], count, invalid.message))
        return
    found.fits += count
    if new != value:
        found.changes.append((json.dumps(value), json.dumps(new)))


def _distinct(custom: CustomField) -> Iterator[tuple[Any, int]]:
    table = holder_of(custom.object).table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT custom -> %(name)s, count(*) FROM {table} WHERE custom ? %(name)s "  # noqa: S608
            f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_DISTINCT + 1}",
            {"name": custom.name},
        )
        for value, count in cursor.fetchall():
            yield json.loads(value) if isinstance(value, str) else value, count


@transaction.atomic
def ask_type(*, user: Any, field_id: int, new_type: str) -> Job:
    """Have a job change a type; Refused with the number of values that would not convert."""
    custom = locked_field(user, field_id, "change")
    _refuse_misfits(preview(custom, new_type))
    return jobs.enqueue(CONVERT, {"field": custom.pk, "type": new_type}, user=user)


def _refuse_misfits(found: Preview) -> None:
    if found.misfits:
        raise Refused(_("%(n)s values do not convert. Nothing was changed.") % {"n": f"{found.misfits:,}"})


@transaction.atomic
def convert(*, field_id: int, new_type: str) -> dict[str, Any]:
    """Write the new values and the new type, all or nothing; the old index no longer fits and is the caller's to drop."""
    custom = CustomField.objects.select_for_update(of=("self",)).get(pk=field_id)
    table = holder_of(custom.object).table
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")  # no value may slip in unconverted
        found = preview(custom, new_type)
        _refuse_misfits(found)
        for start in range(0, len(found.changes), AT_ONCE):
            part = found.changes[start : start + AT_ONCE]
            rows = ", ".join(["(%s::jsonb, %s::jsonb)"] * len(part))
            cursor.execute(
                f"UPDATE {table} t SET custom = jsonb_set(t.custom, %s, m.new) "  # noqa: S608
                f"FROM (VALUES {rows}) m(old, new) WHERE t.custom ? %s AND t.custom -> %s = m.old",
                [[custom.name], *(value for pair in part for value in pair), custom.name, custom.name],
            )
    custom.type = new_type
    custom.choices = found.choices or (custom.choices if new_type in (Type.CHOICE, Type.MULTI) else [])
    custom.save(update_fields=["type", "choices", "updated_at"])
    return {"field": custom.label, "rows": found.fits}
