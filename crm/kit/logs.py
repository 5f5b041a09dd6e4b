"""Log lines without people's data: what went wrong and where, never the values it went wrong with."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Writes a traceback with the kinds of errors only: their texts quote rows, addresses and what people typed.

    An error of the database keeps its code (such as 23505), which says the rest.
    """

    def formatException(self, ei: ExcInfo) -> str:
        """The chain of errors, oldest first, as Python prints it but for the texts."""
        error = ei[1]
        chain: list[BaseException] = []
        while error is not None and error not in chain:
            chain.append(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(self._told(one) for one in reversed(chain))

    @staticmethod
    def _told(error: BaseException) -> str:
        frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        code = getattr(error, "pgcode", None)
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        return f"Traceback (most recent call last):\n{frames}\n{kind}{f' [{code}]' if code else ''}"
