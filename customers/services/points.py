"""Several e-mails, phones and addresses of a customer or a contact; the row itself carries the primary ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import assign, check_fields, locked, tidy
from customers.following.services import tell
from customers.models import Contact, ContactPoint, Customer
from customers.services.parties import checked_email, normalised

Holder = Customer | Contact
MOST_POINTS = 50
LONGEST = {"email": 254, "phone": 60, "address": 300}
FLAGS = {"bounced": "bounced_at", "opted_out": "opted_out_at"}


@transaction.atomic
def add_point(*, user: User, holder: Holder, values: Mapping[str, Any], now: datetime) -> ContactPoint:
    """Add one; the first of its kind is the primary one. ``values``: kind, value, label, primary, valid, flags."""
    row = _locked(holder, user)
    ready = tidy(values)
    kind = ready.get("kind", "")
    if kind not in ContactPoint.Kind.values:
        raise Invalid(_("Say whether it is an e-mail, a phone or an address."), fields={"kind": _("Unknown kind.")})
    check_fields({kind: ""}, user=user, obj=_object(row))
    _refuse_many(row)
    point = ContactPoint(**_holder(row), kind=kind)
    _fill(point, ready, row, now=now)
    first = not _of(row).filter(kind=kind, primary=True).exists()
    point.save(force_insert=True)
    if first or ready.get("primary"):
        _make_primary(row, point)
    _tell(row, kind, user)
    return point


@transaction.atomic
def change_point(
    *, user: User, holder: Holder, point_id: int, values: Mapping[str, Any], now: datetime
) -> ContactPoint:
    """Change value, label, validity or flags; ``primary`` true makes it the primary one."""
    row = _locked(holder, user)
    point = _point(row, point_id)
    check_fields({point.kind: ""}, user=user, obj=_object(row))
    changed = _fill(point, tidy(values), row, now=now)
    point.was_changed = bool(changed)  # type: ignore[attr-defined]
    if changed:
        point.save(update_fields=changed)
    if values.get("primary") and not point.primary:
        _make_primary(row, point)
        point.was_changed = True  # type: ignore[attr-defined]
    elif point.primary and "value" in changed:
        _mirror(row, point.kind, point.value)
    if point.was_changed:  # type: ignore[attr-defined]
        _tell(row, point.kind, user)
    return point


@transaction.atomic
def remove_point(*, user: User, holder: Holder, point_id: int) -> int:
    """Take one away; the oldest of its kind that is left becomes primary. The key of the kept state, for Undo."""
    row = _locked(holder, user)
    point = _point(row, point_id)
    check_fields({point.kind: ""}, user=user, obj=_object(row))
    kind, was_primary = point.kind, point.primary
    point.delete()
    if was_primary:
        heir = _of(row).filter(kind=kind).exclude(valid=False).order_by("pk").first()
        heir = heir or _of(row).filter(kind=kind).order_by("pk").first()
        if heir is None:
            _mirror(row, kind, "")
        else:
            _make_primary(row, heir)
    _tell(row, kind, user)
    return newest_state(point_id)


@transaction.atomic
def put_back_point(*, user: User, holder: Holder, state_id: int) -> ContactPoint:
    """Undo the last change of a point: as the kept state has it. Refused where somebody changed it since."""
    row = _locked(holder, user)
    model = ContactPoint.pgh_event_model  # type: ignore[attr-defined] # set by the decorator of pghistory
    state = model.objects.filter(pgh_id=state_id, **{f"{_object(row)}_id": row.pk}).first()
    if state is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    check_fields({state.kind: ""}, user=user, obj=_object(row))
    if newest_state(state.pgh_obj_id) != state_id:
        raise Refused(_("Someone has changed it since; it stays as it is."))
    values = {
        name: getattr(state, name) for name in ("label", "value", "normalised", "valid", "bounced_at", "opted_out_at")
    }
    point = _of(row).filter(pk=state.pgh_obj_id).first()
    if point is None:
        point = ContactPoint(**_holder(row), kind=state.kind, **values)
        point.save(force_insert=True)
    else:
        point.save(update_fields=assign(point, values) or ["value"])
    if state.primary and not point.primary:
        _make_primary(row, point)
    elif point.primary:
        _mirror(row, point.kind, point.value)
    _tell(row, point.kind, user)
    return point


def newest_state(point_id: int) -> int:
    """The key of the newest kept state of a point; 0 where nothing ever changed."""
    model = ContactPoint.pgh_event_model  # type: ignore[attr-defined]
    return int(model.objects.filter(pgh_obj_id=point_id).aggregate(n=Max("pgh_id"))["n"] or 0)


def _fill(point: ContactPoint, ready: Mapping[str, Any], row: Holder, *, now: datetime) -> list[str]:
    """Set what was given; the names of the columns that changed."""
    wanted: dict[str, Any] = {}
    if "value" in ready or not point.value:
        wanted |= _checked(point.kind, str(ready.get("value") or ""), row)
        if point.pk and wanted["normalised"] != point.normalised:
            wanted |= {"valid": None, "bounced_at": None, "opted_out_at": None}
    if "label" in ready:
        wanted["label"] = str(ready["label"])[:40]
    if "valid" in ready:
        wanted["valid"] = ready["valid"]
    for flag, column in FLAGS.items():
        if flag in ready:
            wanted[column] = (getattr(point, column) or now) if ready[flag] else None
    return assign(point, wanted)


def _checked(kind: str, value: str, row: Holder) -> dict[str, str]:
    """The value as it was given and as it is compared; raises Invalid for what cannot be one."""
    fault = ""
    if not value:
        fault = _("Type something first.")
    elif len(value) > LONGEST[kind]:
        fault = _("At most %(most)s letters.") % {"most": LONGEST[kind]}
    elif any(ord(char) < 32 for char in value):
        fault = _("One line only.")
    elif kind == ContactPoint.Kind.PHONE and sum(char.isdigit() for char in value) < 3:
        fault = _("This is not a phone number.")
    if fault:
        raise Invalid(fault, fields={"value": fault})
    if kind == ContactPoint.Kind.EMAIL:
        try:
            value = checked_email(value)
        except Invalid as invalid:
            raise Invalid(invalid.message, fields={"value": invalid.message}) from invalid
    return {"value": value, "normalised": normalised(kind, value, row.country)[:300]}


def _make_primary(row: Holder, point: ContactPoint) -> None:
    _of(row).filter(kind=point.kind, primary=True).exclude(pk=point.pk).update(primary=False)
    point.primary = True
    point.save(update_fields=["primary"])
    _mirror(row, point.kind, point.value)


def _mirror(row: Holder, kind: str, value: str) -> None:
    """The row's own column follows, as a new version."""
    if getattr(row, kind) != value:
        setattr(row, kind, value)
        row.version += 1
        row.save(update_fields=[kind, "version", "updated_at"])


def _tell(row: Holder, kind: str, user: User) -> None:
    """Followers hear that a way to reach them changed."""
    tell(user=user, obj=_object(row), pk=row.pk, event="changed", model=row._meta.label_lower, fields=[kind])


def _locked(holder: Holder, user: User) -> Any:
    return locked(type(holder), holder.pk, user=user, obj=_object(holder), action="change")


def _point(row: Holder, point_id: int) -> ContactPoint:
    found = _of(row).filter(pk=point_id).first()
    if found is None:
        raise Refused(_("There is nothing here that you may see."), status=404, code="not_found")
    return found


def _of(row: Holder) -> Any:
    return ContactPoint.objects.filter(**_holder(row))


def _holder(row: Holder) -> dict[str, Any]:
    return {_object(row): row}


def _object(row: Holder) -> str:
    return "customer" if isinstance(row, Customer) else "contact"


def _refuse_many(row: Holder) -> None:
    if _of(row).count() >= MOST_POINTS:
        raise Invalid(_("A record holds at most %(most)s of these.") % {"most": MOST_POINTS})
