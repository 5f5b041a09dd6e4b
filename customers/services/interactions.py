"""Writing down what happened with a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid
from crm.kit.rows import tidy
from customers.following.mentions import kept, mentioned
from customers.following.services import follow, tell
from customers.models import Contact, Customer, Interaction
from customers.services.parties import API_SOURCE, source_named, taken

TALK = frozenset({"mail", "call", "meeting", "chat", "social", "form"})
"""Kinds that count as contact with the customer."""

MENTIONING = frozenset({"note", "call", "meeting"})
BY_PEOPLE = MENTIONING | {"mail", "chat", "social"}
"""Kinds that people write themselves: their followers hear of these."""

MOVE_FORWARD = """
INSERT INTO customers_lastcontact (customer_id, at) {latest}
ON CONFLICT (customer_id) DO UPDATE SET at = excluded.at WHERE customers_lastcontact.at < excluded.at
"""
"""Later talks count, earlier ones change nothing; ``latest`` is a SELECT of ours: one (customer, moment) each,
in the order of customers, so that two writers wait for each other instead of locking each other out."""


RECOUNT = """
WITH last AS (SELECT customer_id, max(occurred_at) AS at FROM customers_interaction
              WHERE customer_id = ANY(%(ids)s) AND kind = ANY(%(talk)s) AND occurred_at <= now() GROUP BY 1),
     gone AS (DELETE FROM customers_lastcontact l WHERE l.customer_id = ANY(%(ids)s)
              AND NOT EXISTS (SELECT 1 FROM last x WHERE x.customer_id = l.customer_id))
UPDATE customers_lastcontact l SET at = x.at FROM last x WHERE l.customer_id = x.customer_id AND l.at <> x.at
"""


def recount_contact(*, customer_ids: list[int]) -> None:
    """The last contact of customers whose interactions went away."""
    if customer_ids:
        with connection.cursor() as cursor:
            cursor.execute(RECOUNT, {"ids": customer_ids, "talk": list(TALK)})


@transaction.atomic
def add_interaction(*, user: User, values: Mapping[str, Any], now: datetime) -> Interaction:
    """Add an interaction of a customer within reach; ``occurred_at`` is now where it is not given.

    Interactions are append-only: a correction is a new one.
    """
    ready = tidy(values)
    customer = _seen(Customer, ready.get("customer"), user, "customer", _("There is no such customer among yours."))
    contact = None
    if ready.get("contact"):
        contact = _seen(Contact, ready["contact"], user, "contact", _("There is no such contact among yours."))
    named = _named(ready, user=user, customer=customer)
    payload = {name: value for name, value in (ready.get("payload") or {}).items() if name != "mentions"}
    row = Interaction(
        customer=customer, contact=contact, author=user, kind=ready["kind"],
        occurred_at=ready.get("occurred_at") or now, payload={**payload, **({"mentions": kept(named)} if named else {})},
        **{name: ready.get(name) or "" for name in ("direction", "channel", "subject", "text", "thread", "topic")},
        mood=ready.get("mood"),
    )  # fmt: skip
    if ready.get("external_id"):
        row.source, row.external_id = source_named(ready.get("source") or API_SOURCE), ready["external_id"]
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise taken(row.external_id) from error
    record_contact(customer_id=customer.pk, kind=row.kind, at=row.occurred_at, now=now)
    if row.kind in BY_PEOPLE:
        follow(people=named, obj="customer", pk=customer.pk, now=now)
        tell(
            user=user, obj="customer", pk=customer.pk, event="logged", kind=row.kind, interaction=row.pk,
            mentioned=[one.pk for one in named],
        )  # fmt: skip
        if row.contact_id:
            tell(
                user=user, obj="contact", pk=row.contact_id, event="logged", kind=row.kind, interaction=row.pk,
                told_already=customer.pk,
            )  # fmt: skip
    return row


def _named(ready: Mapping[str, Any], *, user: User, customer: Customer) -> list[User]:
    """The colleagues that the words mention; a mail goes to strangers and mentions nobody."""
    if ready["kind"] not in MENTIONING:
        return []
    return mentioned(user=user, row=customer, obj="customer", text=ready.get("text") or "")


def record_contact(*, customer_id: int, kind: str, at: datetime, now: datetime) -> None:
    """Move the customer's last contact forward when people talked, not into the future."""
    if kind in TALK and at <= now:
        with connection.cursor() as cursor:
            cursor.execute(MOVE_FORWARD.format(latest="VALUES (%s, %s)"), [customer_id, at])


def _seen(model: Any, pk: Any, user: User, field: str, sentence: str) -> Any:
    found = model.objects.visible_to(user).filter(pk=pk).first() if pk else None
    if found is None:
        raise Invalid(sentence, fields={field: sentence})
    return found
