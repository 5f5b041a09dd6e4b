"""Consent, holds, proofs of erasure, copies of a person's data, retention."""


import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PURPOSES = {
    "marketing": {"en": "News and offers", "zh-hans": "资讯与优惠"},
    "research": {"en": "Surveys", "zh-hans": "问卷调查"},
}


def seed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The purposes that a workspace starts with."""
    purpose = apps.get_model("customers", "ConsentPurpose")
    for key, names in PURPOSES.items():
        purpose.objects.get_or_create(key=key, defaults={"names": names})


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0002_duplicates'),
        ('kit', '0003_cache'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ConsentPurpose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True, verbose_name='key')),
                ('names', models.JSONField(default=dict)),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(max_length=10, verbose_name='language')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('text', models.TextField(verbose_name='text')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='customers.consentpurpose')),
            ],
            options={
                'ordering': ['purpose', 'language', '-version'],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('phone', 'Phone'), ('sms', 'Text message'), ('post', 'Post'), ('chat', 'Chat')], max_length=10, verbose_name='channel')),
                ('state', models.CharField(choices=[('given', 'Given'), ('withdrawn', 'Withdrawn'), ('unknown', 'Unknown')], max_length=10, verbose_name='state')),
                ('how', models.CharField(choices=[('form', 'Web form'), ('email', 'By e-mail'), ('phone', 'By phone'), ('person', 'In person'), ('paper', 'On paper'), ('link', 'Unsubscribe link'), ('import', 'Import'), ('api', 'API')], max_length=10, verbose_name='how')),
                ('place', models.CharField(blank=True, default='', max_length=200, verbose_name='where')),
                ('url', models.URLField(blank=True, default='', max_length=500, verbose_name='address')),
                ('ip', models.GenericIPAddressField(blank=True, null=True)),
                ('note', models.CharField(blank=True, default='', max_length=500, verbose_name='note')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                ('contact', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='customers.contact')),
                ('customer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='customers.customer')),
                ('purpose', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.consentpurpose')),
                ('text', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.consenttext')),
            ],
        ),
        migrations.CreateModel(
            name='EraseProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(max_length=10)),
                ('subject_id', models.BigIntegerField()),
                ('state', models.CharField(choices=[('asked', 'Waiting'), ('done', 'Done'), ('refused', 'Refused')], default='asked', max_length=8)),
                ('key', models.CharField(max_length=64)),
                ('digests', models.JSONField(default=list)),
                ('counts', models.JSONField(default=dict)),
                ('reason', models.CharField(default='asked', max_length=40)),
                ('asked_at', models.DateTimeField()),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('job', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='kit.job')),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('placed_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='holds', to='customers.customer')),
                ('placed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PersonExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('language', models.CharField(max_length=10)),
                ('size', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('ready_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField()),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                ('job', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='kit.job')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, unique=True)),
                ('days', models.PositiveIntegerField(verbose_name='days')),
                ('active', models.BooleanField(default=False, verbose_name='active')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('changed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['kind'],
            },
        ),
        migrations.CreateModel(
            name='RetentionRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('counts', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['-at', '-id'], name='customers_retention_newest')],
            },
        ),
        migrations.AddConstraint(
            model_name='consenttext',
            constraint=models.UniqueConstraint(fields=('purpose', 'language', 'version'), name='customers_consenttext_once'),
        ),
        migrations.AddConstraint(
            model_name='consenttext',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='customers_consenttext_filled'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consenttext',
            trigger=pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."purpose_id" IS DISTINCT FROM (NEW."purpose_id") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."text" IS DISTINCT FROM (NEW."text"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='3f0ed038e542831db869e9924f406290e46e6afb', operation='UPDATE', pgid='pgtrigger_never_changed_e4294', table='customers_consenttext', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(models.F('customer'), models.F('purpose'), models.F('channel'), models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('customer__isnull', False)), include=('state',), name='consents_of_customer'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(models.F('contact'), models.F('purpose'), models.F('channel'), models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('contact__isnull', False)), include=('state',), name='consents_of_contact'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['purpose', 'channel', 'state', 'customer'], name='consents_by_state'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', True), ('customer__isnull', False)), models.Q(('contact__isnull', False), ('customer__isnull', True)), _connector='OR'), name='customers_consent_one_holder'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'phone', 'sms', 'post', 'chat'])), name='customers_consent_channel'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['given', 'withdrawn', 'unknown'])), name='customers_consent_state'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."purpose_id" IS DISTINCT FROM (NEW."purpose_id") OR OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."text_id" IS DISTINCT FROM (NEW."text_id") OR OLD."how" IS DISTINCT FROM (NEW."how") OR OLD."place" IS DISTINCT FROM (NEW."place") OR OLD."url" IS DISTINCT FROM (NEW."url") OR OLD."ip" IS DISTINCT FROM (NEW."ip") OR OLD."note" IS DISTINCT FROM (NEW."note") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='d34c28551b9c62ff9c299fd3e2bc8361f58316e3', operation='UPDATE', pgid='pgtrigger_append_only_9e215', table='customers_consent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='consent',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='207286f534ccf53699c19048ae91cb399822da0e', operation='DELETE', pgid='pgtrigger_kept_8fa76', table='customers_consent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='eraseproof',
            index=models.Index(fields=['-asked_at', '-id'], name='customers_proofs_newest'),
        ),
        migrations.AddIndex(
            model_name='eraseproof',
            index=models.Index(fields=['kind', 'subject_id'], name='customers_proofs_of'),
        ),
        migrations.AddIndex(
            model_name='legalhold',
            index=models.Index(fields=['customer'], name='customers_legalhold_of'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('customer',), name='customers_legalhold_one'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='customers_legalhold_reason'),
        ),
        migrations.AddIndex(
            model_name='personexport',
            index=models.Index(fields=['customer', '-created_at'], name='customers_exports_of'),
        ),
        migrations.AddIndex(
            model_name='personexport',
            index=models.Index(fields=['expires_at'], name='customers_exports_expire'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 1)), name='customers_retentionrule_days'),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
