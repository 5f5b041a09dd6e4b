"""The tree of companies above and below a customer, with figures over it, and relationships to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.settings_views import Section
from crm.kit import rollups
from crm.kit.errors import Refused
from crm.kit.views import Action, FormPage, Policed, go_to
from customers import services
from customers.forms import RelationForm, RelationTypeForm
from customers.models import Customer, Relationship, RelationType
from customers.points import add_errors
from customers.services.hierarchy import ABOVE, DEEPEST
from customers.views import find_customer

MOST_SHOWN = 60
MOST_SUMMED = 2_000
MOST_RELATED = 50
BELOW = """
WITH RECURSIVE below(id, parent_id, depth, path) AS (
    SELECT id, NULL::bigint, 0, ARRAY[]::text[] FROM customers_customer WHERE id = %s
    UNION ALL SELECT c.id, c.parent_id, b.depth + 1, b.path || c.sort_name || c.id::text
    FROM customers_customer c JOIN below b ON c.parent_id = b.id
    WHERE b.depth < %s AND c.deleted_at IS NULL)
SELECT id, depth FROM below ORDER BY path LIMIT %s
"""


@dataclass(frozen=True)
class Node:
    """One line of the tree."""

    customer: Customer
    depth: int
    here: bool
    notes: list[Any]


def top_of(user: Any, customer: Customer) -> int:
    """The highest company above that the reader reaches without a gap."""
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, [customer.pk, DEEPEST])
        chain = [row[0] for row in cursor.fetchall()]
    reached = set(Customer.objects.visible_to(user).filter(pk__in=chain).values_list("pk", flat=True))
    top = customer.pk
    for pk in chain:
        if pk not in reached:
            break
        top = pk
    return top


def below(user: Any, top: int, most: int = MOST_SUMMED) -> list[tuple[Customer, int]]:
    """A customer and everything below it within reach, in the order of the tree; a branch that is not reached is cut."""
    with connection.cursor() as cursor:
        cursor.execute(BELOW, [top, DEEPEST, most])
        found = cursor.fetchall()
    rows = (
        Customer.objects.visible_to(user)
        .only("name", "kind", "city", "parent", "lifecycle")
        .in_bulk([pk for pk, _depth in found])
    )
    kept: list[tuple[Customer, int]] = []
    seen: set[int] = set()
    for pk, depth in found:
        row = rows.get(pk)
        if row is not None and (depth == 0 or row.parent_id in seen):
            seen.add(pk)
            kept.append((row, depth))
    return kept


class Family(Policed):
    """The tree from the highest company down, and the figures of this customer and all below it."""

    policy = ("customer", "view")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        whole = below(request.user, top_of(request.user, customer))
        own = [row.pk for row, _depth in below(request.user, customer.pk)]
        now = timezone.now()
        figures = rollups.figures("customer", request.user, own, now) if len(own) > 1 else []
        nodes = [
            Node(row, depth, row.pk == pk, [made.each[row.pk] for _one, made in figures if row.pk in made.each])
            for row, depth in around(whole, pk)
        ]
        context = {
            "customer": customer, "row": customer, "nodes": nodes if len(whole) > 1 else [], "figures": figures,
            "left": max(0, len(whole) - len(nodes)), "many": len(own), "may_change": request.user.access.can("customer", "change"),
        }  # fmt: skip
        part = request.headers.get("HX-Request")
        return render(request, "customers/family.html" if part else "customers/family_page.html", context)


def around(whole: list[tuple[Customer, int]], pk: int) -> list[tuple[Customer, int]]:
    """The part of a long tree that holds this customer, its parents first."""
    if len(whole) <= MOST_SHOWN:
        return whole
    at = next((n for n, (row, _depth) in enumerate(whole) if row.pk == pk), 0)
    chain: list[tuple[Customer, int]] = []
    depth = whole[at][1]
    for row, level in reversed(whole[:at]):
        if level < depth:
            chain.insert(0, (row, level))
            depth = level
    return [*chain, *whole[at : at + MOST_SHOWN - len(chain)]]


class Relations(Policed):
    """How a customer stands to others, and a form for one more."""

    policy = ("customer", "view")
    write_policy = ("customer", "change")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.draw(find_customer(request.user, pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        customer = find_customer(request.user, pk)
        form = RelationForm(request.POST, user=request.user, kinds=offered())
        if form.is_valid():
            kind, _dash, back = form.cleaned_data["type"].partition("-")
            try:
                services.relate(
                    user=request.user, customer_id=pk, other_id=form.cleaned_data["other"], type_id=int(kind),
                    backwards=bool(back), note=form.cleaned_data["note"],
                )  # fmt: skip
                return self.draw(customer)
            except Refused as refused:
                add_errors(form, refused)
        return self.draw(customer, form, status=422)

    def draw(self, customer: Customer, form: RelationForm | None = None, status: int = 200) -> HttpResponse:
        """The card; a page of its own without a script."""
        user = self.request.user
        context = {
            "customer": customer, "row": customer, "related": related(user, customer),
            "form": form or RelationForm(user=user, kinds=offered()), "may_change": user.access.can("customer", "change"),
        }  # fmt: skip
        part = self.request.headers.get("HX-Request")
        name = "customers/relations.html" if part else "customers/relations_page.html"
        return render(self.request, name, context, status=status)


def related(user: Any, customer: Customer) -> list[dict[str, Any]]:
    """The relationships to customers that the reader reaches, each said from this customer's side."""
    reached = Customer.objects.visible_to(user)
    mine = Q(customer=customer, other__in=reached) | Q(other=customer, customer__in=reached)
    rows = Relationship.objects.filter(mine).select_related("type", "customer", "other").order_by("type__words", "pk")
    return [
        {
            "row": row, "other": row.other if row.customer_id == customer.pk else row.customer,
            "words": row.type.forward if row.customer_id == customer.pk else row.type.backward,
        }
        for row in rows[:MOST_RELATED]
    ]  # fmt: skip


