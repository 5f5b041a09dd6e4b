"""The cells of the customer list that can be edited in place: the forms and the service of the profile."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm.accounts.models import User
from crm.kit.lists.cells import Editor
from customers import services
from customers.forms import CustomerForm, initial_of
from customers.models import Customer

NAMES = ("name", "kind", "company", "owner", "lifecycle", "email", "phone", "city", "country", "tags")


def form_of(user: User, row: Customer, name: str, data: Any) -> CustomerForm:
    """The form of one field."""
    return CustomerForm(data, user=user, action="change", only=name, initial=initial_of(row, CustomerForm))


def save(*, user: User, pk: int, values: dict[str, Any], expected: str | None, now: datetime) -> Customer:
    """As the service takes it."""
    return services.update_customer(user=user, customer_id=pk, values=values, expected=expected)


EDITOR = Editor(Customer, "customer", {}, save, ("customer", "change"), NAMES, form_of)
