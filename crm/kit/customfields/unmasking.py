"""A sensitive value in the clear, on the page of a record: a right of its own, asked with a reason, written down."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, ClassVar

from django import forms
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import exports
from crm.kit.crypto import Unreadable
from crm.kit.customfields.catalogue import catalogue_for
from crm.kit.customfields.values import level_of, unsealed
from crm.kit.errors import Refused
from crm.kit.models import CustomField
from crm.kit.views import Page, PlainForm, RecordMixin

UNMASKED_AN_HOUR = 30


def seen_field(request: HttpRequest, name: str, obj: str = "customer") -> CustomField:
    """A field that the reader may know of, or 404."""
    user: Any = request.user
    field = catalogue_for(user).active(obj).get(name)
    if field is None or level_of(field, user.access.restricted_fields(obj)) == "hidden":
        raise Http404
    return field


class ReasonForm(PlainForm):
    """Why somebody wants to see a sensitive value."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), min_length=5, max_length=200,
        help_text=gettext_lazy("It is kept in the audit trail with your name."),
        error_messages={"required": gettext_lazy("Say why you need to see it.")},
    )  # fmt: skip


class UnmaskOwnField(RecordMixin, Page):
    """The dialog, or the page without a script; so many values an hour. Subclasses name the model and its object."""

    policy = ("sensitive", "view")
    object: ClassVar[str]
    list_name: ClassVar[Any]
    template_name = "lists/unmask.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.record = self.get_record()
        self.field = seen_field(self.request, self.kwargs["name"], self.object)
        levels = self.request.user.access.restricted_fields(self.object)
        if not self.field.sensitive or self.field.rule in levels or self.record.custom.get(self.field.name) is None:
            raise Http404
        return super().get_context_data(
            record=self.record, field=self.field, list_name=self.list_name, list_href=reverse(f"{self.object}s"),
            away=reverse(self.object, args=[self.record.pk]), here=self.request.path, **{"form": ReasonForm(), **kwargs},
        )  # fmt: skip

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.draw(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        context = self.get_context_data(form=form)
        if not form.is_valid():
            return self.draw(context, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            value = self.reveal(form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error("reason", refused.message)
            return self.draw(context, HTTPStatus.UNPROCESSABLE_ENTITY)
        return self.draw({**context, "value": value})

    def reveal(self, reason: str) -> str:
        """The value, after the trail has it that somebody saw it."""
        user: Any = self.request.user
        _count(user.pk)
        try:
            value = str(unsealed(self.field, self.record.custom[self.field.name]))
        except Unreadable as problem:
            raise Refused(str(problem)) from problem
        detail: dict[str, object] = {"field": self.field.rule, "id": self.record.pk, "reason": reason}
        exports.note(self.request, "unmask", self.object, detail)
        return value

    def draw(self, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """In the dialog, or as a page without a script."""
        part = self.request.headers.get("HX-Request")
        template = "lists/unmask_dialog.html" if part else self.template_name
        response = render(self.request, template, context, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response


def _count(user_id: int) -> None:
    """Refused (429) beyond the hour's number."""
    key = f"unmask-{user_id}"
    cache.add(key, 0, 3600)
    if cache.incr(key) > UNMASKED_AN_HOUR:
        sentence = _("You have looked at %(most)s sensitive values within an hour. Try again later.")
        raise Refused(sentence % {"most": UNMASKED_AN_HOUR}, status=HTTPStatus.TOO_MANY_REQUESTS, code="too_many")
