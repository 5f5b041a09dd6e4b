"""Backup and restore as a person runs them, and what a killed restore leaves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.platform.running import ROOT, clean_environ, manage
from tests.privacy.persons import STEM

pytestmark = pytest.mark.faults

MAKE = """
from crm.accounts.models import User
from tests.privacy.persons import make_person
from crm.conf import CONF
user = User.objects.create_superuser("boss", "boss@vantage.test", "a long secret indeed")
person = make_person(user)
(CONF.data_dir / "media").mkdir(exist_ok=True)
(CONF.data_dir / "media" / "note.txt").write_text("kept")
print(person.pk)
"""
ERASE = """
from django.utils import timezone
from crm.accounts.models import User
from customers.models import Customer
from customers.privacy import erasing
from crm.kit import jobs
person = Customer.objects.get(note__startswith="quokka")
job = erasing.ask_erase(user=User.objects.get(username="boss"), kind="customer", pk=person.pk, typed=person.name, now=timezone.now())
assert jobs.run(job.pk)
job.refresh_from_db()
assert job.state == "done", job.error
"""
LOOK = """
from customers.models import Customer, EraseProof
from crm.accounts.models import AuditEntry
from crm.conf import CONF
print(Customer.objects.count(), EraseProof.objects.filter(state="done").count(),
      AuditEntry.objects.filter(action="restore").count(), (CONF.data_dir / "media" / "note.txt").read_text())
"""
DIE = """
import os, sys
from pathlib import Path
import django
django.setup()
from django.utils import timezone
from crm import backup
setattr(backup, sys.argv[2], lambda *_args, **_values: os._exit(9))
backup.restore(Path(sys.argv[1]), now=timezone.now())
"""


def shell(data: Path, code: str) -> str:
    done = manage(data, "shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def dumped(archive: Path, folder: Path) -> str:
    """The database inside a backup, as text."""
    from crm.supervisor.places import server_account
    from crm.supervisor.programs import postgres_programs

    with zipfile.ZipFile(archive) as pack:
        path = pack.extract("database.dump", folder)
    command = [postgres_programs(server_account()).path("pg_restore"), "--file=-", path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An installation with a person, a backup of it, and then the person erased."""
    data = tmp_path_factory.mktemp("box") / "data"
    archive = data.parent / "older.zip"
    shell(data, MAKE)
    made = manage(data, "backup", str(archive))
    assert made.returncode == 0, made.stderr
    shell(data, ERASE)
    return data, archive


def test_a_restored_older_backup_is_erased_again(box: tuple[Path, Path]) -> None:
    data, archive = box
    assert STEM in dumped(archive, data.parent)
    (data / "media" / "note.txt").write_text("changed since")
    done = manage(data, "restore", str(archive))
    assert done.returncode == 0, done.stderr
    assert "People erased again: 1." in done.stdout
    assert shell(data, LOOK) == "1 1 1 kept"
    after = data.parent / "after.zip"
    assert manage(data, "backup", str(after)).returncode == 0
    assert STEM not in dumped(after, data.parent)
    assert manage(data, "verify_audit").returncode == 0
    left = [path for path in data.rglob("*") if path.is_file() and "postgres" not in path.parts]
    assert not [path for path in left if STEM.encode() in path.read_bytes()]
    assert not list(data.glob("restor*"))


@pytest.mark.parametrize("step", ["_replace_database", "_take_files", "replay"])
def test_a_killed_restore_leaves_the_old_state_or_is_finished_by_the_next_start(
    box: tuple[Path, Path], step: str
) -> None:
    data, archive = box
    environ = clean_environ(
        data, CRM_DATABASE_ROLE="owner", DJANGO_SETTINGS_MODULE="crm.settings", PYTHONPATH=str(ROOT)
    )
    script = f"import sys; from crm import backends; s = backends.embedded(); s.start()\n{DIE}"
    died = subprocess.run(
        [sys.executable, "-c", script, str(archive), step], env=environ, capture_output=True, text=True
    )
    assert died.returncode == 9, died.stderr[-2000:]
    assert (data / "restoring.json").exists()
    assert manage(data, "prepare", "--no-demo").returncode == 0
    assert not list(data.glob("restor*"))
    assert shell(data, LOOK).startswith("1 1 ")


def test_a_damaged_or_cut_backup_changes_nothing(box: tuple[Path, Path]) -> None:
    data, archive = box
    before = shell(data, LOOK)
    whole = archive.read_bytes()
    for number, bad in enumerate((whole[: len(whole) // 2], whole.replace(b"PGDMP", b"PGDMQ", 1), b"", b"no zip")):
        path = data.parent / f"bad{number}.zip"
        path.write_bytes(bad)
        done = manage(data, "restore", str(path))
        assert done.returncode == 1
        assert "Nothing was changed" in done.stderr, done.stderr
    assert shell(data, LOOK) == before


def test_a_backup_is_never_written_over_another(box: tuple[Path, Path]) -> None:
    data, archive = box
    before = archive.read_bytes()
    done = manage(data, "backup", str(archive))
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert archive.read_bytes() == before


SEAL = """
from crm.kit.crypto import seal
from crm.kit.models import CustomField
from customers.models import Customer
from tests.cast import make_customer
CustomField.objects.create(object="customer", name="passport", label="Passport", sensitive=True)
make_customer("Holder of a passport", custom={"passport": seal("P 4711", about="customer.passport")})
"""
OPEN = """
from crm.kit.crypto import unseal
from customers.models import Customer
print(unseal(Customer.objects.get(name="Holder of a passport").custom["passport"], about="customer.passport"))
"""


def test_a_backup_brings_the_keys_of_sensitive_fields_and_a_restore_without_them_says_so(
    box: tuple[Path, Path],
) -> None:
    """Into a box with another key of the same name; then where settings name other keys."""
    data, archive = box[0], box[0].parent / "sealed.zip"
    shell(data, SEAL)
    assert manage(data, "backup", str(archive)).returncode == 0
    keys = (data / "field-keys").read_text()
    (data / "field-keys").write_text(f"k1:{'A' * 43},k2:{'B' * 43}")
    done = manage(data, "restore", str(archive))
    assert done.returncode == 0, done.stderr
    assert "sensitive" not in done.stderr
    assert (data / "field-keys").read_text() == f"{keys},k2:{'B' * 43}"
    assert shell(data, OPEN) == "P 4711"
    done = manage(data, "restore", str(archive), CRM_FIELD_KEYS=f"k9:{'C' * 43}")
    assert done.returncode == 0, done.stderr
    assert "1 rows hold sensitive values that no key of this installation opens (keys: k1)" in done.stderr
    assert "add its content to CRM_FIELD_KEYS" in done.stderr
