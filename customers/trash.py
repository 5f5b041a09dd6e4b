"""The trash: what was put away, by whom, how long it stays; restoring, and deleting for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts.models import User
from crm.kit import exports, records
from crm.kit.errors import Refused
from crm.kit.lists import Action, ListView
from crm.kit.lists import bulk as lists_bulk
from crm.kit.views import Policed, go_to
from customers import services
from customers.bulk import CONTACT_PURGE, CONTACT_RESTORE, PURGE, RESTORE
from customers.filters import ContactTrashFilters, TrashFilters
from customers.models import Contact, Customer
from customers.services.trash import KEPT_DAYS, relations, stays
from customers.tables import CONTACT_TRASH_TABLE, TRASH_TABLE

MOST_PURGED = 500
OWN = {
    "interaction": gettext_lazy("Messages and notes"),
    "contactpoint": gettext_lazy("E-mails, phones and addresses"),
    "contactrole": gettext_lazy("Roles of contacts"),
    "relationship": gettext_lazy("Relationships"),
    "attachment": gettext_lazy("Files"),
}
"""Tables without pages of their own that people know by name."""


class Trash(ListView):
    """Rows in the trash that the user may restore, of one kind of record."""

    own_orderings = {"name": "sort_name", "deleted_at": "deleted_at"}
    default_ordering = "-deleted_at"
    title = gettext_lazy("Trash")
    search_label = gettext_lazy("Name, e-mail or phone")
    empty_text = gettext_lazy("The trash is empty. What is moved here can be restored for 30 days.")
    strip_template = "customers/trash_strip.html"
    purge: ClassVar[Action]
    purge_name: ClassVar[str]
    """The page that asks before rows go for ever."""

    def _do(self, request: HttpRequest) -> HttpResponseBase:
        """Deleting for ever is asked for on a page of its own, which names the counts."""
        if self._asked() is not self.purge:
            return super()._do(request)
        ids = [] if request.POST.get("every") == "1" else lists_bulk.chosen(request.POST.getlist("ids"))
        query = urlencode([("ids", one) for one in ids])
        return go_to(request, f"{reverse(self.purge_name)}?{query}")

    def get_queryset(self) -> QuerySet[Any]:
        return (
            services.in_trash(self.request.user, self.object)
            .select_related("owner")
            .defer("search", "custom", "note", "address")
        )

    def prepare(self, rows: list[Any]) -> list[Any]:
        """With who moved each of them here: told by the history, in one query."""
        model = self.model.pgh_event_model  # type: ignore[attr-defined] # set by the decorator of pghistory
        keys = [row.pk for row in rows]
        events = (
            model.objects.filter(pgh_obj_id__in=keys, deleted_at=None).order_by("pgh_obj_id", "-pgh_id")
            .distinct("pgh_obj_id").values_list("pgh_obj_id", "pgh_context__metadata__user")
        )  # fmt: skip
        by = dict(events)
        names = {user.pk: user.display_name for user in User.objects.filter(pk__in=[one for one in by.values() if one])}
        for row in rows:
            row.moved_by = names.get(by.get(row.pk) or 0, "")
        return super().prepare(rows)

    @cached_property
    def kept_days(self) -> int:
        """How long a row stays."""
        return KEPT_DAYS

    @property
    def may_purge(self) -> bool:
        """Whether the reader may delete for ever."""
        return bool(self.request.user.access.can(self.object, "purge"))


class TrashList(Trash):
    """Customers in the trash."""

    policy = ("customer", "delete")
    key = "customers.trash"
    object = "customer"
    model = Customer
    table = TRASH_TABLE
    filterset_class = TrashFilters
    filter_names = ("kind", "owner")
    all_label = gettext_lazy("Customers in the trash")
    actions = (RESTORE, PURGE)
    purge = PURGE
    purge_name = "customers-trash-purge"
    also = ((gettext_lazy("Contacts in the trash"), "/contacts/trash/", ("contact", "delete")),)


class ContactTrashList(Trash):
    """Contacts in the trash."""

    policy = ("contact", "delete")
    key = "customers.contacttrash"
    object = "contact"
    model = Contact
    table = CONTACT_TRASH_TABLE
    filterset_class = ContactTrashFilters
    filter_names = ("owner",)
    all_label = gettext_lazy("Contacts in the trash")
    actions = (CONTACT_RESTORE, CONTACT_PURGE)
    purge = CONTACT_PURGE
    purge_name = "contacts-trash-purge"
    also = ((gettext_lazy("Customers in the trash"), "/customers/trash/", ("customer", "delete")),)


class PurgeTrash(Policed):
    """Deletes chosen rows of the trash for ever, once their number has been typed."""

    policy = ("customer", "purge")
    object: ClassVar[str] = "customer"
    base: ClassVar[str] = "customers"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, self.chosen(request.GET.getlist("ids")))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        rows = self.chosen(request.POST.getlist("ids"))
        if not rows:
            raise Refused(_("Tick the records first."))
        typed = request.POST.get("confirm", "").strip()
        if typed != str(len(rows)):
            status = 422 if "confirm" in request.POST else 200
            return self.ask(request, rows, status=status)
        gone = services.purge(user=request.user, ids=[row.pk for row in rows], obj=self.object)
        exports.note(request, "purge", self.object, {"count": gone})
        messages.success(request, self.told(gone))
        return go_to(request, reverse(f"{self.base}-trash"))

    def told(self, gone: int) -> str:
        """How many went."""
        sentence = ngettext("%(n)s customer was deleted for ever.", "%(n)s customers were deleted for ever.", gone)
        return sentence % {"n": gone}

    def chosen(self, ids: list[str]) -> list[Any]:
        """The named rows of the trash, all of it where none is named."""
        rows = services.in_trash(self.request.user, self.object, "purge").order_by("sort_name", "pk")
        if ids:
            rows = rows.filter(pk__in=lists_bulk.chosen(ids))
        return list(rows.only("name")[:MOST_PURGED])

    def ask(self, request: HttpRequest, rows: list[Customer], status: int = 200) -> HttpResponse:
        """What would go, in numbers."""
        if not rows:
            raise Http404
        context = {
            "rows": rows, "parts": hanging(rows), "wrong": status == 422, "object": self.object,
            "purge": reverse(f"{self.base}-trash-purge"), "away": reverse(f"{self.base}-trash"),
        }  # fmt: skip
        return render(request, "customers/purge.html", context, status=status)


class PurgeContacts(PurgeTrash):
    """The same of contacts."""

    policy = ("contact", "purge")
    object = "contact"
    base = "contacts"

    def told(self, gone: int) -> str:
        """How many went."""
        sentence = ngettext("%(n)s contact was deleted for ever.", "%(n)s contacts were deleted for ever.", gone)
        return sentence % {"n": gone}


def trashed(request: HttpRequest, obj: str, pk: int) -> HttpResponse:
    """A record of the trash says so to whoever may restore it; anyone else gets the usual 404."""
    row = services.in_trash(request.user, obj).filter(pk=pk).first()
    if row is None:
        raise Http404
    until = row.deleted_at + timedelta(days=KEPT_DAYS)
    context = {"row": row, "until": until, "object": obj, "restore": reverse(f"{obj}-restore", args=[pk])}
    return render(request, "customers/trashed.html", context, status=410)


def hanging(rows: Sequence[Any]) -> list[tuple[str, int, bool]]:
    """How much hangs on these rows, table by table, and whether it stays without them."""
    if not rows:
        return []
    keys = [row.pk for row in rows]
    found: dict[tuple[str, bool], int] = {}
    for relation in relations(type(rows[0])):
        model, name = relation.related_model, relation.field.name
        label = records.plural_of(model._meta.model_name) or str(OWN.get(model._meta.model_name, _("Other entries")))
        kept = (label, stays(relation))
        found[kept] = found.get(kept, 0) + model._default_manager.filter(**{f"{name}__in": keys}).count()
    return [(label, n, kept) for (label, kept), n in found.items() if n]
