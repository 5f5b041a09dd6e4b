"""What the bulk bar of the customer list offers; every row goes through the services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, person_of
from crm.kit.lists import Action, Input, Setting
from customers import services
from customers.models import Contact, Customer


def read_tag(_user: User, typed: str) -> str:
    """The tag that was typed."""
    return services.checked_tag(typed)


def add_tag(*, user: User, pk: int, value: str, now: datetime) -> dict[str, Any] | None:
    """Tag one customer."""
    done = services.tag_customer(user=user, customer_id=pk, add=value)
    return {} if done.was_changed else None  # type: ignore[attr-defined]


def drop_tag(*, user: User, pk: int, value: str, before: dict[str, Any], now: datetime) -> None:
    """Take the tag away again; other tags stay, also those that came since."""
    services.tag_customer(user=user, customer_id=pk, remove=value)


def trash(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Put one customer away."""
    services.trash_customer(user=user, customer_id=pk, now=now)
    return {}


def restore(*, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
    """Take one customer out of the trash again."""
    services.restore_customer(user=user, customer_id=pk)


def update(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Customer:
    """As the service takes it."""
    return services.update_customer(user=user, customer_id=pk, values=values)


def oneself(user: User, _typed: str) -> int:
    """The key of whoever asks."""
    return int(user.pk)


def add_contact_tag(*, user: User, pk: int, value: str, now: datetime) -> dict[str, Any] | None:
    """Tag one contact."""
    done = services.tag_contact(user=user, contact_id=pk, add=value)
    return {} if done.was_changed else None  # type: ignore[attr-defined]


def drop_contact_tag(*, user: User, pk: int, value: str, before: dict[str, Any], now: datetime) -> None:
    """Take the tag away again."""
    services.tag_contact(user=user, contact_id=pk, remove=value)


def trash_contact(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Put one contact away."""
    services.trash_contact(user=user, contact_id=pk, now=now)
    return {}


def restore_contact(*, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
    """Take one contact out of the trash again."""
    services.restore_contact(user=user, contact_id=pk)


def update_contact(*, user: User, pk: int, values: dict[str, Any], now: datetime) -> Contact:
    """As the service takes it."""
    return services.update_contact(user=user, contact_id=pk, values=values)


def bring_back(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Take one customer out of the trash."""
    services.restore_customer(user=user, customer_id=pk)
    return {}


def purge(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Delete one customer of the trash for ever."""
    services.purge(user=user, ids=[pk])
    return {}


def put_away_again(*, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
    """Undo of it."""
    services.trash_customer(user=user, customer_id=pk, now=now)


OWNER = Setting(Customer, "owner", update)
CHANGE = ("customer", "change")
ACTIONS = (
    Action("tag", gettext_lazy("Add tag"), "tag", CHANGE, add_tag, drop_tag, read_tag, Input(gettext_lazy("Tag"))),
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE, OWNER.act, OWNER.back,
        person_of("customer"), Input(gettext_lazy("Owner"), picker=PEOPLE.of("customer", "change")),
    ),
    Action("own", gettext_lazy("Make me the owner"), "user-check", CHANGE, OWNER.act, OWNER.back, oneself),
    Action("trash", gettext_lazy("Move to trash"), "trash-2", ("customer", "delete"), trash, restore, danger=True),
)  # fmt: skip

CONTACT_OWNER = Setting(Contact, "owner", update_contact)
CHANGE_CONTACT = ("contact", "change")
CONTACT_ACTIONS = (
    Action(
        "tag", gettext_lazy("Add tag"), "tag", CHANGE_CONTACT, add_contact_tag, drop_contact_tag, read_tag,
        Input(gettext_lazy("Tag")),
    ),
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE_CONTACT, CONTACT_OWNER.act, CONTACT_OWNER.back,
        person_of("contact"), Input(gettext_lazy("Owner"), picker=PEOPLE.of("contact", "change")),
    ),
    Action(
        "trash", gettext_lazy("Move to trash"), "trash-2", ("contact", "delete"), trash_contact, restore_contact,
        danger=True,
    ),
)  # fmt: skip
RESTORE = Action("restore", gettext_lazy("Restore"), "rotate-ccw", ("customer", "delete"), bring_back, put_away_again)
"""The one thing that the list of the trash does to many at once with Undo."""
PURGE = Action("purge", gettext_lazy("Delete for ever"), "trash-2", ("customer", "purge"), purge, danger=True)
"""Asked for on a page of its own."""
