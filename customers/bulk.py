"""What the bulk bar of the customer list offers; every row goes through the services."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from crm.accounts.models import User
from crm.accounts.picks import PEOPLE, TEAMS, person_of
from crm.accounts.selectors import teams_of
from crm.kit.lists import Action, Input, Setting, one_of, text_of
from crm.kit.sets import Swept
from customers import services
from customers.models import Contact, Customer, Lifecycle
from customers.quality.mends import MENDS
from customers.services import bulk as many


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


class Tagging:
    """A tag on thousands of customers."""

    def act_on(self, *, user: User, ids: Collection[int], value: str, now: datetime) -> Swept:
        """Add it."""
        return many.add_tag(user=user, ids=ids, tag=value, now=now)

    def take_back(self, *, user: User, ids: Collection[int], events: QuerySet[Any], value: str, now: datetime) -> Swept:
        """Take it away again; other tags stay, also those that came since."""
        return many.drop_tag(user=user, ids=ids, tag=value, now=now)


class Untagging:
    """A tag that goes from thousands of customers."""

    def act_on(self, *, user: User, ids: Collection[int], value: str, now: datetime) -> Swept:
        """Take it away."""
        return many.drop_tag(user=user, ids=ids, tag=value, now=now)

    def take_back(self, *, user: User, ids: Collection[int], events: QuerySet[Any], value: str, now: datetime) -> Swept:
        """Add it again."""
        return many.add_tag(user=user, ids=ids, tag=value, now=now)


class Trashing:
    """Thousands of customers put away."""

    def act_on(self, *, user: User, ids: Collection[int], value: None, now: datetime) -> Swept:
        """Into the trash."""
        return many.trash(user=user, ids=ids, now=now)

    def take_back(
        self, *, user: User, ids: Collection[int], events: QuerySet[Any], value: None, now: datetime
    ) -> Swept:
        """Out of it again."""
        return many.restore(user=user, ids=ids, events=events, now=now)


def untag(*, user: User, pk: int, value: str, now: datetime) -> dict[str, Any] | None:
    """Take a tag from one customer."""
    done = services.tag_customer(user=user, customer_id=pk, remove=value)
    return {} if done.was_changed else None  # type: ignore[attr-defined]


def retag(*, user: User, pk: int, value: str, before: dict[str, Any], now: datetime) -> None:
    """Give it back."""
    services.tag_customer(user=user, customer_id=pk, add=value)


def team_of(user: User, typed: str) -> int:
    """The team that was typed: its key, within the user's reach."""
    return int(TEAMS.one(teams_of(user, "customer", "change"), typed).pk)


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


def bring_contact_back(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Take one contact out of the trash."""
    services.restore_contact(user=user, contact_id=pk)
    return {}


def purge_contact(*, user: User, pk: int, value: None, now: datetime) -> dict[str, Any]:
    """Delete one contact of the trash for ever."""
    services.purge(user=user, ids=[pk], obj="contact")
    return {}


def put_contact_away_again(*, user: User, pk: int, value: None, before: dict[str, Any], now: datetime) -> None:
    """Undo of it."""
    services.trash_contact(user=user, contact_id=pk, now=now)


CHANGE = ("customer", "change")
TAG, UNTAG, TRASH = Tagging(), Untagging(), Trashing()


def setting(field: str) -> Setting:
    """One field of every customer gets the same value."""
    return Setting(many.CUSTOMERS, field, update, many=many.set_fields)


def edit(field: str, label: Any, read: Any, given: Input) -> Action:
    """An entry of "Edit field"."""
    verb = setting(field)
    return Action(
        f"edit-{field}",
        label,
        "pencil",
        CHANGE,
        verb.act,
        verb.back,
        read,
        given,
        sweep=verb,
        model=Customer,
        edits=True,
    )


def text(field: str, label: Any) -> Action:
    """The same for a field of text."""
    return edit(
        field, label, text_of(getattr(Customer._meta.get_field(field), "max_length", None) or 200), Input(label)
    )


OWNER = setting("owner")
ACTIONS = (
    Action(
        "tag", gettext_lazy("Add tag"), "tag", CHANGE, add_tag, drop_tag, read_tag, Input(gettext_lazy("Tag")),
        sweep=TAG, model=Customer,
    ),
    Action(
        "untag", gettext_lazy("Remove tag"), "x", CHANGE, untag, retag, read_tag, Input(gettext_lazy("Tag")),
        sweep=UNTAG, model=Customer, edits=True,
    ),
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE, OWNER.act, OWNER.back, person_of("customer"),
        Input(gettext_lazy("Owner"), picker=PEOPLE.of("customer", "change")), sweep=OWNER, model=Customer,
    ),
    Action(
        "own", gettext_lazy("Make me the owner"), "user-check", CHANGE, OWNER.act, OWNER.back, oneself,
        sweep=OWNER, model=Customer,
    ),
    edit("lifecycle", gettext_lazy("Lifecycle"), one_of(Lifecycle.values), Input(gettext_lazy("Lifecycle"), Lifecycle.choices)),
    edit("kind", gettext_lazy("Type"), one_of(Customer.Kind.values), Input(gettext_lazy("Type"), Customer.Kind.choices)),
    edit("team", gettext_lazy("Team"), team_of, Input(gettext_lazy("Team"), picker=TEAMS.of("customer", "change"))),
    text("company", gettext_lazy("Company")),
    text("title", gettext_lazy("Job title")),
    text("city", gettext_lazy("City")),
    text("region", gettext_lazy("Region")),
    text("postcode", gettext_lazy("Postcode")),
    text("country", gettext_lazy("Country")),
    text("language", gettext_lazy("Language")),
    *MENDS.values(),
    Action(
        "trash", gettext_lazy("Move to trash"), "trash-2", ("customer", "delete"), trash, restore, danger=True,
        sweep=TRASH, model=Customer,
    ),
)  # fmt: skip

CONTACT_OWNER = Setting(many.CONTACTS, "owner", update_contact, many=many.set_contact_fields)
CHANGE_CONTACT = ("contact", "change")
CONTACT_ACTIONS = (
    Action(
        "tag", gettext_lazy("Add tag"), "tag", CHANGE_CONTACT, add_contact_tag, drop_contact_tag, read_tag,
        Input(gettext_lazy("Tag")),
    ),
    Action(
        "assign", gettext_lazy("Assign"), "user-plus", CHANGE_CONTACT, CONTACT_OWNER.act, CONTACT_OWNER.back,
        person_of("contact"), Input(gettext_lazy("Owner"), picker=PEOPLE.of("contact", "change")), sweep=CONTACT_OWNER,
        model=Contact,
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
CONTACT_RESTORE = Action(
    "restore", gettext_lazy("Restore"), "rotate-ccw", ("contact", "delete"), bring_contact_back, put_contact_away_again
)  # fmt: skip
CONTACT_PURGE = Action(
    "purge", gettext_lazy("Delete for ever"), "trash-2", ("contact", "purge"), purge_contact, danger=True
)  # fmt: skip
