"""The e-mails of notifications: a row with a due ``mail_at`` is the outbox; Celery and the tick only ring.

Taking a row puts its time ahead, which is the lease: a worker that dies leaves a row that is due again. Three
failures end it with the reason in the row, where its reader sees it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

import redis
from celery import current_app
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from kombu.exceptions import KombuError

from crm.accounts.models import Notification

logger = logging.getLogger("crm.accounts.mailing")

TASK = "accounts.mail_notifications"
LEASE = timedelta(minutes=5)
MOST_TRIES = 3
MOST_AT_ONCE = 500


def ring() -> bool:
    """Tell a worker that mail waits; False when Redis is away, and then the tick tells it."""
    try:
        current_app.send_task(TASK, retry=False, expires=60)
    except (OSError, KombuError, redis.RedisError) as error:
        logger.warning("Redis is away; mail waits for the tick (%s)", type(error).__name__)
        return False
    return True


def ring_if_waiting(*, now: datetime) -> bool:
    """For the tick: ring when any mail is due."""
    return Notification.objects.filter(mail_at__lte=now).exists() and ring()


def send_due(*, now: datetime) -> int:
    """Send what is due, one after the other; how many left."""
    sent = 0
    backend = get_connection()
    for _turn in range(MOST_AT_ONCE):
        row = _take(now)
        if row is None:
            break
        if not (row.user.is_active and row.user.email):  # changed since it was written
            Notification.objects.filter(pk=row.pk).update(mail_at=None)
            continue
        try:
            _message(row, backend).send()
        except (OSError, SMTPException, BadHeaderError, ValueError) as error:
            _failed(row, now, error)
        else:
            Notification.objects.filter(pk=row.pk).update(mail_at=None, mailed_at=now, mail_error="")
            sent += 1
    backend.close()
    return sent


@transaction.atomic
def _take(now: datetime) -> Notification | None:
    due = Notification.objects.filter(mail_at__lte=now).order_by("mail_at", "pk").select_related("user")
    row = due.select_for_update(of=("self",), skip_locked=True).first()
    if row is None:
        return None
    if row.mail_tries >= MOST_TRIES:  # every worker that took it died
        row.mail_at, row.mail_error = None, "given up"
    else:
        row.mail_at, row.mail_tries = now + LEASE, row.mail_tries + 1
    row.save(update_fields=["mail_at", "mail_tries", "mail_error"])
    return row if row.mail_at else _take(now)


def _message(row: Notification, backend: BaseEmailBackend) -> EmailMessage:
    user = row.user
    with translation.override(user.language or settings.LANGUAGE_CODE):
        context = {
            "row": row, "site": settings.SITE_URL, "choose": settings.SITE_URL + reverse("settings-notifications"),
        }  # fmt: skip
        body = render_to_string("notifications/mail.txt", context)
    return EmailMessage(row.text, body, to=[user.email], connection=backend)


def _failed(row: Notification, now: datetime, error: Exception) -> None:
    """Again later, each time after a longer pause, or never."""
    final = row.mail_tries >= MOST_TRIES or isinstance(error, BadHeaderError)
    logger.warning("mail of notification %s failed (%s, try %s)", row.pk, type(error).__name__, row.mail_tries)
    Notification.objects.filter(pk=row.pk).update(
        mail_at=None if final else now + timedelta(minutes=row.mail_tries**2), mail_error=str(error)[:200]
    )
