import pytest
from django.utils import translation

from alerts import words
from alerts.models import Alert, Rule
from insights.models import Metric

REVENUE = Metric(name="revenue", title="Revenue", unit="EUR")


def metric_alert(code, **values):
    reason = {"code": code, "values": {"since": "2026-11-02", "up": False, **values}}
    return Alert(
        kind=f"metric_{code}", metric=REVENUE, reason=reason, observed=812.5, expected_low=900, expected_high=1500
    )


@pytest.mark.parametrize(
    "alert,title,text",
    [
        (
            metric_alert("day"),
            "Unusual day: Revenue",
            "Lower than usual for this weekday: 812.50, usual is 900 to 1,500 EUR.",
        ),
        (
            metric_alert("drift", up=True),
            "Moved level: Revenue",
            "Higher than usual since 2 Nov 2026: now 812.50, usual is 900 to 1,500 EUR.",
        ),
        (
            Alert(
                kind="rule", metric=REVENUE, observed=3, expected_low=5, reason={"code": "threshold_below", "limit": 5}
            ),
            "Revenue broke its limit",
            "Revenue is 3 EUR, below the limit of 5 EUR.",
        ),
        (
            Alert(kind="rule", metric=REVENUE, observed=9, reason={"code": "threshold_above", "limit": 5, "hold": 300}),
            "Revenue broke its limit",
            "Revenue is 9 EUR, above the limit of 5 EUR for 5 min.",
        ),
        (
            Alert(kind="customer", reason={"code": "customer", "parts": []}),
            "Unusual behaviour",
            "Unlike other customers.",
        ),
        (
            Alert(kind="new", observed=3, expected_high=2, reason={}),
            "Something unusual",
            "Observed 3, expected at most 2.",
        ),
        (Alert(kind="new", reason=["odd"]), "Something unusual", "The figures are on the alert's page."),
    ],
)
def test_codes_become_sentences(alert, title, text):
    with translation.override("en"):
        assert (words.headline(alert), words.sentence(alert)) == (title, text)


@pytest.mark.parametrize(
    "settings,hold,text",
    [
        ({"above": 50}, 0, "above 50 EUR"),
        ({"above": 50, "below": 2.5}, 0, "above 50 EUR or below 2.50 EUR"),
        ({"below": 2}, 300, "below 2 EUR for 5 min"),
    ],
)
def test_a_rule_is_told_in_words(settings, hold, text):
    with translation.override("en"):
        assert words.condition(Rule(metric=REVENUE, settings=settings, hold_seconds=hold)) == text
