"""The files of standing exports: where they lie, how they are written, when they go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crm.conf import CONF
from crm.kit.lists.export import FORMATS, Export
from crm.kit.models import StandingFile
from crm.kit.progress import Progress
from crm.kit.sheets import Chunk
from crm.kit.tables import FORMULA_STARTS

NDJSON = "ndjson"
UNFINISHED = ".unfinished"


def folder() -> Path:
    """Where the files lie until they are fetched or grow old."""
    return CONF.data_dir / "standing"


def path_of(file: StandingFile) -> Path:
    """One file, under a name of ours."""
    return folder() / f"{file.token}.{file.format}"


def write(file: StandingFile, listing: Export, report: Progress) -> tuple[int, int]:
    """Stream a list into the file, complete or absent; how many rows and bytes."""
    folder().mkdir(mode=0o700, exist_ok=True)
    target = path_of(file)
    unfinished = target.with_suffix(UNFINISHED)
    counted = _Counted(listing.cells(), report)
    with unfinished.open("wb") as out:
        for part in _parts(file.format, listing, iter(counted)):
            out.write(part)
    unfinished.chmod(0o600)
    os.replace(unfinished, target)
    return counted.rows, target.stat().st_size


class _Counted:
    """Chunks as they pass, counted for the job's page; stops when the job is cancelled."""

    def __init__(self, chunks: Iterator[Chunk], report: Progress) -> None:
        self.chunks, self.report, self.rows = chunks, report, 0

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self.chunks:
            self.rows += len(chunk)
            self.report(done=self.rows)
            yield chunk


def _parts(form: str, listing: Export, chunks: Iterator[Chunk]) -> Iterator[bytes]:
    if form == NDJSON:
        return _lines([column.name for column in listing.columns], chunks)
    write_as, _kind = FORMATS[form]
    return write_as([str(column.label) for column in listing.columns], chunks)


def _lines(names: Sequence[str], chunks: Iterator[Chunk]) -> Iterator[bytes]:
    """One object per line, under the names of the columns; without the mark that guards spreadsheets."""
    for chunk in chunks:
        rows = (dict(zip(names, map(_bare, row), strict=True)) for row in chunk)
        yield "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows).encode()


def _bare(value: object) -> object:
    if isinstance(value, str) and value.startswith("'") and value[1:].lstrip().startswith(FORMULA_STARTS):
        return value[1:]
    return value


def remove(file: StandingFile) -> bool:
    """Delete a file; whether there was one."""
    found = path_of(file).exists()
    path_of(file).unlink(missing_ok=True)
    return found
