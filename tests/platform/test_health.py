import datetime as dt

import pytest
from django.db import OperationalError
from django.http import StreamingHttpResponse
from django.utils import timezone

from crm.kit import health, jobs
from crm.kit.middleware import CompressionMiddleware

pytestmark = pytest.mark.django_db


def test_the_process_lives(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_when_everything_is(client):
    jobs.show_life("beat", now=timezone.now())
    response = client.get("/readyz")
    assert response.status_code == 200, response.content
    assert set(response.json()["checks"]) == {"database", "migrations", "redis", "queue", "beat"}


def test_not_ready_without_a_beat(client):
    jobs.show_life("beat", now=timezone.now() - dt.timedelta(minutes=5))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert not response.json()["checks"]["beat"]["ok"]
    assert response["Retry-After"]


def test_a_lost_database_is_said_not_raised(client, monkeypatch):
    def lost():
        raise OperationalError("gone")

    monkeypatch.setitem(health.CHECKS, "database", lost)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == {"ok": False}


def test_a_lost_redis_is_said_not_raised(client, settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert not client.get("/readyz").json()["checks"]["redis"]["ok"]


def test_an_old_queue_is_not_ready(monkeypatch):
    monkeypatch.setattr(jobs, "ring", lambda *_given: True)
    job = jobs.enqueue("kit.tidy")
    type(job).objects.filter(pk=job.pk).update(created_at=timezone.now() - dt.timedelta(minutes=10))
    answer = health.check_queue()
    assert not answer["ok"]
    assert answer["age"] > 590


def test_pages_travel_compressed_and_streams_as_they_are_written(client, rf):
    page = client.get("/accounts/login/", headers={"accept-encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in page.headers["Vary"]
    assert "Content-Encoding" not in client.get("/accounts/login/").headers
    stream = StreamingHttpResponse(iter([b"data: 1\n\n"]), content_type="text/event-stream")
    answer = CompressionMiddleware(lambda request: stream)(rf.get("/live/", headers={"accept-encoding": "gzip"}))
    assert "Content-Encoding" not in answer.headers and b"".join(answer.streaming_content) == b"data: 1\n\n"
