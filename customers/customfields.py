"""Custom fields on the record page: shown in the profile, edited in place, unmasked with a reason."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.audit import record_request
from crm.kit.crypto import Unreadable
from crm.kit.customfields.catalogue import catalogue_for
from crm.kit.customfields.forms import writable
from crm.kit.customfields.lines import OwnFieldsForm, line_of, lines_of
from crm.kit.customfields.values import level_of, unsealed
from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField
from crm.kit.rows import tag
from crm.kit.slots import panel
from crm.kit.views import Page, PlainForm, Policed
from customers import services
from customers.models import Customer
from customers.views import find_customer

UNMASKED_AN_HOUR = 30


@panel(
    "customer.detail.profile", title=gettext_lazy("Own fields"), policy=("customer", "view"), order=5, framed=False,
    bare=True, template="customers/own_fields.html", name="own-fields",
)  # fmt: skip
def own_fields(request: HttpRequest, record: Customer) -> dict[str, Any] | None:
    """What this workspace keeps about a customer besides."""
    lines = lines_of(record, obj="customer", user=request.user)
    return {"customer": record, "lines": lines} if lines else None


class EditOwnField(Policed):
    """One own field edited in place: Enter saves, Escape restores."""

    policy = ("customer", "change")

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        customer = find_customer(request.user, pk)
        if request.GET.get("cancel"):
            return self.line(customer, name)
        form = self.form(customer, name)
        return self.input(customer, name, form)

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        customer = find_customer(request.user, pk)
        form = self.form(customer, name, request.POST)
        if not form.is_valid():
            return self.input(customer, name, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            values = {"custom": form.own.values()}
            services.update_customer(
                user=request.user, customer_id=pk, values=values, expected=request.POST.get("version") or None
            )
        except Refused as refused:
            sentence = " ".join(refused.fields.values()) if isinstance(refused, Invalid) else ""
            form.add_error(None, sentence or refused.message)
            return self.input(customer, name, form, HTTPStatus.UNPROCESSABLE_ENTITY)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(reverse("customer", args=[pk]))
        return self.line(find_customer(request.user, pk), name)

    def form(self, customer: Customer, name: str, data: Any = None) -> OwnFieldsForm:
        """The form of this one field; 404 where it cannot be written."""
        made = OwnFieldsForm(
            data, user=self.request.user, obj="customer", stored=customer.custom, only=f"custom.{name}"
        )
        if not made.own.names:
            raise Http404
        return made

    def input(self, customer: Customer, name: str, form: OwnFieldsForm, status: int = 200) -> HttpResponse:
        context = {
            "customer": customer,
            "form": form,
            "field": form[f"custom.{name}"],
            "name": name,
            "version": tag(customer),
        }
        part = self.request.headers.get("HX-Request")
        template = "customers/own_field.html" if part else "customers/own_field_page.html"
        return render(self.request, template, context, status=status)

    def line(self, customer: Customer, name: str) -> HttpResponse:
        return draw_line(self.request, customer, seen_field(self.request, name))


def seen_field(request: HttpRequest, name: str) -> CustomField:
    """A field that the reader may know of, or 404."""
    user: Any = request.user
    field = catalogue_for(user).active("customer").get(name)
    if field is None or level_of(field, user.access.restricted_fields("customer")) == "hidden":
        raise Http404
    return field


def draw_line(request: HttpRequest, customer: Customer, field: CustomField) -> HttpResponse:
    """The value of one line with its buttons."""
    user: Any = request.user
    levels = user.access.restricted_fields("customer")
    editable = bool(writable({field.name: field}, user=user, levels=levels)) and user.access.can("customer", "change")
    line = line_of(customer, field, levels, editable=editable, user=user)
    return render(request, "customers/own_value.html", {"customer": customer, "line": line})


class ReasonForm(PlainForm):
    """Why somebody wants to see a sensitive value."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), min_length=5, max_length=200,
        help_text=gettext_lazy("It is kept in the audit trail with your name."),
        error_messages={"required": gettext_lazy("Say why you need to see it.")},
    )  # fmt: skip


class Unmask(Page):
    """A sensitive value in the clear: a right of its own, asked with a reason, written down, so many an hour."""

    policy = ("sensitive", "view")
    template_name = "customers/unmask.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.customer = find_customer(self.request.user, self.kwargs["pk"])
        self.field = seen_field(self.request, self.kwargs["name"])
        levels = self.request.user.access.restricted_fields("customer")
        if not self.field.sensitive or self.field.rule in levels or self.customer.custom.get(self.field.name) is None:
            raise Http404
        return super().get_context_data(customer=self.customer, field=self.field, **{"form": ReasonForm(), **kwargs})

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
        _count(self.request.user.pk)
        try:
            value = str(unsealed(self.field, self.customer.custom[self.field.name]))
        except Unreadable as problem:
            raise Refused(str(problem)) from problem
        detail: dict[str, object] = {"field": self.field.rule, "id": self.customer.pk, "reason": reason}
        record_request(self.request, "unmask", "customer", detail)
        return value

    def draw(self, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """In the dialog, or as a page without a script."""
        part = self.request.headers.get("HX-Request")
        template = "customers/unmask_dialog.html" if part else self.template_name
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
