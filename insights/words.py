"""Results in words, in the reader's language: rows store codes and figures only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from crm.kit.ui.reasons import Reason
from crm.kit.ui.words import day, listed, money, number
from insights.models import Metric, Run, Segment
from insights.refusals import DAYS_TO_WATCH

Values = Mapping[str, Any]

RFM_NAMES = {
    "champions": gettext_lazy("Champions"),
    "loyal": gettext_lazy("Loyal"),
    "potential_loyal": gettext_lazy("Potential loyal"),
    "new": gettext_lazy("New customers"),
    "promising": gettext_lazy("Promising"),
    "needs_attention": gettext_lazy("Needs attention"),
    "about_to_sleep": gettext_lazy("About to sleep"),
    "at_risk": gettext_lazy("At risk"),
    "cannot_lose": gettext_lazy("Cannot lose"),
    "hibernating": gettext_lazy("Hibernating"),
    "lost": gettext_lazy("Lost"),
}
RFM_TONES = {
    "champions": "ok", "loyal": "ok", "at_risk": "warn", "cannot_lose": "bad", "about_to_sleep": "warn",
}  # fmt: skip
TRAITS = {
    "very_recent": gettext_lazy("bought very recently"),
    "recent": gettext_lazy("bought recently"),
    "quiet": gettext_lazy("quiet for a while"),
    "long_quiet": gettext_lazy("quiet for long"),
    "rarely": gettext_lazy("buys very rarely"),
    "seldom": gettext_lazy("buys rarely"),
    "often": gettext_lazy("buys often"),
    "very_often": gettext_lazy("buys very often"),
    "very_low_value": gettext_lazy("very low spend"),
    "low_value": gettext_lazy("low spend"),
    "high_value": gettext_lazy("high spend"),
    "very_high_value": gettext_lazy("very high spend"),
    "average": gettext_lazy("average in all respects"),
}
DRIVERS = {
    "recency": gettext_lazy("Time since the last order"),
    "rhythm": gettext_lazy("Number and rhythm of orders"),
    "value": gettext_lazy("Spend"),
    "basket": gettext_lazy("Size of orders"),
    "tenure": gettext_lazy("Time as a customer"),
    "returns": gettext_lazy("Returns"),
    "contact": gettext_lazy("Conversations"),
    "campaigns": gettext_lazy("Reactions to campaigns"),
    "service": gettext_lazy("Tickets and ratings"),
    "deals": gettext_lazy("Open deals"),
}
ALGORITHMS = {
    "logistic": gettext_lazy("Logistic regression"),
    "decision_tree": gettext_lazy("Decision tree"),
    "random_forest": gettext_lazy("Random forest"),
    "boosting": gettext_lazy("Gradient boosting"),
    "linear_svm": gettext_lazy("Support vector machine"),
    "recency_rule": gettext_lazy("Recency rule"),
}
MODELS = {"churn": gettext_lazy("Churn")}
RUN_KINDS = {
    "segments": gettext_lazy("Segments"),
    "churn-training": gettext_lazy("Churn: training"),
    "churn": gettext_lazy("Churn: scores"),
    "value": gettext_lazy("Value, next 12 months"),
    "metrics": gettext_lazy("Business metrics"),
    "anomalies": gettext_lazy("Unusual customers"),
    "health": gettext_lazy("Health"),
}
METRICS = {
    "revenue_per_day": gettext_lazy("Revenue per day"),
    "orders_per_day": gettext_lazy("Orders per day"),
    "returns_per_day": gettext_lazy("Returns per day"),
    "new_customers_per_day": gettext_lazy("New customers per day"),
    "tickets_per_day": gettext_lazy("Tickets per day"),
}
UNITS = {
    "orders": pgettext_lazy("unit", "orders"),
    "returns": pgettext_lazy("unit", "returns"),
    "customers": pgettext_lazy("unit", "customers"),
    "tickets": pgettext_lazy("unit", "tickets"),
}
CHANGES = {
    "late": gettext_lazy("Days since the last order: %(now)s, usual %(usual)s"),
    "order_surge": gettext_lazy("Orders in 30 days: %(now)s, usual %(usual)s"),
    "order_value": gettext_lazy("Value of the last order: %(now)s, usual %(usual)s"),
    "order_size": gettext_lazy("Lines in the last order: %(now)s, usual %(usual)s"),
    "spend_surge": gettext_lazy("Spend in 60 days: %(now)s, usual %(usual)s"),
    "returned": gettext_lazy("Share of purchases returned: %(now)s%%"),
    "returns": gettext_lazy("Returns so far: %(now)s"),
    "unit_price": gettext_lazy("Price per piece: %(now)s"),
    "tickets": gettext_lazy("Tickets in 90 days: %(now)s"),
    "contacts": gettext_lazy("Messages from the customer in 90 days: %(now)s"),
}
WHY = {
    "cut_off": gettext_lazy("Cut off before its end; nothing was written."),
    "error": gettext_lazy("Stopped by an error; nothing was written. %(error)s"),
    "few_active": gettext_lazy("Needs %(needed)s customers with a purchase in the last 365 days; has %(found)s."),
    "no_active": gettext_lazy("Needs customers with a purchase in the last 365 days; has none."),
    "no_orders": gettext_lazy("Needs orders of known customers; has none."),
    "no_health": gettext_lazy("Needs a churn score, tickets or conversations to tell health; has none of them."),
    "no_model": gettext_lazy("No churn model is trained yet; see the training run for what is missing."),
    "nothing_to_watch": gettext_lazy("Needs orders or tickets to watch; has none."),
    "rhythm_unknown": gettext_lazy(
        "Needs %(needed)s gaps between purchases of repeat customers to know the base's rhythm, or a set horizon."
    ),
    "looked_back": gettext_lazy(
        "Computed afterwards for the history: from the facts before this moment, with %(model)s, "
        "which has learned from later ones too."
    ),
    "thin_base": gettext_lazy(
        "Needs %(customers)s active customers, %(repeats)s of them with a repeat order, and %(days)s days of history "
        "(2 × the horizon of %(horizon)s days and a month); has %(has_customers)s, %(has_repeats)s and %(has_days)s."
    ),
    "few_cutoffs": gettext_lazy(
        "Needs two past cut-offs at least %(horizon)s days apart whose outcome is known; has %(found)s."
    ),
    "few_outcomes": gettext_lazy(
        "Needs %(needed)s customers who left and %(needed)s who stayed within %(horizon)s days; "
        "has %(left)s and %(stayed)s."
    ),
    "cutoff_open": gettext_lazy("its %(horizon)s days have not ended in these data, so nothing can be judged."),
    "short_history": gettext_lazy(
        "Needs %(days)s days of history (a year to learn from, a year to judge by, and a start) and %(customers)s "
        "active customers; has %(has_days)s and %(has_customers)s."
    ),
    "model_too_large": gettext_lazy("%(model)s: the file is larger than any model of ours."),
    "model_unreadable": gettext_lazy("%(model)s: the file cannot be read (%(error)s)."),
    "model_signature": gettext_lazy(
        "%(model)s: the signature does not fit; the file was not written here or was changed."
    ),
    "model_other": gettext_lazy("%(model)s: the file is not the one that was registered."),
    "model_format": gettext_lazy("%(model)s: written by another version of the product."),
    "model_broken": gettext_lazy("%(model)s: the file holds no model (%(error)s)."),
    "model_features": gettext_lazy("%(model)s: trained with features that do not exist now: %(features)s."),
}
DROPPED = {
    "line without a customer": gettext_lazy("line without a customer"),
    "own field without a year of history": gettext_lazy(
        "own field left out: the history does not show its values of a year ago, and today's would give the outcome away"
    ),
    "adjustment line": gettext_lazy("adjustment line (postage, fee, correction)"),
    "line without a price": gettext_lazy("line without a price"),
    "sale line without a quantity": gettext_lazy("sale line without a quantity"),
    "order value held at the 99.9 % quantile": gettext_lazy("order value held at the 0.999 quantile"),
    "no purchase in the last 365 days": gettext_lazy("no purchase in the last 365 days"),
}
HEALTH_PARTS = {
    "churn": gettext_lazy("Likely to stay"),
    "service": gettext_lazy("Tickets"),
    "engagement": gettext_lazy("Engagement"),
    "rating": gettext_lazy("Ratings"),
}


def said(table: Mapping[str, Any], code: str) -> str:
    """The word of a code; a code that a plug-in brought stands for itself."""
    return str(table.get(code, code.replace("_", " ")))


def why_words(reasons: Iterable[Values]) -> str:
    """Reasons of a refusal or failure as sentences; a code that nobody knows stands for itself."""
    return " ".join(_why(one) for one in reasons)


def _why(reason: Values) -> str:
    code, given = str(reason.get("code", "")), reason.get("values") or {}
    values = {name: number(value) if isinstance(value, int) else value for name, value in given.items()}
    try:
        text = str(WHY[code]) % values
    except KeyError:
        text = code.replace("_", " ")
    return f"{reason['day']}: {text}" if reason.get("day") else text


def run_reason(run: Run) -> str:
    """Why a run refused, failed or needs a word."""
    return why_words(run.why)


def dropped_words(dropped: Values) -> list[tuple[str, int]]:
    """What a run left out and why, with the number of rows (of a metric: its days)."""
    short = _("%(metric)s: needs %(needed)s days, has %(found)s")
    return [
        (
            short % {"metric": METRICS[rule], "needed": DAYS_TO_WATCH, "found": rows}
            if rule in METRICS
            else said(DROPPED, rule),
            rows,
        )
        for rule, rows in dropped.items()
    ]


def segment_name(segment: Segment) -> str:
    """The name people see."""
    if segment.method == "rfm":
        return said(RFM_NAMES, segment.key.removeprefix("rfm-"))
    if segment.method == "kmeans":
        return _("Cluster %(number)s") % {"number": segment.key.removeprefix("cluster-")}
    return segment.name


def trait_words(segment: Segment) -> list[str]:
    """Traits of a cluster in words."""
    return [said(TRAITS, code) for code in segment.traits]


def cluster_label(segment: Segment) -> str:
    """A cluster's number with what its customers do."""
    traits = trait_words(segment)
    if not traits:
        return segment_name(segment)
    return _("%(name)s: %(traits)s") % {"name": segment_name(segment), "traits": listed(traits)}


