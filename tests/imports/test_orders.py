"""Line-shaped order files: every odd line has a stated treatment, and nothing leans on names or sequence."""

import csv
import gzip
import io
import random
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, Q, Sum

from customers.models import Customer
from sales.models import Order, OrderLine, Product
from tests.cast import make_user, root_team
from tests.imports.conftest import RETAIL, counted, example_mapping, rejected

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINES = """1,a1,Mug,2,2011-01-01 08:00,2.505,17,France
1,A1,Mug,2,2011-01-01 08:00,2.505,17,France
1,A1,MUG,1,2011-01-01 07:59,1,17,France
C2,A1,Mug,-1,2011-01-02 08:00,2.5,17,Spain
3,POST,Postage,1,2011-01-03 08:00,5,,Spain
4,A1,,-7,2011-01-04 08:00,0,,Spain
A5,B,Adjust bad debt,1,2011-01-05 08:00,-11.50,,Spain
"""


def test_orders_get_kind_time_total_customer_and_products(bring):
    report = bring("orders", HEADER + LINES, mapping=example_mapping())
    assert counted(report) == (7, 7, 0, 0, 0, 0)
    orders = {order.number: order for order in Order.objects.all()}
    assert {number: (order.kind, order.total, order.status) for number, order in orders.items()} == {
        "1": ("sale", Decimal("11.02"), ""), "C2": ("return", Decimal("-2.5"), ""), "3": ("sale", Decimal(5), ""),
        "4": ("return", Decimal(0), "correction"), "A5": ("sale", Decimal("-11.5"), ""),
    }  # fmt: skip
    assert orders["1"].ordered_at.isoformat() == "2011-01-01T07:59:00+00:00" and orders["1"].currency == "GBP"
    assert orders["1"].home_total == orders["1"].total and orders["1"].line_count == 3
    customer = Customer.objects.get()
    assert (customer.name, customer.country) == ("17", "Spain")
    assert customer.last_contact_at is None  # nobody talked: an order is no contact
    assert dict(Product.objects.values_list("sku", "kind")) == {"A1": "goods", "POST": "adjustment", "B": "adjustment"}
    assert Product.objects.get(sku="A1").name == "Mug"
    assert report["treatments"]["codes that differ only by case, one product"] == 1
    assert report["treatments"]["orders with several times, the earliest taken"] == 1


def test_lines_are_keyed_by_their_place_and_a_repeated_number_replaces_them(bring):
    bring("orders", HEADER + LINES, mapping=example_mapping())
    shorter = HEADER + "1,A1,Mug,2,2011-01-01 08:00,2.505,17,France\n1,A1,Mug,5,2011-01-01 07:59,2.505,17,France\n"
    report = bring("orders", shorter, mapping=example_mapping())
    assert report["rows"] == 2 and report["updated"] == 2
    order = Order.objects.get(number="1")
    assert list(order.lines.order_by("position").values_list("quantity", flat=True)) == [2, 5]
    assert (order.total, order.line_count) == (Decimal("17.535"), 2)


def test_an_order_with_a_line_that_does_not_fit_waits_whole(bring):
    report = bring("orders", HEADER + LINES + "1,A1,Mug,many,2011-01-01 08:00,2,17,France\n", mapping=example_mapping())
    assert counted(report) == (8, 4, 0, 0, 0, 4)
    assert "quantity" in rejected(report) and "another line" in rejected(report)
    assert not Order.objects.filter(number="1").exists()


def test_a_return_given_in_positive_figures_is_turned_negative(bring):
    text = "order number,date,type,sku,qty,price\nR1,2026-01-02,refund,X,2,3\nS1,2026-01-01,order,X,2,3\n"
    bring("orders", text)
    assert dict(Order.objects.values_list("number", "total")) == {"R1": Decimal(-6), "S1": Decimal(6)}


