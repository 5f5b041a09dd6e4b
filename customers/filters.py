"""Filters of the lists of customers, contacts and interactions; pages, API and saved views share them."""

from typing import TypeVar

import django_filters
from django.db import models
from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.accounts.filters import OwnerFilter, TeamFilter
from crm.kit.filters import ChoicesFilter, IdFilter, KitFilterSet, TextFilter, TimeFilter
from customers.following.models import Follow
from customers.following.services import MOST_FOLLOWED
from customers.models import ContactRole, Customer, ExternalId, ImportChange, ImportJob, Interaction, Lifecycle

M = TypeVar("M", bound=models.Model)


class ExternalIdFilter(TextFilter):
    """Customers that an outside system knows by this id."""

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """By the table of outside ids."""
        if not value:
            return qs
        return qs.filter(Exists(ExternalId.objects.filter(customer=OuterRef("pk"), external_id=value)))


class SourceFilter(TextFilter):
    """Customers that an outside system knows."""

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """By the table of outside ids."""
        if not value:
            return qs
        return qs.filter(Exists(ExternalId.objects.filter(customer=OuterRef("pk"), source__name=value)))


class TagFilter(TextFilter):
    """Rows that carry a tag."""

    def filter(self, qs: QuerySet[M], value: str) -> QuerySet[M]:
        """By array containment, which the index answers."""
        return qs.filter(~Q(tags=[]), tags__contains=[value]) if value else qs  # the index holds tagged rows only


class ImportFilter(IdFilter):
    """Customers that one import created or updated."""

    def filter(self, qs: QuerySet[M], value: int | None) -> QuerySet[M]:
        """By the ids that each span of the import noted; an import that the reader may not see has none."""
        if value is None:
            return qs
        parent = getattr(self, "parent", None)
        request = parent.request if parent else None
        pk = int(value) if str(value).isdigit() else 0  # conditions in an address give texts
        if request is None or not ImportJob.objects.visible_to(request.user).filter(pk=pk).exists():
            return qs.none()
        each = Func("ids", function="unnest", output_field=BigIntegerField())
        noted = ImportChange.objects.filter(job=pk, object="customers.customer").annotate(one=each)
        return qs.filter(pk__in=noted.values("one"))


class FollowedFilter(django_filters.BooleanFilter):
    """Customers that the reader follows."""

    apart = True  # whose it is depends on who asks: no condition that others may share holds it

    def filter(self, qs: QuerySet[M], value: bool | None) -> QuerySet[M]:
        """By their keys, of which nobody has more than a thousand: so a list of a million reads a thousand rows."""
        parent = getattr(self, "parent", None)
        if value is None or parent is None or parent.request is None:
            return qs
        own = Follow.objects.filter(user=parent.request.user, customer__isnull=False)
        keys = list(own.values_list("customer", flat=True)[:MOST_FOLLOWED])
        return qs.filter(pk__in=keys) if value else qs.exclude(pk__in=keys)


class CustomerFilters(KitFilterSet):
    """The customer list."""

    object = "customer"
    key = "customers.customer"

    asks = (
        "name", "first_name", "last_name", "company", "title", "email", "phone", "birth_date", "gender", "address",
        "city", "region", "postcode", "country", "language", "note",
    )  # fmt: skip

    lifecycle = ChoicesFilter(label=_("Lifecycle"), choices=Lifecycle.choices)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Customer.Kind.choices)
    owner = OwnerFilter()
    team = TeamFilter()
    country = TextFilter(label=_("Country"))
    city = TextFilter(label=_("City"))
    tag = TagFilter(label=_("Tag"), field_name="tags")
    source = SourceFilter(label=_("Source"), field_name="external_ids__source")
    external_id = ExternalIdFilter(label=_("External id"), field_name="external_ids")
    email = TextFilter(label=_("E-mail"))
    created_after = TimeFilter(label=_("Created from"), field_name="created_at", lookup_expr="gte")
    created_before = TimeFilter(label=_("Created before"), field_name="created_at", lookup_expr="lt")
    changed_after = TimeFilter(label=_("Changed from"), field_name="updated_at", lookup_expr="gte")
    contacted_after = TimeFilter(label=_("Last contact from"), field_name="last_contact__at", lookup_expr="gte")
    contacted_before = TimeFilter(label=_("Last contact before"), field_name="last_contact__at", lookup_expr="lt")
    imported_by = ImportFilter(label=_("Import"), field_name="id")
    followed = FollowedFilter(label=_("Followed by me"), field_name="id")


class TrashFilters(KitFilterSet):
    """The list of the trash."""

    object = "customer"
    key = "customers.trash"

    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Customer.Kind.choices)
    owner = OwnerFilter()


class ContactTrashFilters(KitFilterSet):
    """The list of contacts in the trash."""

    object = "contact"
    key = "customers.contacttrash"

    owner = OwnerFilter()


class ContactCustomerFilter(IdFilter):
    """Contacts of one customer."""

    def filter(self, qs: QuerySet[M], value: int | None) -> QuerySet[M]:
        """By the table of roles."""
        if value is None:
            return qs
        return qs.filter(Exists(ContactRole.objects.filter(contact=OuterRef("pk"), customer=value)))


class ContactFilters(KitFilterSet):
    """The contact list."""

    object = "contact"
    key = "customers.contact"
    asks = ("name", "first_name", "last_name", "company", "title", "email", "phone", "city", "country", "note")

    customer = ContactCustomerFilter(label=_("Customer"), field_name="roles")
    owner = OwnerFilter()
    team = TeamFilter()
    country = TextFilter(label=_("Country"))
    tag = TagFilter(label=_("Tag"), field_name="tags")
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    email = TextFilter(label=_("E-mail"))
    changed_after = TimeFilter(label=_("Changed from"), field_name="updated_at", lookup_expr="gte")


class InteractionFilters(KitFilterSet):
    """The list of interactions."""

    object = "interaction"
    key = "customers.interaction"
    asks = ("subject", "text", "topic", "mood")
    related = {"customer": CustomerFilters}

    search = None  # type: ignore[assignment]
    customer = IdFilter(label=_("Customer"))
    contact = IdFilter(label=_("Contact"))
    kind = ChoicesFilter(label=_("Kind"), choices=Interaction.Kind.choices)
    direction = django_filters.ChoiceFilter(
        label=_("Direction"), choices=[("in", _("Incoming")), ("out", _("Outgoing"))]
    )
    channel = TextFilter(label=_("Channel"))
    source = TextFilter(label=_("Source"), field_name="source__name")
    external_id = TextFilter(label=_("External id"))
    occurred_after = TimeFilter(label=_("From"), field_name="occurred_at", lookup_expr="gte")
    occurred_before = TimeFilter(label=_("Before"), field_name="occurred_at", lookup_expr="lt")