def unit_word(unit: str) -> str:
    """``orders``; a currency or a unit of the workspace's own as it stands."""
    return str(UNITS.get(unit, unit))


def metric_title(metric: Metric) -> str:
    """The metric in the reader's language."""
    return said(METRICS, metric.name) if metric.name in METRICS else metric.title or metric.name


def reason_words(code: str, values: Values, currency: str) -> str:
    """One reason as a sentence."""
    if code.startswith("own_"):
        return _("Own field “%(name)s”") % {"name": code.removeprefix("own_").replace("_", " ")}
    made = _SENTENCES.get(code)
    return made(values, currency) if made else said(DRIVERS, code)


def _recency(v: Values, currency: str) -> str:
    days, usual = v.get("days", 0), v.get("usual")
    if usual is None:
        return ngettext("Last order %(days)s day ago", "Last order %(days)s days ago", days) % {"days": days}
    return ngettext(
        "No order for %(days)s day (usual: %(usual)s)", "No order for %(days)s days (usual: %(usual)s)", days
    ) % {"days": days, "usual": usual}


def _rhythm(v: Values, currency: str) -> str:
    if v.get("purchase_days", 0) <= 1:
        return _("Bought on one day only")
    return _("%(orders)s orders, one every %(gap)s days") % {"orders": v.get("orders"), "gap": v.get("gap")}


