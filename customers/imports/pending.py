"""Links whose other end is not here yet: kept, counted, and resolved by whatever brings the other end.

A ``Link`` says which column waits and where its other end is looked for. Apps enter theirs in their ``imports`` module.
What a person's import left waiting is resolved only with records that this person may see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from crm.accounts.models import User
from crm.kit.models import Source
from customers.imports.context import Reach
from customers.models import PendingLink

if TYPE_CHECKING:
    from customers.imports.context import Context

BY_NAME = "customer.name"
"""Customers that were made because a file named them; the holder is the customer."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """``table.column`` points at the row of ``target`` that (source, external id) names, or its name where it may."""

    name: str
    table: str
    column: str
    target: str
    object: str
    """Whose rows are waited for."""
    named: bool = False
    then: str = ""
    """SQL that follows, whether or not a link was resolved: what it needs may have come later than the other end."""


_links: dict[str, Link] = {}


def register(link: Link) -> Link:
    """Enter a link under its name."""
    _links[link.name] = link
    return link


def links(obj: str = "") -> list[Link]:
    """All links, or those that wait for rows of one object."""
    return [link for link in _links.values() if obj in ("", link.object)]


def hold(context: Context, link: Link, staged: str) -> None:
    """Note the rows of the span whose other end is not here; ``staged`` is the column of the file's word for it."""
    context.execute(
        "INSERT INTO customers_pendinglink (link, holder, source_id, key, job_id, user_id, created_at) "
        f"SELECT %(link)s, t.id, %(source)s, left(c.{staged}, 200), %(job)s, %(user)s, %(now)s FROM import_chunk c "
        f"JOIN {link.table} t ON t.source_id = %(source)s AND t.external_id = c.external_id AND NOT (t.external_id = '') "
        f"WHERE c.{staged} IS NOT NULL AND c.{link.column} IS NULL "
        "ON CONFLICT (link, holder) DO UPDATE SET key = excluded.key, source_id = excluded.source_id, "
        "job_id = excluded.job_id, user_id = excluded.user_id, resolved_at = NULL",
        {"link": link.name, "user": context.job.user_id},
    )


@transaction.atomic
def resolve(obj: str, *, now: dt.datetime) -> int:
    """Resolve all links that wait for rows of ``obj`` and have them now; returns how many."""
    found = 0
    for link in links(obj):
        waiting = PendingLink.objects.filter(link=link.name, resolved_at=None)
        for user_id in waiting.order_by().values_list("user", flat=True).distinct():
            user = User.objects.filter(pk=user_id).first() if user_id else None
            found += _resolve(link, user_id, Reach(user), now)
        if link.then:
            with connection.cursor() as cursor:
                cursor.execute(link.then)
    return found


