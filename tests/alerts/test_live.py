import json
import socket
import time

import pytest
import redis
from django.test import Client

from crm.accounts.models import User
from crm.kit import live
from crm.kit.live import Hub, Stream
from crm.kit.models import LiveEvent


@pytest.fixture(autouse=True)
def quiet_hub(monkeypatch):
    """A hub without its thread: tests tell it what Redis would."""
    fresh = Hub()
    monkeypatch.setattr(Hub, "_listen", lambda self: None)
    monkeypatch.setattr(live, "hub", lambda: fresh)
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)
    return fresh


def opened(user, path="/live/", **headers):
    session = Client()
    session.force_login(user)
    answer = session.get(path, headers=headers)
    return session, answer, iter(answer.streaming_content)


def test_a_stream_is_what_browsers_expect(boss):
    _session, answer, lines = opened(boss)
    assert answer["Content-Type"].startswith("text/event-stream")
    assert answer["Cache-Control"] == "no-cache"
    assert answer["X-Accel-Buffering"] == "no"
    assert b"retry:" in next(lines)
    answer.close()


def test_a_stream_says_only_which_topic_changed(boss, quiet_hub):
    _session, answer, lines = opened(boss)
    next(lines)
    quiet_hub.tell(41, "alerts", None)
    assert next(lines) == b"id: 41\nevent: change\ndata: alerts\n\n"
    assert next(lines) == b": beat\n\n"
    answer.close()
    assert not quiet_hub.streams


def test_the_same_event_from_redis_and_from_the_table_is_told_once(boss, quiet_hub):
    _session, answer, lines = opened(boss)
    next(lines)
    quiet_hub.tell(41, "alerts", None)
    next(lines)
    quiet_hub.tell(41, "alerts", None)
    assert next(lines) == b": beat\n\n"
    answer.close()


def test_a_burst_on_one_topic_is_one_message(boss, quiet_hub):
    _session, answer, lines = opened(boss)
    next(lines)
    for event_id in range(100):
        quiet_hub.tell(event_id, "alerts", None)
    assert next(lines).startswith(b"id: 99\n")
    assert next(lines) == b": beat\n\n"
    answer.close()


def test_a_page_hears_only_topics_of_its_user(root, boss, seller, quiet_hub):
    _session, answer, lines = opened(seller)
    next(lines)
    quiet_hub.tell(1, "rules", None)  # reps have no rules
    quiet_hub.tell(2, "unheard-of", None)
    quiet_hub.tell(3, "job-1", boss.pk)
    quiet_hub.tell(4, "job-2", seller.pk)
    assert next(lines) == b"id: 4\nevent: change\ndata: job-2\n\n"
    assert next(lines) == b": beat\n\n"
    answer.close()


def test_a_page_that_was_away_hears_what_it_missed(boss):
    for topic in ("alerts", "alerts", "rules"):
        live.announce(topic)
    first, last_alert, rule = LiveEvent.objects.order_by("id").values_list("id", flat=True)
    _session, answer, lines = opened(boss, **{"Last-Event-ID": str(first)})
    next(lines)
    told = [next(lines), next(lines)]
    assert told == [
        f"id: {pk}\nevent: change\ndata: {name}\n\n".encode() for pk, name in ((last_alert, "alerts"), (rule, "rules"))
    ]
    answer.close()


def test_a_page_that_was_away_too_long_looks_at_everything(boss):
    _session, answer, lines = opened(boss, **{"Last-Event-ID": "999999999"})
    next(lines)
    assert {next(lines).split(b"data: ")[1].strip() for _topic in range(2)} == {b"alerts", b"rules"}
    answer.close()


@pytest.mark.parametrize("last", ["-1", "x", "9" * 30, "١"])
def test_a_senseless_last_event_id_is_left_alone(boss, last):
    answer = opened(boss, **{"Last-Event-ID": last})[1]
    assert answer.status_code == 200
    answer.close()


def test_when_all_places_are_taken_the_page_polls(boss, monkeypatch, quiet_hub):
    monkeypatch.setattr(live, "STREAMS_AT_MOST", 1)
    opened(boss)
    second = Client()
    second.force_login(boss)
    refused = second.get("/live/")
    assert (refused.status_code, refused["Retry-After"]) == (503, "20")
    quiet_hub.streams.clear()
    assert opened(boss)[1].status_code == 200


def test_a_disabled_users_stream_ends(boss, quiet_hub):
    _session, answer, lines = opened(boss)
    next(lines)
    User.objects.filter(pk=boss.pk).update(is_active=False)
    quiet_hub.tell(7, live.SESSION, boss.pk)
    assert list(lines) == []
    answer.close()


def test_a_stream_ends_with_its_session(boss, quiet_hub):
    session, answer, lines = opened(boss)
    next(lines)
    session.logout()
    quiet_hub.tell(7, live.SESSION, boss.pk)
    assert list(lines) == []
    answer.close()


def test_a_stream_has_an_end_so_that_rights_are_read_again(boss, monkeypatch):
    monkeypatch.setattr(live, "LIFETIME", 0.0)
    _session, answer, lines = opened(boss)
    assert len(list(lines)) == 1
    answer.close()


def test_a_visitor_has_no_stream(db):
    assert Client().get("/live/").status_code == 302
    assert Client().get("/live/", headers={"HX-Request": "true"}).status_code == 401


def test_a_closed_browser_frees_its_thread_at_once(boss, monkeypatch, quiet_hub):
    monkeypatch.setattr(live, "HEARTBEAT", 30)
    ours, theirs = socket.socketpair()
    session = Client()
    session.force_login(boss)
    answer = session.get("/live/", **{"gunicorn.socket": ours})
    lines = iter(answer.streaming_content)
    next(lines)
    next(lines)
    theirs.close()
    began = time.monotonic()
    assert list(lines) == []
    assert time.monotonic() - began < 1
    answer.close()
    ours.close()


def test_announcing_works_without_redis(boss, settings, django_capture_on_commit_callbacks, monkeypatch):
    def away(*args):
        raise redis.ConnectionError

    monkeypatch.setattr(redis.Redis, "publish", away)
    with django_capture_on_commit_callbacks(execute=True):
        live.announce("alerts")
    assert LiveEvent.objects.get().topic == "alerts"


def test_a_bell_rings_redis_after_the_commit(boss, django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr(redis.Redis, "publish", lambda self, channel, body: rung.append((channel, json.loads(body))))
    with django_capture_on_commit_callbacks(execute=True):
        live.announce("job-1", user=boss)
        assert rung == []
    event = LiveEvent.objects.get()
    assert rung == [(live.CHANNEL, [event.pk, "job-1", boss.pk])]


def test_without_redis_the_table_is_read(boss, quiet_hub):
    stream = Stream(boss.pk, frozenset({"alerts"}))
    quiet_hub.streams.add(stream)
    live.announce("alerts")
    quiet_hub._look()
    assert set(stream.pending) == {"alerts"}
    stream.close()


def test_a_transaction_that_commits_late_is_still_heard(boss, quiet_hub):
    stream = Stream(boss.pk, frozenset({"alerts", "rules"}))
    quiet_hub.streams.add(stream)
    live.announce("rules")
    early = LiveEvent.objects.get()
    quiet_hub.tell(early.pk + 5, "alerts", None)  # a later id was heard before the earlier row was seen
    quiet_hub._look()
    assert set(stream.pending) == {"alerts", "rules"}
    stream.close()
