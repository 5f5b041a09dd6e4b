"""Pages and actions that change a customer; every write goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.errors import Invalid, Refused
from crm.kit.rows import tag
from crm.kit.views import Action, FormPage, Policed, undo_toast
from customers import services
from customers.duplicates.selectors import similar
from customers.forms import ComposerForm, ContactForm, CustomerForm, initial_of
from customers.models import Contact, Customer
from customers.views import CustomerPage, find_customer, profile_lines

TYPED = ("name", "kind", "email", "phone", "address", "city", "postcode", "birth_date")


class NewCustomer(FormPage):
    """A form for a new customer."""

    policy = ("customer", "add")
    form_class = CustomerForm
    template_name = "customers/form.html"
    success_message = gettext_lazy("Customer added.")

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        own = next((team for _role, team in user.access.memberships), None)
        return {"user": user, "initial": {"owner": user.pk, "team": own}}

    def save(self, form: CustomerForm) -> str:
        made = services.create_customer(user=self.request.user, values=form.values(), now=timezone.now())
        return reverse("customer", args=[made.pk])


class EditCustomer(FormPage):
    """All fields of a customer; ``?field=`` opens with that one in focus."""

    policy = ("customer", "change")
    form_class = CustomerForm
    template_name = "customers/form.html"
    success_message = gettext_lazy("Saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        self.customer = find_customer(self.request.user, self.kwargs["pk"])
        return {"user": self.request.user, "action": "change", "initial": initial_of(self.customer)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(customer=self.customer, version=tag(self.customer), **kwargs)

    def save(self, form: CustomerForm) -> str:
        expected = self.request.POST.get("version") or None
        services.update_customer(
            user=self.request.user, customer_id=self.customer.pk, values=form.values(), expected=expected
        )
        return reverse("customer", args=[self.customer.pk])


class EditField(Policed):
    """One line of the profile, edited in place: Enter saves, Escape restores."""

    policy = ("customer", "change")
    names = frozenset({"email", "phone", "company", "title", "city", "address", "owner", "lifecycle", "language"})

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.name = kwargs["name"]

    def form(self, customer: Customer, data: Any = None) -> CustomerForm:
        """The form of this one field; 404 for a field that cannot be edited so."""
        if self.name not in self.names:
            raise Http404
        made = CustomerForm(data, user=self.request.user, action="change", only=self.name, initial=initial_of(customer))
        if not made.fields:
            raise Http404
        return made

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        customer = find_customer(request.user, pk)
        if request.GET.get("cancel"):
            return self.line(customer)
        return self.input(customer, self.form(customer))

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        customer = find_customer(request.user, pk)
        form = self.form(customer, request.POST)
        if not form.is_valid():
            return self.input(customer, form, status=422)
        try:
            services.update_customer(
                user=request.user, customer_id=pk, values=form.values(), expected=request.POST.get("version") or None
            )
        except Invalid as invalid:
            form.add_error(self.name, invalid.fields.get(self.name, invalid.message))
            return self.input(customer, form, status=422)
        except Refused as refused:
            form.add_error(
                self.name,
                _("%(why)s It now says: %(value)s") % {"why": refused.message, "value": getattr(customer, self.name)},
            )
            return self.input(customer, form, status=422)
        fresh = find_customer(request.user, pk)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(reverse("customer", args=[pk]))
        return self.line(fresh)

    def input(self, customer: Customer, form: CustomerForm, status: int = 200) -> HttpResponse:
        context = {"customer": customer, "field": form[self.name], "name": self.name, "version": tag(customer)}
        return render(self.request, "customers/field.html", context, status=status)

    def line(self, customer: Customer) -> HttpResponse:
        levels = self.request.user.access.restricted_fields("customer")
        line = next(
            (one for one in profile_lines(customer, levels) if one["name"] == self.name),
            {"name": self.name, "label": "", "value": "", "field": self.name},
        )
        return render(
            self.request, "customers/fact_value.html", {"customer": customer, "line": line, "may_change": True}
        )


class Similar(Policed):
    """Customers within reach that look like what is typed: a hint beside the form, with its reasons."""

    policy = ("customer", "add")

    def get(self, request: HttpRequest) -> HttpResponse:
        typed = {name: request.GET.get(name, "").strip()[:300] for name in TYPED}
        found = similar(user=request.user, values={name: value for name, value in typed.items() if value}, most=3)
        return render(request, "customers/similar.html", {"found": found})


class LogActivity(Policed):
    """Write down a note, call, meeting or mail."""

    policy = ("interaction", "add")

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        customer = find_customer(request.user, pk)
        form = ComposerForm(request.POST)
        if form.is_valid():
            kind, text = form.cleaned_data["kind"], form.cleaned_data["text"]
            direction = "" if kind in ("note", "meeting") else "out"
            values = {"customer": customer.pk, "kind": kind, "text": text, "direction": direction}
            services.add_interaction(user=request.user, values=values, now=timezone.now())
            if not request.headers.get("HX-Request"):
                messages.success(request, _("Saved."))
                return HttpResponseRedirect(reverse("customer", args=[pk]))
        return self.tabs(customer, form)

    def tabs(self, customer: Customer, form: ComposerForm) -> HttpResponse:
        """The timeline with the new entry, or with the form's complaint."""
        page = CustomerPage()
        page.setup(self.request, pk=customer.pk)
        context = page.get_context_data(pk=customer.pk)
        if not form.is_valid():
            context["composer"] = form
        if not self.request.headers.get("HX-Request"):
            return render(self.request, "customers/record.html", context, status=422)
        return render(self.request, "customers/tabs.html", context, status=200 if form.is_valid() else 422)


