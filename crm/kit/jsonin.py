"""JSON as it may come in: finite numbers, whole text, bounded size and depth; anything else is a 400."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32
MAX_DIGITS = 60


class TooLarge(APIException):
    """The body is larger than the server takes."""

    status_code = 413
    default_code = "too_large"


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("number")
    return int(text)


def _real(text: str) -> float:
    number = float(text)
    if len(text) > 10 * MAX_DIGITS or not math.isfinite(number):
        raise ValueError("number")
    return number


def _constant(text: str) -> Any:
    raise ValueError(text)


def loads(raw: bytes) -> Any:
    """Parse a body; raises ValueError for what PostgreSQL or a reader could not take."""
    try:
        text = raw.decode("utf-8")
        if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
            raise ValueError("depth")
        data = json.loads(text, parse_int=_whole, parse_float=_real, parse_constant=_constant)
    except RecursionError as error:
        raise ValueError("depth") from error
    if "\\u" in text and not _storable(data):
        raise ValueError("text")
    return data


def _depth(text: str) -> int:
    """Deepest nesting of brackets outside strings, without recursion."""
    deepest = depth = 0
    inside = escaped = False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif char in "]}":
            depth -= 1
    return deepest


def _storable(data: Any) -> bool:
    """No NUL and no lone surrogate in any key or text."""
    queue = [data]
    while queue:
        item = queue.pop()
        if isinstance(item, str):
            if "\0" in item or any("\ud800" <= char <= "\udfff" for char in item):
                return False
        elif isinstance(item, dict):
            queue.extend(item.keys())
            queue.extend(item.values())
        elif isinstance(item, list):
            queue.extend(item)
    return True


class StrictJSONParser(BaseParser):
    """``application/json`` with the rules above; 413 over the size limit."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body; an empty body is an empty object."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(_("The body is larger than %(limit)s MB. Send it in parts.") % {"limit": limit // 2**20})
        if not raw.strip():
            return {}
        try:
            return loads(raw)
        except ValueError as error:
            raise ParseError(
                _("The body is not JSON that can be kept: check its form, its numbers and its characters.")
            ) from error
