"""Where the embedded servers live, and as whom they run.

PostgreSQL refuses to run as root, so under root it runs as an unprivileged system user. That user
must reach its programs and its data; where a private parent folder is in the way, both get a place
outside it. No permission outside the data folder is ever changed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

SOCKET_LIMIT = 100  # bytes; the kernel takes 107, the servers add their own ending
SYSTEM_USERS = ("postgres", "nobody", "daemon")
ROOT_PLACE = Path("/var/lib/vantage")


class CannotStart(Exception):
    """A reason, in one sentence for the person at the terminal, why a server cannot run."""


@dataclass(frozen=True)
class Account:
    """The system user a server runs as; uid None means "as we are"."""

    name: str
    uid: int | None
    gid: int | None

    def owns(self, path: Path) -> bool:
        return path.stat().st_uid == (os.geteuid() if self.uid is None else self.uid)


def server_account() -> Account:
    """Ourselves, or an unprivileged system user when we are root."""
    if os.geteuid() != 0:
        return Account(name=_own_name(), uid=None, gid=None)
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root and this machine has no unprivileged system user "
        f"({', '.join(SYSTEM_USERS)}): start Vantage as a normal user."
    )


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise CannotStart(
            f"The user id {os.geteuid()} has no name on this machine, which PostgreSQL needs: "
            "add it to /etc/passwd or name a server in DATABASE_URL."
        ) from None


def make_data_dir(path: Path) -> None:
    """Create the data folder; raises CannotStart when that is impossible or it is someone else's."""
    try:
        fresh = not path.exists()
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        if os.geteuid() == 0 and (fresh or not any(path.iterdir())):
            path.chmod(path.stat().st_mode | 0o711)
        for name in ("run", "log"):
            (path / name).mkdir(mode=0o700, exist_ok=True)
            if not os.access(path / name, os.W_OK | os.X_OK):
                raise PermissionError(f"{path / name} is not ours to write")
        if path.stat().st_uid not in (os.geteuid(), 0) or not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError("it belongs to another user")
    except OSError as error:
        raise CannotStart(
            f"The data folder {path} cannot be used ({error.strerror or error}): "
            "name another in CRM_DATA_DIR or start as the user who made it."
        ) from error


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may walk down to the folder (checked by the mode bits of each parent)."""
    if account.uid is None:
        return True
    groups = set(os.getgrouplist(account.name, account.gid or 0))
    for folder in [path, *path.parents]:
        if not folder.exists():
            continue
        info = folder.stat()
        bit = stat.S_IXOTH
        if info.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif info.st_gid in groups:
            bit = stat.S_IXGRP
        if not info.st_mode & bit:
            return False
    return True


def server_home(data_dir: Path, account: Account) -> Path:
    """The folder of the database server: in the data folder, or outside when that is closed to it."""
    pointer = data_dir / "postgres.where"
    inside = data_dir / "postgres"
    if pointer.exists():
        home = Path(pointer.read_text(encoding="utf-8").strip())
    elif inside.exists() or reachable(data_dir, account):
        home = inside
    else:
        home = ROOT_PLACE / f"data-{secrets.token_hex(6)}"
        own_folder(ROOT_PLACE, 0o755, None)
        pointer.write_text(f"{home}\n", encoding="utf-8")
    own_folder(home, 0o711, account)
    if not reachable(home, account):
        raise CannotStart(
            f"The system user {account.name}, as whom the database runs, may not enter {home.parent}: "
            "name a data folder in CRM_DATA_DIR that other users may pass through, such as /var/lib/vantage."
        )
    return home


def own_folder(path: Path, mode: int, account: Account | None) -> None:
    """Create one folder for the account, or check that the existing one is really its own."""
    uid = os.geteuid() if account is None or account.uid is None else account.uid
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        info = os.lstat(path)
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != uid or info.st_mode & 0o022:
            raise CannotStart(
                f"{path} exists but does not belong to the user who would run the server: move it away, "
                "or start as the user who made it."
            ) from None
        return
    except OSError as error:
        raise CannotStart(f"The folder {path} cannot be made: {error.strerror}.") from error
    os.chmod(path, mode)
    if account is not None and account.uid is not None:
        os.chown(path, account.uid, -1 if account.gid is None else account.gid)


def socket_folder(preferred: Path, file_name: str, account: Account) -> Path:
    """The preferred folder, or a short one elsewhere when the socket's path would be too long."""
    if len(os.fsencode(preferred / file_name)) <= SOCKET_LIMIT:
        return preferred
    digest = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
    return Path("/tmp") / f"vantage-{digest}"  # noqa: S108  short on purpose; own_folder checks its owner
