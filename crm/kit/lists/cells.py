"""Cells edited in place: one field of one row through the app's own service, with the version that was read.

``GET ?part=cell&row=&field=`` answers with the editor of a cell, ``POST`` with the whole row as it is now, or
with the editor again: 422 for what does not fit, 409 where somebody changed the row since, with both values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from django import forms
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from crm.kit.errors import Invalid, Refused
from crm.kit.lists.post import Bulk
from crm.kit.rows import tag
from crm.kit.tables import rows_html
from crm.kit.values import MAX_ID
from crm.kit.views import PlainForm, Policy

Make = Callable[[Any, Any], forms.Field]


class Save(Protocol):
    """The service behind a cell."""

    def __call__(self, *, user: Any, pk: int, values: dict[str, Any], expected: str | None, now: datetime) -> object:
        """Raises Invalid for what does not fit and Refused (409, "stale") for an old version."""


@dataclass(frozen=True)
class Editor:
    """Which columns of a list can be edited: each name with what makes its form field for a user and a row.

    ``names`` are further ones, whose form ``form_of`` makes from the user, the row, the name and what was sent.
    """

    model: type[Model]
    obj: str
    fields: Mapping[str, Make]
    save: Save
    policy: Policy
    names: Collection[str] = ()
    form_of: Callable[[Any, Any, str, Any], forms.Form] | None = None

    def knows(self, name: str) -> bool:
        """Whether a column can be edited."""
        return name in self.fields or name in self.names

    def row(self, user: Any, pk: int) -> Any:
        """The row as the user may see it, or 404."""
        found = self.model._default_manager.visible_to(user).filter(pk=pk).first()  # type: ignore[attr-defined]
        if found is None:
            raise Http404
        return found

    def form(self, user: Any, row: Any, name: str, data: Any = None) -> forms.Form:
        """The form of one field."""
        if self.form_of is not None and name in self.names:
            return self.form_of(user, row, name, data)
        made = PlainForm(data)
        made.fields[name] = self.fields[name](user, row)
        return made


class Cells(Bulk):
    """``?part=cell``."""

    editor: ClassVar[Editor | None] = None

    @property
    def is_cell(self) -> bool:
        """Whether the request is about one cell."""
        return self.editor is not None and self.request.GET.get("part") == "cell"

    def needed_policy(self, method: str) -> Policy:
        """That of the editor for a cell."""
        return self.editor.policy if self.editor is not None and self.is_cell else super().needed_policy(method)

    def may_edit(self, name: str) -> bool:
        """Whether cells of a column can be edited by the reader."""
        if self.editor is None or not self.editor.knows(name) or not self.may(self.editor.policy):
            return False
        return bool(self.request.user.access.field_level(self.object, name) == "write")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.change_cell() if self.is_cell else super().post(request, *args, **kwargs)

    def _cell(self) -> tuple[Editor, Any, str]:
        """The editor, the row and the field that the address names."""
        raw, name = self.request.GET.get("row", ""), self.request.GET.get("field", "")
        fits = raw.isascii() and raw.isdigit() and len(raw) <= 19 and int(raw) <= MAX_ID
        if self.editor is None or not fits or not self.may_edit(name):
            raise Http404
        return self.editor, self.editor.row(self.request.user, int(raw)), name

    def draw_cell(self) -> HttpResponse:
        """The editor of a cell, or the row as it is."""
        editor, row, name = self._cell()
        if self.request.GET.get("cancel"):
            return self.draw_row(row.pk)
        return self._draw(row, name, editor.form(self.request.user, row, name))

    def change_cell(self) -> HttpResponse:
        """Save what was typed."""
        editor, row, name = self._cell()
        user, form = self.request.user, editor.form(self.request.user, row, name, self.request.POST)
        if not form.is_valid():
            return self._draw(row, name, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        values = form.values() if hasattr(form, "values") else form.cleaned_data
        expected = self.request.POST.get("version") or None
        try:
            editor.save(user=user, pk=row.pk, values=dict(values), expected=expected, now=timezone.now())
        except Invalid as invalid:
            form.add_error(None, invalid.fields.get(name, invalid.message))
            return self._draw(row, name, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except Refused as refused:
            form.add_error(None, refused.message)
            theirs = editor.form(user, row, name) if refused.code == "stale" else None
            return self._draw(row, name, form, theirs, status=refused.status)
        return self.draw_row(row.pk)

    def draw_row(self, pk: int) -> HttpResponse:
        """The row as the list shows it now, also where it no longer matches the filters."""
        rows = self.prepare(list(self.joined.filter(pk=pk)))
        if not rows:
            raise Http404
        return HttpResponse(rows_html(self.columns, rows, self.scene, self.drawn_table))

    def _draw(self, row: Any, name: str, form: forms.Form, theirs: forms.Form | None = None, status: int = 200) -> HttpResponse:  # fmt: skip
        bound = form[name]
        bound.field.widget.attrs |= {
            "form": "cell-none",
            "data-cell-input": True,
        }  # no part of the form around the table
        faults = [*bound.errors, *form.non_field_errors()]
        context = {"field": bound, "version": tag(row), "faults": faults, "theirs": _shown(theirs, name)}
        return render(self.request, "lists/cell.html", context, status=status)


def _shown(form: forms.Form | None, name: str) -> str | None:
    """What a row holds, as its editor would show it."""
    if form is None:
        return None
    value = form[name].value()
    choices = dict(getattr(form.fields[name], "choices", ()) or ())
    return str(choices.get(value, "–" if value in (None, "") else value))
