"""Files that hold a person: what imports left, copies for other requests, exports."""

from __future__ import annotations

import contextlib
import csv
import gzip
import os
import re
import shutil
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.conf import CONF
from crm.kit.errors import Refused
from crm.kit.standing.services import forget_erased
from customers.models import ImportJob, PersonExport
from customers.privacy.reach import Subject, scrubber
from customers.privacy.words import Words, near

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252", "gb18030", "big5", "shift_jis", "euc-kr", "cp1251")
BLOCK = 4 * 1024 * 1024
OVERLAP = 4096


def exports_dir() -> Path:
    """Where copies for people wait to be fetched."""
    return CONF.data_dir / "exports"


def export_path(made: PersonExport) -> Path:
    """The file of one copy, under a name of ours."""
    return exports_dir() / f"{made.token}.zip"


@scrubber("exports")
def remove_exports(subject: Subject, _words: Words) -> int:
    """Copies of the person's own data."""
    found = list(PersonExport.objects.filter(customer__in=subject.customers))
    for one in found:
        export_path(one).unlink(missing_ok=True)
    return len(found)


@scrubber("standing")
def remove_standing(_subject: Subject, words: Words) -> int:
    """Files of standing exports that hold the person; the next file has them no more."""
    return forget_erased(lambda path: words.in_traces and names_person(path, words))


@scrubber("imports")
def clean_imports(_subject: Subject, words: Words) -> int:
    """Rejects files lose the person's rows; a kept upload that names the person goes as a whole.

    Raises Refused while an import that names the person is still to be written: it would bring them back.
    """
    if not words.in_traces:
        return 0
    changed = 0
    for place in sorted((CONF.data_dir / "imports").glob("*")):
        uploads = [path for path in sorted(place.rglob("*")) if path.is_file() and path.name != "rejects.csv"]
        naming = [path for path in uploads if names_person(path, words)]
        if naming and _to_be_written(place.name):
            raise Refused(
                _("An import that holds this person is still running. Nothing was erased; ask again afterwards.")
            )
        for path in naming:
            path.unlink(missing_ok=True)
        if naming:
            _end_draft(place.name)
        changed += len(naming) + _clean_csv(place / "rejects.csv", words)
    return changed


def _of_folder(name: str) -> QuerySet[ImportJob]:
    """The import that a folder belongs to; none for an upload that was cut off."""
    try:
        return ImportJob.objects.filter(token=uuid.UUID(name))
    except ValueError:
        return ImportJob.objects.none()


def _to_be_written(name: str) -> bool:
    """Whether a folder belongs to an import that waits or runs."""
    return _of_folder(name).filter(state__in=[ImportJob.State.WAITING, ImportJob.State.RUNNING]).exists()


def _end_draft(name: str) -> None:
    """A draft cannot go on without its file: it says why, and what was typed over its cells goes too."""
    why = _("Its file held a person who was erased, and was deleted. Import the file again without that person.")
    ended = {"state": ImportJob.State.FAILED, "error": why, "finished_at": timezone.now(), "mends": {}}
    _of_folder(name).filter(state=ImportJob.State.DRAFT).update(**ended)


def _clean_csv(path: Path, words: Words) -> int:
    """Write the file again without the person's rows; how many there were."""
    if not path.exists() or not names_person(path, words):
        return 0
    unfinished = path.with_suffix(".unfinished")
    dropped = 0
    with (
        path.open(encoding="utf-8-sig", newline="") as old,
        unfinished.open("w", encoding="utf-8-sig", newline="") as new,
    ):
        writer = csv.writer(new)
        for row in csv.reader(old):
            if words.found_in("\n".join(row)):
                dropped += 1
            else:
                writer.writerow(row)
    shutil.copymode(path, unfinished)
    os.replace(unfinished, path)
    return dropped


def names_person(path: Path, words: Words) -> bool:
    """Whether a file names the person, in any of the usual encodings, packed or not."""
    return any(_in_block(block, words) for block in _blocks(path))


def _in_block(block: bytes, words: Words) -> bool:
    text = block.decode("utf-8", "replace")
    if words.found_in(text):
        return True
    return not text.isascii() and any(words.found_in(block.decode(one, "ignore")) for one in ENCODINGS[1:])


def _blocks(path: Path) -> Iterator[bytes]:
    """The content piece by piece, unpacked, each with the end of the one before."""
    with contextlib.ExitStack() as stack:
        for stream in _streams(path, stack):
            tail = b""
            with contextlib.suppress(EOFError, OSError, zipfile.BadZipFile):
                while piece := stream.read(BLOCK):
                    yield tail + piece
                    tail = piece[-OVERLAP:]


def _streams(path: Path, stack: contextlib.ExitStack) -> Iterator[Any]:
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        yield stack.enter_context(gzip.GzipFile(path))
    elif start == b"PK\x03\x04" and zipfile.is_zipfile(path):
        packed = stack.enter_context(zipfile.ZipFile(path))
        for name in packed.namelist():
            yield stack.enter_context(packed.open(name))
    else:
        yield stack.enter_context(path.open("rb"))


@scrubber("logs")
def blacken_logs(_subject: Subject, words: Words) -> int:
    """Logs hold no personal data by design; what slipped in is written over in place, for others append to them."""
    places = sorted(CONF.log_dir.glob("*.log*")) if words.strong else []
    return sum(_blacken(path, words) for path in places)


def _blacken(path: Path, words: Words) -> int:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    hits = list(re.finditer(words.everywhere, text, re.IGNORECASE)) if near(words.strong, text) else []
    if hits:
        with path.open("r+b") as file:
            for hit in hits:
                file.seek(len(text[: hit.start()].encode("utf-8", "surrogateescape")))
                file.write(b"*" * len(hit.group().encode("utf-8", "surrogateescape")))
    return len(hits)


def remove_stale(paths: Iterator[Path], *, before: float) -> int:
    """Delete files last written before a moment; how many there were."""
    gone = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone
