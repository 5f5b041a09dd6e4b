"""Verbs on definitions: make, change, order, archive, restore; converting and deleting values are jobs beside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from crm.kit import jobs
from crm.kit.customfields.catalogue import forget
from crm.kit.customfields.holders import Holder, holder
from crm.kit.customfields.lists import indexable
from crm.kit.customfields.naming import name_of
from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField, Job
from crm.kit.rows import tidy

MOST_FIELDS = 500
MOST_CHOICES = 500
INDEX, DELETE = "fields.index", "fields.delete"
CHOOSING = (CustomField.Type.CHOICE, CustomField.Type.MULTI)


@transaction.atomic
def create_field(
    *, user: Any, object: str, label: str, type: str, choices: Sequence[Any] = (), sensitive: bool = False, now: datetime,
    help: str = "", required: bool = False,
) -> CustomField:  # fmt: skip
    """A new field of a kind of record, named after its label; raises Invalid or Refused with a sentence."""
    _allow(user, "add")
    holder_of(object)
    label = checked_label(label)
    if type not in CustomField.Type.values:
        raise Invalid(_("There is no such type of field."), fields={"type": _("There is no such type of field.")})
    _check_sensitive(type, sensitive)
    with connection.cursor() as cursor:  # two at once must not take one name
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kit_customfield'))")
    known = list(CustomField.objects.filter(object=object).order_by("position"))
    if len(known) >= MOST_FIELDS:
        raise Refused(_("There are %(most)s fields already; delete one first.") % {"most": MOST_FIELDS})
    if any(one.label.casefold() == label.casefold() and one.archived_at is None for one in known):
        sentence = _("There is a field with this label already.")
        raise Invalid(sentence, fields={"label": sentence})
    made = CustomField.objects.create(
        object=object, name=name_of(label, {one.name for one in known}), label=label, type=type,
        choices=checked_choices(type, choices), required=required, help=str(tidy({"help": help})["help"])[:200],
        sensitive=sensitive, position=known[-1].position + 1 if known else 1, created_by=user, created_at=now,
    )  # fmt: skip
    forget(user)
    return made


@transaction.atomic
def change_field(
    *, user: Any, field_id: int, label: str, help: str = "", required: bool = False, choices: Sequence[Any] = ()
) -> CustomField:
    """Another label, help or set of choices; values stay as they are."""
    field = locked_field(user, field_id, "change")
    field.label = checked_label(label)
    others = CustomField.objects.filter(object=field.object, archived_at=None).exclude(pk=field.pk)
    if others.filter(label__iexact=field.label).exists():
        sentence = _("There is a field with this label already.")
        raise Invalid(sentence, fields={"label": sentence})
    field.help, field.required = str(tidy({"help": help})["help"])[:200], required
    field.choices = checked_choices(field.type, choices)
    field.save()
    forget(user)
    return field


@transaction.atomic
def move_field(*, user: Any, field_id: int, up: bool) -> CustomField:
    """One place up or down among the fields in use."""
    field = locked_field(user, field_id, "change")
    rows = list(CustomField.objects.select_for_update().filter(object=field.object, archived_at=None))
    place = next((at for at, one in enumerate(rows) if one.pk == field.pk), None)
    other = None if place is None else place - 1 if up else place + 1
    if place is None or other is None or not 0 <= other < len(rows):
        return field
    rows[place], rows[other] = rows[other], rows[place]
    for at, one in enumerate(rows, 1):
        if one.position != at:
            one.position = at
            one.save(update_fields=["position", "updated_at"])
    forget(user)
    return field


@transaction.atomic
def archive_field(*, user: Any, field_id: int, now: datetime) -> CustomField:
    """Take a field out of pages, lists, filters and files; its values stay and restoring shows them again."""
    field = locked_field(user, field_id, "change")
    field.archived_at = now
    field.save(update_fields=["archived_at", "updated_at"])
    forget(user)
    return field


@transaction.atomic
def restore_field(*, user: Any, field_id: int) -> CustomField:
    """Bring an archived field back."""
    field = locked_field(user, field_id, "change")
    field.archived_at = None
    field.save(update_fields=["archived_at", "updated_at"])
    forget(user)
    return field


@transaction.atomic
def ask_index(*, user: Any, field_id: int) -> Job:
    """Have a job make the index of a field."""
    field = locked_field(user, field_id, "change")
    if not indexable(field):
        raise Refused(_("An index does not help this type of field."))
    if field.index == CustomField.Index.READY or _being_indexed(field):
        raise Refused(_("This field is indexed already, or just being indexed."))
    field.index = CustomField.Index.BUILDING
    field.save(update_fields=["index", "updated_at"])
    forget(user)
    return jobs.enqueue(INDEX, {"field": field.pk}, user=user)


def _being_indexed(field: CustomField) -> bool:
    """Whether a job is at it; one that was cancelled or given up leaves the way free."""
    open_jobs = Job.objects.filter(kind=INDEX, args__field=field.pk, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    return field.index == CustomField.Index.BUILDING and open_jobs.exists()


@transaction.atomic
def ask_delete(*, user: Any, field_id: int, confirmed: str) -> Job:
    """Have a job delete an archived field with all its values, after its label was typed."""
    field = locked_field(user, field_id, "delete")
    if field.archived_at is None:
        raise Refused(_("Archive the field first. Nothing was deleted."))
    if confirmed.strip() != field.label:
        sentence = _("The label does not fit. Nothing was deleted; type “%(label)s” to go on.")
        raise Refused(sentence % {"label": field.label})
    return jobs.enqueue(DELETE, {"field": field.pk}, user=user)


def filled(field: CustomField) -> int:
    """How many rows hold a value, those in the trash too."""
    held = holder_of(field.object)
    return int(held.model._default_manager.filter(custom__has_key=field.name).count())


def holder_of(obj: str) -> Holder:
    """The table; Invalid for a kind of record that takes no fields."""
    found = holder(obj)
    if found is None:
        sentence = _("This kind of record takes no own fields.")
        raise Invalid(sentence, fields={"object": sentence})
    return found


def locked_field(user: Any, field_id: int, action: str) -> CustomField:
    """The definition for writing; Refused without the right or the row."""
    _allow(user, action)
    found = CustomField.objects.select_for_update(of=("self",)).filter(pk=field_id).first()
    if found is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return found


def _allow(user: Any, action: str) -> None:
    if not user.access.can("field", action):
        raise Refused(_("Your role does not reach this. Nothing was changed."), status=403, code="forbidden")


def checked_label(label: str) -> str:
    """A label as it is kept."""
    text = str(tidy({"label": label})["label"])
    if not text or len(text) > 120 or not text.isprintable():
        sentence = _("Give it a label of at most 120 characters.")
        raise Invalid(sentence, fields={"label": sentence})
    return text


def _check_sensitive(type: str, sensitive: bool) -> None:
    if sensitive and type not in (CustomField.Type.TEXT, CustomField.Type.LONG_TEXT):
        sentence = _("Only texts can be sensitive.")
        raise Invalid(sentence, fields={"sensitive": sentence})


def checked_choices(type: str, choices: Sequence[Any]) -> list[dict[str, str]]:
    """Choices as they are kept: texts, (value, label) pairs or objects; each value and label once."""
    if type not in CHOOSING:
        return []
    found: dict[str, str] = {}
    for one in choices:
        value, label = _pair(one)
        if not value or not label or len(value) > 120 or len(label) > 120:
            sentence = _("Each choice has from 1 to 120 characters.")
            raise Invalid(sentence, fields={"choices": sentence})
        if value in found or label.casefold() in {text.casefold() for text in found.values()}:
            sentence = _("“%(label)s” stands there twice.") % {"label": label}
            raise Invalid(sentence, fields={"choices": sentence})
        found[value] = label
    if not found or len(found) > MOST_CHOICES:
        sentence = _("Give it from 1 to %(most)s choices, one per line.") % {"most": MOST_CHOICES}
        raise Invalid(sentence, fields={"choices": sentence})
    return [{"value": value, "label": label} for value, label in found.items()]


def _pair(one: Any) -> tuple[str, str]:
    if isinstance(one, dict):
        value, label = one.get("value", ""), one.get("label", one.get("value", ""))
    elif isinstance(one, tuple | list) and len(one) == 2:
        value, label = one
    else:
        value = label = one
    texts = tidy({"value": str(value), "label": str(label)})
    return texts["value"], texts["label"]
