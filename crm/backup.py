"""One file that holds everything, and the way back from it.

A backup is a ZIP: the database as ``pg_dump`` writes it, the folders of the data directory that hold work, and a
manifest with the digest of each. A restore checks the whole file first, replaces the database in one transaction,
then the folders, and erases again who was erased since the backup was made. A restore that dies leaves either the
old state or a note by which the next start goes on; there is no half state.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from crm import backends
from crm.accounts import audit
from crm.conf import CONF
from crm.kit.customfields.rotation import missing_keys
from crm.kit.errors import Refused
from crm.supervisor.places import server_account
from crm.supervisor.programs import postgres_programs
from customers.privacy import proofs
from customers.privacy.erasing import erase_now

FORMAT = 1
FOLDERS = ("media", "imports", "models")
FILES = ("secret-key", "field-keys", "erasures.log")
DUMP, MANIFEST = "database.dump", "manifest.json"
BLOCK = 1024 * 1024
OWN_SCHEMA = (" SCHEMA - public ", " COMMENT - SCHEMA public ")
CLEARED = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


def note_path() -> Path:
    """Says that a restore has begun and where its files lie; it goes when all is done."""
    return CONF.data_dir / "restoring.json"


def write(target: Path, *, now: datetime) -> dict[str, Any]:
    """Write a backup; complete or absent. Raises Refused where the file exists or ``pg_dump`` fails."""
    if target.exists():
        raise Refused(f"{target} exists already. Nothing was written; name another file.")
    if note_path().exists():
        raise Refused("A restore has not been finished. Start Vantage or run restore again first.")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    dump = target.with_name(f".{target.name}.{os.getpid()}.dump")
    try:
        _program("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
        manifest = _packed(unfinished, dump, now)
        os.replace(unfinished, target)
    finally:
        for path in (unfinished, dump):
            path.unlink(missing_ok=True)
    return manifest


def _packed(unfinished: Path, dump: Path, now: datetime) -> dict[str, Any]:
    members: dict[str, dict[str, Any]] = {}
    handle = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
            for name, path in [(DUMP, dump), *_kept_files()]:
                method = zipfile.ZIP_STORED if name == DUMP else zipfile.ZIP_DEFLATED
                members[name] = _add(pack, name, path, method)
            manifest = {
                "format": FORMAT, "at": now.isoformat(), "migrations": sorted(_applied()), "members": members,
            }  # fmt: skip
            pack.writestr(MANIFEST, json.dumps(manifest, indent=1))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _kept_files() -> Iterator[tuple[str, Path]]:
    for name in FILES:
        if (CONF.data_dir / name).is_file():
            yield name, CONF.data_dir / name
    for folder in FOLDERS:
        for path in sorted((CONF.data_dir / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(CONF.data_dir).as_posix(), path


def _add(pack: zipfile.ZipFile, name: str, path: Path, method: int) -> dict[str, Any]:
    seen, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name)
    info.compress_type = method
    with path.open("rb") as source, pack.open(info, "w", force_zip64=True) as sink:
        while block := source.read(BLOCK):
            seen.update(block)
            size += len(block)
            sink.write(block)
    return {"sha256": seen.hexdigest(), "size": size}


def _applied() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations}


def restore(source: Path, *, now: datetime) -> dict[str, Any]:
    """Put everything back as a backup has it, then erase again who was erased since; what was done, in numbers."""
    _check_alone()
    staging = CONF.data_dir / f"restore-{secrets.token_hex(4)}"
    try:
        _unpack(source, staging)
        note = {"staging": staging.name, "mark": f"restored {staging.name}"}
        _write_note(note)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    try:
        _replace_database(staging, note["mark"])
    except Refused:
        _forget(staging)
        raise
    return finish(now=now) or {}


def _check_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise Refused(f"{others} other connections use the database. Nothing was changed; stop Vantage first.")


def _unpack(source: Path, staging: Path) -> None:
    """Every member, checked; raises Refused before anything else is touched."""
    try:
        with zipfile.ZipFile(source) as pack:
            manifest = json.loads(pack.read(MANIFEST))
            _check_manifest(manifest)
            for name, told in manifest["members"].items():
                _extract(pack, name, told, staging)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Refused(f"{source} is no complete backup ({error}). Nothing was changed.") from error


def _check_manifest(manifest: dict[str, Any]) -> None:
    if manifest["format"] != FORMAT or DUMP not in manifest["members"]:
        raise Refused("This backup was made by another version. Nothing was changed.")
    ours = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest["migrations"]) - ours)
    if unknown:
        raise Refused(f"This backup was made by a newer version (it knows {unknown[0]}). Nothing was changed.")


def _extract(pack: zipfile.ZipFile, name: str, told: dict[str, Any], staging: Path) -> None:
    first = name.split("/")[0]
    target = (staging / name).resolve()
    if not (first in FOLDERS or name in (*FILES, DUMP)) or staging.resolve() not in target.parents:
        raise Refused(f"The backup holds a file that does not belong here ({name[:80]}). Nothing was changed.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    seen = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with pack.open(name) as member, os.fdopen(handle, "wb") as file:
        while block := member.read(BLOCK):
            seen.update(block)
            file.write(block)
    if seen.hexdigest() != told["sha256"]:
        raise Refused(f"The backup is damaged: {name[:80]} is not as it was written. Nothing was changed.")


def _replace_database(staging: Path, mark: str) -> None:
    """Drop and read back in one transaction; the comment says afterwards whether it came to its end."""
    listed = _program("pg_restore", "--list", str(staging / DUMP), connect=False)
    kept = [line for line in listed.splitlines() if not any(part in line for part in OWN_SCHEMA)]
    (staging / "order").write_text("\n".join(kept), encoding="utf-8")
    script = ["--no-owner", "--no-privileges", f"--use-list={staging / 'order'}", "--file=-", str(staging / DUMP)]
    (staging / "before.sql").write_text(CLEARED, encoding="ascii")
    (staging / "after.sql").write_text(f"COMMENT ON SCHEMA public IS '{mark}';", encoding="ascii")
    connection.close()
    with subprocess.Popen([_path("pg_restore"), *script], stdout=subprocess.PIPE) as reader:
        _program(
            "psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
            f"--file={staging / 'before.sql'}", "--file=-", f"--file={staging / 'after.sql'}", stdin=reader.stdout,
        )  # fmt: skip
    if reader.returncode:
        raise Refused("The backup's database could not be read. Start Vantage to see what stands.")


def finish(*, now: datetime) -> dict[str, Any] | None:
    """Go on where a restore stopped; None when there is nothing to finish, or when it changed nothing."""
    if not note_path().exists():
        return None
    note = json.loads(note_path().read_text(encoding="utf-8"))
    staging = CONF.data_dir / note["staging"]
    if not _committed(note["mark"]):
        _forget(staging)
        return None
    _take_files(staging)
    call_command("migrate", verbosity=0)
    Session.objects.all().delete()
    again = replay(now=now)
    done = {"erased_again": again, "sealed_without_key": missing_keys()}
    audit.record(action="restore", obj=note["staging"], user_id=None, detail=done, address=None, at=now)
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON SCHEMA public IS NULL")
    _forget(staging)
    return done


def keys_told(missing: dict[str, int]) -> str:
    """What to do about sensitive values that no key here opens; nothing where all can be read."""
    if not missing:
        return ""
    file = CONF.data_dir / "field-keys"
    held = file.read_text(encoding="ascii") if file.exists() else ""
    there = [name for name in missing if f"{name}:" in held]
    where = (
        f"The backup had them in a file, which now is {file}: add its content to CRM_FIELD_KEYS."
        if len(there) == len(missing)
        else "The backup does not hold them: put the keys, or the secret they were made of, back into the settings."
    )
    return (
        f"{sum(missing.values())} rows hold sensitive values that no key of this installation opens"
        f" (keys: {', '.join(sorted(missing))}). They are kept as they are and shown as unreadable. {where}"
    )


def _committed(mark: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('public'::regnamespace)")
        return bool(cursor.fetchone()[0] == mark)


def _take_files(staging: Path) -> None:
    """Move the folders into place; bears being cut off anywhere and begun again."""
    for name in FOLDERS:
        old, new = CONF.data_dir / name, staging / name
        if not (staging / f"{name}.taken").exists():
            gone = staging / f"{name}.before"
            if old.exists() and not gone.exists():
                old.rename(gone)
            if new.exists():
                new.rename(old)
            (staging / f"{name}.taken").touch()
    _merge_log(staging / "erasures.log")
    _merge_keys(staging / "field-keys")
    if (staging / "secret-key").exists() and not CONF.secret_key:
        shutil.copyfile(staging / "secret-key", CONF.data_dir / "secret-key")
        settings.SECRET_KEY = (CONF.data_dir / "secret-key").read_text(encoding="ascii").strip()


def _merge_keys(older: Path) -> None:
    """The keys of sensitive fields: those of the backup seal on, ours under other names still open."""
    if not older.exists():
        return
    here = CONF.data_dir / "field-keys"
    texts = [older.read_text(encoding="ascii"), here.read_text(encoding="ascii") if here.exists() else ""]
    merged: dict[str, str] = {}
    for part in ",".join(texts).replace("\n", ",").split(","):
        if part.strip():
            merged.setdefault(part.strip().partition(":")[0], part.strip())
    unfinished = here.with_suffix(".unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(",".join(merged.values()))
    os.replace(unfinished, here)


def _merge_log(older: Path) -> None:
    """Proofs of the backup that this folder does not know, as in an empty box."""
    if not older.exists():
        return
    here = proofs.log_path()
    known = here.read_text(encoding="ascii", errors="replace").splitlines() if here.exists() else []
    lines = older.read_text(encoding="ascii", errors="replace").splitlines()
    merged = [*lines, *(line for line in known if line not in lines)]
    unfinished = here.with_suffix(".unfinished")
    unfinished.write_text("".join(f"{line}\n" for line in merged), encoding="ascii")
    unfinished.chmod(0o600)
    os.replace(unfinished, here)


def replay(*, now: datetime) -> int:
    """Erase who was erased before and is here again; how many."""
    found = proofs.returned()
    for kind, pk in found:
        erase_now(kind=kind, pk=pk, reason="restore", now=now, again=True)
    return len(found)


def _write_note(note: dict[str, str]) -> None:
    unfinished = note_path().with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(note, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, note_path())


def _forget(staging: Path) -> None:
    note_path().unlink(missing_ok=True)
    shutil.rmtree(staging, ignore_errors=True)


def _path(name: str) -> str:
    return postgres_programs(server_account()).path(name)


def _program(name: str, *arguments: str, connect: bool = True, stdin: Any = subprocess.DEVNULL) -> str:
    """Run a program of PostgreSQL against our database; raises Refused with its first complaint."""
    command = [_path(name), *arguments]
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    if connect:
        place = backends.database()
        options = {
            "PGHOST": place["HOST"], "PGPORT": place.get("PORT"), "PGUSER": place["USER"],
            "PGPASSWORD": place.get("PASSWORD"), "PGDATABASE": connection.settings_dict["NAME"],
            "PGSSLMODE": place["OPTIONS"].get("sslmode"), "PGSSLROOTCERT": place["OPTIONS"].get("sslrootcert"),
        }  # fmt: skip
        environ |= {key: str(value) for key, value in options.items() if value}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, stdin=stdin, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or [f"{name} ended with {done.returncode}"]
        raise Refused(f"{lines[0][:300]} Nothing was changed.")
    return done.stdout