def test_amounts_of_another_currency_without_a_rate_are_kept_and_not_summed(bring):
    text = "number,date,sku,quantity,unit price,currency\n1,2026-01-02,X,2,3,EUR\n2,2026-01-02,X,2,3,EUR\n3,2026-01-01,X,2,3,USD\n"
    bring("orders", text)
    assert dict(Order.objects.values_list("number", "home_total")) == {"1": 6, "2": 6, "3": None}


def test_a_manager_brings_orders_only_to_customers_within_reach(bring):
    root = root_team()
    north, south = (type(root).objects.create(name=name, parent=root) for name in ("North", "South"))
    manager = make_user("mona", "manager", north)
    bring("customers", "id,name\n1,Ada\n", team="North")
    bring("customers", "id,name\n2,Ben\n", team="South")
    text = (
        "number,date,customer id,sku,quantity,price\n1,2026-01-01,1,X,1,1\n2,2026-01-01,2,X,1,1\n3,2026-01-01,3,X,1,1\n"
    )
    report = bring("orders", text, user=manager)
    assert counted(report) == (3, 2, 0, 0, 0, 1)
    assert set(Order.objects.values_list("team", flat=True)) == {north.pk}
    assert Customer.objects.get(name="3").team == north
    Order.objects.update(team=south)
    assert counted(bring("orders", text, user=manager)) == (3, 0, 0, 0, 0, 3)


def shuffled(path) -> bytes:
    """The same lines, orders in another sequence and mixed with each other, columns turned and renamed."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    orders = defaultdict(list)
    for row in rows[1:]:
        orders[row[0]].append(row)
    chance = random.Random(7)
    keys = [row[0] for row in rows[1:]]
    chance.shuffle(keys)
    taken = {key: iter(lines) for key, lines in orders.items()}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"x {name}" for name in reversed(rows[0])])
    writer.writerows(next(taken[key])[::-1] for key in keys)
    return out.getvalue().encode()


@pytest.mark.skipif(not RETAIL.exists(), reason="the Online Retail data are not here")
def test_online_retail_comes_in_whole_and_again_in_another_sequence_changes_nothing(bring):
    mapping = example_mapping()
    report = bring("orders", RETAIL, mapping=mapping, source="retail")
    assert counted(report) == (370931, 370931, 0, 0, 0, 0)
    treated = report["treatments"]
    assert treated["codes that differ only by case, one product"] == 95
    assert treated["orders with several times, the earliest taken"] == 39
    assert treated["identical lines of an order, all kept"] == 2848
    assert treated["orders of negative quantities without a return mark, taken as returns"] == 1023
    assert treated["lines with a negative price, kept"] == 2
    assert treated["line.unit_price: three or four decimals, kept exactly"] == 4
    check_figures()
    turned = {**mapping, "columns": {f"x {name}": field for name, field in mapping["columns"].items()}}
    again = bring("orders", shuffled(RETAIL), mapping=turned, source="retail")
    assert counted(again) == (370931, 0, 0, 370931, 0, 0)


def check_figures() -> None:
    """Published gross, and the net of the domain: goods and services, sales minus returns."""
    lines = OrderLine.objects.filter(order__customer__isnull=False, order__ordered_at__lt="2011-10-01T00:00:00Z")

    def figures(chosen):
        return chosen.aggregate(customers=Count("order__customer", distinct=True), amount=Sum("net"))

    gross = figures(lines.filter(order__kind="sale", quantity__gt=0, unit_price__gt=0))
    assert (gross["customers"], round(gross["amount"], 2)) == (3616, Decimal("6192078.94"))
    with_adjustments = figures(lines)
    assert (with_adjustments["customers"], round(with_adjustments["amount"], 2)) == (3658, Decimal("5850548.10"))
    net = figures(lines.filter(Q(product=None) | ~Q(product__kind="adjustment")))
    assert (net["customers"], round(net["amount"], 2)) == (3648, Decimal("5866869.86"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM sales_order o WHERE o.total <> (SELECT sum(net) FROM sales_orderline l WHERE l.order_id = o.id)"
        )
        assert cursor.fetchone()[0] == 0
