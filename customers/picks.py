"""Customers, companies and contacts as a combobox offers them and as people type them."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from crm.accounts.fields import PickField
from crm.accounts.models import User
from crm.accounts.picks import Kind, Offer
from crm.accounts.views import Pick
from crm.kit import search
from crm.kit.errors import Invalid
from customers.models import Contact, Customer

KEYED = re.compile(r"(.*\S)?\s*#(\d{1,18})", re.S)


def _customers(user: User, _obj: str, _action: str) -> QuerySet[Customer]:
    return Customer.objects.visible_to(user)


def _companies(user: User, _obj: str, _action: str) -> QuerySet[Customer]:
    return Customer.objects.visible_to(user).filter(kind=Customer.Kind.COMPANY)


def _contacts(user: User, _obj: str, _action: str) -> QuerySet[Contact]:
    return Contact.objects.visible_to(user)


def _found(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """By the words of the name alone: e-mail and phone may be masked from the reader."""
    same = rows.model._default_manager.filter(sort_name=OuterRef("sort_name"), deleted_at=None)
    rows = search.match(rows, typed, hidden=("email", "phone"))
    return rows.annotate(twin=Exists(same.exclude(pk=OuterRef("pk")))).order_by("sort_name", "pk")


def _offer(row: Any) -> Offer:
    """Its name, with its key where another is called the same."""
    twin = getattr(row, "twin", None)
    if twin is None:
        twin = type(row)._default_manager.filter(sort_name=row.sort_name, deleted_at=None).exclude(pk=row.pk).exists()
    text = f"{row.name} #{row.pk}" if twin else row.name
    return Offer(str(row.pk), text, row.name, row.city or row.company, avatar=True)


def _named(rows: QuerySet[Any], text: str) -> Any:
    """By name; by the key behind it where several are called so."""
    same = list(rows.filter(sort_name=text.lower())[:2])
    if len(same) == 1:
        return same[0]
    keyed = KEYED.fullmatch(text)
    found = rows.filter(pk=keyed.group(2)).first() if keyed else None
    if found is not None and (keyed is None or not keyed.group(1) or found.sort_name == keyed.group(1).lower()):
        return found
    if same:
        sentence = _("Several are called “%(name)s”. Take one from the list.")
    else:
        sentence = _("There is no “%(name)s” among yours. Take one from the list.")
    raise Invalid(sentence % {"name": text})


CUSTOMERS = Kind(Customer, "customers-pick", _customers, _found, _offer, _named)
COMPANIES = Kind(Customer, "companies-pick", _companies, _found, _offer, _named)
CONTACTS = Kind(Contact, "contacts-pick", _contacts, _found, _offer, _named)


class CustomerField(PickField):
    """A customer within reach."""

    kind = CUSTOMERS


class CompanyField(PickField):
    """A company within reach."""

    kind = COMPANIES


class ContactField(PickField):
    """A contact within reach."""

    kind = CONTACTS


class PickCustomers(Pick):
    """Customers of the reader."""

    policy = ("customer", "view")
    kind = CUSTOMERS


class PickCompanies(Pick):
    """Companies among them."""

    policy = ("customer", "view")
    kind = COMPANIES


class PickContacts(Pick):
    """Contacts of the reader."""

    policy = ("contact", "view")
    kind = CONTACTS
