import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crm.accounts.audit import first_fault, record, scrub
from crm.accounts.models import AuditEntry, AuditHead
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail():
    for number in range(6):
        record(
            action="test",
            obj=f"thing {number}",
            user_id=None,
            detail={"n": number},
            address="127.0.0.1",
            at=timezone.now(),
        )


def as_owner(sql, *params):
    """What someone with the owner's rights could do behind our back."""
    with connection.cursor() as cursor:
        for table in ("accounts_auditentry", "accounts_auditdetail"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, params)
        for table in ("accounts_auditentry", "accounts_auditdetail"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_an_untouched_trail_holds(trail, capsys):
    assert first_fault() is None
    call_command("verify_audit")
    assert "6 entries" in capsys.readouterr().out


def test_entries_cannot_be_changed_or_deleted_by_us(trail):
    for act in (lambda: AuditEntry.objects.update(action="x"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert first_fault() is None


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("UPDATE accounts_auditdetail SET data = '{\"n\": 99}' WHERE entry_id = 3", 3),
        ("DELETE FROM accounts_auditdetail WHERE entry_id = 5", 5),
        ("UPDATE accounts_auditentry SET detail_digest = repeat('0', 64) WHERE id = 3", 3),
        (
            ("UPDATE accounts_auditentry SET (action, object, detail_digest, digest) = (SELECT action, object, detail_digest,"
            " reverse(digest) FROM accounts_auditentry o WHERE o.id = 3) WHERE id = 2"),
            2,
        ),
        ("UPDATE accounts_auditentry SET user_id = 5 WHERE id = 3", 3),
        ("UPDATE accounts_auditentry SET at = at + interval '1 second' WHERE id = 2", 2),
        ("DELETE FROM accounts_auditentry WHERE id = 4", 4),
        ("DELETE FROM accounts_auditentry WHERE id = 1", 1),
        ("DELETE FROM accounts_auditentry WHERE id > 4", 5),
        ("UPDATE accounts_auditentry SET id = CASE id WHEN 2 THEN -3 ELSE id END", 1),
        (
            ("INSERT INTO accounts_auditentry (id, at, action, object, detail_digest, previous, digest) SELECT 7, now(), 'x', '', 'f',"
            " digest, 'f' FROM accounts_auditentry WHERE id = 6"),
            7,
        ),
    ],
)  # fmt: skip
def test_tampering_is_found_and_its_row_named(trail, sql, row):
    as_owner(sql)
    fault = first_fault()
    assert fault is not None
    assert fault[0] == row
    with pytest.raises(CommandError, match=f"row {row}"):
        call_command("verify_audit")


def test_reordered_entries_are_found(trail):
    as_owner("UPDATE accounts_auditentry SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE id IN (2, 3)")
    as_owner("UPDATE accounts_auditentry SET id = -id WHERE id < 0")
    assert first_fault()[0] == 2


def test_details_that_name_an_erased_person_go_and_the_chain_holds(trail):
    assert scrub(entry_ids=[2, 4], user_id=None, why="customer 7", at=timezone.now()) == 2
    assert first_fault() is None
    assert AuditEntry.objects.get(pk=2).detail == {}
    assert AuditEntry.objects.get(pk=3).detail == {"n": 2}
    assert AuditEntry.objects.get(action="audit.scrub").detail == {"entries": [2, 4]}


def test_the_note_of_a_scrub_cannot_be_scrubbed(trail):
    scrub(entry_ids=[2], user_id=None, why="customer 7", at=timezone.now())
    assert scrub(entry_ids=[7], user_id=None, why="customer 7", at=timezone.now()) == 0
    assert first_fault() is None


def test_a_cut_tail_is_found_even_when_the_head_is_rewritten(trail):
    as_owner("DELETE FROM accounts_auditentry WHERE id > 4")
    last = AuditEntry.objects.get(pk=4)
    AuditHead.objects.update(entries=4, digest=last.digest)
    assert first_fault() is not None


def test_sign_ins_failed_ones_and_sign_outs_leave_a_mark(client, cast):
    client.post("/accounts/login/", {"login": "cast-rep", "password": "wrong wrong wrong"})
    client.post("/accounts/login/", {"login": "cast-rep", "password": PASSWORD})
    client.post("/accounts/logout/")
    found = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert [one for one in found if one.startswith("sign")] == ["signin.failed", "signin", "signout"]
    assert PASSWORD not in str(list(AuditEntry.objects.values()))
    assert first_fault() is None
