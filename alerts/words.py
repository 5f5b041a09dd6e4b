"""Alerts in words, in the reader's language: rows store codes and figures only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from alerts.models import Alert, AlertEvent, Rule
from crm.kit.ui.words import day, duration, money, number, percent
from crm.kit.workspace import workspace
from customers.quality.models import QualityRule
from customers.quality.run import described
from insights.models import Metric
from insights.words import UNITS, unit_word

Reason = Mapping[str, Any]
AMOUNTS = {"order_value", "spend_surge", "unit_price"}


def figure(value: float | None, unit: str = "", *, bare: bool = False) -> str:
    """A value as people read it: money in the home currency, counts to a tenth; ``bare`` leaves the unit out."""
    if value is None:
        return number(None)
    if unit == "money":
        return money(value, workspace().home_currency)
    whole = abs(value) >= 1000 or float(value).is_integer()
    text = number(value, 0 if whole else 1 if unit in UNITS else 2)
    return text if bare or unit in ("", "count") else f"{text} {unit_word(unit)}"


def since_day(value: Any) -> str:
    """The day a level moved, from its ISO form."""
    return day(date.fromisoformat(value)) if value else ""


def metric_title(metric: Metric | None) -> str:
    """The metric's title in the reader's language, else its name."""
    if metric is None:
        return ""
    return _(metric.title) if metric.title else metric.name


def series(labels: Mapping[str, str]) -> str:
    """``region EU, shop A``."""
    return ", ".join(f"{name} {value}" for name, value in sorted(labels.items()))


def headline(alert: Alert) -> str:
    """What happened, in a few words."""
    if alert.rule_id and alert.rule:
        return alert.rule.name
    match alert.kind:
        case "rule":
            return _("%(metric)s broke its limit") % {"metric": metric_title(alert.metric)}
        case "metric_day":
            return _("Unusual day: %(metric)s") % {"metric": metric_title(alert.metric)}
        case "metric_drift":
            return _("Moved level: %(metric)s") % {"metric": metric_title(alert.metric)}
        case "customer":
            return _("Unusual behaviour")
        case "quality_rule":
            return _("Data quality: %(rule)s") % {"rule": _quality_rule(alert.reason)}
        case "quality_source":
            return _("Silent source: %(source)s") % {"source": alert.reason.get("source", "")}
    return _("Something unusual")


def sentence(alert: Alert) -> str:
    """Observed against expected, with the reason."""
    reason: Reason = alert.reason if isinstance(alert.reason, dict) else {}
    match reason.get("code"):
        case "threshold_above" | "threshold_below":
            return _threshold(alert, reason)
        case "day" | "drift":
            return _metric(alert, reason)
        case "customer":
            return _customer(reason)
        case "quality_rule":
            return _("%(failing)s of %(asked)s records fail, %(share)s; the rule allows %(limit)s.") % {
                "failing": number(reason.get("failing")), "asked": number(reason.get("asked")),
                "share": percent(alert.observed, 1), "limit": percent(reason.get("limit"), 1),
            }  # fmt: skip
        case "quality_source":
            return _source(reason)
    if alert.observed is None:
        return _("The figures are on the alert's page.")
    return _("Observed %(value)s, expected %(band)s.") % {
        "value": figure(alert.observed),
        "band": band(alert),
    }


def _quality_rule(reason: Reason) -> str:
    rule = QualityRule.objects.filter(pk=reason.get("rule") or 0).first()
    return described(rule) if rule else _("a rule that is gone")


def _source(reason: Reason) -> str:
    promise = duration((reason.get("promise") or 0) * 3600)
    if reason.get("silent") is None:
        return _("Nothing ever came from it; something is promised every %(promise)s.") % {"promise": promise}
    return _("Nothing for %(time)s; something is promised every %(promise)s.") % {
        "time": duration(reason["silent"]), "promise": promise,
    }  # fmt: skip


def band(alert: Alert) -> str:
    """``2 to 50``, ``at most 50``, ``at least 2``."""
    unit = alert.metric.unit if alert.metric else ""
    low, high = alert.expected_low, alert.expected_high
    if low is not None and high is not None:
        return _("%(low)s to %(high)s") % {"low": figure(low, unit, bare=True), "high": figure(high, unit)}
    if high is not None:
        return _("at most %(high)s") % {"high": figure(high, unit)}
    return _("at least %(low)s") % {"low": figure(low, unit)} if low is not None else figure(None)


def _threshold(alert: Alert, reason: Reason) -> str:
    unit = alert.metric.unit if alert.metric else ""
    words = {
        "metric": metric_title(alert.metric),
        "value": figure(alert.observed, unit),
        "limit": figure(reason.get("limit"), unit),
        "time": duration(reason.get("hold")),
    }
    above = reason.get("code") == "threshold_above"
    if reason.get("hold"):
        text = (
            _("%(metric)s is %(value)s, above the limit of %(limit)s for %(time)s.")
            if above
            else _("%(metric)s is %(value)s, below the limit of %(limit)s for %(time)s.")
        )
    else:
        text = (
            _("%(metric)s is %(value)s, above the limit of %(limit)s.")
            if above
            else _("%(metric)s is %(value)s, below the limit of %(limit)s.")
        )
    return text % words


def _metric(alert: Alert, reason: Reason) -> str:
    values = reason.get("values") or {}
    unit = alert.metric.unit if alert.metric else ""
    words = {
        "value": figure(alert.observed, unit, bare=True),
        "band": band(alert),
        "since": since_day(values.get("since")),
    }
    if reason.get("code") == "drift":
        text = (
            _("Higher than usual since %(since)s: now %(value)s, usual is %(band)s.")
            if values.get("up")
            else _("Lower than usual since %(since)s: now %(value)s, usual is %(band)s.")
        )
    else:
        text = (
            _("Higher than usual for this weekday: %(value)s, usual is %(band)s.")
            if values.get("up")
            else _("Lower than usual for this weekday: %(value)s, usual is %(band)s.")
        )
    return text % words


def change(code: str) -> str:
    """The word for what changed about a customer."""
    words = {
        "late": _("days since the last purchase"),
        "order_surge": _("orders in 30 days"),
        "order_value": _("value of the last order"),
        "order_size": _("lines of the last order"),
        "spend_surge": _("spending in 60 days"),
        "returned": _("share returned"),
        "returns": _("returns"),
        "unit_price": _("price per unit"),
        "tickets": _("tickets in 90 days"),
        "contacts": _("contacts in 90 days"),
    }
    return words.get(code, code)


def _customer(reason: Reason) -> str:
    parts = [part for part in reason.get("parts") or [] if isinstance(part, dict)]
    if not parts:
        return _("Unlike other customers.")
    told = [
        _("%(what)s %(now)s (usual %(usual)s)")
        % {
            "what": change(str(part.get("code"))),
            "now": _habit(str(part.get("code")), (part.get("values") or {}).get("now")),
            "usual": _habit(str(part.get("code")), (part.get("values") or {}).get("usual")),
        }
        for part in parts[:3]
    ]
    return _("Unlike its own past: %(parts)s.") % {
        "parts": pgettext("between the parts of a sentence", "; ").join(told)
    }


def _habit(code: str, value: float | None) -> str:
    """A customer's figure: an amount with its sign, a share in per cent, counts and means to a tenth."""
    if value is None:
        return number(None)
    if code in AMOUNTS:
        return money(value, workspace().home_currency)
    if code == "returned":
        return percent(value / 100)
    return number(value, 0 if float(value).is_integer() else 1)


def step(event: AlertEvent) -> str:
    """One line of an alert's history."""
    match event.action:
        case "raised":
            return _("Raised")
        case "acknowledged":
            return pgettext("history", "Acknowledged")
        case "resolved":
            return _("Resolved: %(reason)s") % {"reason": event.note}
        case "assigned":
            return _("Given to %(name)s") % {"name": event.note} if event.note else _("Given to nobody")
        case "reopened":
            return _("Opened again")
        case "healed":
            return _("Closed by itself: the condition is gone")
        case "undone":
            return _("Last step undone")
    return event.action


def condition(rule: Rule) -> str:
    """A rule's condition in words."""
    unit = rule.metric.unit
    above, below = rule.settings.get("above"), rule.settings.get("below")
    parts = [_("above %(limit)s") % {"limit": figure(above, unit)}] if above is not None else []
    if below is not None:
        parts.append(_("below %(limit)s") % {"limit": figure(below, unit)})
    text = _(" or ").join(parts)
    if rule.hold_seconds:
        text = _("%(condition)s for %(time)s") % {"condition": text, "time": duration(rule.hold_seconds)}
    return text
