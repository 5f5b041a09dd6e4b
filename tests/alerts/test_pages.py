import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from alerts import services
from alerts.models import Alert, Rule
from customers.models import Customer
from insights.ingest import receive
from insights.models import Finding
from tests.counting import counting

from .conftest import NOW


def client(user, language="en"):
    made = Client(headers={"accept-language": language})
    made.force_login(user)
    return made


@pytest.fixture
def alert(rule, sender):
    event = {"type": "metric", "metric": "returns_per_day", "at": NOW.isoformat(), "value": 60, "id": "1"}
    receive(events=[event], user=sender, now=NOW)
    services.check(now=NOW)
    return Alert.objects.get(rule=rule)


@pytest.fixture
def strange(north):
    customer = Customer.objects.create(name="Canary & Söhne", team=north)
    part = {"code": "late", "weight": 0.7, "values": {"now": 90.0, "usual": 12.5}}
    Finding.objects.create(
        kind="customer",
        customer=customer,
        at=NOW,
        score=0.7,
        severity="critical",
        detector="isolation_forest",
        fingerprint="f",
        as_of=NOW,
        reason={"code": "customer", "parts": [part]},
    )
    services.check(now=NOW)
    return Alert.objects.get(customer=customer)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "closed/",
        "?group=subject",
        "rules/",
        "rules/new/",
        "new/?since=0",
        "{pk}/",
        "{pk}/resolve/",
        "{pk}/assign/",
    ],
)
def test_every_page_opens(boss, alert, strange, path, language):
    for one in (alert, strange):
        answer = client(boss, language).get(f"/alerts/{path.format(pk=one.pk)}")
        assert answer.status_code == 200, answer.content[:300]


def test_a_line_says_what_where_and_why(boss, alert, strange):
    page = client(boss).get("/alerts/").content.decode()
    assert "Too many returns" in page
    assert "returns_per_day is 60, above the limit of 50." in page
    assert "Canary &amp; Söhne" in page
    assert "days since the last purchase 90 (usual 12.5)" in page


def test_an_empty_list_says_so_and_a_rep_sees_only_reached_alerts(seller, rival, strange, alert):
    assert "All quiet" in client(rival).get("/alerts/").content.decode()
    page = client(seller).get("/alerts/").content.decode()
    assert "Canary" in page
    assert "Too many returns" not in page


def test_another_teams_alert_is_not_there_on_any_address(rival, strange):
    session = client(rival)
    for path in ("", "resolve/", "assign/"):
        assert session.get(f"/alerts/{strange.pk}/{path}").status_code == 404
    for path in ("acknowledge/", "undo/", "reopen/"):
        assert session.post(f"/alerts/{strange.pk}/{path}").status_code == 404
    for path in ("resolve/", "assign/"):
        assert session.post(f"/alerts/{strange.pk}/{path}", {"reason": "x"}).status_code == 404
    assert "Canary" not in session.get(f"/charts/alerts.evidence/?alert={strange.pk}").content.decode()
    assert "Canary" not in session.get("/alerts/new/?since=0").content.decode()
    strange.refresh_from_db()
    assert strange.state == "open"


