"""Verbs of tickets; each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.selectors import named_owner
from crm.kit.customfields import merged
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import check_fields, check_tag, locked, save_changes, tidy
from customers.files.services import reassign
from customers.following.services import tell
from customers.models import Contact, Customer
from customers.services.parties import API_SOURCE, source_named
from service.models import Queue, Ticket

FIELDS = frozenset({
    "number", "customer", "contact", "queue", "subject", "text", "status", "priority", "channel", "owner", "opened_at",
    "first_response_at", "resolved_at", "rating", "custom", "source", "external_id",
})  # fmt: skip
WORKED_OUT = frozenset({"resolved_at", "opened_at", "source", "external_id"})
OVER = (Ticket.Status.SOLVED, Ticket.Status.CLOSED)


@transaction.atomic
def open_ticket(*, user: User, values: Mapping[str, Any], now: datetime) -> Ticket:
    """Open a ticket; without a queue it waits in the default one, without a number it gets the next.

    A ticket without a customer needs a queue of the user's own teams.
    """
    check_fields(values, user=user, obj="ticket")
    ready = _checked(values, user=user, existing=None)
    ready["opened_at"] = ready.get("opened_at") or now
    _resolve(ready, None, now)
    row = Ticket(**{name: value for name, value in ready.items() if name in FIELDS})
    if not row.number:
        row.pk = _next_id()
        row.number = f"T{row.pk}"
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(_("A ticket with this number or external id exists already."), code="exists") from error
    if row.customer_id:
        tell(user=user, obj="customer", pk=row.customer_id, event="opened", about=["ticket", row.pk])
    return row


@transaction.atomic
def update_ticket(
    *, user: User, ticket_id: int, values: Mapping[str, Any], now: datetime, expected: str | None = None
) -> Ticket:
    """Change the given fields; solving stamps the time, opening again clears it."""
    row = locked(Ticket, ticket_id, user=user, obj="ticket", action="change", reach=reach(user, "change"))
    check_tag(row, expected)
    check_fields(values, user=user, obj="ticket")
    ready = _checked(values, user=user, existing=row)
    _resolve(ready, row, now)
    try:
        with transaction.atomic():
            save_changes(row, {name: value for name, value in ready.items() if name in FIELDS})
    except IntegrityError as error:
        raise Refused(_("A ticket with this number or external id exists already."), code="exists") from error
    _tell(row, user)
    return row


def _tell(row: Ticket, user: User) -> None:
    """Followers hear of the status, or of the fields; files stay with whom the ticket is about."""
    changed = [name for name in row.changed_names if name not in WORKED_OUT]  # type: ignore[attr-defined]
    if "customer" in changed:
        reassign("ticket", row.pk, row.customer_id)
    if "status" in changed:
        tell(user=user, obj="ticket", pk=row.pk, event="ticket.status", status=row.status)
    elif changed:
        tell(user=user, obj="ticket", pk=row.pk, event="changed", model="service.ticket", fields=changed)


@transaction.atomic
def delete_ticket(*, user: User, ticket_id: int, expected: str | None = None) -> None:
    """Remove a ticket; the history keeps what it was."""
    row = locked(Ticket, ticket_id, user=user, obj="ticket", action="delete", reach=reach(user, "delete"))
    check_tag(row, expected)
    row.delete()


def reach(user: User, action: str) -> Q:
    """The tickets that an action covers: those of the teams' queues, and one's own."""
    return user.access.rows("ticket", action, team="queue__team")


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('service_ticket', 'id'))")
        return int(cursor.fetchone()[0])


def _checked(values: Mapping[str, Any], *, user: User, existing: Ticket | None) -> dict[str, Any]:
    ready = tidy(values)
    if ready.get("external_id"):
        ready["source"] = source_named(ready.get("source") or API_SOURCE)
    else:
        ready.pop("source", None)
        ready.pop("external_id", None)
    for name, model in (("customer", Customer), ("contact", Contact)):
        if ready.get(name):
            ready[name] = _seen(model, ready[name], user=user, field=name)
    if "owner" in ready:
        ready["owner"] = named_owner(ready["owner"], user=user, obj="ticket", action="change" if existing else "add")
    if "queue" in ready or existing is None:
        ready["queue"] = _queue(ready.get("queue"))
        _check_queue(ready, user=user, existing=existing)
    if "custom" in ready:
        ready["custom"] = merged(ready["custom"], obj="ticket", user=user, before=existing.custom if existing else None)
    if existing is not None and not ready.get("number", existing.number):
        ready.pop("number")
    return ready


def _check_queue(ready: Mapping[str, Any], *, user: User, existing: Ticket | None) -> None:
    """A ticket that no one of the user's could see again is refused."""
    teams = user.access.team_ids("ticket", "change" if existing else "add")
    own = teams is None or ready["queue"].team_id in teams
    if own or ready.get("customer") or ready.get("owner") == user or existing is not None:
        return
    sentence = _("Name a customer, or a queue of your own teams.")
    raise Invalid(sentence, fields={"queue": sentence})


def _resolve(ready: dict[str, Any], existing: Ticket | None, now: datetime) -> None:
    status = ready.get("status")
    if status is None or (existing is not None and status == existing.status):
        return
    if status not in OVER:
        ready["resolved_at"] = None
    elif not ready.get("resolved_at"):
        ready["resolved_at"] = (existing.resolved_at if existing else None) or now


def _queue(value: Any) -> Queue:
    if value in (None, ""):
        found = Queue.objects.order_by("-is_default", "pk").first()
    elif isinstance(value, int):
        found = Queue.objects.filter(pk=value).first()
    else:
        found = Queue.objects.filter(name__iexact=str(value)).first()
    if found is None:
        sentence = _("There is no such queue.")
        raise Invalid(sentence, fields={"queue": sentence})
    return found


def _seen(model: Any, pk: Any, *, user: User, field: str) -> Any:
    found = model.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        sentence = _("There is no such record among yours.")
        raise Invalid(sentence, fields={field: sentence})
    return found
