"""Making, changing and removing products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit.errors import Invalid, Refused
from crm.kit.rows import check_fields, check_tag, locked, save_changes, tidy
from customers.services.parties import API_SOURCE, source_named
from sales.models import Product

FIELDS = frozenset({"sku", "name", "category", "kind", "source", "external_id"})


@transaction.atomic
def create_product(*, user: User, values: Mapping[str, Any]) -> Product:
    """Make a product; raises Refused (409) when its code or outside id is taken, whatever the case."""
    check_fields(values, user=user, obj="product")
    ready = with_source(tidy(values))
    row = Product(**{name: value for name, value in ready.items() if name in FIELDS})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(_("A product with this code or external id exists already."), code="exists") from error
    return row


@transaction.atomic
def update_product(*, user: User, product_id: int, values: Mapping[str, Any], expected: str | None = None) -> Product:
    """Change the given fields."""
    row = locked(Product, product_id, user=user, obj="product", action="change")
    check_tag(row, expected)
    check_fields(values, user=user, obj="product")
    ready = with_source(tidy(values))
    try:
        with transaction.atomic():
            save_changes(row, {name: value for name, value in ready.items() if name in FIELDS})
    except IntegrityError as error:
        raise Refused(_("A product with this code or external id exists already."), code="exists") from error
    return row


@transaction.atomic
def delete_product(*, user: User, product_id: int, expected: str | None = None) -> None:
    """Remove a product that no order names; raises Refused (409) otherwise."""
    row = locked(Product, product_id, user=user, obj="product", action="delete")
    check_tag(row, expected)
    try:
        row.delete()
    except ProtectedError as error:
        raise Refused(_("Orders name this product; it stays."), code="in_use") from error


def with_source(ready: dict[str, Any]) -> dict[str, Any]:
    """The source as a row, where an outside id is given."""
    if ready.get("external_id"):
        return {**ready, "source": source_named(ready.get("source") or API_SOURCE)}
    return {name: value for name, value in ready.items() if name not in ("source", "external_id")}


def named_product(value: Any) -> Product:
    """A product by id, or by code whatever its case; raises Invalid."""
    rows = Product.objects.all()
    by_id = isinstance(value, int)
    found = rows.filter(pk=value).first() if by_id else rows.filter(sku__iexact=str(value)).first()
    if found is None:
        sentence = _("There is no such product.")
        raise Invalid(sentence, fields={"product": sentence})
    return found
