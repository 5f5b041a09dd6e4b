"""The card of e-mails, phones and addresses on the page of a customer or a contact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.masking import at_level
from crm.kit.rows import LOCKED_LEVELS
from crm.kit.views import Policed, Policy, go_to, undo_toast
from customers import services
from customers.forms import PointForm
from customers.models import Contact, ContactPoint, Customer
from customers.services.points import newest_state

Kept = Customer | Contact
KINDS = ContactPoint.Kind
CHANGED = "points-changed"
RELOAD = "points-reload"


def shown_points(row: Kept, user: User, obj: str) -> list[dict[str, Any]]:
    """The points as the reader may see them, the primary one of each kind first."""
    levels = user.access.restricted_fields(obj)
    order = list(KINDS.values)
    rows = sorted(row.points.all(), key=lambda one: (order.index(one.kind), not one.primary, one.pk))
    return [
        {
            "point": one, "value": at_level(one.value, levels.get(one.kind, "")), "whole": one.kind not in levels,
            "may_change": user.access.field_level(obj, one.kind) not in LOCKED_LEVELS,
        }
        for one in rows
        if levels.get(one.kind) != "hidden"
    ]  # fmt: skip


class PointView(Policed):
    """What the addresses below share."""

    object: ClassVar[str] = "customer"
    model: ClassVar[Any] = Customer
    policy: ClassVar[Policy] = ("customer", "view")
    write_policy: ClassVar[Policy | None] = ("customer", "change")

    def row(self) -> Any:
        """The record, or 404."""
        found = self.model.objects.visible_to(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def point(self, row: Any) -> ContactPoint:
        """One of its points that the reader may change, or 404."""
        found = row.points.filter(pk=self.kwargs["point"]).first()
        level = self.request.user.access.field_level(self.object, found.kind) if found else "hidden"
        if found is None or level in LOCKED_LEVELS:
            raise Http404
        return found

    def where(self, name: str, *keys: Any) -> str:
        """An address of this card."""
        return reverse(f"{self.object}-{name}", args=[self.kwargs["pk"], *keys])

    def form(self, data: Mapping[str, Any] | None = None, point: ContactPoint | None = None) -> PointForm:
        """The form, of the kinds that the reader may write."""
        access = self.request.user.access
        kinds = [kind for kind in KINDS.values if access.field_level(self.object, kind) not in LOCKED_LEVELS]
        return PointForm(data, kinds=kinds, point=point)

    def card(self, row: Any, form: PointForm | None = None, status: int = 200) -> HttpResponse:
        """The list and the form for one more."""
        user = self.request.user
        may = user.access.can(self.object, "change")
        context = {
            "row": row, "object": self.object, "form": form or self.form(),
            "points": [{**one, "where": self.where("point", one["point"].pk)} for one in shown_points(row, user, self.object)],
            "may_change": may, "where": self.where("points"), "away": reverse(self.object, args=[row.pk]),
        }  # fmt: skip
        part = self.request.headers.get("HX-Request")
        name = "customers/points.html" if part else "customers/points_page.html"
        return render(self.request, name, context, status=status)

    def done(self, row: Any, sentence: str, undo: str = "") -> HttpResponseBase:
        """The card again, with the sentence and its Undo."""
        if not self.request.headers.get("HX-Request"):
            if undo:
                undo_toast(self.request, sentence, undo)
            else:
                messages.success(self.request, sentence)
            return go_to(self.request, self.where("points"))
        row.refresh_from_db()
        answer = self.card(row)
        told: dict[str, Any] = {"toast": {"text": sentence, "undo": undo}, CHANGED: True}
        if self.request.headers.get("HX-Target") != "points":
            told[RELOAD] = True  # the Undo of a toast: the card is somewhere else on the page
        answer.headers["HX-Trigger"] = json.dumps(told)
        return answer


class Points(PointView):
    """All of them, and one more."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.card(self.row())

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        row = self.row()
        form = self.form(request.POST)
        if form.is_valid():
            try:
                made = services.add_point(user=request.user, holder=row, values=form.cleaned_data, now=timezone.now())
                return self.done(row, _("Added."), self.where("point-remove", made.pk))
            except Invalid as invalid:
                add_errors(form, invalid)
        return self.card(row, form, status=422)


class Point(PointView):
    """One of them in its form."""

    def get(self, request: HttpRequest, pk: int, point: int) -> HttpResponse:
        row = self.row()
        found = self.point(row)
        if request.GET.get("cancel"):
            return self.card(row)
        return self.edit(row, found, self.form(point=found))

    def post(self, request: HttpRequest, pk: int, point: int) -> HttpResponseBase:
        row = self.row()
        found = self.point(row)
        form = self.form(request.POST, found)
        if form.is_valid():
            try:
                values = {"primary": False, **form.cleaned_data}
                done = services.change_point(
                    user=request.user, holder=row, point_id=found.pk, values=values, now=timezone.now()
                )
                changed = done.was_changed  # type: ignore[attr-defined]
                undo = self.where("point-undo", newest_state(found.pk)) if changed else ""
                return self.done(row, _("Saved."), undo)
            except Invalid as invalid:
                add_errors(form, invalid)
        return self.edit(row, found, form, status=422)

    def edit(self, row: Any, point: ContactPoint, form: PointForm, status: int = 200) -> HttpResponse:
        """The form in the place of the line."""
        context = {
            "row": row, "object": self.object, "point": point, "form": form, "here": self.where("point", point.pk),
            "remove": self.where("point-remove", point.pk), "where": self.where("points"),
            "away": reverse(self.object, args=[row.pk]),
        }  # fmt: skip
        part = self.request.headers.get("HX-Request")
        name = "customers/point.html" if part else "customers/point_page.html"
        return render(self.request, name, context, status=status)


class RemovePoint(PointView):
    """Take one away, with Undo."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, point: int) -> HttpResponseBase:
        row = self.row()
        state = services.remove_point(user=request.user, holder=row, point_id=point)
        return self.done(row, _("Removed."), self.where("point-undo", state))


class UndoPoint(PointView):
    """Put back what the last change took."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, state: int) -> HttpResponseBase:
        row = self.row()
        services.put_back_point(user=request.user, holder=row, state_id=state)
        return self.done(row, _("It is as it was."))


class OfContact:
    """The same addresses below a contact."""

    object = "contact"
    model = Contact
    policy: ClassVar[Policy] = ("contact", "view")
    write_policy: ClassVar[Policy | None] = ("contact", "change")


class ContactPoints(OfContact, Points):
    """All of a contact."""


class ContactPointForm(OfContact, Point):
    """One of a contact in its form."""


class RemoveContactPoint(OfContact, RemovePoint):
    """Take one of a contact away."""


class UndoContactPoint(OfContact, UndoPoint):
    """Put back one of a contact."""


def add_errors(form: Any, invalid: Refused) -> None:
    """The service's sentences at their fields."""
    fields: Mapping[str, str] = getattr(invalid, "fields", {})
    for name, sentence in fields.items():
        form.add_error(name if name in form.fields else None, sentence)
    if not fields:
        form.add_error(None, invalid.message)
