"""The form that builds conditions: read from what a browser sent, changed by its buttons, drawn again.

Controls are named by their place: ``w.0-1.f`` is the field of the second part of the first group. So the
form works without a script: every button sends the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.kit.errors import Invalid
from crm.kit.where.check import ME, asked, operator_words
from crm.kit.where.facets import UNARY, Facet
from crm.kit.where.grammar import AND, MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES, OR, Condition, Group

PREFIX = "w."
NAME = re.compile(r"w\.((?:\d{1,2}-){0,3}\d{1,2})\.([fovj])", re.ASCII)
MOST_ROWS = 50  # of a pick that has no combobox
SPLIT = re.compile(r"[,，;；]")


@dataclass
class Line:
    """One condition on its way."""

    facet: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)


@dataclass
class Box:
    """One group on its way."""

    join: str = AND
    parts: list[Line | Box] = field(default_factory=list)


def from_group(group: Group) -> Box:
    """The form of conditions that an address holds."""
    parts: list[Line | Box] = [
        from_group(part) if isinstance(part, Group) else Line(part.field, part.operator, list(part.values))
        for part in group.parts
    ]
    return Box(group.join, parts)


def from_query(query: QueryDict) -> Box:
    """The form as a browser sent it; whatever is no part of it is left out."""
    sent: dict[tuple[int, ...], dict[str, list[str]]] = {}
    for name in query:
        found = NAME.fullmatch(name)
        if found and len(sent) <= 2 * MAX_CONDITIONS:
            place = tuple(int(part) for part in found.group(1).split("-"))
            sent.setdefault(place, {})[found.group(2)] = [text[:300] for text in query.getlist(name)[:MAX_VALUES]]
    root = Box(_join(sent.get((0,), {})))
    boxes: dict[tuple[int, ...], Box] = {(0,): root}
    for place in sorted(place for place in sent if place != (0,)):
        above, values = boxes.get(place[:-1]), sent[place]
        if above is None:
            continue
        if "j" in values and len(place) <= MAX_DEPTH:
            boxes[place] = Box(_join(values))
            above.parts.append(boxes[place])
        elif "f" in values:
            above.parts.append(Line(values["f"][0], values.get("o", [""])[0], values.get("v", [])))
    return root


def _join(values: Mapping[str, list[str]]) -> str:
    return OR if values.get("j") == [OR] else AND


def change(root: Box, do: str) -> str:
    """What a button asks for: ``add:0``, ``group:0-1``, ``drop:0-1``; the place that wants the focus."""
    verb, _colon, text = do.partition(":")
    place = [int(part) for part in text.split("-") if part.isascii() and part.isdigit() and len(part) < 3]
    box: Any = root
    above, last = None, 0
    for step in place[1:]:
        if not isinstance(box, Box) or step >= len(box.parts):
            return ""
        above, last, box = box, step, box.parts[step]
    if verb == "drop" and above is not None:
        del above.parts[last]
        return ""
    if not isinstance(box, Box) or verb not in ("add", "group"):
        return ""
    if verb == "group" and len(place) >= MAX_DEPTH:
        return ""
    box.parts.append(Line() if verb == "add" else Box(OR, [Line(), Line()]))
    return f"{text}-{len(box.parts) - 1}" + ("-0" if verb == "group" else "")


def to_group(box: Box, facets: Mapping[str, Facet]) -> Group:
    """The conditions of a form; lines without a field and empty groups are left out."""
    parts: list[Condition | Group] = []
    for part in box.parts:
        if isinstance(part, Box):
            inner = to_group(part, facets)
            if inner:
                parts.append(inner if len(inner.parts) > 1 or not isinstance(inner.parts[0], Group) else inner.parts[0])
        elif part.facet:
            parts.append(_condition(part, facets))
    flat = [part.parts[0] if isinstance(part, Group) and len(part.parts) == 1 else part for part in parts]
    return Group(box.join if len(flat) > 1 else AND, tuple(flat))


def _condition(line: Line, facets: Mapping[str, Facet]) -> Condition:
    facet = facets.get(line.facet)
    operator = line.operator
    if facet is not None and operator not in facet.operators:
        operator = facet.operators[0]
    values = [] if operator in UNARY else _values(line, facet, operator)
    return Condition(line.facet, operator, tuple(values))


def _values(line: Line, facet: Facet | None, operator: str) -> list[str]:
    """Texts of "any of" are typed in one box, people by name."""
    values = [value.strip() for value in line.values if value.strip()]
    if facet is not None and facet.kind in ("text", "named", "key", "list") and operator in ("any", "not"):
        values = [part.strip() for value in values for part in SPLIT.split(value) if part.strip()]
    if facet is not None and facet.kind == "pick":
        values = [_key(facet, value) for value in values]
    return list(dict.fromkeys(values))


def _key(facet: Facet, typed: str) -> str:
    """The key of a row that was typed by its name."""
    kind = _kind(facet)
    if typed == ME or (typed.isascii() and typed.isdigit()) or kind is None or facet.offered is None:
        return typed
    return ME if typed == _("me") else str(kind.one(facet.offered(), typed).pk)


def _kind(facet: Facet) -> Any:
    """What finds the rows of a pick by their names, where its filter has a combobox."""
    return getattr(getattr(facet.source, "field_class", None), "kind", None)


@dataclass
class Row:
    """A line or a group as the template draws it."""

    place: str
    depth: int
    box: Box | None = None
    line: Line = field(default_factory=Line)
    facet: Facet | None = None
    rows: list[Row] = field(default_factory=list)
    error: str = ""
    focus: bool = False

    @property
    def name(self) -> str:
        """The beginning of the names of its controls."""
        return f"{PREFIX}{self.place}"

    @property
    def may_nest(self) -> bool:
        """Whether a group may stand in it."""
        return self.depth < MAX_DEPTH

    @property
    def operator(self) -> str:
        """The operator that is shown."""
        known = self.facet.operators if self.facet else ()
        return self.line.operator if self.line.operator in known else (known[0] if known else "")

    @property
    def operators(self) -> list[tuple[str, str]]:
        """Operators with their words."""
        return [(one, operator_words(self.facet.kind, one)) for one in self.facet.operators] if self.facet else []

    @property
    def control(self) -> str:
        """Which control takes the value."""
        if self.facet is None or self.operator in UNARY:
            return ""
        if self.operator == "last":
            return "days"
        kind, many = self.facet.kind, self.operator in ("any", "not")
        if kind in ("choice", "pick"):
            return {"choice": "boxes", "pick": "picks"}[kind] if many else {"choice": "select", "pick": "pick"}[kind]
        return {"yes": "yes", "number": "number", "date": "date", "moment": "date"}.get(kind, "text")

    @property
    def values(self) -> list[str]:
        """What the boxes hold; two of them for "between"."""
        held = list(self.line.values)
        if self.control == "text":
            return [", ".join(held)]
        count = 2 if self.operator == "between" else 1
        return (held + [""] * count)[:count]

    @property
    def options(self) -> Iterator[tuple[str, str, bool]]:
        """Key, word and whether it is chosen, of a choice or of a pick without a combobox."""
        if self.facet is None:
            return
        held = set(self.line.values)
        if self.facet.kind == "yes":
            yield from (("yes", _("yes"), "no" not in held), ("no", _("no"), "no" in held))
            return
        if self.facet.kind == "choice":
            yield from ((str(value), str(label), str(value) in held) for value, label in self.facet.choices)
            return
        if self.address:
            yield from ((key, word, True) for key, word in self._held())
        elif self.facet.offered is not None:
            for row in self.facet.offered()[:MOST_ROWS]:
                yield str(row.pk), getattr(row, "display_name", "") or str(row), str(row.pk) in held

    def _held(self) -> Iterator[tuple[str, str]]:
        """The rows of a combobox that stand in the condition already, and oneself."""
        if self.facet is None or self.facet.offered is None:
            return
        keys = [value for value in self.line.values if value.isascii() and value.isdigit() and len(value) < 19]
        if ME in self.line.values:
            yield ME, _("me")
        kind = _kind(self.facet)
        for row in self.facet.offered().filter(pk__in=keys):
            yield str(row.pk), kind.offer(row).text if kind else str(row)

    @property
    def typed(self) -> str:
        """What a combobox holds: the name of a row, or what was typed."""
        return next((word for _key, word in self._held()), next(iter(self.line.values), ""))

    @property
    def address(self) -> str:
        """Where a combobox finds its rows; empty where there is none."""
        kind = _kind(self.facet) if self.facet else None
        return str(kind.address("customer", "view")) if kind else ""


def rows_of(root: Box, facets: Mapping[str, Facet], user: Any, *, focus: str = "", strict: bool = False) -> Row:
    """The form as the template draws it; ``strict`` says at each line what is wrong with it."""

    def draw(part: Line | Box, place: str, depth: int) -> Row:
        if isinstance(part, Box):
            below = [draw(inner, f"{place}-{n}", depth + 1) for n, inner in enumerate(part.parts)]
            return Row(place, depth, box=part, rows=below)
        made = Row(place, depth, line=part, facet=facets.get(part.facet), focus=place == focus)
        if strict and part.facet:
            made.error = _fault(part, facets, user)
        return made

    return draw(root, "0", 1)


def _fault(line: Line, facets: Mapping[str, Facet], user: Any) -> str:
    try:
        asked(_condition(line, facets), facets, user)
    except Invalid as invalid:
        return invalid.message
    return ""
