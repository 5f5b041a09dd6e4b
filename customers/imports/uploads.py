"""Files as they come in: counted on the way, kept under a name of ours."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.utils.translation import gettext as _

from crm.kit.jsonin import TooLarge

MAX_UPLOAD = 2 * 1024**3
"""Bytes of one uploaded file; larger ones go in by the command."""


class BoundedUpload(FileUploadHandler):
    """Writes the file to disk as it comes and stops at the limit.

    The file has no name in any folder: when its process dies, by whatever means, nothing of it is left.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """The upload begins."""
        super().new_file(*args, **kwargs)
        self.arriving = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads the upload closes it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """One piece; raises 413 past the limit."""
        self.received += len(raw_data)
        if self.received > MAX_UPLOAD:
            raise TooLarge(_("The file is larger than the server takes."))
        self.arriving.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        """The whole file, to be read from its beginning."""
        self.arriving.seek(0)
        return UploadedFile(
            self.arriving, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra
        )

    def upload_interrupted(self) -> None:
        """The caller went away."""
        arriving = getattr(self, "arriving", None)
        if arriving is not None:
            arriving.close()


def keep(chunks: Iterable[bytes], place: Path) -> int:
    """Write an upload into a folder that nobody else reads; returns its size. The file is whole or not there."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    part, size = place / "part", 0
    with part.open("wb") as file:
        for chunk in chunks:
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    part.replace(place / "file")
    return size
