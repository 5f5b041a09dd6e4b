"""What people are told of tasks: that one was given to them, that one is due, and what their day holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.accounts import notifications
from crm.accounts.models import Notification, NotificationChoice, User
from crm.accounts.notifications import Told, notify, notify_each
from crm.kit import live
from sales.models import Activity
from sales.services.due import zone_of
from sales.words import due_words

ASSIGNED, REMINDER, DIGEST = "activity.assigned", "activity.reminder", "activity.digest"
TOPIC = "activities"
AT_ONCE = 500
DIGEST_AT = time(7)
MOST_LISTED = 30


def tell_assigned(row: Activity, *, by: User, now: datetime) -> None:
    """Tell an owner that somebody gave them a task; of many at the same moment they are told once."""
    if row.owner is None or row.owner_id == by.pk:
        return
    live.announce(TOPIC, user=row.owner)
    same = Notification.objects.filter(user=row.owner, kind=ASSIGNED, at=now).first()
    name = by.display_name
    if same is None:
        notify(
            users=[row.owner], kind=ASSIGNED, href=reverse("activity", args=[row.pk]), now=now,
            text=lambda: _("%(person)s gave you a task: %(task)s") % {"person": name, "task": row.title},
        )  # fmt: skip
        return
    tell_many(row.owner, by=by, now=now, instead=same)


def tell_many(owner: User, *, by: User, now: datetime, instead: Notification | None = None) -> None:
    """Tell an owner that somebody gave them several tasks."""
    name, href = by.display_name, f"{reverse('activities')}?state=open&owner={owner.pk}&ordering=due_at"

    def text() -> str:
        return _("%(person)s gave you several tasks.") % {"person": name}

    if instead is None:
        notify(users=[owner], kind=ASSIGNED, href=href, now=now, text=text)
        return
    with notifications.spoken_to(owner):
        instead.text, instead.href = notifications.one_line(text()), href
    instead.save(update_fields=["text", "href"])


def remind_due(*, now: datetime) -> int:
    """Give every reminder that is due, once; how many."""
    given = 0
    while chunk := _remind_some(now):
        given += chunk
    return given


@transaction.atomic
def _remind_some(now: datetime) -> int:
    """The mark and the notification are one transaction: a worker that dies leaves neither."""
    due = Activity.objects.to_remind(now).select_related("owner").order_by("remind_at", "pk")
    rows = list(due.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    Activity.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    welcome = {row.owner for row in rows if row.owner}
    welcome = {one for one in welcome if one.is_active and one.access.can("activity")}
    told = [
        Told(row.owner, _reminder(row), reverse("activity", args=[row.pk])) for row in rows if row.owner in welcome
    ]  # fmt: skip
    notify_each(told, kind=REMINDER, now=now)
    return len(rows)


def _reminder(row: Activity) -> Callable[[], str]:
    def text() -> str:
        when = due_words(row)
        if not when:
            return _("Reminder: %(task)s") % {"task": row.title}
        return _("Reminder: %(task)s, due %(when)s") % {"task": row.title, "when": when}

    return text


def waits(*, now: datetime) -> bool:
    """Whether any reminder is due."""
    return Activity.objects.to_remind(now).exists()


def send_digests(*, now: datetime) -> int:
    """The morning's list for those who chose it, from seven o'clock where they are, once a day; how many."""
    chosen = NotificationChoice.objects.filter(kind=DIGEST).exclude(way=NotificationChoice.Way.OFF)
    return sum(_digest(one.user, now) for one in chosen.select_related("user").order_by("user").iterator())


@transaction.atomic
def _digest(user: User, now: datetime) -> bool:
    User.objects.select_for_update().get(pk=user.pk)  # two workers do not write the same morning twice
    zone = zone_of(user)
    here = now.astimezone(zone)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    told = Notification.objects.filter(user=user, kind=DIGEST, at__gte=midnight).exists()
    if here.time() < DIGEST_AT or told or not user.is_active:
        return False
    mine = Activity.objects.visible_to(user).filter(owner=user).due_by(midnight + timedelta(days=1, seconds=-1))
    rows = list(mine.order_by("due_at", "pk")[: MOST_LISTED + 1])
    if not rows:
        return False
    late = sum(row.due_at < midnight for row in rows if row.due_at)

    def text() -> str:
        n = len(rows)
        told = ngettext("%(n)s task for today", "%(n)s tasks for today", n) % {"n": n if n <= MOST_LISTED else "30+"}
        overdue = ngettext("%(n)s of them overdue", "%(n)s of them overdue", late) % {"n": late}
        return f"{told}, {overdue}" if late else told

    def body() -> str:
        return "\n".join(f"· {row.title} ({due_words(row)})" for row in rows[:MOST_LISTED])

    href = f"{reverse('activities')}?state=open&owner={user.pk}&when=due&ordering=due_at"
    notify(users=[user], kind=DIGEST, text=text, body=body, href=href, now=now)
    return True
