"""What people do with an alert. Every step is a row of its own; undo takes back the last one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from alerts.models import Alert, AlertEvent
from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.live import announce

State = Alert.State
UNDOABLE = ("acknowledged", "resolved", "assigned", "reopened")
REASON_AT_MOST = 200


@transaction.atomic
def acknowledge(*, alert_id: int, user: User, now: datetime) -> Alert:
    """Say that someone looks after it. Raises Refused when it is not open, DoesNotExist out of reach."""
    alert = _mine(alert_id, user)
    if alert.state == State.RESOLVED:
        raise _closed()
    if alert.state == State.ACKNOWLEDGED:
        raise Refused(_("This alert is acknowledged already."), code="acknowledged")
    event = _step(alert, user, now, "acknowledged")
    alert.state, alert.acknowledged_at = State.ACKNOWLEDGED, now
    if alert.owner_id is None:
        alert.owner = user
    return _save(alert, event)


@transaction.atomic
def resolve(*, alert_id: int, reason: str, user: User, now: datetime) -> Alert:
    """Close it, with the reason. Raises Invalid without a reason, Refused when it is closed already."""
    alert = _mine(alert_id, user)
    if alert.state == State.RESOLVED:
        raise Refused(_("This alert is resolved already."), code="resolved")
    reason = reason.strip()
    if not reason or len(reason) > REASON_AT_MOST:
        sentence = _("Say in at most %(n)s characters why it is resolved.") % {"n": REASON_AT_MOST}
        raise Invalid(sentence, fields={"reason": sentence})
    event = _step(alert, user, now, "resolved", note=reason)
    alert.state, alert.resolved_at, alert.resolution = State.RESOLVED, now, reason
    return _save(alert, event)


@transaction.atomic
def resolve_healed(alerts: Iterable[Alert], *, now: datetime) -> None:
    """Close alerts whose condition is gone, as the check itself saw."""
    for alert in alerts:
        AlertEvent.objects.create(alert=alert, at=now, action="healed", before=alert.state)
        alert.state, alert.resolved_at = State.RESOLVED, now
        alert.save(update_fields=["state", "resolved_at", "updated_at"])
        announce("alerts")


@transaction.atomic
def reopen(*, alert_id: int, user: User, now: datetime) -> Alert:
    """Open a resolved one again. Raises Refused when it is open, or the condition has a newer open alert."""
    alert = _mine(alert_id, user)
    if alert.state != State.RESOLVED:
        raise Refused(_("This alert is open already."), code="open")
    event = _step(alert, user, now, "reopened", note=alert.resolution)
    _back_to(alert, State.OPEN)
    return _save(alert, event)


@transaction.atomic
def assign(*, alert_id: int, owner_id: int | None, user: User, now: datetime) -> Alert:
    """Give it to somebody who may see it, or to nobody."""
    alert = _mine(alert_id, user)
    if alert.state == State.RESOLVED:
        raise _closed()
    owner = None
    if owner_id is not None:
        owner = User.objects.filter(pk=owner_id, is_active=True).first()
        if owner is None or not Alert.objects.visible_to(owner).filter(pk=alert.pk).exists():
            sentence = _("This person cannot see the alert; choose someone who reaches it.")
            raise Invalid(sentence, fields={"owner": sentence})
    if alert.owner_id == owner_id:
        raise Refused(_("The alert belongs to this person already."), code="assigned")
    event = _step(alert, user, now, "assigned", note=owner.display_name if owner else "")
    alert.owner = owner
    return _save(alert, event)


@transaction.atomic
def undo(*, alert_id: int, user: User, now: datetime) -> Alert:
    """Take back the last step. Raises Refused when there is none, or it was taken back already."""
    alert = _mine(alert_id, user)
    last = alert.events.order_by("-id").first()
    if last is None or last.action not in UNDOABLE:
        raise Refused(_("There is nothing to undo."), code="nothing")
    event = _step(alert, user, now, "undone", note=last.action)
    alert.owner_id = last.owner_before_id
    if last.before == State.RESOLVED:
        earlier = alert.events.filter(action="resolved").order_by("-id").first()
        alert.state, alert.resolved_at, alert.resolution = (
            State.RESOLVED,
            earlier.at if earlier else now,
            last.note,
        )
    else:
        _back_to(alert, last.before)
    return _save(alert, event)


def _mine(alert_id: int, user: User) -> Alert:
    """The row, locked; another's id and an absent one raise the same DoesNotExist."""
    reached = Alert.objects.visible_to(user).filter(pk=alert_id)
    found = Alert.objects.select_for_update().get(pk__in=reached.values("pk"))
    if not user.access.can("alert", "change"):
        raise Refused(_("Your role may not change alerts. Nothing was changed."), status=403, code="forbidden")
    return found


def _step(alert: Alert, user: User, now: datetime, action: str, *, note: str = "") -> AlertEvent:
    return AlertEvent(
        alert=alert,
        at=now,
        user=user,
        action=action,
        before=alert.state,
        note=note[:300],
        owner_before_id=alert.owner_id,
    )


def _back_to(alert: Alert, state: str) -> None:
    alert.state, alert.resolved_at, alert.resolution = state, None, ""
    if state == State.OPEN:
        alert.acknowledged_at = None


def _save(alert: Alert, event: AlertEvent) -> Alert:
    try:
        with transaction.atomic():
            alert.save()
            event.save()
    except IntegrityError:
        raise Refused(
            _("A newer alert of the same condition is open; go on there. This one stays resolved."),
            code="newer",
        ) from None
    announce("alerts")
    return alert


def _closed() -> Refused:
    return Refused(_("This alert is resolved; reopen it first."), code="resolved")
