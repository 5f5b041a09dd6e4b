"""One event stream for open pages: it says that a topic changed, never what is in it.

``announce`` writes a LiveEvent row in the caller's transaction and rings Redis on commit. In each web
process one thread listens (``Hub``): to Redis, and to the table when Redis is away or silent. A stream
waits on a socket, so a closed page frees its thread at once and no database connection is held.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any, ClassVar

import redis
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.kit.models import LiveEvent
from crm.kit.views import Policed

logger = logging.getLogger("crm.kit.live")

CHANNEL = "vantage.live"
STREAMS_AT_MOST = 20  # per web process: the other threads answer requests
HEARTBEAT = 15.0  # seconds
RECHECK = 20.0  # seconds between looks at the session and the rights
LIFETIME = 600.0  # seconds, then the browser connects again
RETRY_MS = 3000
POLL_AWAY, POLL_NET = 3.0, 30.0  # seconds between looks at the table without Redis, and with it
OVERLAP = 500  # ids looked at again: a transaction that began earlier may commit later
DRAWN_BEFORE = timedelta(seconds=15)  # between drawing a page and opening its stream
KEPT = timedelta(hours=1)  # a page that was away for longer is told everything
SESSION = "session"  # a topic for one user: look at the session and the rights now

Policy = tuple[str, str]
_topics: dict[str, Policy] = {}


def topic(name: str, policy: Policy) -> None:
    """Register a topic that everyone with this policy hears; a topic for one user needs no entry."""
    _topics[name] = policy


def announce(name: str, *, user: Any = None) -> None:
    """Say on commit that a topic changed, to everyone who may know it or to one user."""
    event = LiveEvent.objects.create(topic=name, user=user)
    body = json.dumps([event.pk, name, user.pk if user else None])
    transaction.on_commit(lambda: _ring(body), robust=True)


def bell() -> redis.Redis:
    """Redis with short patience; one client per process."""
    return _client(os.getpid())


@lru_cache(maxsize=1)
def _client(_pid: int) -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1.0)


def _ring(body: str) -> None:
    try:
        bell().publish(CHANNEL, body)
    except (OSError, redis.RedisError) as error:
        logger.info("Redis is away; open pages learn from the table (%s)", type(error).__name__)


@dataclass(eq=False)
class Stream:
    """One open page: what it may hear and what it has not been told yet."""

    user_id: int
    allowed: frozenset[str]
    tab: str = ""
    pending: dict[str, int] = field(default_factory=dict)
    over: bool = False
    ends: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def hears(self, name: str, user_id: int | None) -> bool:
        """Whether this page may know of the event."""
        return user_id == self.user_id if user_id is not None else name in self.allowed

    def tell(self, event_id: int, name: str) -> None:
        """Leave a note for the stream's thread; the same topic twice is told once."""
        self.pending[name] = max(event_id, self.pending.get(name, 0))
        self.wake()

    def end(self) -> None:
        self.over = True
        self.wake()

    def wake(self) -> None:
        with contextlib.suppress(OSError):
            self.ends[1].send(b".")

    def close(self) -> None:
        for end in self.ends:
            end.close()


class Hub:
    """The listening thread of one web process and the pages that it tells."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.last_id = 0
        self._seen: deque[int] = deque(maxlen=4 * OVERLAP)
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._looked = 0.0

    def enter(self, stream: Stream) -> bool:
        """Take the page in; False when this process has no room."""
        with self._guard:
            for other in [one for one in self.streams if stream.tab and one.tab == stream.tab]:
                self.streams.discard(other)
                other.end()
            if len(self.streams) >= STREAMS_AT_MOST:
                return False
            self.streams.add(stream)
            if self._thread is None or not self._thread.is_alive():
                self.last_id = LiveEvent.objects.aggregate(last=Max("id"))["last"] or 0
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()
        return True

    def leave(self, stream: Stream) -> None:
        with self._guard:
            self.streams.discard(stream)
        stream.close()

    def tell(self, event_id: int, name: str, user_id: int | None) -> None:
        """Pass an event to the pages that may hear it, once."""
        with self._guard:
            if event_id in self._seen:
                return
            self._seen.append(event_id)
            self.last_id = max(self.last_id, event_id)
            for stream in self.streams:
                if stream.hears(name, user_id):
                    stream.tell(event_id, name)

    def _listen(self) -> None:
        """Until no page is open."""
        self._mark_known()
        while not self._may_rest():
            try:
                self._listen_to_redis()
            except (OSError, redis.RedisError) as error:
                logger.info("Redis is away; looking at the table (%s)", type(error).__name__)
                self._look()
                time.sleep(POLL_AWAY)

    def _may_rest(self) -> bool:
        with self._guard:
            if not self.streams:
                self._thread = None
            return not self.streams

    def _mark_known(self) -> None:
        """What was there before the first page came is no news."""
        with contextlib.suppress(DatabaseError):
            known = LiveEvent.objects.filter(id__gt=self.last_id - OVERLAP, id__lte=self.last_id)
            self._seen.extend(known.values_list("id", flat=True))
        connection.close()

    def _listen_to_redis(self) -> None:
        with bell().pubsub(ignore_subscribe_messages=True) as ears:
            ears.subscribe(CHANNEL)
            self._look()
            while self.streams:
                message = ears.get_message(timeout=1.0)
                if message and message["type"] == "message":
                    self._hear(message["data"])
                if time.monotonic() - self._looked > POLL_NET:
                    self._look()

    def _hear(self, body: bytes) -> None:
        try:
            event_id, name, user_id = json.loads(body)
            self.tell(int(event_id), str(name), user_id)
        except (ValueError, TypeError):
            logger.warning("a bell that nobody understands was left out")

    def _look(self) -> None:
        """Read what the table has and Redis did not say."""
        self._looked = time.monotonic()
        try:
            rows = LiveEvent.objects.filter(id__gt=self.last_id - OVERLAP).order_by("id")
            for event_id, name, user_id in rows.values_list("id", "topic", "user_id"):
                self.tell(event_id, name, user_id)
        except DatabaseError as error:
            logger.info("the table of bells cannot be read: %s", str(error).split("\n")[0])
        finally:
            connection.close()


@lru_cache(maxsize=1)
def _hub(_pid: int) -> Hub:
    return Hub()


def hub() -> Hub:
    """The hub of this process; a fork has its own."""
    return _hub(os.getpid())


def topics_for(user: Any) -> frozenset[str]:
    """Topics that a user's pages may hear."""
    return frozenset(name for name, policy in _topics.items() if policy[0] == "self" or user.access.can(*policy))


