"""The step "Map" as data: for each column of the file what it may fill, and what was chosen for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.models import CustomField
from customers.imports import kinds
from customers.imports.fields import fold
from customers.imports.kinds import Kind
from customers.imports.mapping import OPTIONS
from customers.imports.reading.detected import Guess
from customers.imports.suggest import Column, Suggestion, suggest
from customers.imports.wizard import changes, drafts, labels, newfields
from customers.models import ImportJob

NEW = "new:"
CUSTOM = "custom:"
OURS = ("_line", "_reason")
"""Columns that a rejects file has beside those of the original."""


@dataclass
class Line:
    """One column of the file and what becomes of it."""

    place: int
    column: Column
    chosen: str = ""
    """A field, ``custom:name``, ``new:`` or nothing."""
    label: str = ""
    type: str = "text"
    change: str = ""
    setting: str = ""
    error: str = ""
    choices: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)

    @property
    def is_suggested(self) -> bool:
        """Whether the choice is the machine's."""
        return bool(self.column.field) and self.chosen == self.column.field

    @property
    def tone(self) -> str:
        """The colour of the confidence tag."""
        return "ok" if self.column.confidence >= 0.85 else "warn" if self.column.confidence >= 0.5 else "bad"

    @property
    def may_be_new(self) -> str:
        """The type of the custom field that would take this column, in words."""
        new = self.column.custom
        offered = any(value == NEW for _name, group in self.choices for value, _words in group)
        return str(labels.FIELD_TYPES.get(new.type, new.type)) if new and offered and not self.chosen else ""


@dataclass(frozen=True)
class Setting:
    """One property of the file as the page shows it."""

    name: str
    label: str
    guess: Guess
    value: str
    choices: list[tuple[str, str]]

    @property
    def is_open(self) -> bool:
        """Whether it can be changed."""
        return bool(self.choices)

    @property
    def shown(self) -> str:
        """Its value in words."""
        return labels.setting_value(self.name, self.guess.value)


class Offer:
    """A draft's file as it reads with the settings chosen by hand, and the mapping as it stands."""

    def __init__(
        self, draft: ImportJob, user: User, *, given: Mapping[str, str], mapping: dict[str, Any] | None
    ) -> None:
        self.draft, self.user, self.given = draft, user, dict(given)
        self.kind: Kind = kinds.get(draft.kind)
        self.found: Suggestion = suggest(drafts.file_of(draft), draft.kind, self.given)
        self.mapping = mapping
        self.lines = [self._line(place, column) for place, column in enumerate(self.found.columns)]

    def _line(self, place: int, column: Column) -> Line:
        new = column.custom
        line = Line(place, column, label=new.label if new else column.name, type=new.type if new else "text")
        line.choices = self._choices
        line.chosen = self._chosen(column)
        line.change, line.setting = changes.shown(self._steps(column))
        return line

    def _steps(self, column: Column) -> list[Any]:
        """The transforms of a column: those of the mapping, else the suggested ones."""
        base = self.mapping if self.mapping is not None else self.found.mapping
        return list(base.get("transforms", {}).get(column.name, ()))

    def _chosen(self, column: Column) -> str:
        if column.name in OURS:
            return ""
        if self.mapping is None:
            return column.field
        if column.name in self.mapping.get("columns", {}):
            return str(self.mapping["columns"][column.name])
        custom = self.mapping.get("custom", {}).get(column.name)
        return f"{CUSTOM}{custom}" if custom else ""

    @cached_property
    def header(self) -> list[str]:
        """The columns of the file, in their order."""
        return [column.name for column in self.found.columns]

    @cached_property
    def custom_fields(self) -> dict[str, CustomField]:
        """The workspace's own fields of this kind of record."""
        return {one.name: one for one in CustomField.objects.filter(object=self.kind.object).order_by("label")}

    @cached_property
    def _choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The options of every line's pick list: groups of (value, words)."""
        own = [(item.name, labels.field_label(self.kind, item.name) + (" *" if item.required else ""))
               for item in self.kind.fields]  # fmt: skip
        groups = [(_("Fields"), own)]
        if self.custom_fields:
            made = [(f"{CUSTOM}{name}", one.label) for name, one in self.custom_fields.items()]
            groups.append((_("Custom fields"), made))
        if newfields.may_make(self.user) and "custom" in self.kind.by_name:
            groups.append((_("Something new"), [(NEW, _("New custom field"))]))
        return groups

    @cached_property
    def known(self) -> set[str]:
        """Every value that a pick list may send."""
        return {value for _name, group in self._choices for value, _words in group} | {""}

    @property
    def settings(self) -> list[Setting]:
        """What was found out about the file; those that the engine takes as an option can be changed."""
        found = []
        for name in labels.SETTINGS:
            guess = getattr(self.found.detected, name, None)
            if isinstance(guess, Guess) and name not in labels.QUIET and (guess.value or name in OPTIONS):
                found.append(self._setting(name, guess))
        return found

    def _setting(self, name: str, guess: Guess) -> Setting:
        values = dict.fromkeys((guess.value, *guess.alternatives, *labels.OFFERED.get(name, ())))
        values = dict.fromkeys(value for value in values if value)
        open_ = name in OPTIONS and len(values) > 1
        words = [(value, labels.setting_value(name, value)) for value in values] if open_ else []
        return Setting(name, str(labels.SETTINGS[name]), guess, self.given.get(name, guess.value), words)

    @property
    def preset(self) -> str:
        """The program that wrote the file, where its header is known."""
        return labels.PRESETS.get(self.found.preset, self.found.preset)

    @property
    def missing(self) -> list[str]:
        """Required fields that nothing fills, as people call them."""
        filled = {line.chosen for line in self.lines} | set((self.mapping or {}).get("constants", {}))
        return [labels.field_label(self.kind, item.name) for item in self.kind.fields
                if item.required and item.name not in filled]  # fmt: skip

    @property
    def is_rejects_file(self) -> bool:
        """Whether this is a file of rejected rows of ours."""
        return set(OURS) <= set(self.header)

    def made_steps(self, line: Line) -> list[Any]:
        """The transforms that a line describes; raises Invalid for a setting that does not fit."""
        return changes.made(line.change, line.setting, self._steps(line.column), self.header) if line.chosen else []

    def made_mapping(self) -> dict[str, Any]:
        """The mapping that the lines describe, beside the parts of the mapping that the page does not show."""
        base = dict(self.mapping) if self.mapping is not None else dict(self.found.mapping)
        base["columns"] = {line.column.name: line.chosen for line in self.lines if line.chosen in self.kind.by_name}
        base["custom"] = {line.column.name: line.chosen.removeprefix(CUSTOM) for line in self.lines
                          if line.chosen.startswith(CUSTOM)}  # fmt: skip
        shown = {one.name: one.value for one in self.settings if one.is_open and one.value}
        base["transforms"] = {line.column.name: steps for line in self.lines if (steps := self.made_steps(line))}
        base["options"] = dict(base.get("options", {})) | dict(self.found.mapping.get("options", {})) | shown
        return base


def signature(header: Sequence[str]) -> str:
    """A digest of a header, whatever the order and spelling of its columns."""
    words = sorted({fold(name) for name in header if name not in OURS})
    return hashlib.blake2b("\x1f".join(words).encode(), digest_size=24).hexdigest()
