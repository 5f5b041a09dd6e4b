"""Verbs of followers: follow, stop following, and the word to those who follow, which a worker passes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.kit import jobs
from crm.kit.errors import Refused
from customers import holders
from customers.following.models import Follow

JOB = "following.tell"
MOST_FOLLOWED = 1000


def record_of(obj: str, pk: int) -> dict[str, Any]:
    """The columns that name a record."""
    return {"object": obj, "customer_id": pk} if obj == "customer" else {"object": obj, "record": pk}


def follows(user: User, obj: str, pk: int) -> bool:
    """Whether a person follows a record."""
    return Follow.objects.filter(user=user, **record_of(obj, pk)).exists()


def followed_by(user: User) -> Exists:
    """Whether a person follows each customer of a query."""
    return Exists(Follow.objects.filter(user=user, customer=OuterRef("pk")))


@transaction.atomic
def toggle_follow(*, user: User, obj: str, pk: int, now: datetime) -> bool:
    """Follow a record that may be seen, or stop following it; whether it is followed now."""
    holders.seen(user, obj, pk)
    if Follow.objects.filter(user=user, **record_of(obj, pk)).delete()[0]:
        return False
    if Follow.objects.filter(user=user).count() >= MOST_FOLLOWED:
        sentence = _("You follow %(most)s records, which is all there is room for. Stop following one first.")
        raise Refused(sentence % {"most": MOST_FOLLOWED})
    follow(people=[user], obj=obj, pk=pk, now=now)
    return True


def follow(*, people: list[User], obj: str, pk: int, now: datetime) -> None:
    """Let people follow a record; those who do already stay."""
    rows = [Follow(user=one, created_at=now, **record_of(obj, pk)) for one in people]
    Follow.objects.bulk_create(rows, ignore_conflicts=True)


def tell(*, user: User, obj: str, pk: int, event: str, **data: Any) -> None:
    """Leave word of one change set for the others who follow a record; part of the caller's transaction.

    ``data`` holds keys and names of fields alone: what is told is read when it is told, as each reader sees it.
    """
    if Follow.objects.filter(**record_of(obj, pk)).exclude(user=user).exists():
        jobs.enqueue(JOB, {"by": user.pk, "object": obj, "record": pk, "event": event, "data": data})


def tidy() -> int:
    """Followers of records that are gone."""
    gone = 0
    for kind in holders.every():
        lost = Follow.objects.filter(object=kind.object, record__isnull=False)
        gone += lost.exclude(Exists(kind.model._base_manager.filter(pk=OuterRef("record")))).delete()[0]
    return gone
