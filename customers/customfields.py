"""Custom fields on the record page: shown in the profile, edited in place, unmasked with a reason."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from crm.kit.customfields.forms import writable
from crm.kit.customfields.lines import OwnFieldsForm, line_of, lines_of
from crm.kit.customfields.unmasking import UnmaskOwnField, seen_field
from crm.kit.errors import Invalid, Refused
from crm.kit.models import CustomField
from crm.kit.rows import tag
from crm.kit.slots import panel
from crm.kit.views import Policed
from customers import services
from customers.models import Customer
from customers.views import find_customer


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


def draw_line(request: HttpRequest, customer: Customer, field: CustomField) -> HttpResponse:
    """The value of one line with its buttons."""
    user: Any = request.user
    levels = user.access.restricted_fields("customer")
    editable = bool(writable({field.name: field}, user=user, levels=levels)) and user.access.can("customer", "change")
    line = line_of(customer, field, levels, editable=editable, user=user)
    return render(request, "customers/own_value.html", {"customer": customer, "line": line})


class Unmask(UnmaskOwnField):
    """A sensitive value of a customer."""

    model = Customer
    object = "customer"
    list_name = gettext_lazy("Customers")
