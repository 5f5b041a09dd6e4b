"""Rules find what is wrong with the data, tell it within one's reach, raise an alert, and close it when it is mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from alerts.models import Alert
from crm.kit.errors import Invalid, Refused
from crm.kit.models import Job, Source
from customers.models import ContactPoint, Customer, ExternalId, QualityResult, QualityRule
from customers.quality import kinds, services, subjects
from customers.quality.mending import mended_country, mended_email
from customers.quality.run import check, check_all, described, failing
from customers.quality.selectors import overview
from customers.quality.territories import canonical
from tests.cast import make_cast, make_user, root_team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


def add(name="Ada", **values):
    return Customer.objects.create(name=name, team=values.pop("team", None) or root_team(), **values)


def rule(kind, settings, *, obj="customer", **values):
    return QualityRule.objects.create(
        name="r", dimension="valid", object=obj, kind=kind, settings=settings, **{"limit": 0.0} | values
    )


def fails(kind, settings, **values):
    """Names of the customers that fail."""
    found = failing(subjects.get("customer").rows(), rule(kind, settings, **values), NOW)
    return sorted(found.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("kind", "settings", "good", "bad"),
    [
        ("email", {"field": "email"}, {"email": "a.b+c@x-y.co.uk"}, {"email": "ada(at)x.org"}),
        ("email", {"field": "email"}, {"email": ""}, {"email": "ada@x"}),
        ("phone", {"field": "phone"}, {"phone": "+49 (30) 123-456"}, {"phone": "12345"}),
        ("phone", {"field": "phone"}, {"phone": "030 1234567 ext 9"}, {"phone": "call my office"}),
        ("country", {"field": "country"}, {"country": "德国"}, {"country": "Atlantis"}),
        ("country", {"field": "country"}, {"country": "usa"}, {"country": "Untied States"}),
        ("dated", {"field": "birth_date"}, {"birth_date": "1980-02-01"}, {"birth_date": "2031-01-01"}),
        ("dated", {"field": "birth_date", "earliest": "1900-01-01"}, {}, {"birth_date": "0198-01-01"}),
        ("filled", {"fields": ["email", "phone"]}, {"phone": "1"}, {}),
        ("filled", {"fields": ["custom.plan"]}, {"custom": {"plan": "Basic"}}, {"custom": {"plan": ""}}),
        ("one_of", {"field": "language", "values": ["en", "de"]}, {"language": "en"}, {"language": "xx"}),
        ("pattern", {"field": "custom.code", "pattern": "^[A-Z]{2}$"}, {"custom": {"code": "AB"}}, {"custom": {"code": "ab"}}),
        ("unique", {"field": "email"}, {"email": "a@x.org"}, None),
    ],
)  # fmt: skip
def test_a_check_tells_good_values_from_bad_ones(kind, settings, good, bad):
    add("good", **good)
    if bad is not None:
        add("bad", **bad)
    assert fails(kind, settings) == (["bad"] if bad is not None else [])


def test_an_address_used_twice_fails_in_both_rows_whatever_its_case():
    add("one", email="a@x.org")
    add("two", email="A@x.org")
    add("three", email="b@x.org")
    assert fails("unique", {"field": "email"}) == ["one", "two"]


def test_a_country_written_in_a_rarer_way_fails():
    for name, country in [("a", "Germany"), ("b", "Germany"), ("c", "Deutschland"), ("d", "DE"), ("e", "France")]:
        add(name, country=country)
    assert fails("spelled", {"field": "country"}) == ["c", "d"]


def test_old_rows_are_stale():
    add("old")
    Customer.objects.update(updated_at=NOW - timedelta(days=900))
    add("new")
    assert fails("fresh", {"field": "updated_at", "days": 800}) == ["old"]


def test_a_row_that_people_let_pass_counts_no_longer():
    admin = make_user("boss", "admin", root_team())
    row, one = add("bad", email="nothing"), rule("email", {"field": "email"})
    services.let_pass(user=admin, rule_id=one.pk, row=row.pk, reason="his own joke", now=NOW)
    assert check(one, now=NOW).failing == 0
    services.count_again(user=admin, rule_id=one.pk, row=row.pk)
    assert check(one, now=NOW).failing == 1


def test_a_broken_rule_raises_an_alert_once_and_closes_it_when_it_holds_again():
    bad = add("bad", email="nothing")
    check_all(now=NOW)
    check_all(now=NOW + timedelta(days=1))
    alerts = Alert.objects.filter(kind="quality_rule", reason__rule=QualityRule.objects.get(key="customer.email").pk)
    assert [(one.state, one.repeats) for one in alerts] == [("open", 2)]
    Customer.objects.filter(pk=bad.pk).update(email="bad@x.org")
    check_all(now=NOW + timedelta(days=2))
    assert alerts.get().state == "resolved" and alerts.get().events.filter(action="healed").exists()


def test_a_silent_source_raises_an_alert():
    Source.objects.create(name="Till", freshness_hours=24, last_received_at=NOW - timedelta(days=41))
    Source.objects.create(name="Shop", freshness_hours=24, last_received_at=NOW - timedelta(hours=2))
    check_all(now=NOW)
    assert [one.reason["source"] for one in Alert.objects.filter(kind="quality_source")] == ["Till"]


def test_a_rule_that_cannot_be_asked_hides_no_other_and_is_called_not_checked():
    broken = rule("pattern", {"field": "no_such_field", "pattern": "x"})
    told = check_all(now=NOW)
    assert told["not_checked"] == 1
    assert QualityResult.objects.get(rule=broken).error


def test_figures_count_only_what_the_reader_reaches():
    cast = make_cast()
    south = cast.teams["south"]
    add("bad", email="nothing", team=south)
    check_all(now=NOW)

    def failing_for(user):
        found = {one.rule.key: one.failing for one in overview(user, now=NOW + timedelta(minutes=1)).rules}
        return found["customer.email"]

    assert failing_for(cast.users["admin"]) == 1
    narrow = make_user("northern", "manager", cast.teams["north"])
    assert failing_for(narrow) == 0


def test_results_per_source_add_up():
    source = Source.objects.create(name="Shop")
    ExternalId.objects.create(source=source, external_id="1", customer=add("bad", email="nothing"))
    add("own", email="also nothing")
    check_all(now=NOW)
    result = QualityResult.objects.get(rule__key="customer.email")
    assert sorted((cell[1], cell[3]) for cell in result.cells) == [("", 1), ("Shop", 1)]


@pytest.mark.parametrize(
    "values",
    [
        {"settings": {"field": "no_such"}},
        {"settings": {"field": "email"}, "kind": "between"},
        {"settings": {"field": "email", "pattern": "("}, "kind": "pattern"},
        {"limit": 2},
        {"object": "user"},
        {"kind": "no_such"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values):
    admin = make_user("boss", "admin", root_team())
    given = {
        "name": "x",
        "dimension": "valid",
        "object": "customer",
        "kind": "email",
        "settings": {"field": "email"},
        "limit": 0.1,
    }
    with pytest.raises(Invalid):
        services.save_rule(user=admin, values=given | values)
    assert not QualityRule.objects.filter(name="x").exists()


def test_a_rep_may_neither_see_nor_change_rules():
    cast = make_cast()
    with pytest.raises(Refused):
        services.save_rule(user=cast.users["rep"], values={"name": "x"})
    client = Client()
    client.force_login(cast.users["rep"])
    assert client.get("/data/quality/").status_code == 403
    assert "quality" not in client.get("/customers/?quality=1").content.decode().lower().partition("<main")[0]


def test_the_page_shows_rules_and_leads_to_the_rows():
    admin = make_user("boss", "admin", root_team())
    add("Bad Bert", email="nothing")
    check_all(now=datetime.now(UTC))
    client = Client()
    client.force_login(admin)
    page = client.get("/data/quality/").content.decode()
    one = QualityRule.objects.get(key="customer.email")
    assert f"/customers/?quality={one.pk}" in page and described(one) in page
    rows = client.get(f"/customers/?quality={one.pk}").content.decode()
    assert "Bad Bert" in rows


def test_a_rule_is_made_and_changed_on_its_page():
    admin = make_user("boss", "admin", root_team())
    client = Client()
    client.force_login(admin)
    form = {"name": "City known", "object": "customer", "field": "customer:city", "kind": "filled", "dimension": "complete",
            "limit": "5", "severity": "warning", "active": "on"}  # fmt: skip
    assert client.post("/data/quality/rules/new/", form).status_code == 303
    made = QualityRule.objects.get(name="City known")
    assert (made.settings, made.limit) == ({"fields": ["city"]}, 0.05)
    assert client.post(f"/data/quality/rules/{made.pk}/", form | {"limit": "7"}).status_code == 303
    made.refresh_from_db()
    assert made.limit == 0.07
    assert client.post(f"/data/quality/rules/{made.pk}/delete/").status_code == 303
    assert not QualityRule.objects.filter(pk=made.pk).exists()


def test_every_kind_speaks():
    for name, one in kinds.kinds().items():
        assert one.title and one.name == name


@pytest.mark.parametrize(
    ("word", "code"), [("Germany", "DE"), ("deutschland", "DE"), ("中国", "CN"), ("uk", "GB"), ("Nowhere", "")]
)
def test_countries_are_known_by_many_names(word, code):
    assert canonical(word) == code


@pytest.mark.parametrize(
    ("value", "mended"),
    [
        ("ada(at)x.org", "ada@x.org"), ("mailto:ada@x.org", "ada@x.org"), ("ada @x.org ", "ada@x.org"), ("ada@@x.org", "ada@x.org"),
        ("ada@x,org", "ada@x.org"), ("ada@gmial.com", "ada@gmail.com"), ("ada.lovelace", ""), ("@x.org", ""), ("ada@x", ""),
    ],
)  # fmt: skip
def test_only_addresses_that_are_surely_meant_are_mended(value, mended):
    assert mended_email(value) == mended


def test_countries_are_mended_by_name_and_slip():
    assert mended_country("Deutschland") == "Germany" and mended_country("Germny") == "Germany"
    assert mended_country("Atlantis") == "" and mended_country("Germany") == ""


def test_mending_is_previewed_done_and_undone():
    admin = make_user("boss", "admin", root_team())
    bad, lost, one = add("Bad", email="ada(at)x.org"), add("Lost", email="nothing"), rule("email", {"field": "email"})
    ContactPoint.objects.create(customer=bad, kind="email", value=bad.email, primary=True)
    client = Client()
    client.force_login(admin)
    page = client.get(f"/data/quality/rules/{one.pk}/mend/").content.decode()
    assert "ada@x.org" in page and "nothing" in page
    done = client.post(f"/customers/?quality={one.pk}", {"action": "edit", "field": "mend-email", "every": "1"})
    assert done.status_code == 303
    bad.refresh_from_db()
    assert (bad.email, bad.points.get().value, bad.points.get().normalised) == ("ada@x.org",) * 3
    job = Job.objects.get(kind="lists.bulk")
    assert (job.result["changed"], job.result["refused"]) == (1, 1)
    assert client.post(f"/jobs/{job.token}/undo/").status_code == 303
    bad.refresh_from_db()
    assert bad.email == bad.points.get().value == "ada(at)x.org"
    lost.refresh_from_db()
    assert lost.email == "nothing"
