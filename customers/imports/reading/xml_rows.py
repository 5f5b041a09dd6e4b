"""XML: the children of the root (or of its only child) are rows, their leaves are cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from customers.imports.reading.delimited import MAX_COLUMNS

MAX_DEPTH = 32
MAX_LEAVES = 5000
PROBE = 200


class Document:
    """Rows of an XML document; DTDs, entities and outside references are refused."""

    def __init__(self, stream: Callable[[], IO[bytes]]) -> None:
        self.stream = stream
        self.level = self._row_level()
        names: dict[str, None] = {}
        for _number, record in self._records():
            names.update(dict.fromkeys(record))
            if len(names) > MAX_COLUMNS:
                raise Invalid(_("The file has more than %(most)d columns.") % {"most": MAX_COLUMNS})
        if not names:
            raise Invalid(_("The file holds no records."))
        self.header = list(names)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the record, cells)."""
        for number, record in self._records():
            yield number, [record.get(name, "") for name in self.header]

    def _events(self) -> Iterator[tuple[str, Element, int]]:
        depth = 0
        try:
            for event, element in iterparse(
                self.stream(), events=("start", "end"), forbid_dtd=True, forbid_entities=True, forbid_external=True
            ):
                depth += event == "start"
                if depth > MAX_DEPTH:
                    raise Invalid(_("The file is nested too deeply."))
                yield event, element, depth
                depth -= event == "end"
        except DefusedXmlException as error:
            raise Invalid(_("The XML declares a document type or entities; such files are not read.")) from error
        except (ParseError, ValueError, LookupError) as error:
            raise Invalid(_("The file is not valid XML: %(reason)s.") % {"reason": str(error)[:200]}) from error

    def _row_level(self) -> int:
        """2: rows hang on the root; 3: the root has one child that holds the rows."""
        children, grand = 0, 0
        for event, _element, depth in self._events():
            if event == "start":
                children += depth == 2
                grand += depth == 3
            if event == "end" and depth == 3 and children != 1:
                break
            if children > 1 or children + grand > PROBE:
                break
        repeated = children == 1 and grand > 1 and self._has_leaves(4)
        return 3 if repeated else 2

    def _has_leaves(self, level: int) -> bool:
        for seen, (_event, _element, depth) in enumerate(self._events()):
            if depth >= level:
                return True
            if seen > PROBE:
                return False
        return False

    def _records(self) -> Iterator[tuple[int, dict[str, str]]]:
        path: list[Element] = []
        number = 0
        for event, element, depth in self._events():
            if event == "start":
                path.append(element)
                continue
            path.pop()
            if depth == self.level:
                number += 1
                flat: dict[str, str] = {}
                _leaves(element, "", flat)
                yield number, flat
            if depth <= self.level and path:
                path[-1].remove(element)


def _leaves(element: Element, prefix: str, flat: dict[str, str]) -> None:
    if len(flat) > MAX_LEAVES:
        raise Invalid(_("A record of the file has more than %(most)d values.") % {"most": MAX_LEAVES})
    for name, value in element.attrib.items():
        flat[f"{prefix}{_local(name)}"] = value
    for child in element:
        name = f"{prefix}{_local(child.tag)}"
        text = child.text or ""
        if len(child):
            _leaves(child, f"{name}.", flat)
        elif name in flat:
            flat[name] += f"; {text}"
        else:
            flat[name] = text
        for key, value in child.attrib.items() if not len(child) else ():
            flat[f"{name}.{_local(key)}"] = value
    if not len(element) and not prefix and (element.text or "").strip():
        flat[_local(element.tag)] = element.text or ""


def _local(tag: Any) -> str:
    """The name without its namespace."""
    return str(tag).rpartition("}")[2]