def test_acknowledge_answers_a_script_with_a_toast_and_undo(lead, alert):
    answer = client(lead).post(f"/alerts/{alert.pk}/acknowledge/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    told = json.loads(answer["HX-Trigger"])
    assert told["toast"]["undo"] == f"/alerts/{alert.pk}/undo/"
    assert "alerts-changed" in told


def test_without_a_script_resolving_goes_back_to_the_alert(lead, alert):
    session = client(lead)
    refused = session.post(f"/alerts/{alert.pk}/resolve/", {"reason": ""})
    assert refused.status_code == 422
    answer = session.post(f"/alerts/{alert.pk}/resolve/", {"reason": "Trade fair"}, follow=True)
    page = answer.content.decode()
    assert "Trade fair" in page
    assert f'action="/alerts/{alert.pk}/undo/"' in page
    assert "Trade fair" in session.get("/alerts/closed/").content.decode()


def test_a_step_that_comes_too_late_is_told_and_changes_nothing(lead, alert):
    services.resolve(alert_id=alert.pk, reason="Gone", user=lead, now=NOW)
    answer = client(lead).post(f"/alerts/{alert.pk}/acknowledge/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "reopen" in answer.content.decode()


def test_the_bell_answers_304_until_something_changes(boss, alert, strange):
    session = client(boss)
    first = session.get("/notifications/bell/")
    assert "2 open alerts" in first.content.decode()
    again = session.get("/notifications/bell/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    services.resolve(alert_id=alert.pk, reason="Gone", user=boss, now=NOW)
    assert session.get("/notifications/bell/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_only_a_new_critical_alert_comes_with_a_toast(boss, alert, strange):
    session = client(boss)
    assert "HX-Trigger" not in session.get("/notifications/bell/")
    assert "HX-Trigger" not in session.get(f"/notifications/bell/?alerts={strange.pk}")
    told = json.loads(session.get("/notifications/bell/?alerts=0")["HX-Trigger"])["toast"]
    assert told["href"] == f"/alerts/{strange.pk}/"
    assert "Canary" in told["text"]


def test_the_pill_counts_what_came_after_the_page(boss, alert):
    session = client(boss)
    assert session.get(f"/alerts/new/?since={alert.pk}").content.strip() == b""
    assert "1 new: Too many returns" in session.get(f"/alerts/new/?since={alert.pk - 1}").content.decode()


def test_a_manager_writes_a_rule_by_the_form(lead):
    given = {"name": "Few orders", "metric": "orders", "below": "3.5", "hold": "PT5M", "severity": "critical",
             "labels": "region=EU", "active": "on"}  # fmt: skip
    answer = client(lead).post("/alerts/rules/new/", given, follow=True)
    assert "Few orders" in answer.content.decode()
    rule = Rule.objects.get()
    assert (rule.settings, rule.labels, rule.hold_seconds) == ({"below": 3.5}, {"region": "EU"}, 300)
    edited = client(lead).post(f"/alerts/rules/{rule.pk}/", {**given, "name": "", "below": ""})
    assert edited.status_code == 422
    assert "needs a limit" in client(lead).post("/alerts/rules/new/", {**given, "below": ""}).content.decode()
    client(lead).post(f"/alerts/rules/{rule.pk}/delete/")
    assert not Rule.objects.exists()


def test_a_rep_reaches_no_rule(seller, rule):
    for path in ("", "new/", f"{rule.pk}/"):
        assert client(seller).get(f"/alerts/rules/{path}").status_code == 403


def test_a_customers_page_shows_its_alerts(seller, strange):
    from crm.kit import slots

    path = f"/panels/customer.detail.rail/alerts/{strange.customer_id}/"
    assert slots.panels_of("customer.detail.rail", seller)
    answer = client(seller).get(path, headers={"HX-Request": "true"})
    assert "Unusual behaviour" in answer.content.decode()
    page = client(seller).get(f"/customers/{strange.customer_id}/").content.decode()
    assert f"/alerts/{strange.pk}/" in page


def test_the_list_page_takes_the_same_queries_for_2_and_20_rows(boss, north):
    def more(count):
        made = Customer.objects.bulk_create([Customer(name=f"C{n}", team=north) for n in range(count)])
        Finding.objects.bulk_create(
            Finding(
                kind="customer",
                customer=c,
                at=NOW,
                score=0.7,
                detector="x",
                fingerprint=f"f{c.pk}",
                as_of=NOW,
            )
            for c in made
        )
        services.check(now=datetime.now(UTC))

    session = client(boss)
    more(2)
    session.get("/alerts/")
    with counting() as two:
        session.get("/alerts/")
    more(18)
    with counting() as twenty:
        assert session.get("/alerts/").content.decode().count("data-row") == 20
    assert len(two) == len(twenty) <= 12


def test_the_list_alone_is_drawn_for_htmx(boss, alert):
    part = client(boss).get("/alerts/", headers={"HX-Request": "true", "HX-Target": "alerts"}).content.decode()
    assert part.lstrip().startswith('<div id="alerts"')
    assert "<html" not in part
