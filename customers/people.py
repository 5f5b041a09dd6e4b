"""Contacts: their list, their record, and who does what at which customer."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit import timeline
from crm.kit.customfields.lines import lines_of
from crm.kit.customfields.unmasking import UnmaskOwnField
from crm.kit.errors import Refused
from crm.kit.lists import ListView
from crm.kit.masking import at_level
from crm.kit.tables import Scene
from crm.kit.views import Action, Policed, RecordPage, back_to
from crm.kit.workspace import workspace
from customers import profile, services
from customers.bulk import CONTACT_ACTIONS
from customers.filters import ContactFilters
from customers.following.services import follows
from customers.forms import NewContactForm, RoleForm
from customers.models import Contact, ContactRole, Customer, Interaction
from customers.points import add_errors
from customers.tables import CONTACT_ORDERINGS, CONTACT_TABLE
from customers.timeline import INTERACTION_DATA, MESSAGES, draw_interaction
from customers.trash import trashed
from customers.views import find_contact, find_customer

SUBJECT = "customers.contact"
MOST_ROLES = 50


class ContactList(ListView):
    """All contacts that the user reaches."""

    policy = ("contact", "view")
    key = "customers.contact"
    object = "contact"
    model = Contact
    table = CONTACT_TABLE
    filterset_class = ContactFilters
    own_orderings = CONTACT_ORDERINGS
    default_ordering = "name"
    filter_names = ("owner", "team", "tag", "country", "source", "changed_after")
    title = gettext_lazy("Contacts")
    all_label = gettext_lazy("All contacts")
    search_label = gettext_lazy("Name, e-mail or phone")
    create_url = "/contacts/new/"
    create_label = gettext_lazy("New contact")
    create_policy = ("contact", "add")
    empty_text = gettext_lazy(
        "No contacts yet. A contact is a person you talk to at a company; add the first one here or on a customer's page."
    )
    actions = CONTACT_ACTIONS
    also = ((gettext_lazy("Trash"), "/contacts/trash/", ("contact", "delete")),)

    def get_queryset(self) -> QuerySet[Contact]:
        reached = Customer.objects.visible_to(self.request.user).only("name")
        roles = ContactRole.objects.filter(until=None, customer__in=reached).select_related("customer")
        return (
            super().get_queryset().select_related("owner").defer("search", "custom", "note", "address")
            .prefetch_related(Prefetch("roles", roles.order_by("-primary", "pk"), to_attr="present_roles"))
        )  # fmt: skip


class ContactPage(RecordPage):
    """One contact: profile, roles, what was said."""

    policy = ("contact", "view")
    model = Contact
    record_name = "contact"
    template_name = "customers/contact.html"

    def get_queryset(self) -> QuerySet[Contact]:
        return super().get_queryset().select_related("owner", "team", "source").defer("search", "sort_name")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        contact, user = context["contact"], self.request.user
        levels = user.access.restricted_fields("contact")
        return {
            **context,
            "row": contact,
            "followed": follows(user, "contact", contact.pk),
            "facts": profile.draw(contact, user, levels),
            "email": at_level(contact.email, levels.get("email", "")),
            "phone": at_level(contact.phone, levels.get("phone", "")),
            "reachable": not ({"email", "phone"} & levels.keys()),
            "may_change": user.access.can("contact", "change"),
            "may_delete": user.access.can("contact", "delete"),
            "own": lines_of(contact, obj="contact", user=user),
            "own_unmask": "contact-unmask",
            "row_where": f"/contacts/{contact.pk}/",
            "tags_where": f"/contacts/{contact.pk}/tags/",
            **roles_context(self.request, contact),
            **talk_context(self.request, contact),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            return trashed(request, "contact", kwargs["pk"])


class UnmaskOfContact(UnmaskOwnField):
    """A sensitive value of a contact."""

    model = Contact
    object = "contact"
    list_name = gettext_lazy("Contacts")


class ContactTalk(Policed):
    """Older entries below those on the page."""

    policy = ("contact", "view")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = find_contact(request.user, pk)
        context = {"row": contact, "object": "contact", **talk_context(request, contact)}
        part = request.headers.get("HX-Request")
        name = "customers/contact_events.html" if part else "customers/contact_events_page.html"
        return render(request, name, context)


class ContactRoles(Policed):
    """Where a contact works, and a form for one more place."""

    policy = ("contact", "view")
    write_policy = ("contact", "change")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.draw(find_contact(request.user, pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        contact = find_contact(request.user, pk)
        form = RoleForm(request.POST, user=request.user, without=("contact", "until"), prefix_id="new")
        if form.is_valid():
            try:
                given = form.cleaned_data
                services.add_role(
                    user=request.user, contact_id=pk, customer_id=given["customer"], role=given["role"],
                    primary=given["primary"], since=given["since"],
                )  # fmt: skip
                return self.draw(contact)
            except Refused as refused:
                add_errors(form, refused)
        return self.draw(contact, form, status=422)

    def draw(self, contact: Contact, form: RoleForm | None = None, status: int = 200) -> HttpResponse:
        """The card, or a page of its own without a script."""
        context = {"contact": contact, "row": contact, "object": "contact", **roles_context(self.request, contact)}
        if form is not None:
            context["role_form"] = form
        part = self.request.headers.get("HX-Request")
        name = "customers/roles.html" if part else "customers/roles_page.html"
        return render(self.request, name, context, status=status)


class ChangeRole(Action):
    """Make a role the primary one, end it today, take it up again, or remove it."""

    policy = ("contact", "change")

    def act(self, request: HttpRequest) -> str:
        do, pk = request.POST.get("do", ""), self.kwargs["pk"]
        if do == "remove":
            services.remove_role(user=request.user, role_id=pk)
            messages.success(request, _("Role removed."))
        elif do in ("primary", "end", "resume"):
            today = timezone.localdate()
            wanted: dict[str, dict[str, Any]] = {
                "primary": {"primary": True}, "end": {"until": today}, "resume": {"until": None},
            }  # fmt: skip
            services.change_role(user=request.user, role_id=pk, values=wanted[do])
            messages.success(request, _("Saved."))
        else:
            raise Http404
        return back_to(request, reverse("contacts"))


class EditRole(Policed):
    """Role, since and until of one place, in a form."""

    policy = ("contact", "change")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        role = self.role(pk)
        initial = {name: getattr(role, name) for name in ("role", "since", "until", "primary")}
        return self.draw(role, self.form(initial=initial))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        role = self.role(pk)
        form = self.form(request.POST)
        if form.is_valid():
            try:
                services.change_role(user=request.user, role_id=pk, values=form.cleaned_data)
                messages.success(request, _("Saved."))
                return redirect_to(reverse("contact", args=[role.contact_id]))
            except Refused as refused:
                add_errors(form, refused)
        return self.draw(role, form, status=422)

    def role(self, pk: int) -> ContactRole:
        """The role of a contact and a customer that are both within reach."""
        user = self.request.user
        found = ContactRole.objects.filter(
            pk=pk, contact__in=Contact.objects.visible_to(user), customer__in=Customer.objects.visible_to(user)
        )
        row = found.select_related("contact", "customer").first()
        if row is None:
            raise Http404
        return row

    def form(self, data: Any = None, **kwargs: Any) -> RoleForm:
        return RoleForm(data, user=self.request.user, without=("contact", "customer"), prefix_id="edit", **kwargs)

    def draw(self, role: ContactRole, form: RoleForm, status: int = 200) -> HttpResponse:
        context = {"role": role, "row": role.contact, "object": "contact", "form": form}
        return render(self.request, "customers/role_page.html", context, status=status)


class CustomerContacts(Policed):
    """The people to talk to at a customer: a new person, or one who is known already."""

    policy = ("contact", "view")
    write_policy = ("contact", "add")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.draw(find_customer(request.user, pk), NewContactForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        if request.POST.get("known"):
            return self.link(customer)
        form = NewContactForm(request.POST)
        if form.is_valid():
            try:
                values = {
                    **form.cleaned_data, "customer": customer.pk, "company": customer.name[:200], "team": customer.team_id,
                }  # fmt: skip
                services.create_contact(user=request.user, values=values, now=timezone.now())
                form = NewContactForm()
            except Refused as refused:
                form.add_error(None, refused.message)
        return self.draw(customer, form)

    def link(self, customer: Customer) -> HttpResponse:
        """Link a known person."""
        form = self.role_form(self.request.POST)
        if form.is_valid():
            try:
                given = form.cleaned_data
                services.add_role(
                    user=self.request.user, contact_id=given["contact"], customer_id=customer.pk, role=given["role"],
                    primary=given["primary"],
                )  # fmt: skip
                form = self.role_form()
            except Refused as refused:
                add_errors(form, refused)
        return self.draw(customer, NewContactForm(), form)

    def role_form(self, data: Any = None) -> RoleForm:
        without = ("customer", "since", "until")
        return RoleForm(data, user=self.request.user, without=without, prefix_id="known")

    def draw(self, customer: Customer, form: NewContactForm, known: RoleForm | None = None) -> HttpResponse:
        """The list of contacts; a page of its own without a script."""
        user = self.request.user
        rows = ContactRole.objects.filter(customer=customer, contact__in=Contact.objects.visible_to(user))
        roles = list(rows.select_related("contact").order_by("-primary", "contact__sort_name", "pk")[:MOST_ROLES])
        known = known or self.role_form()
        today = timezone.localdate()
        context = {
            "customer": customer, "present": [one for one in roles if not over(one, today)],
            "former": [one for one in roles if over(one, today)], "form": form, "known": known,
            "levels": user.access.restricted_fields("contact"), "may_add": user.access.can("contact", "add"),
            "may_change": user.access.can("contact", "change"),
        }  # fmt: skip
        part = self.request.headers.get("HX-Request")
        return render(self.request, "customers/contacts.html" if part else "customers/contacts_page.html", context,
                      status=422 if form.errors or known.errors else 200)  # fmt: skip


def over(role: ContactRole, today: date) -> bool:
    """Whether a role has ended."""
    return role.until is not None and role.until <= today


def redirect_to(target: str) -> HttpResponse:
    """See other."""
    return HttpResponseRedirect(target, status=303)


def roles_context(request: HttpRequest, contact: Contact) -> dict[str, Any]:
    """Where a contact works, as far as the reader reaches those customers."""
    user = request.user
    rows = ContactRole.objects.filter(contact=contact, customer__in=Customer.objects.visible_to(user))
    roles = list(rows.select_related("customer").order_by("-primary", "-since", "pk")[:MOST_ROLES])
    today = timezone.localdate()
    return {
        "present": [one for one in roles if not over(one, today)], "former": [one for one in roles if over(one, today)],
        "role_form": RoleForm(user=user, without=("contact", "until"), prefix_id="new"),
        "may_change": user.access.can("contact", "change"),
    }  # fmt: skip


def talk_rows(contact: Contact, user: Any) -> QuerySet[Any]:
    """What was said with this person, newest first by the index of contacts."""
    rows = Interaction.objects.visible_to(user).filter(contact=contact)
    return rows.annotate(event_at=F("occurred_at"), event_ref=F("id"), event_data=INTERACTION_DATA)


def talk_context(request: HttpRequest, contact: Contact) -> dict[str, Any]:
    """One page of what was said, and the address of the next."""
    levels = request.user.access.restricted_fields("contact")
    scene = Scene(request.user, timezone.now(), workspace().home_currency, levels)
    page = timeline.read(SUBJECT, contact, scene, cursor=request.GET.get("before", ""))
    following = urlencode({"before": page.following}) if page.following else ""
    return {"timeline": page, "following": following, "today": timezone.localdate()}


timeline.group(SUBJECT, MESSAGES, gettext_lazy("Messages"), icon="mail", order=10)
timeline.provider(
    SUBJECT, timeline.Provider("interaction", MESSAGES, talk_rows, draw_interaction, ("interaction", "view"))
)
