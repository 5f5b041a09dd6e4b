"""Pages and REST of the mathematics as the cast sees them."""

from __future__ import annotations

import pytest

from crm.accounts.models import User
from insights.models import CustomerScore
from insights.services.analysis import run_analysis
from insights.services.definitions import define_churn
from tests.cast import make_user, root_team
from tests.insights.workspace import AS_OF, build

PAGES = ("/insights/segments/", "/insights/churn/", "/insights/monitoring/", "/insights/runs/")


def boss() -> User:
    return make_user("insights-admin", "admin", root_team())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_any_run_says_why_it_is_empty(client, db, path):
    client.force_login(boss())
    response = client.get(path)
    assert response.status_code == 200
    assert b"<h1" in response.content


@pytest.fixture
def analysed(db):
    build()
    define_churn(horizon_days=60)
    run_analysis(as_of=AS_OF, now=AS_OF)


def test_pages_and_panels_show_the_results(client, analysed):
    client.force_login(boss())
    for path in PAGES:
        response = client.get(path)
        assert response.status_code == 200, path
        assert b"Could not load" not in response.content
    score = CustomerScore.objects.filter(churn_probability__isnull=False).order_by("-churn_probability").first()
    page = client.get(f"/customers/{score.pk}/").content.decode()
    assert f"Why the risk is {round(100 * score.churn_probability)}%" in page
    assert "churn-v1" in page
    assert "Buying pattern" in page
    told = client.get(f"/api/v1/customers/{score.pk}/scores/").json()
    assert told["churn_reasons"]["parts"][0]["text"]
    assert told["churn_model"] == "churn-v1"


def test_run_now_queues_one_job(client, db, django_capture_on_commit_callbacks):
    client.force_login(boss())
    with django_capture_on_commit_callbacks():
        first = client.post("/insights/run-now/")
        again = client.post("/insights/run-now/")
    assert (first.status_code, again.status_code) == (303, 302)
    from crm.kit.models import Job

    assert Job.objects.filter(kind="insights.run").count() == 1


def test_a_rep_sees_no_runs_and_only_own_customers_among_the_riskiest(client, analysed):
    from crm.accounts.models import Team
    from customers.models import Customer

    north = Team.objects.create(name="North of insights", parent=root_team())
    mine = Customer.objects.get(name="Customer 3")
    Customer.objects.filter(pk=mine.pk).update(team=north)
    client.force_login(make_user("insights-rep", "rep", north))
    assert client.get("/insights/runs/").status_code == 403
    page = client.get("/insights/churn/").content.decode()
    others = Customer.objects.exclude(pk=mine.pk).values_list("name", flat=True)
    assert not [name for name in others if f">{name}<" in page]
    segments = client.get("/api/v1/segments/").json()["results"]
    assert sum(row["size"] for row in segments if row["method"] == "rfm") <= 1