def _value(v: Values, currency: str) -> str:
    return _("Spent %(amount)s so far") % {"amount": money(v.get("amount"), currency)}


def _basket(v: Values, currency: str) -> str:
    lines = v.get("lines", 0)
    return ngettext("%(lines)s line per order", "%(lines)s lines per order", lines) % {"lines": lines}


def _tenure(v: Values, currency: str) -> str:
    days = v.get("days", 0)
    if days < 60:
        return ngettext("Customer for %(n)s day", "Customer for %(n)s days", days) % {"n": days}
    if days < 700:
        return _("Customer for %(n)s months") % {"n": round(days / 30.44)}
    return _("Customer for %(n)s years") % {"n": number(days / 365.25, 1)}


def _returns(v: Values, currency: str) -> str:
    if not v.get("returns"):
        return _("Nothing returned")
    return _("%(percent)s%% of purchases returned") % {"percent": v.get("percent", 0)}


def _contact(v: Values, currency: str) -> str:
    days = v.get("days", 0)
    if days >= 730:
        return _("No conversation in two years")
    return ngettext("Last conversation %(n)s day ago", "Last conversation %(n)s days ago", days) % {"n": days}


def _campaigns(v: Values, currency: str) -> str:
    return _("Reacted to %(reacted)s of %(sent)s campaign messages") % {
        "reacted": v.get("reacted", 0),
        "sent": v.get("sent", 0),
    }


