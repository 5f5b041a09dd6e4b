"""Pictures are drawn anew, so that nothing else travels in them. Imported with the first picture only."""

from __future__ import annotations

import struct
import threading
import warnings
from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, ImageSequence

from crm.kit.content import PICTURES
from crm.kit.errors import Invalid

MOST_PIXELS = 50_000_000
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, struct.error)
"""What the library raises for a picture that is broken, cut off, or only looks like one."""

_one_at_a_time = threading.Lock()  # a picture of 50 million pixels takes 200 MB while it is drawn


def drawn_anew(file: IO[bytes], kind: str) -> BytesIO | None:
    """The picture alone: without places, comments, colour profiles and whatever hung on its end.

    None for what cannot be drawn, which is then kept as it came and never shown in a page. Raises Invalid for a
    picture with more pixels than anybody looks at.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=[PICTURES[kind]]) as picture:
                return _drawn(picture, PICTURES[kind])
        except Image.DecompressionBombError as error:
            raise _too_many_pixels() from error
        except DAMAGED:
            return None


def _too_many_pixels() -> Invalid:
    sentence = _("The picture has more than %(n)s million pixels. It was not kept; make it smaller first.")
    told = sentence % {"n": MOST_PIXELS // 1_000_000}
    return Invalid(told, fields={"file": told})


class _Moving(ValueError):
    """A film too long to be drawn: kept as plain bytes."""


def _drawn(picture: Image.Image, name: str) -> BytesIO:
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS:
        raise _too_many_pixels()
    frames, out = getattr(picture, "n_frames", 1), BytesIO()
    if frames > 1 and name != "JPEG":
        if pixels * frames > MOST_PIXELS:
            raise _Moving
        _save_moving(picture, name, out)
    else:
        _save_still(picture, name, out)
    out.seek(0)
    return out


def _save_still(picture: Image.Image, name: str, out: BytesIO) -> None:
    """In place as far as it goes: a copy of a large picture takes 150 MB."""
    ImageOps.exif_transpose(picture, in_place=True)
    if name == "JPEG":
        _bare(picture if picture.mode in ("RGB", "L") else picture.convert("RGB")).save(out, name, quality=92)
    elif name == "GIF" or "transparency" in picture.info:
        _bare(picture.convert("RGBA")).save(out, name)
    else:
        _bare(picture).save(out, name, **({"lossless": True} if name == "WEBP" else {}))


def _save_moving(picture: Image.Image, name: str, out: BytesIO) -> None:
    frames, lasting = [], []
    for frame in ImageSequence.Iterator(picture):
        lasting.append(int(frame.info.get("duration", 100)))
        frames.append(_bare(frame.convert("RGBA")))
    more = {"disposal": 2} if name == "GIF" else {}
    frames[0].save(out, name, save_all=True, append_images=frames[1:], duration=lasting, loop=0, **more)


def _bare(picture: Image.Image) -> Image.Image:
    """Without what hangs on the picture: comments, profiles, places."""
    picture.info = {}
    return picture