class LiveView(Policed):
    """``/live/``: the event stream of one page."""

    policy: ClassVar[Policy] = ("self", "view")
    http_method_names: ClassVar[list[str]] = ["get", "options"]  # type: ignore[misc]

    def get(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        user: Any = request.user
        stream = Stream(user.pk, topics_for(user), tab=request.GET.get("tab", "")[:64])
        if not hub().enter(stream):
            stream.close()
            sentence = _("Too many pages are open; this one asks again by itself.")
            return HttpResponse(sentence, status=503, headers={"Retry-After": "20"}, content_type="text/plain")
        for event_id, name in _missed(request.headers.get("Last-Event-ID", ""), stream):
            stream.tell(event_id, name)
        return StreamingHttpResponse(
            Told(request, stream), content_type="text/event-stream; charset=utf-8",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )  # fmt: skip


def _missed(last_id: str, stream: Stream) -> list[tuple[int, str]]:
    """What happened since the last event that the page heard; everything when that is too long ago.

    A page that has heard none was drawn a moment before its stream opened: it is told of that moment.
    """
    if last_id.isascii() and last_id.isdigit() and len(last_id) < 19:
        kept = LiveEvent.objects.filter(created_at__gt=Now() - KEPT)
        if not kept.filter(pk=int(last_id)).exists():
            newest = LiveEvent.objects.aggregate(last=Max("id"))["last"] or 0
            return [(newest, name) for name in sorted(stream.allowed)]
        kept = kept.filter(pk__gt=int(last_id))
    else:
        kept = LiveEvent.objects.filter(created_at__gt=Now() - DRAWN_BEFORE)
    rows = kept.filter(Q(user=None) | Q(user=stream.user_id)).order_by("id")
    found = [(pk, name) for pk, name, user in rows.values_list("id", "topic", "user_id") if stream.hears(name, user)]
    return list({name: (pk, name) for pk, name in found}.values())


class Told:
    """The body of the answer; runs in the request's own thread until the page goes or its time is over."""

    def __init__(self, request: HttpRequest, stream: Stream) -> None:
        self.stream = stream
        self._session_key = request.session.session_key
        self._client: socket.socket | None = request.META.get("gunicorn.socket")
        self._selector = selectors.DefaultSelector()
        self._lines = self._run()

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        """Called by the server when the answer ends, however it ends."""
        self._lines.close()
        hub().leave(self.stream)

    def _run(self) -> Generator[bytes, None, None]:
        started = checked = time.monotonic()
        _let_go()
        yield f"retry: {RETRY_MS}\n\n: open\n\n".encode()
        self._selector.register(self.stream.ends[0], selectors.EVENT_READ)
        if self._client is not None:
            self._selector.register(self._client, selectors.EVENT_READ)
        with self._selector:
            while not self.stream.over and time.monotonic() - started < LIFETIME:
                told = self._take()
                if SESSION in told or time.monotonic() - checked > RECHECK:
                    checked = time.monotonic()
                    if not self._still_welcome():
                        return
                    told.pop(SESSION, None)
                yield from (f"id: {pk}\nevent: change\ndata: {name}\n\n".encode() for name, pk in told.items())
                if not told:
                    yield b": beat\n\n"
                if self._wait():
                    return

    def _take(self) -> dict[str, int]:
        told = dict(sorted(self.stream.pending.items(), key=lambda pair: pair[1]))
        for name in told:
            self.stream.pending.pop(name, None)
        return told

    def _wait(self) -> bool:
        """Sleep until there is news or a heartbeat is due; True when the page has gone."""
        for key, _mask in self._selector.select(HEARTBEAT):
            if key.fileobj is self.stream.ends[0]:
                self.stream.ends[0].recv(4096)
            elif _gone(self._client):
                return True
            else:
                self._selector.unregister(key.fileobj)  # it talks on; only the heartbeat can tell now
        return False

    def _still_welcome(self) -> bool:
        """Whether the session still stands and its user is active; the rights are read again."""
        try:
            probe = HttpRequest()
            probe.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(self._session_key)
            user = get_user(probe)
            if not user.is_active or user.pk != self.stream.user_id:
                return False
            self.stream.allowed = topics_for(user)
        except DatabaseError:
            return False
        finally:
            _let_go()
        return True


def _gone(client: socket.socket | None) -> bool:
    """Whether the browser closed its end; bytes that it sends while we stream are not read."""
    try:
        return client is not None and client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _let_go() -> None:
    """Give the database connection back; a test keeps its transaction."""
    if not connection.in_atomic_block:
        connection.close()
