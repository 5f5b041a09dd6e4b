"""What a file is: told by its bytes, never by its name."""

from __future__ import annotations

import unicodedata
from typing import IO

from django.utils.translation import gettext as _

PLAIN = "application/octet-stream"
PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
"""Kinds that are shown in a page, once they were drawn anew; with the name that the library gives them."""
STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
LONGEST_NAME = 150
LONGEST_ENDING = 20


def kind_of(file: IO[bytes]) -> str:
    """The kind by the first bytes; what is not known is plain bytes."""
    file.seek(0)
    start = file.read(16)
    file.seek(0)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in STARTS if start.startswith(beginning)), PLAIN)


def plain_name(given: str) -> str:
    """The name as people read it: no folders, nothing unseen, nothing that turns the direction of writing."""
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    seen = "".join(one for one in last if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    seen = " ".join(seen.split()).strip(". ")
    if len(seen) <= LONGEST_NAME:
        return seen or _("File")
    stem, dot, ending = seen.rpartition(".")
    ending = dot + ending if stem and len(ending) <= LONGEST_ENDING else ""
    return seen[: LONGEST_NAME - len(ending)].rstrip() + ending