class ChangeTags(Policed):
    """Add or remove one tag."""

    policy = ("customer", "change")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        add, remove = request.POST.get("add", "").strip()[:60], request.POST.get("remove", "")
        changed = services.tag_customer(user=request.user, customer_id=customer.pk, add=add, remove=remove)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(reverse("customer", args=[pk]))
        return render(request, "customers/tags.html", {"customer": changed, "may_change": True})


class TrashCustomer(Action):
    """Put a customer away, with Undo."""

    policy = ("customer", "delete")

    def act(self, request: HttpRequest) -> str:
        gone = services.trash_customer(user=request.user, customer_id=self.kwargs["pk"], now=timezone.now())
        sentence = _("%(name)s is in the trash.") % {"name": gone.name}
        undo_toast(request, sentence, reverse("customer-restore", args=[gone.pk]))
        return reverse("customers")


class RestoreCustomer(Action):
    """Take a customer out of the trash again."""

    policy = ("customer", "delete")

    def act(self, request: HttpRequest) -> str:
        back = services.restore_customer(user=request.user, customer_id=self.kwargs["pk"])
        messages.success(request, _("%(name)s is back.") % {"name": back.name})
        return reverse("customer", args=[back.pk])


class CustomerContacts(Policed):
    """The people to talk to at a customer, and a form for one more."""

    policy = ("contact", "view")
    write_policy = ("contact", "add")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.draw(find_customer(request.user, pk), ContactForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        form = ContactForm(request.POST)
        if form.is_valid():
            try:
                values = {
                    **form.cleaned_data,
                    "customer": customer.pk,
                    "company": customer.name[:200],
                    "team": customer.team_id,
                }
                services.create_contact(user=request.user, values=values, now=timezone.now())
                form = ContactForm()
            except Refused as refused:
                form.add_error(None, refused.message)
        return self.draw(customer, form)

    def draw(self, customer: Customer, form: ContactForm) -> HttpResponse:
        """The list of contacts; a page of its own without a script."""
        user = self.request.user
        contacts = (
            Contact.objects.visible_to(user).filter(roles__customer=customer).distinct().order_by("sort_name")[:20]
        )
        context = {
            "customer": customer, "contacts": contacts, "form": form, "levels": user.access.restricted_fields("contact"),
            "may_add": user.access.can("contact", "add"),
        }  # fmt: skip
        part = self.request.headers.get("HX-Request")
        return render(self.request, "customers/contacts.html" if part else "customers/contacts_page.html", context,
                      status=422 if form.errors else 200)  # fmt: skip
