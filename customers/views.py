"""The customers list and the record page (Customer 360)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Exists, OuterRef, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.layouts import PAGE as LAYOUT
from crm.accounts.layouts import audience, by_strength
from crm.accounts.models import Visit
from crm.kit import prepared, slots, timeline
from crm.kit.errors import Refused
from crm.kit.layout.parts import arrange
from crm.kit.layout.services import layout_for, standing
from crm.kit.lists import ListView, Preset
from crm.kit.masking import at_level
from crm.kit.tables import Scene
from crm.kit.views import Policed, RecordPage
from crm.kit.workspace import workspace
from customers import profile
from customers.bulk import ACTIONS
from customers.cells import EDITOR
from customers.composer import compose
from customers.composer.drafts import own_drafts
from customers.filters import CustomerFilters
from customers.following.services import followed_by
from customers.merging.services import standing_for
from customers.models import Contact, Customer, Merge
from customers.tables import LIFECYCLE_TONES, ORDERINGS, TABLE
from customers.timeline import SUBJECT
from customers.trash import trashed

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
        Preset("followed", gettext_lazy("Followed"), "followed=true"),
        Preset("new", gettext_lazy("Newest"), "ordering=-created_at"),
    )
    create_url = "/customers/new/"
    create_label = gettext_lazy("New customer")
    create_policy = ("customer", "add")
    empty_text = gettext_lazy("No customers yet. Add the first one here, or bring in a whole file.")
    empty_template = "customers/empty.html"
    actions = ACTIONS
    editor = EDITOR
    group_names = ("lifecycle", "kind", "owner", "team", "country", "churn_band", "rfm_segment")
    sums = {"monetary": "score__monetary", "clv_12m": "score__clv_12m"}
    also = ((gettext_lazy("Trash"), "/customers/trash/", ("customer", "delete")),)

    def get_queryset(self) -> QuerySet[Customer]:
        return super().get_queryset().select_related("owner", "last_contact").defer(*HEAVY)

    @property
    def may_import(self) -> bool:
        """Whether the empty list offers to bring in a file."""
        return self.may(("import", "run"))

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
    tab = ""  # which one is open whatever the address says

    def get_queryset(self) -> QuerySet[Customer]:
        merged = Merge.objects.filter(keep=OuterRef("pk"), undone_at=None)
        rows = super().get_queryset().select_related("owner", "team").defer("search", "sort_name")
        user = self.request.user
        layout = standing(LAYOUT, by_strength(user.access.roles))
        more = slots.riding("customer.detail", user)
        return rows.annotate(
            was_merged=Exists(merged), own_drafts=own_drafts(user), followed=followed_by(user), layout=layout, **more
        )

    def get_record(self) -> Customer:
        access = self.request.user.access
        known = ("customer page", access.reach, *access.roles)
        found: Customer | None = prepared.first(known, self.get_queryset, self.kwargs["pk"])
        if found is None:
            raise Http404
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        customer, user = context["customer"], self.request.user
        levels = user.access.restricted_fields("customer")
        preview = self.arrange(customer)
        first = next((name for name, _panel in slots.shown(self.request, "customer.detail.tabs")), "timeline")
        tab = self.tab or self.request.GET.get("tab") or first
        context |= {
            "preview": preview,
            "preview_role": self.request.GET.get("layout", ""),
            "tab": tab,
            "levels": levels,
            "row": customer,
            "facts": profile.draw(customer, user, levels),
            "above": visible_parent(user, customer),
            "row_where": f"/customers/{customer.pk}/",
            "tags_where": f"/customers/{customer.pk}/tags/",
            "email": at_level(customer.email, levels.get("email", "")),
            "phone": at_level(customer.phone, levels.get("phone", "")),
            "reachable": not ({"email", "phone"} & levels.keys()),
            "lifecycle_tone": LIFECYCLE_TONES[customer.lifecycle],
            "local_time": local_time(customer),
            "may_change": user.access.can("customer", "change"),
            "may_delete": user.access.can("customer", "delete"),
            "may_log": user.access.can("interaction", "add"),
            "list_query": self.request.GET.get("in", ""),
        }
        if tab == "timeline":
            context |= timeline_context(self.request, customer)
            if context["may_log"]:
                asked = self.request.GET.get("compose", "")
                context |= {"composer": compose.build(user, customer, asked), "focus": bool(asked)}
        return context

    def arrange(self, customer: Any) -> Any:
        """Lay the page out; whoever makes layouts may look at a role's, whose name is returned then."""
        role = self.request.GET.get("layout")
        if role is None or not self.request.user.access.can("setting", "change"):
            arrange(self.request, LAYOUT, customer.layout, own=self.request.user.own_tabs.get(LAYOUT, ()))
            return None
        arrange(self.request, LAYOUT, layout_for(LAYOUT, [role]))
        return audience(role)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            context = self.get_context_data(**kwargs)
        except Http404:
            if standing_for(kwargs["pk"]) is not None:
                return merged_away(request.user, kwargs["pk"])
            return trashed(request, "customer", kwargs["pk"])
        if request.headers.get("HX-Target") == "record-tabs":
            return TemplateResponse(request, "customers/tabs.html", context, headers={"Vary": "HX-Target"})
        return self.render_to_response(context)


class PreviewLayout(Policed):
    """To a customer whose page shows a layout: the one seen last, else any."""

    policy = ("setting", "view")

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Customer.objects.visible_to(request.user)
        seen = Visit.objects.filter(user=request.user, object="customer").order_by("-seen_at")
        pk = next(
            iter(rows.filter(pk__in=list(seen.values_list("record", flat=True)[:1])).values_list("pk", flat=True)), None
        )
        pk = pk or rows.order_by("-pk").values_list("pk", flat=True).first()
        if pk is None:
            raise Refused(_("There is no customer yet whose page could be shown."))
        query = urlencode({"layout": request.GET.get("for", "")})
        return HttpResponseRedirect(f"{reverse('customer', args=[pk])}?{query}")


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


def find_contact(user: Any, pk: int) -> Contact:
    """The contact as the user may see it, or 404."""
    found = Contact.objects.visible_to(user).filter(pk=pk).select_related("owner", "team", "source").first()
    if found is None:
        raise Http404
    return found


def visible_parent(user: Any, customer: Customer) -> Customer | None:
    """The company above, where the reader reaches it; no query where there is none."""
    if customer.parent_id is None:
        return None
    return Customer.objects.visible_to(user).filter(pk=customer.parent_id).only("name").first()


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


def local_time(customer: Customer) -> str:
    """The clock where the customer is, when that is known."""
    if not customer.time_zone:
        return ""
    try:
        return f"{timezone.now().astimezone(ZoneInfo(customer.time_zone)):%H:%M}"
    except (ZoneInfoNotFoundError, ValueError):
        return ""


slots.opens("customer", lambda user, pk: Customer.objects.visible_to(user).filter(pk=pk).first())
