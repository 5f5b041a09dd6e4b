"""Pages and actions that change a customer or a contact; every write goes through the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import exports
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import tag
from crm.kit.views import Action, FormPage, Policed, undo_toast
from customers import services
from customers.conflicts import conflict_answer
from customers.duplicates.selectors import similar
from customers.forms import ComposerForm, ContactForm, CustomerForm, PartyForm, initial_of
from customers.lineage import lineage, spoken
from customers.models import Customer
from customers.profile import Drawer, draw, line_of, rest_of
from customers.services.edits import Conflict, as_read, edit_of
from customers.views import CustomerPage, find_contact, find_customer

TYPED = ("name", "kind", "email", "phone", "address", "city", "postcode", "birth_date")


class OfCustomer:
    """What the pages below need to know of customers."""

    object: ClassVar[str] = "customer"
    form_class: ClassVar[type[PartyForm]] = CustomerForm
    template_name: ClassVar[str] = "customers/form.html"

    @staticmethod
    def find(user: Any, pk: int) -> Any:
        """The row as the user may see it, or 404."""
        return find_customer(user, pk)

    @staticmethod
    def write(**values: Any) -> Any:
        """The verb that changes it."""
        return services.update_customer(customer_id=values.pop("pk"), **values)


class OfContact:
    """The same of contacts."""

    object: ClassVar[str] = "contact"
    form_class: ClassVar[type[PartyForm]] = ContactForm
    template_name: ClassVar[str] = "customers/form.html"

    @staticmethod
    def find(user: Any, pk: int) -> Any:
        """The row as the user may see it, or 404."""
        return find_contact(user, pk)

    @staticmethod
    def write(**values: Any) -> Any:
        """The verb that changes it."""
        return services.update_contact(contact_id=values.pop("pk"), **values)


class NewParty(FormPage):
    """A form for a new record."""

    object: ClassVar[str]

    def get_form_kwargs(self) -> dict[str, Any]:
        user = self.request.user
        own = next((team for _role, team in user.access.memberships), None)
        name = self.request.GET.get("name", "").replace("\0", "").strip()[:200]
        return {"user": user, "initial": {"owner": user.pk, "team": own, "name": name}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(object=self.object, **kwargs)


class NewCustomer(OfCustomer, NewParty):  # type: ignore[misc] # one template for both
    """A form for a new customer."""

    policy = ("customer", "add")
    success_message = gettext_lazy("Customer added.")

    def save(self, form: CustomerForm) -> str:
        made = services.create_customer(user=self.request.user, values=form.values(), now=timezone.now())
        return reverse("customer", args=[made.pk])


class NewContact(OfContact, NewParty):  # type: ignore[misc]
    """A form for a new contact."""

    policy = ("contact", "add")
    success_message = gettext_lazy("Contact added.")

    def save(self, form: ContactForm) -> str:
        made = services.create_contact(user=self.request.user, values=form.values(), now=timezone.now())
        return reverse("contact", args=[made.pk])


class EditParty(FormPage):
    """All fields of a record; ``?field=`` opens with that one in focus.

    What others changed since the form was opened joins by itself; a field that both changed is asked.
    """

    object: ClassVar[str]
    form_class: ClassVar[type[PartyForm]]  # type: ignore[assignment]
    success_message = gettext_lazy("Saved.")
    find: Any
    write: Any

    def get_form_kwargs(self) -> dict[str, Any]:
        self.row = self.find(self.request.user, self.kwargs["pk"])
        read = as_read(self.row, self.request.POST.get("version", "")) or self.row
        initial = initial_of(read, self.form_class)  # type: ignore[arg-type]
        return {"user": self.request.user, "action": "change", "initial": initial, "custom": self.row.custom}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version = self.request.POST.get("version") or tag(self.row)
        return super().get_context_data(row=self.row, object=self.object, version=version, **kwargs)

    def save(self, form: PartyForm) -> str:
        edit = edit_of(self.request.POST)
        self.write(user=self.request.user, pk=self.row.pk, values=form.values(), edit=edit)
        return reverse(self.object, args=[self.row.pk])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().post(request, *args, **kwargs)
        except Conflict as conflict:
            return conflict_answer(request, conflict, self.row, self.form_class.base_fields)


class EditCustomer(OfCustomer, EditParty):  # type: ignore[misc]
    """All fields of a customer."""

    policy = ("customer", "change")


class EditContact(OfContact, EditParty):  # type: ignore[misc]
    """All fields of a contact."""

    policy = ("contact", "change")


class EditField(Policed):
    """One line of the profile, edited in place: Enter saves, Escape restores, Tab saves and goes on to the next."""

    object: ClassVar[str]
    form_class: ClassVar[type[PartyForm]]
    find: Any
    write: Any

    def form(self, row: Any, data: Mapping[str, Any] | None = None) -> PartyForm:
        """The form of this one field; 404 for a field that cannot be edited so."""
        self.name = self.kwargs["name"]
        read = as_read(row, data.get("version", "")) if data else None
        initial = initial_of(read or row, self.form_class)
        made = self.form_class(data, user=self.request.user, action="change", only=self.name, initial=initial)
        if not made.fields:
            raise Http404
        for field in made.fields.values():
            field.widget.attrs["data-focus"] = True
        return made

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        row = self.find(request.user, pk)
        form = self.form(row)
        return self.line(row) if request.GET.get("cancel") else self.input(row, form)

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        row = self.find(request.user, pk)
        form = self.form(row, request.POST)
        if not form.is_valid():
            return self.input(row, form, status=422)
        try:
            self.write(user=request.user, pk=pk, values=form.values(), edit=edit_of(request.POST))
        except Conflict as conflict:
            return conflict_answer(request, conflict, row, self.form_class.base_fields)
        except Invalid as invalid:
            form.add_error(self.name, invalid.fields.get(self.name, invalid.message))
            return self.input(row, form, status=422)
        except Refused as refused:
            form.add_error(self.name, refused.message)
            return self.input(row, form, status=422)
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(reverse(self.object, args=[pk]))
        return self.line(self.find(request.user, pk))

    def input(self, row: Any, form: PartyForm, status: int = 200) -> HttpResponse:
        """The field with Save and Cancel; a page of its own without a script."""
        version = self.request.POST.get("version") or tag(row)
        where = reverse(f"{self.object}-field", args=[row.pk, self.name])
        context = {
            "row": row, "object": self.object, "field": form[self.name], "name": self.name, "version": version, "where": where,
            "away": reverse(self.object, args=[row.pk]),
        }  # fmt: skip
        part = self.request.headers.get("HX-Request")
        return render(
            self.request, "customers/field.html" if part else "customers/field_page.html", context, status=status
        )

    def line(self, row: Any) -> HttpResponse:
        """The value again, its pencil in focus."""
        levels = self.request.user.access.restricted_fields(self.object)
        if self.name == "note":
            where = reverse(self.object, args=[row.pk])
            context = {"row": row, "row_where": where, "may_change": True, "focus": True}
            return render(self.request, "customers/text_value.html", context)
        one = line_of(row, self.name, levels, self.request.user)
        return HttpResponse(Drawer(row, self.request.user).value(one, focus=True))


class EditCustomerField(OfCustomer, EditField):  # type: ignore[misc]
    """One line of a customer."""

    policy = ("customer", "change")


class EditContactField(OfContact, EditField):  # type: ignore[misc]
    """One line of a contact."""

    policy = ("contact", "change")


class FieldHistory(Policed):
    """Who wrote the value of one field, and what it was before: in a dialog, or as a page without a script."""

    object: ClassVar[str]
    form_class: ClassVar[type[PartyForm]]
    find: Any

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        row, user = self.find(request.user, pk), request.user
        levels = user.access.restricted_fields(self.object)
        if name not in self.form_class.base_fields or levels.get(name) == "hidden":
            raise Http404
        told = lineage(row, name)
        words = [
            {"change": one, "old": self.say(row, name, one.old, levels), "new": self.say(row, name, one.new, levels)}
            for one in told.changes
        ]
        context = {
            "row": row, "told": told, "words": words, "heading": _("History: %(field)s") % {"field": self.form_class.base_fields[name].label},
            "now": words[0]["new"] if words else self.say(row, name, getattr(row, row._meta.get_field(name).attname), levels),
            "object": self.object,
        }  # fmt: skip
        part = request.headers.get("HX-Request")
        return render(request, "customers/lineage.html" if part else "customers/lineage_page.html", context)

    def say(self, row: Any, name: str, value: Any, levels: Mapping[str, str]) -> str:
        """A value in words, as far as the reader may see it."""
        return spoken(row, name, value, user=self.request.user, levels=levels)


class CustomerFieldHistory(OfCustomer, FieldHistory):  # type: ignore[misc]
    """Of a customer."""

    policy = ("customer", "view")


class ContactFieldHistory(OfContact, FieldHistory):  # type: ignore[misc]
    """Of a contact."""

    policy = ("contact", "view")


class MoreFields(Policed):
    """Every field that the profile column leaves out, each editable in its place."""

    object: ClassVar[str]
    find: Any

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.find(request.user, pk)
        levels = request.user.access.restricted_fields(self.object)
        if request.GET.get("first"):
            return HttpResponse(draw(row, request.user, levels))
        lines = Drawer(row, request.user).lines(rest_of(row, levels, request.user))
        context = {"row": row, "lines": lines, "where": reverse(self.object, args=[row.pk])}
        part = request.headers.get("HX-Request")
        return HttpResponse(lines) if part else render(request, "customers/more_page.html", context)


class MoreOfCustomer(OfCustomer, MoreFields):  # type: ignore[misc]
    """Of a customer."""

    policy = ("customer", "view")


class MoreOfContact(OfContact, MoreFields):  # type: ignore[misc]
    """Of a contact."""

    policy = ("contact", "view")


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
        page.tab = "timeline"
        context = page.get_context_data(pk=customer.pk)
        if not form.is_valid():
            context["composer"] = form
        if not self.request.headers.get("HX-Request"):
            return render(self.request, "customers/record.html", context, status=422)
        return render(self.request, "customers/tabs.html", context, status=200 if form.is_valid() else 422)


class ChangeTags(Policed):
    """Add or remove one tag."""

    object: ClassVar[str] = "customer"
    policy = ("customer", "change")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        changed = self.tag(pk, add=request.POST.get("add", "").strip()[:60], remove=request.POST.get("remove", ""))
        if not request.headers.get("HX-Request"):
            return HttpResponseRedirect(reverse(self.object, args=[pk]))
        context = {"row": changed, "may_change": True, "tags_where": request.path}
        return render(request, "customers/tags.html", context)

    def tag(self, pk: int, *, add: str, remove: str) -> Any:
        """By the service."""
        return services.tag_customer(user=self.request.user, customer_id=pk, add=add, remove=remove)


class ChangeContactTags(ChangeTags):
    """The same of a contact."""

    object = "contact"
    policy = ("contact", "change")

    def tag(self, pk: int, *, add: str, remove: str) -> Any:
        """By the service."""
        return services.tag_contact(user=self.request.user, contact_id=pk, add=add, remove=remove)


class TrashCustomer(Action):
    """Put a customer away, with Undo."""

    policy = ("customer", "delete")

    def act(self, request: HttpRequest) -> str:
        gone = services.trash_customer(user=request.user, customer_id=self.kwargs["pk"], now=timezone.now())
        exports.note(request, "trash", f"customer {gone.pk}", {})
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


class TrashContact(Action):
    """Put a contact away, with Undo."""

    policy = ("contact", "delete")

    def act(self, request: HttpRequest) -> str:
        gone = services.trash_contact(user=request.user, contact_id=self.kwargs["pk"], now=timezone.now())
        undo_toast(
            request, _("%(name)s is in the trash.") % {"name": gone.name}, reverse("contact-restore", args=[gone.pk])
        )
        return reverse("contacts")


class RestoreContact(Action):
    """Take a contact out of the trash again."""

    policy = ("contact", "delete")

    def act(self, request: HttpRequest) -> str:
        back = services.restore_contact(user=request.user, contact_id=self.kwargs["pk"])
        messages.success(request, _("%(name)s is back.") % {"name": back.name})
        return reverse("contact", args=[back.pk])