def _resolve(link: Link, user_id: int | None, reach: Reach, now: dt.datetime) -> int:
    values: dict[str, Any] = {"link": link.name, "user": user_id, "now": now}
    allowed = reach.teams(link.object, "view")
    within = "" if allowed is None else "AND (t.team_id = ANY(%(teams)s) OR t.owner_id = %(user)s)"
    values["teams"] = allowed
    name = "OR lower(t.name) = lower(p.key)" if link.named else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH ready AS (
                SELECT DISTINCT ON (p.id) p.id, p.holder, t.id AS target FROM customers_pendinglink p
                JOIN {link.target} t ON (t.source_id = p.source_id AND t.external_id = p.key) {name}
                WHERE p.link = %(link)s AND p.resolved_at IS NULL AND p.user_id IS NOT DISTINCT FROM %(user)s {within}
                ORDER BY p.id, (t.external_id = p.key) DESC, t.id),
            linked AS (
                UPDATE {link.table} h SET {link.column} = r.target FROM ready r WHERE h.id = r.holder)
            UPDATE customers_pendinglink p SET resolved_at = %(now)s FROM ready r WHERE p.id = r.id
            """,
            values,
        )
        return int(cursor.rowcount)


def resolve_all(*, now: dt.datetime) -> int:
    """Resolve whatever has its other end by now, however that came."""
    return sum(resolve(obj, now=now) for obj in sorted({link.object for link in links()}))


def reopen(obj: str, ids: Iterable[int]) -> int:
    """Before rows of ``obj`` are taken back: the links that waited for them wait again. For undo."""
    again = 0
    for link in links(obj):
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH open AS (UPDATE customers_pendinglink p SET resolved_at = NULL "
                f"FROM {link.table} h WHERE p.link = %(link)s AND p.holder = h.id AND p.resolved_at IS NOT NULL "
                f"AND h.{link.column} = ANY(%(ids)s) RETURNING h.id) "
                f"UPDATE {link.table} h SET {link.column} = NULL FROM open o WHERE h.id = o.id",
                {"link": link.name, "ids": list(ids)},
            )
            again += int(cursor.rowcount)
    return again


def forget_gone() -> int:
    """Remove links whose own row is gone."""
    gone = 0
    with connection.cursor() as cursor:
        for link in links():
            cursor.execute(
                "DELETE FROM customers_pendinglink p WHERE p.link = %s "
                f"AND NOT EXISTS (SELECT 1 FROM {link.table} h WHERE h.id = p.holder)",
                [link.name],
            )
            gone += int(cursor.rowcount)
    return gone


def waiting(import_id: int) -> int:
    """How many links of an import wait for their other end."""
    return PendingLink.objects.filter(job=import_id, resolved_at=None).exclude(link=BY_NAME).count()


def hold_named(context: Context) -> None:
    """Note the customers that were just made because the file named them, so that their own file fills them."""
    context.execute(
        "INSERT INTO customers_pendinglink (link, holder, source_id, key, job_id, user_id, created_at) "
        "SELECT %(link)s, c.id, %(customer_source)s, c.external_id, %(job)s, %(user)s, %(now)s FROM import_new_customer c "
        "WHERE EXISTS (SELECT 1 FROM import_stage s WHERE s.f_customer_name = c.external_id) ON CONFLICT DO NOTHING",
        {"link": BY_NAME, "user": context.job.user_id},
    )


def names_wait(context: Context) -> bool:
    """Whether customers of this source are known by name only."""
    return PendingLink.objects.filter(link=BY_NAME, source=Source(pk=context.source_id), resolved_at=None).exists()


def adopt_named(context: Context) -> int:
    """Customers known by name only get the id that their own file gives them: that file then updates them."""
    if not context.plan.has("name") or context.mode == "create":
        return 0
    if not names_wait(context):
        return 0
    allowed = context.reach.teams("customer", "change")
    within = "" if allowed is None else "AND u.team_id = ANY(%(allowed)s)"
    return context.execute(
        f"""
        WITH named AS (
            SELECT f_name, min(external_id) AS external_id FROM import_stage WHERE f_name IS NOT NULL
            GROUP BY f_name HAVING count(*) = 1),
        found AS (
            SELECT p.id, p.holder, n.external_id FROM named n
            JOIN customers_pendinglink p ON p.link = %(link)s AND p.source_id = %(source)s AND p.key = n.f_name
                 AND p.resolved_at IS NULL
            JOIN customers_customer u ON u.id = p.holder AND u.deleted_at IS NULL {within}),
        named_now AS (
            INSERT INTO customers_externalid (source_id, external_id, customer_id)
            SELECT %(source)s, external_id, holder FROM found ON CONFLICT (source_id, external_id) DO NOTHING RETURNING id),
        noted AS ({context.changed("customers.externalid", "created", "SELECT id FROM named_now")})
        UPDATE customers_pendinglink p SET resolved_at = %(now)s FROM found f WHERE p.id = f.id
        """,
        {"link": BY_NAME, "allowed": allowed},
    )
