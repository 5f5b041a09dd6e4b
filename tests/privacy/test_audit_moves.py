"""The migration that takes details out of the chain: what held holds, and what was tampered with still shows."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from crm.accounts.audit import first_fault, record
from crm.accounts.models import AuditDetail, AuditEntry, AuditHead

pytestmark = pytest.mark.django_db
migration = importlib.import_module("crm.accounts.migrations.0003_privacy")


def old_trail(entries: int) -> Any:
    """A trail as it was written before, in a table as it was; gives the apps of that time."""
    loader = MigrationLoader(connection)
    state = loader.project_state(("accounts", "0002_defaults"))
    for operation in loader.get_migration("accounts", "0003_privacy").operations[:2]:
        operation.state_forwards("accounts", state)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry ADD COLUMN detail jsonb NOT NULL DEFAULT '{}'")
        cursor.execute("ALTER TABLE accounts_auditentry ALTER COLUMN detail_digest SET DEFAULT ''")
    apps = state.apps
    model, previous = apps.get_model("accounts", "AuditEntry"), migration.START
    for number in range(1, entries + 1):
        entry = model(
            pk=number,
            at=timezone.now(),
            action="signin",
            object=f"user {number}",
            detail={"n": number, "w": "Zoë"},
            previous=previous,
        )
        entry.digest = previous = migration.body(entry, entry.detail)
        entry.save(force_insert=True)
    seal = migration.keyed(f"head {entries} {previous}")
    apps.get_model("accounts", "AuditHead").objects.create(pk=1, entries=entries, digest=previous, seal=seal)
    return apps


def move(apps: Any) -> None:
    migration.move(apps, SimpleNamespace(connection=connection))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DROP COLUMN detail")


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER USER")


def test_a_trail_that_held_holds_and_goes_on() -> None:
    move(old_trail(5))
    assert first_fault() is None
    assert AuditEntry.objects.get(pk=3).detail == {"n": 3, "w": "Zoë"}
    record(action="signin", obj="user 1", user_id=None, detail={}, address=None, at=timezone.now())
    assert first_fault() is None
    assert AuditDetail.objects.count() == 6


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("UPDATE accounts_auditentry SET detail = '{}' WHERE id = 3", 3),
        ("DELETE FROM accounts_auditentry WHERE id = 2", 2),
        ("DELETE FROM accounts_auditentry WHERE id = 5", 5),
        ("UPDATE accounts_auditentry SET previous = repeat('a', 64) WHERE id = 4", 4),
    ],
)
def test_a_trail_that_did_not_hold_is_not_mended(sql: str, row: int) -> None:
    apps = old_trail(5)
    tamper(sql)
    move(apps)
    fault = first_fault()
    assert fault is not None
    assert fault[0] == row


def test_an_unsealed_head_stays_unsealed() -> None:
    apps = old_trail(3)
    AuditHead.objects.update(seal="0" * 64)
    move(apps)
    assert first_fault() is not None
