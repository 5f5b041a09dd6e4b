"""Details of the audit trail move to rows of their own, which can be taken away; grants for privacy."""

import hashlib
import hmac
import json
import secrets

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

START = "0" * 64
GRANTS = {
    "manager": {"scope": "subtree", "actions": ("view", "change", "run", "delete")},
    "admin": {"scope": "all", "actions": ("view", "add", "change", "delete", "run", "approve")},
}


def keyed(text: str) -> str:
    """As ``crm.accounts.audit`` signs."""
    key = hashlib.sha256(b"vantage audit trail" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def dumped(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def body(entry, middle) -> str:
    return keyed(
        dumped([entry.previous, entry.pk, entry.at.isoformat(), entry.user_id, entry.action, entry.object, middle,
                entry.address or ""])
    )  # fmt: skip


def move(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Chain what is intact again over digests of the details; what does not hold today does not hold afterwards."""
    entries, details = apps.get_model("accounts", "AuditEntry"), apps.get_model("accounts", "AuditDetail")
    head = apps.get_model("accounts", "AuditHead").objects.filter(pk=1).first()
    if head is None or not entries.objects.exists():
        return
    head_held = hmac.compare_digest(head.seal, keyed(f"head {head.entries} {head.digest}"))
    before, after = START, START
    with editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER USER")
    for entry in entries.objects.order_by("pk").iterator(chunk_size=2000):
        intact = hmac.compare_digest(entry.digest, body(entry, entry.detail))
        salt, old = secrets.token_hex(16), entry.digest
        follows = entry.previous == before
        entry.detail_digest = keyed(f"detail {salt} {dumped(entry.detail)}")
        if follows:
            entry.previous = after
        if intact:
            entry.digest = body(entry, entry.detail_digest)
        details.objects.create(entry_id=entry.pk, salt=salt, data=entry.detail)
        entries.objects.filter(pk=entry.pk).update(
            previous=entry.previous, digest=entry.digest, detail_digest=entry.detail_digest
        )
        before, after = old, entry.digest
    with editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER USER")
    if head_held and head.digest == before:
        head.digest = after
        head.seal = keyed(f"head {head.entries} {head.digest}")
        head.save()


def grant(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Workspaces that exist get the grants that a new one starts with."""
    model = apps.get_model("accounts", "Grant")
    for role, given in GRANTS.items():
        for action in given["actions"]:
            model.objects.get_or_create(
                role=role, object="privacy", action=action, defaults={"scope": given["scope"]}
            )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_defaults")]
    operations = [
        migrations.CreateModel(
            name="AuditDetail",
            fields=[
                ("entry", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name="kept", serialize=False, to="accounts.auditentry")),
                ("salt", models.CharField(max_length=32)),
                ("data", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.AddField("auditentry", "detail_digest", models.CharField(max_length=64, default=""), preserve_default=False),
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RemoveField("auditentry", "detail"),
        migrations.AddIndex("auditentry", models.Index(fields=["-at", "-id"], name="accounts_audit_newest")),
        migrations.AddIndex("auditentry", models.Index(fields=["object", "-at"], name="accounts_audit_object")),
        pgtrigger.migrations.AddTrigger(
            model_name="auditdetail",
            trigger=pgtrigger.compiler.Trigger(name="never_changed", sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash="ed0a8e6ce2a3c039a4eb85a43d6a04300e0e59f1", operation="UPDATE", pgid="pgtrigger_never_changed_25dc4", table="accounts_auditdetail", when="BEFORE")),
        ),
    ]  # fmt: skip
