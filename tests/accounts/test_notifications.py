"""What people are told: in their language, once, as they chose; and the e-mail that survives its worker."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils.translation import gettext

from crm.accounts import mailing, notifications
from crm.accounts.models import Notification, User
from crm.kit.errors import Invalid
from crm.kit.models import LiveEvent
from tests.cast import NOW, make_user

pytestmark = pytest.mark.django_db
KIND = "test.told"
notifications.kind(KIND, "A test")


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def tell(*users: User, text: Any = "Call Bob", href: str = "/recent/", **more: Any) -> None:
    notifications.notify(users=users, kind=KIND, text=text, href=href, now=NOW, **more)


def test_everyone_is_told_once_in_their_own_language_as_they_chose(
    ada: User, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(mailing, "ring", lambda: bool(rung.append(1)))
    li, off = make_user("li", language="zh-hans"), make_user("off")
    gone = make_user("gone", is_active=False)
    notifications.choose(user=li, ways={KIND: "mail"})
    notifications.choose(user=off, ways={KIND: "off"})
    with django_capture_on_commit_callbacks(execute=True):
        tell(ada, li, off, gone, ada, text=lambda: gettext("Save changes"))
    rows = Notification.objects.order_by("user__username").values_list("user__username", "text", "mail_at")
    assert list(rows) == [("ada", "Save changes", None), ("li", "保存更改", NOW)]
    assert set(LiveEvent.objects.values_list("topic", "user__username")) == {
        ("notifications", "ada"),
        ("notifications", "li"),
    }
    assert rung == [1]


@pytest.mark.parametrize("bad", [{"text": "Hello\r\nBcc: all@example.com"}, {"href": "/x\n"}, {"text": "a\u2028b"}])
def test_a_line_break_is_refused(ada: User, bad: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        tell(ada, **bad)
    assert not Notification.objects.exists()


def test_a_mail_leaves_once_and_one_that_fails_is_tried_three_times(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    notifications.choose(user=ada, ways={KIND: "mail"})
    tell(ada, body="Bring the\ncontract.")
    assert mailing.send_due(now=NOW) == 1
    assert mailing.send_due(now=NOW + timedelta(days=1)) == 0
    assert (mail.outbox[0].subject, mail.outbox[0].to) == ("Call Bob", ["ada@vantage.test"])
    assert "http://testserver/recent/" in mail.outbox[0].body
    assert "Bring the\ncontract." in mail.outbox[0].body

    def refuse(*_given: Any) -> int:
        raise OSError("no route")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    tell(ada)
    tries = [mailing.send_due(now=NOW + timedelta(hours=n)) for n in range(5)]
    row = Notification.objects.latest("pk")
    assert (tries, row.mail_tries, row.mail_at, row.mail_error) == ([0] * 5, 3, None, "no route")


def test_the_mail_of_a_worker_that_died_is_sent_by_the_next_one_after_its_lease(ada: User) -> None:
    notifications.choose(user=ada, ways={KIND: "mail"})
    tell(ada)
    assert mailing._take(NOW) is not None  # and dies
    assert mailing.send_due(now=NOW + timedelta(minutes=4)) == 0
    assert mailing.send_due(now=NOW + timedelta(minutes=6)) == 1


def test_the_bell_counts_and_tells_what_is_new_and_reading_is_ones_own(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    tell(ada, text="First")
    first = client.get("/notifications/bell/")
    assert "1 unread notification" in first.content.decode()
    assert "HX-Trigger" not in first  # a page that was just opened is not shouted at
    row = Notification.objects.get()
    tell(ada, text="Second")
    told = json.loads(client.get(f"/notifications/bell/?own={row.pk}")["HX-Trigger"])
    assert told["toast"] == {"text": "Second", "href": "/recent/", "action": "Open"}
    other = Client()
    other.force_login(make_user("bob"))
    assert other.post(f"/notifications/{row.pk}/mark/").status_code == 404
    assert client.post(f"/notifications/{row.pk}/mark/", {"follow": "1"})["Location"] == "/recent/"
    assert "First" not in client.get("/notifications/?show=unread").content.decode()
    client.post("/notifications/read/")
    assert not Notification.objects.filter(read_at=None).exists()
    assert notifications.forget_old(now=NOW + timedelta(days=91)) == 2


def test_choices_are_kept_and_others_are_refused(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    ways = dict.fromkeys(notifications.kinds(), "off")
    assert client.post("/settings/notifications/", ways).status_code == 303
    assert set(notifications.chosen_by(ada).values()) == {"off"}
    assert client.post("/settings/notifications/", ways | {KIND: "shout"}).status_code == 422
