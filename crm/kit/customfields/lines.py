"""The custom fields of one record as its page shows them, and a page to change them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy

from crm.kit.customfields.catalogue import catalogue_for
from crm.kit.customfields.forms import OwnFields, writable
from crm.kit.customfields.values import level_of, masked, words
from crm.kit.models import CustomField
from crm.kit.rows import tag
from crm.kit.views import FormPage, PlainForm, RecordMixin

EMPTY_SHOWN = 8
"""Up to so many fields, empty ones stand there too, ready to be filled."""


@dataclass(frozen=True)
class Line:
    """One field of a record as its reader sees it."""

    field: CustomField
    value: str
    href: str
    editable: bool
    unmaskable: bool


def lines_of(row: Any, *, obj: str, user: Any) -> list[Line]:
    """The fields of a record, in their order, without hidden ones; empty ones only where there are few."""
    fields = catalogue_for(user).active(obj)
    levels = user.access.restricted_fields(obj)
    may_write = writable(fields, user=user, levels=levels) if user.access.can(obj, "change") else {}
    few = len(fields) <= EMPTY_SHOWN
    return [
        line_of(row, one, levels, editable=name in may_write, user=user)
        for name, one in fields.items()
        if level_of(one, levels) != "hidden" and (few or row.custom.get(name) not in (None, "", []))
    ]


def line_of(row: Any, field: CustomField, levels: dict[str, str], *, editable: bool, user: Any) -> Line:
    """One line."""
    stored = row.custom.get(field.name)
    hides = level_of(field, levels) == "masked" and stored is not None
    shown = masked(field, stored) if hides else words(field, stored)
    link = shown if field.type == CustomField.Type.LINK and shown.startswith(("https://", "http://")) else ""
    ruled = field.rule in levels
    return Line(field, shown, link, editable, hides and not ruled and user.access.can("sensitive"))


class OwnFieldsForm(PlainForm):
    """The custom fields of a record: all, or only one."""

    def __init__(self, data: Any = None, *, user: Any, obj: str, stored: dict[str, Any], only: str = "") -> None:
        super().__init__(data)
        self.own = OwnFields(self, user=user, obj=obj, action="change", stored=stored, only=only)


class OwnFieldsPage(RecordMixin, FormPage):
    """All custom fields of a record in one form. Subclasses name the model, its object and the service."""

    object: ClassVar[str]
    template_name = "lists/own_fields.html"
    success_message = gettext_lazy("Saved.")

    def get_form(self, data: Any = None) -> OwnFieldsForm:
        self.record = self.get_record()
        return OwnFieldsForm(data, user=self.request.user, obj=self.object, stored=self.record.custom)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        away = self.address()
        return super().get_context_data(record=self.record, version=tag(self.record), away=away, **kwargs)

    def save(self, form: OwnFieldsForm) -> str:
        self.update({"custom": form.own.values()}, self.request.POST.get("version") or None)
        return self.address()

    def update(self, values: dict[str, Any], expected: str | None) -> None:
        """Call the service."""
        raise NotImplementedError

    def address(self) -> str:
        """The record's page."""
        raise NotImplementedError
