"""The customers list and the record page (Customer 360)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from crm.kit import slots, timeline
from crm.kit.lists import ListView, Preset
from crm.kit.masking import at_level
from crm.kit.tables import Scene
from crm.kit.ui import words
from crm.kit.views import Policed, RecordPage
from crm.kit.workspace import workspace
from customers.bulk import ACTIONS
from customers.filters import CustomerFilters
from customers.forms import ComposerForm
from customers.merging.services import standing_for
from customers.models import Customer
from customers.tables import LIFECYCLE_TONES, ORDERINGS, TABLE
from customers.timeline import SUBJECT

HEAVY = ("search", "sort_name", "custom", "note", "address")
MOST_COUNTED = 99
MOST_CHIPS = 4


class CustomerList(ListView):
    """All customers that the user reaches."""

    policy = ("customer", "view")
    key = "customers.customer"
    object = "customer"
    model = Customer
    table = TABLE
    filterset_class = CustomerFilters
    own_orderings = ORDERINGS
    default_ordering = "name"
    filter_names = ("lifecycle", "kind", "owner", "team", "tag", "country", "city", "contacted_before", "created_after")
    title = gettext_lazy("Customers")
    all_label = gettext_lazy("All customers")
    search_label = gettext_lazy("Name, e-mail or phone")
    presets = (
        Preset("mine", gettext_lazy("Mine"), "owner={user}"),
        Preset("risk", gettext_lazy("High risk"), "churn_band=high&ordering=-clv_12m", needs="churn_band"),
        Preset("leads", gettext_lazy("Leads"), "lifecycle=lead"),
        Preset("new", gettext_lazy("Newest"), "ordering=-created_at"),
    )
    create_url = "/customers/new/"
    create_label = gettext_lazy("New customer")
    create_policy = ("customer", "add")
    empty_text = gettext_lazy(
        "No customers yet. Add the first one here, or bring a whole file in with the import command or the API."
    )
    actions = ACTIONS

    def get_queryset(self) -> QuerySet[Customer]:
        return super().get_queryset().select_related("owner", "last_contact").defer(*HEAVY)

    @cached_property
    def scene(self) -> Scene:
        made = super().scene
        query = self.state.copy()
        for name in ("columns", "view"):
            query.pop(name, None)
        made.extra["tail"] = "?" + urlencode({"in": query.urlencode()}) if query else ""
        return made


class CustomerPage(RecordPage):
    """One customer: header, figures, profile, tabs, rail."""

    policy = ("customer", "view")
    model = Customer
    record_name = "customer"
    template_name = "customers/record.html"

    def get_queryset(self) -> QuerySet[Customer]:
        return super().get_queryset().select_related("owner", "team", "parent").defer("search", "sort_name")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        customer, user = context["customer"], self.request.user
        levels = user.access.restricted_fields("customer")
        tab = self.request.GET.get("tab", "timeline")
        context |= {
            "tab": tab,
            "levels": levels,
            "profile": profile_lines(customer, levels),
            "email": at_level(customer.email, levels.get("email", "")),
            "phone": at_level(customer.phone, levels.get("phone", "")),
            "reachable": not ({"email", "phone"} & levels.keys()),
            "lifecycle_tone": LIFECYCLE_TONES[customer.lifecycle],
            "local_time": local_time(customer),
            "may_change": user.access.can("customer", "change"),
            "may_delete": user.access.can("customer", "delete"),
            "may_log": user.access.can("interaction", "add"),
            "composer": ComposerForm(),
            "list_query": self.request.GET.get("in", ""),
        }
        if tab == "timeline":
            context |= timeline_context(self.request, customer)
        return context

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            context = self.get_context_data(**kwargs)
        except Http404:
            return merged_away(request.user, kwargs["pk"])
        if request.headers.get("HX-Target") == "record-tabs":
            return TemplateResponse(request, "customers/tabs.html", context, headers={"Vary": "HX-Target"})
        return self.render_to_response(context)


class TimelinePart(Policed):
    """Further events below those already on the page."""

    policy = ("customer", "view")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        context = {"customer": customer, "tab": "timeline", **timeline_context(request, customer)}
        template = "customers/events.html" if request.headers.get("HX-Request") else "customers/events_page.html"
        return render(request, template, context)


class CustomerStep(Policed):
    """Where a customer stands in the list it was opened from, and its neighbours."""

    policy = ("customer", "view")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        listing = CustomerList()
        asked = request.GET.get("in", "")
        request.GET = QueryDict(asked[:1000])
        listing.setup(request)
        steps = listing.neighbours(customer)
        return render(
            request,
            "lists/stepper.html",
            {"steps": steps, "base": "/customers/", "tail": "?" + urlencode({"in": asked}) if asked else ""},
        )


def merged_away(user: Any, pk: int) -> HttpResponse:
    """Where the address of a merged customer leads; 404 for any other that cannot be seen."""
    kept = standing_for(pk)
    if kept is None or not Customer.objects.visible_to(user).filter(pk=kept).exists():
        raise Http404
    # A merge can be undone, so that nobody may remember the redirection.
    return HttpResponsePermanentRedirect(reverse("customer", args=[kept]), headers={"Cache-Control": "no-store"})


def find_customer(user: Any, pk: int) -> Customer:
    """The customer as the user may see it, or 404."""
    found = Customer.objects.visible_to(user).filter(pk=pk).select_related("owner", "team").first()
    if found is None:
        raise Http404
    return found


def timeline_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """One page of the timeline, its type chips and the address of the next page."""
    chosen = request.GET.get("type", "")
    groups = timeline.groups_for(SUBJECT, request.user)
    if chosen not in {group.name for group in groups}:
        chosen = ""
    levels = request.user.access.restricted_fields("customer")
    extra = {"deal": request.user.access.restricted_fields("deal")} if request.user.access.can("deal") else {}
    scene = Scene(request.user, timezone.now(), workspace().home_currency, levels, extra)
    cursor = request.GET.get("before", "")
    whole = not chosen and not cursor
    page = timeline.read(SUBJECT, customer, scene, chosen=chosen, cursor=cursor, count_to=MOST_COUNTED if whole else 0)
    following = urlencode({**({"type": chosen} if chosen else {}), "before": page.following}) if page.following else ""
    count = "" if not whole else f"{MOST_COUNTED}+" if page.found > MOST_COUNTED else str(page.found)
    return {
        "timeline": page, "chosen": chosen, "following": following, "today": timezone.localdate(), "count": count,
        **type_chips(groups, chosen),
    }  # fmt: skip


def type_chips(groups: list[timeline.Group], chosen: str) -> dict[str, Any]:
    """The types that stand in the row, those behind "More", and the one of these that is chosen."""
    rest = [group for group in groups if group.rare] if len(groups) > MOST_CHIPS else []
    return {
        "groups": [group for group in groups if group not in rest],
        "rest": rest,
        "rest_chosen": next((group for group in rest if group.name == chosen), None),
    }


def profile_lines(customer: Customer, levels: dict[str, str]) -> list[dict[str, Any]]:
    """The facts of the profile column; ``field`` makes a line editable in place."""
    place = ", ".join(part for part in (customer.city, customer.country) if part)
    lines = [
        ("email", _("E-mail"), at_level(customer.email, levels.get("email", "")), "email"),
        ("phone", _("Phone"), at_level(customer.phone, levels.get("phone", "")), "phone"),
        ("company", _("Company"), customer.company, "company"),
        ("title", _("Job title"), customer.title, "title"),
        ("city", _("City"), place, "city"),
        ("address", _("Address"), at_level(customer.address, levels.get("address", "")), "address"),
        ("owner", _("Owner"), customer.owner.display_name if customer.owner else "", "owner"),
        ("team", _("Team"), customer.team.name, ""),
        ("lifecycle", _("Lifecycle"), customer.get_lifecycle_display(), "lifecycle"),
        ("language", _("Language"), language_name(customer.language), "language"),
        ("since", _("Since"), words.day(customer.created_at), ""),
    ]
    hidden_when_empty = {"title", "address", "language", "company"}
    return [
        {"name": name, "label": label, "value": value, "field": field if levels.get(name) not in ("hidden", "masked") else ""}
        for name, label, value, field in lines
        if levels.get(name) != "hidden" and (value or name not in hidden_when_empty)
    ]  # fmt: skip


def language_name(code: str) -> str:
    """A language as the reader calls it; the code itself where nobody knows it."""
    if code == "zh":
        return _("Chinese")
    try:
        return str(get_language_info(code)["name_translated"]) if code else ""
    except KeyError:
        return code


def local_time(customer: Customer) -> str:
    """The clock where the customer is, when that is known."""
    if not customer.time_zone:
        return ""
    try:
        return f"{timezone.now().astimezone(ZoneInfo(customer.time_zone)):%H:%M}"
    except (ZoneInfoNotFoundError, ValueError):
        return ""


slots.opens("customer", lambda user, pk: Customer.objects.visible_to(user).filter(pk=pk).first())