def offered() -> list[RelationType]:
    """The kinds that may be chosen."""
    return list(RelationType.objects.filter(retired_at=None).order_by("words"))


class RemoveRelation(Policed):
    """Take a relationship away."""

    policy = ("customer", "change")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int, relation: int) -> HttpResponseBase:
        services.unrelate(user=request.user, customer_id=pk, relationship_id=relation)
        if request.headers.get("HX-Request"):
            made = Relations()
            made.setup(request, pk=pk)
            return made.draw(find_customer(request.user, pk))
        messages.success(request, _("Removed."))
        return go_to(request, reverse("customer-relations", args=[pk]))


class RelationTypes(Section, FormPage):
    """The kinds of relationships of this workspace."""

    policy = ("setting", "view")
    write_policy = ("setting", "change")
    section = "relations"
    form_class = RelationTypeForm
    template_name = "settings/relations.html"
    success_message = gettext_lazy("Saved.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(RelationType.objects.order_by("words"))
        return super().get_context_data(
            offered=[one for one in rows if one.retired_at is None], retired=[one for one in rows if one.retired_at],
            may_change=self.request.user.access.can("setting", "change"), **kwargs,
        )  # fmt: skip

    def save(self, form: RelationTypeForm) -> str:
        services.keep_type(user=self.request.user, **form.cleaned_data)
        return reverse("settings-relations")


class EditRelationType(Section, FormPage):
    """The words of one kind."""

    policy = ("setting", "change")
    section = "relations"
    form_class = RelationTypeForm
    template_name = "settings/relation.html"
    success_message = gettext_lazy("Saved.")

    def kind(self) -> RelationType:
        """The kind of the address, or 404."""
        found = RelationType.objects.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Refused("", status=404, code="not_found")
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        kind = self.kind()
        return {"initial": {"words": kind.forward, "inverse": "" if kind.is_mutual else kind.backward}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(kind=self.kind(), **kwargs)

    def save(self, form: RelationTypeForm) -> str:
        services.keep_type(user=self.request.user, type_id=self.kwargs["pk"], **form.cleaned_data)
        return reverse("settings-relations")


class SwitchRelationType(Action):
    """Offer a kind no longer, or again."""

    policy = ("setting", "change")

    def act(self, request: HttpRequest) -> str:
        if request.POST.get("offer") == "1":
            services.offer_type_again(user=request.user, type_id=self.kwargs["pk"])
        else:
            services.retire_type(user=request.user, type_id=self.kwargs["pk"], now=timezone.now())
        messages.success(request, _("Saved."))
        return reverse("settings-relations")
