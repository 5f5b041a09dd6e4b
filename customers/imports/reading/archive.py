"""Zip archives around data files: checked before anything is unpacked."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from crm.kit.errors import Invalid

MAX_ENTRIES = 5000
MAX_RATIO = 100
MAX_UNPACKED = 4 * 1024**3
SMALL = 1024 * 1024
"""Members below this size may compress as well as they like."""
BESIDE = ("__MACOSX/", ".")
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ")


def check(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members that hold anything; raises Invalid with the reason for an archive that is not to be unpacked."""
    members = archive.infolist()
    names = [member.filename for member in members]
    if len(members) > MAX_ENTRIES or len(set(names)) != len(names):
        raise Invalid(_("The archive holds too many or repeated files."))
    if any(member.flag_bits & 1 for member in members):
        raise Invalid(_("The archive is encrypted; give it without a password."))
    if any(_escapes(member) for member in members):
        raise Invalid(_("The archive holds a file with a path that leads outside of it."))
    if sum(member.file_size for member in members) > MAX_UNPACKED or any(_bomb(member) for member in members):
        raise Invalid(_("The archive unfolds to more than is allowed."))
    return [member for member in members if not member.is_dir()]


def _escapes(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/"))
    drive = member.filename[1:2] == ":"
    return parts.is_absolute() or drive or ".." in parts.parts or (member.external_attr >> 28) == 0o12


def _bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > SMALL and member.file_size > MAX_RATIO * max(member.compress_size, 1)


def members(path: Path) -> list[str]:
    """Names of the data files in an archive, in their order. Raises Invalid."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [m.filename for m in check(archive) if not _beside(m.filename) and m.file_size]
            for name in found:
                with archive.open(name) as file:
                    if file.read(8).startswith(PACKED):
                        raise Invalid(
                            _("An archive inside of an archive is not read; give “%(name)s” itself.")
                            % {"name": name[-100:]}
                        )
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise Invalid(_("The archive is damaged or cut short.")) from error
    if not found:
        raise Invalid(_("The archive holds no file."))
    return found


def _beside(name: str) -> bool:
    return name.startswith(BESIDE) or PurePosixPath(name).name.startswith(".")


def stream(path: Path, name: str) -> Callable[[], IO[bytes]]:
    """Opens one member anew at each call."""

    def opened() -> IO[bytes]:
        return _Member(path, name)  # type: ignore[return-value]

    return opened


class _Member:
    """Bytes of one member; damage ends with a sentence."""

    def __init__(self, path: Path, name: str) -> None:
        self.archive = zipfile.ZipFile(path)
        self.file = self.archive.open(name)

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes."""
        try:
            return self.file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Invalid(_("The archive is damaged or cut short.")) from error

    def close(self) -> None:
        """Let go of the archive."""
        self.file.close()
        self.archive.close()
