"""The shape of one event from outside: checked and typed, or refused with a sentence."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from customers.models import Interaction

METRIC_NAME = re.compile(r"\w[\w.:/ -]{0,79}")
LABELS_AT_MOST = 20
TEXT_AT_MOST = 100_000  # characters
AHEAD_AT_MOST = timedelta(days=1)
FIRST_YEAR = 1900


class BadEvent(Exception):
    """Why an event cannot be taken, as a sentence."""


@dataclass(frozen=True)
class PointEvent:
    """One value of a metric; ``id`` names it, so that a repetition is known."""

    id: str
    metric: str
    labels: dict[str, str]
    at: datetime
    value: float


@dataclass(frozen=True)
class InteractionEvent:
    """Something that happened with a customer, named by (source, external_id)."""

    source: str
    external_id: str
    customer: tuple[str, str]
    kind: str
    direction: str
    channel: str
    occurred_at: datetime
    subject: str
    text: str
    payload: dict[str, Any]

    @property
    def id(self) -> str:
        """The name in the outside system."""
        return self.external_id


Event = PointEvent | InteractionEvent


def read(raw: object, *, now: datetime, zone: ZoneInfo) -> Event:
    """The typed event; raises BadEvent with the first thing that does not fit."""
    if not isinstance(raw, Mapping):
        raise BadEvent(_("An event must be an object."))
    match raw.get("type"):
        case "metric":
            return _point(raw, now, zone)
        case "interaction":
            return _interaction(raw, now, zone)
    raise BadEvent(_("“type” must be “metric” or “interaction”."))


def metric_name(raw: object) -> str:
    """The name of a metric; raises BadEvent."""
    name = _text(raw, "metric", 80, required=True)
    if not METRIC_NAME.fullmatch(name):
        raise BadEvent(_("A metric's name has letters, digits and _ . : / - only."))
    return name


def labels(raw: object) -> dict[str, str]:
    """Labels as texts; raises BadEvent."""
    if raw is None:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > LABELS_AT_MOST:
        raise BadEvent(_("“labels” must be an object of at most %(n)s names.") % {"n": LABELS_AT_MOST})
    return {_text(k, "labels", 60, required=True): _label(v) for k, v in raw.items()}


def _label(raw: object) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise BadEvent(_("The value of a label must be a text or a number."))
    return _text(_digits(raw), "labels", 200)


def _digits(raw: str | int | float) -> str:
    try:
        return str(raw)
    except ValueError:  # more digits than Python turns into text
        raise BadEvent(_("The value of a label must be a text or a number.")) from None


def _point(raw: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> PointEvent:
    return PointEvent(
        id=_identity(raw.get("id")),
        metric=metric_name(raw.get("metric")),
        labels=labels(raw.get("labels")),
        at=_time(raw.get("at"), "at", now, zone),
        value=_value(raw.get("value")),
    )


def _identity(raw: object) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = _digits(raw)
    return _text(raw, "id", 200)


def _interaction(raw: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> InteractionEvent:
    customer = raw.get("customer")
    if not isinstance(customer, Mapping):
        raise BadEvent(_("“customer” must be an object with “source” and “external_id”."))
    payload = _payload(raw.get("payload"))
    return InteractionEvent(
        source=_text(raw.get("source"), "source", 80, required=True),
        external_id=_text(raw.get("external_id"), "external_id", 200, required=True),
        customer=(
            _text(customer.get("source"), "customer.source", 80, required=True),
            _text(_identity(customer.get("external_id")), "customer.external_id", 200, required=True),
        ),
        kind=_choice(raw.get("kind"), "kind", Interaction.Kind.values),
        direction=_choice(raw.get("direction") or "", "direction", Interaction.Direction.values),
        channel=_text(raw.get("channel"), "channel", 40),
        occurred_at=_time(raw.get("occurred_at"), "occurred_at", now, zone),
        subject=_text(raw.get("subject"), "subject", 300),
        text=_text(raw.get("text"), "text", TEXT_AT_MOST),
        payload=payload,
    )


def _payload(raw: object) -> dict[str, Any]:
    """What PostgreSQL can keep as JSON: no NUL, no lone surrogates, no infinite numbers."""
    payload = {} if raw is None else raw
    if not isinstance(payload, dict):
        raise BadEvent(_("“payload” must be an object."))
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        raise BadEvent(_("“payload” has values that cannot be stored.")) from None
    if "\\u0000" in text:
        raise BadEvent(_("“payload” has values that cannot be stored."))
    if len(text) > TEXT_AT_MOST:
        raise BadEvent(_("“%(name)s” is longer than %(n)s characters.") % {"name": "payload", "n": TEXT_AT_MOST})
    return payload


def _text(raw: object, name: str, limit: int, *, required: bool = False) -> str:
    if raw is None:
        raw = ""
    if not isinstance(raw, str):
        raise BadEvent(_("“%(name)s” must be a text.") % {"name": name})
    text = unicodedata.normalize("NFC", raw).strip()
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadEvent(_("“%(name)s” has characters that cannot be stored.") % {"name": name})
    if required and not text:
        raise BadEvent(_("“%(name)s” is missing.") % {"name": name})
    if len(text) > limit:
        raise BadEvent(_("“%(name)s” is longer than %(n)s characters.") % {"name": name, "n": limit})
    return text


def _choice(raw: object, name: str, allowed: list[str]) -> str:
    if not isinstance(raw, str) or raw not in allowed:
        words = ", ".join(word for word in allowed if word)
        raise BadEvent(_("“%(name)s” must be one of %(words)s.") % {"name": name, "words": words})
    return raw


def _value(raw: object) -> float:
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise ValueError
        value = float(raw)
    except (ValueError, OverflowError):
        raise BadEvent(_("“value” must be a number.")) from None
    if not math.isfinite(value):
        raise BadEvent(_("“value” must be a number."))
    return value


def _time(raw: object, name: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A moment; without an offset it is in the workspace's zone."""
    wrong = _("“%(name)s” must be a time such as 2026-11-22T08:00:00Z.") % {"name": name}
    if not isinstance(raw, str) or len(raw) > 40:
        raise BadEvent(wrong)
    try:
        found = parse_datetime(raw.strip())
        if found is None or found.year < FIRST_YEAR:
            raise BadEvent(wrong)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        ahead = found > now + AHEAD_AT_MOST
    except (ValueError, OverflowError):
        raise BadEvent(wrong) from None
    if ahead:
        raise BadEvent(_("“%(name)s” lies more than a day in the future; check the sender's clock.") % {"name": name})
    return found