def _service(v: Values, currency: str) -> str:
    if v.get("open"):
        return ngettext("%(n)s open ticket", "%(n)s open tickets", v["open"]) % {"n": v["open"]}
    if v.get("recent"):
        return ngettext("%(n)s ticket in 90 days", "%(n)s tickets in 90 days", v["recent"]) % {"n": v["recent"]}
    if v.get("rating") is not None:
        return _("Rated our service %(rating)s of 5") % {"rating": number(v["rating"], 1)}
    return _("No tickets")


def _deals(v: Values, currency: str) -> str:
    count = v.get("open", 0)
    return ngettext("%(n)s open deal", "%(n)s open deals", count) % {"n": count} if count else _("No open deal")


_SENTENCES = {
    "recency": _recency, "rhythm": _rhythm, "value": _value, "basket": _basket, "tenure": _tenure,
    "returns": _returns, "contact": _contact, "campaigns": _campaigns, "service": _service, "deals": _deals,
}  # fmt: skip


def churn_reasons(stored: Values, currency: str) -> list[Reason]:
    """All parts of a churn score as sentences with shares."""
    parts = [*stored.get("parts", []), *stored.get("more", [])]
    return [
        Reason(reason_words(part["code"], part.get("values", {}), currency), part["points"] / 100) for part in parts
    ]


def refused_words(code: str) -> str:
    """Why a customer has no churn score."""
    if code == "inactive":
        return _("No purchase in the last 365 days: this customer has left already.")
    return _("Needs a purchase in the last 365 days.")


def change_words(part: Values) -> str:
    """What made a customer strange."""
    template = CHANGES.get(part["code"])
    values = {name: number(value, 0 if abs(value or 0) >= 10 else 1) for name, value in part["values"].items()}
    return str(template) % values if template else part["code"]


def _figure(value: float | None) -> str:
    """Whole numbers bare, small ones with one decimal, so that a figure just above its band looks so."""
    if value is None:
        return number(None)
    return number(value, 0 if abs(value) >= 1000 or float(value).is_integer() else 1)


def finding_words(finding: Any) -> str:
    """A finding as one sentence."""
    reason = finding.reason or {}
    values = reason.get("values", {})
    if reason.get("code") == "customer":
        return "; ".join(change_words(part) for part in reason.get("parts", []))
    shown = {
        "value": _figure(finding.observed),
        "low": _figure(finding.expected_low),
        "high": _figure(finding.expected_high),
    }
    if reason.get("code") == "drift":
        since = day(date.fromisoformat(values["since"])) if values.get("since") else ""
        text = (
            _("Has stayed above its usual level since %(since)s (%(value)s; usual %(low)s to %(high)s)")
            if values.get("up")
            else _("Has stayed below its usual level since %(since)s (%(value)s; usual %(low)s to %(high)s)")
        )
        return text % {**shown, "since": since}
    text = (
        _("%(value)s is above the %(low)s to %(high)s that this weekday usually has")
        if values.get("up")
        else _("%(value)s is below the %(low)s to %(high)s that this weekday usually has")
    )
    return text % shown
