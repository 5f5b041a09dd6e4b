"""The sample workspace: believable, repeatable, marked, and gone when asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, Q, Sum
from django.test import Client

from alerts.models import Rule
from crm.accounts.authentication import key_digest
from crm.accounts.models import User
from crm.demo.clear import clear
from crm.kit.errors import Refused
from crm.kit.models import Source
from crm.kit.workspace import forget_workspace, load_workspace
from customers.models import Contact, ContactPoint, Customer, ExternalId, Interaction
from marketing.models import Campaign, Touch
from sales.models import Deal, Order, OrderLine, Product, StageChange
from service.models import Ticket

TODAY = dt.date(2026, 11, 22)
SIZE = 400
TABLES = (
    Customer,
    ExternalId,
    ContactPoint,
    Contact,
    Order,
    OrderLine,
    Deal,
    StageChange,
    Ticket,
    Interaction,
    Campaign,
    Touch,
)


def load(*, customers: int = SIZE, seed: int = 42, today: dt.date = TODAY) -> dict[str, Any]:
    out = io.StringIO()
    call_command("demo", customers=customers, seed=seed, today=today, stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def digest() -> str:
    """Of every exported table, ids left out: they go on counting after data were cleared."""
    found = hashlib.sha256()
    for model in TABLES:
        columns = [
            f.column for f in model._meta.concrete_fields if not f.primary_key and not f.is_relation and not f.generated
        ]
        quoted = ", ".join(f'"{column}"' for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {quoted} FROM "{model._meta.db_table}" ORDER BY {quoted}')
            for row in cursor.fetchall():
                found.update(repr(row).encode())
    return found.hexdigest()


@pytest.fixture(autouse=True)
def _forget(db: None) -> Any:
    forget_workspace()
    yield
    forget_workspace()


def test_the_same_seed_gives_the_same_data_and_another_seed_does_not() -> None:
    load(customers=150)
    first = digest()
    clear(user=None)
    load(customers=150)
    assert digest() == first
    clear(user=None)
    load(customers=150, seed=43)
    assert digest() != first


def test_orders_keep_their_totals_line_counts_and_returns() -> None:
    report = load()
    assert report["customer"] == Customer.objects.count() == SIZE
    sums = Order.objects.annotate(lines_net=Sum("lines__net"), lines_count=Count("lines"))
    wrong = [
        o.number for o in sums if o.total != o.lines_net or o.line_count != o.lines_count or o.home_total != o.total
    ]
    assert wrong == []
    assert Order.objects.filter(kind="return", total__gte=0).count() == 0
    assert Order.objects.filter(kind="sale", total__lte=0).count() == 0
    assert Order.objects.filter(customer=None).exists()


def test_data_end_before_the_given_day_and_reach_back_three_years() -> None:
    load()
    end = load_workspace().sample_loaded_at
    assert end is not None
    newest = Order.objects.order_by("-ordered_at").values_list("ordered_at", flat=True)[0]
    oldest = Order.objects.order_by("ordered_at").values_list("ordered_at", flat=True)[0]
    assert end - dt.timedelta(days=2) < newest < end
    assert end - oldest > dt.timedelta(days=1000)
    assert not Interaction.objects.filter(occurred_at__gte=end).exists()
    assert not Ticket.objects.filter(Q(opened_at__gte=end) | Q(resolved_at__gte=end)).exists()


def test_last_contact_is_the_newest_talk() -> None:
    load()
    talk = ["mail", "call", "meeting", "chat", "social", "form"]
    for customer in Customer.objects.all():
        rows = Interaction.objects.filter(customer=customer, kind__in=talk).order_by("-occurred_at")
        newest = rows.values_list("occurred_at", flat=True).first()
        assert customer.last_contact_at == newest, customer.name


def test_every_id_that_a_row_names_exists() -> None:
    load()
    for model in TABLES:
        for field in model._meta.concrete_fields:
            if field.is_relation:
                dangling = model._default_manager.filter(**{f"{field.name}__isnull": False, f"{field.name}__pk": None})
                assert not dangling.exists(), f"{model.__name__}.{field.name}"


def test_deals_stand_in_every_stage_with_their_way_there() -> None:
    load(customers=800)
    stages = set(Deal.objects.values_list("stage__name", flat=True))
    assert len(stages) == 6
    for deal in Deal.objects.select_related("stage")[:200]:
        last = deal.stage_changes.order_by("-at", "-id").first()
        assert last is not None and last.stage_id == deal.stage_id
        assert (deal.closed_at is not None) == (deal.stage.state != "open")


def test_lin_xiaoyu_is_there_with_her_story() -> None:
    load()
    lin = Customer.objects.get(name="Lin Xiaoyu", company="Linhai Studio")
    assert "vip" in lin.tags and lin.owner is not None and lin.owner.get_full_name() == "Mei Chen"
    assert lin.orders.aggregate(s=Sum("total"))["s"] == 48216
    assert lin.orders.count() == 23
    assert sorted(lin.tickets.values_list("number", flat=True)) == ["4755", "4790", "4818", "4821"]
    assert lin.deals.aggregate(s=Sum("amount"))["s"] == 36000
    assert lin.touches.count() == 6


def test_sample_people_sign_in_with_the_sample_password_and_see_their_teams() -> None:
    load()
    for login in ("rep", "rep2", "manager", "agent", "integrator", "admin"):
        assert User.objects.get(username=login).check_password("demo")
    rep, other, manager = (User.objects.get(username=name) for name in ("rep", "rep2", "manager"))
    own, others = Customer.objects.visible_to(rep), Customer.objects.visible_to(other)
    assert own.exists() and others.exists() and not (set(own) & set(others))
    assert Customer.objects.visible_to(manager).count() == SIZE
    assert Ticket.objects.visible_to(User.objects.get(username="agent")).exists()


def test_the_threshold_rule_of_the_contract_is_there() -> None:
    load()
    rule = Rule.objects.get(name="Too many returns")
    assert rule.metric.name == "returns_per_day" and rule.detector == "threshold" and rule.settings == {"above": 50}


def test_loading_twice_changes_nothing_and_another_size_is_refused() -> None:
    load()
    assert load()["loaded"] is False
    with pytest.raises(CommandError, match="loaded already"):
        load(customers=SIZE + 1)


def test_other_peoples_data_are_never_mixed_with_the_sample() -> None:
    Product.objects.create(sku="OURS")
    with pytest.raises(CommandError, match="holds data already"):
        load()
    assert not load_workspace().has_sample_data and not User.objects.filter(username="rep").exists()


def test_clearing_takes_everything_and_locks_the_sample_people() -> None:
    load()
    admin = User.objects.get(username="admin")
    result = clear(user=admin)
    assert [model.__name__ for model in TABLES if model._default_manager.exists()] == []
    assert not Source.objects.filter(kind=Source.Kind.SAMPLE).exists() and not load_workspace().has_sample_data
    assert result["removed"]["customer"] == SIZE and result["kept"] == {}
    assert not User.objects.get(username="rep").is_active
    admin.refresh_from_db()
    assert admin.is_active and not admin.has_usable_password()
    with pytest.raises(Refused):
        clear(user=None)


def test_only_the_session_that_asked_for_the_clearing_goes_on() -> None:
    load()
    admin = User.objects.get(username="admin")
    asking, other = Client(), Client()
    for client in (asking, other):
        client.force_login(admin)
    clear(user=admin, session=key_digest(asking.session.session_key or ""))
    assert asking.get("/").headers["Location"].startswith("/accounts/password/set/")
    assert other.get("/").headers["Location"].startswith("/accounts/login/")
    assert other.post("/accounts/password/set/").headers["Location"].startswith("/accounts/login/")


def test_clearing_keeps_what_people_added() -> None:
    load(customers=120)
    rep = User.objects.get(username="rep")
    ours = Customer.objects.create(name="Our own customer", team=rep.memberships.get().team)
    note = Interaction.objects.create(
        customer=ours, kind="note", subject="Ours", occurred_at=load_workspace().sample_loaded_at
    )
    lin = Customer.objects.get(name="Lin Xiaoyu", company="Linhai Studio")
    Interaction.objects.create(customer=lin, kind="note", subject="Also ours", occurred_at=note.occurred_at)
    result = clear(user=None)
    assert set(Customer.objects.values_list("name", flat=True)) == {"Our own customer", "Lin Xiaoyu"}
    assert set(Interaction.objects.values_list("subject", flat=True)) == {"Ours", "Also ours"}
    assert not Order.objects.exists() and not ExternalId.objects.exists()
    assert result["kept"]["customer"] == 1 and "kept" in result["message"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customerevent WHERE pgh_obj_id <> ALL (%s)", [[ours.pk, lin.pk]])
        assert cursor.fetchone()[0] == 0


@pytest.mark.parametrize("wrong", [{"customers": None}, {"customers": 3}, {"years": 0}, {"years": 99}, {"seed": -1}])
def test_bad_numbers_are_answered_with_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="must be"):
        call_command("demo", **{"customers": 100, **wrong})
