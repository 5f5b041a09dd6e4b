"""Facts by SQL: one aggregate per table, read by COPY, checked at the door.

The definitions agree with `clean.orders_from_lines` (tested). Rows are in a stable order that does not depend
on when they came in: customers by their outside ids, orders by time and number.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from crm.kit.models import CustomField

if TYPE_CHECKING:
    import pandas as pd

    from insights.clean import Cleaning
    from insights.features.contract import Facts

CUSTOMERS = """
SELECT c.id FROM customers_customer c
LEFT JOIN LATERAL (
    SELECT min(x.external_id || ' ' || s.name) AS key
    FROM customers_externalid x JOIN kit_source s ON s.id = x.source_id WHERE x.customer_id = c.id
) k ON true
WHERE c.deleted_at IS NULL
ORDER BY COALESCE(k.key, '') COLLATE "C", c.id
"""

ORDERS = """
SELECT o.customer_id AS customer,
       o.number || '|' || COALESCE(s.name, '') || '|' ||
           CASE WHEN o.external_id <> '' THEN o.external_id ELSE o.id::text END AS key,
       o.kind AS kind,
       (EXTRACT(EPOCH FROM o.ordered_at) * 1000000)::bigint AS at,
       (o.ordered_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
       abs(sum(l.home_net)) AS net,
       count(*) AS lines,
       count(DISTINCT COALESCE(l.product_id, -l.id)) AS products,
       abs(sum(l.quantity)) AS quantity
FROM sales_order o
JOIN customers_customer c ON c.id = o.customer_id AND c.deleted_at IS NULL
JOIN sales_orderline l ON l.order_id = o.id
LEFT JOIN sales_product p ON p.id = l.product_id
LEFT JOIN kit_source s ON s.id = o.source_id
WHERE o.ordered_at < %(until)s AND l.home_net IS NOT NULL AND l.unit_price > 0
  AND COALESCE(p.kind, 'goods') <> 'adjustment' AND (o.kind = 'return' OR l.quantity > 0)
GROUP BY o.id, s.name
"""

DROPPED = """
SELECT count(*) AS lines,
       count(*) FILTER (WHERE o.customer_id IS NULL) AS no_customer,
       count(*) FILTER (WHERE p.kind = 'adjustment' AND o.customer_id IS NOT NULL) AS adjustment,
       count(*) FILTER (WHERE (l.unit_price <= 0 OR l.home_net IS NULL)
                          AND COALESCE(p.kind, 'goods') <> 'adjustment' AND o.customer_id IS NOT NULL) AS no_price,
       count(*) FILTER (WHERE o.kind = 'sale' AND l.quantity <= 0 AND l.unit_price > 0 AND l.home_net IS NOT NULL
                          AND COALESCE(p.kind, 'goods') <> 'adjustment' AND o.customer_id IS NOT NULL) AS no_quantity
FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id LEFT JOIN sales_product p ON p.id = l.product_id
WHERE o.ordered_at < %(until)s
"""

INTERACTIONS = """
SELECT i.customer_id AS customer, (EXTRACT(EPOCH FROM i.occurred_at) * 1000000)::bigint AS at, i.kind, i.direction
FROM customers_interaction i JOIN customers_customer c ON c.id = i.customer_id AND c.deleted_at IS NULL
WHERE i.occurred_at < %(until)s
"""

TICKETS = """
SELECT t.customer_id AS customer, (EXTRACT(EPOCH FROM t.opened_at) * 1000000)::bigint AS at,
       (EXTRACT(EPOCH FROM t.resolved_at) * 1000000)::bigint AS resolved_at, t.rating
FROM service_ticket t JOIN customers_customer c ON c.id = t.customer_id AND c.deleted_at IS NULL
WHERE t.opened_at < %(until)s
"""

DEALS = """
SELECT d.customer_id AS customer, (EXTRACT(EPOCH FROM d.opened_at) * 1000000)::bigint AS at,
       (EXTRACT(EPOCH FROM d.closed_at) * 1000000)::bigint AS closed_at
FROM sales_deal d JOIN customers_customer c ON c.id = d.customer_id AND c.deleted_at IS NULL
WHERE d.opened_at < %(until)s
"""

OWN_TYPES = ("number", "choice", "boolean")
# each state of a customer from when it stood until it was changed; where the history does not show the beginning
# (the first state of a row that has been changed more often than the history tells) the state is left out
OWN = """
WITH states AS (
    SELECT e.pgh_obj_id AS customer, e.custom, e.pgh_created_at AS until, e.created_at, e.version,
           lag(e.pgh_created_at) OVER (PARTITION BY e.pgh_obj_id ORDER BY e.pgh_id) AS before
    FROM customers_customerevent e WHERE e.pgh_label = 'update'
    UNION ALL
    SELECT c.id, c.custom, NULL, c.created_at, c.version,
           (SELECT max(e.pgh_created_at) FROM customers_customerevent e WHERE e.pgh_obj_id = c.id AND e.pgh_label = 'update')
    FROM customers_customer c
), known AS (
    SELECT s.*, COALESCE(s.before, CASE WHEN s.version = 1 THEN s.created_at END) AS since
    FROM states s JOIN customers_customer c ON c.id = s.customer AND c.deleted_at IS NULL
)
SELECT k.customer, f.name AS field,
       CASE f.type WHEN 'number' THEN crm_field_number(k.custom, f.name)
                   WHEN 'boolean' THEN CASE k.custom -> f.name WHEN 'true' THEN 1 WHEN 'false' THEN 0 END END AS value,
       CASE f.type WHEN 'choice' THEN k.custom ->> f.name END AS option,
       (EXTRACT(EPOCH FROM k.since) * 1000000)::bigint AS since, (EXTRACT(EPOCH FROM k.until) * 1000000)::bigint AS until
FROM known k JOIN kit_customfield f ON f.object = 'customer' AND f.type IN ('number', 'choice', 'boolean')
     AND NOT f.sensitive AND f.archived_at IS NULL AND k.custom ? f.name
WHERE k.since < %(until)s AND jsonb_typeof(k.custom -> f.name) <> 'null'
"""

# every metric: local day, value, number of rows behind it
METRICS: dict[str, str] = {
    "revenue_per_day": """
        SELECT (o.ordered_at AT TIME ZONE %(zone)s)::date AS day, sum(l.home_net) AS value, count(*) AS count
        FROM sales_order o JOIN sales_orderline l ON l.order_id = o.id LEFT JOIN sales_product p ON p.id = l.product_id
        WHERE o.ordered_at < %(until)s AND l.home_net IS NOT NULL AND COALESCE(p.kind, 'goods') <> 'adjustment'
          AND l.unit_price > 0 AND (o.kind = 'return' OR l.quantity > 0)
        GROUP BY 1""",
    "orders_per_day": """
        SELECT (ordered_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS value, count(*) AS count
        FROM sales_order WHERE kind = 'sale' AND ordered_at < %(until)s GROUP BY 1""",
    "returns_per_day": """
        SELECT (ordered_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS value, count(*) AS count
        FROM sales_order WHERE kind = 'return' AND ordered_at < %(until)s GROUP BY 1""",
    "new_customers_per_day": """
        SELECT (first AT TIME ZONE %(zone)s)::date AS day, count(*) AS value, count(*) AS count
        FROM (SELECT min(ordered_at) AS first FROM sales_order
              WHERE kind = 'sale' AND customer_id IS NOT NULL GROUP BY customer_id) f
        WHERE first < %(until)s GROUP BY 1""",
    "tickets_per_day": """
        SELECT (opened_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS value, count(*) AS count
        FROM service_ticket WHERE opened_at < %(until)s GROUP BY 1""",
}


TABLES = (
    "customers_customer", "customers_externalid", "customers_interaction",
    "sales_product", "sales_order", "sales_orderline", "sales_deal", "service_ticket",
)  # fmt: skip


def renew_statistics() -> None:
    """Tell the planner how big the tables are now: rows that just came in are otherwise joined row by row."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def read(sql: str, types: dict[str, Any], **values: Any) -> pd.DataFrame:
    """The rows of a query as a frame, by COPY; values are bound by the database driver, never pasted."""
    import pandas as pd  # heavy: not for the web process

    with connection.cursor() as cursor:
        bound = cursor.mogrify(sql, values)
        text = bound.decode() if isinstance(bound, bytes) else bound
        buffer = io.StringIO()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT WITH (FORMAT csv, HEADER)", buffer)
    buffer.seek(0)
    return pd.read_csv(buffer, dtype=types, float_precision="round_trip", keep_default_na=False, na_values=[""])


def _moments(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    import pandas as pd  # heavy: not for the web process

    for name in names:
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True).astype("datetime64[ns, UTC]")
    return frame


def customer_facts(*, until: datetime, zone: str, log: Cleaning | None = None) -> Facts:
    """All facts about customers from rows strictly before `until`; raises BadFacts with a sentence."""
    import pandas as pd  # heavy: not for the web process

    from insights.features.contract import Facts

    values = {"until": until, "zone": zone}
    customers = read(CUSTOMERS, {"id": "int64"})["id"].tolist()
    number = {"customer": "int64", "at": "Int64"}
    orders = read(
        ORDERS,
        {**number, "key": str, "kind": str, "day": "int64", "net": float, "lines": "int64", "products": "int64",
         "quantity": float},
        **values,
    )  # fmt: skip
    interactions = read(INTERACTIONS, {**number, "kind": str, "direction": str}, **values)
    interactions["direction"] = interactions["direction"].fillna("")
    tickets = read(TICKETS, {**number, "resolved_at": "Int64", "rating": float}, **values)
    deals = read(DEALS, {**number, "closed_at": "Int64"}, **values)
    own = _own_fields(len(customers), values, log)
    if log is not None:
        _note_dropped(log, values)
    orders = orders.sort_values(["at", "key"], kind="stable", ignore_index=True)
    assert isinstance(orders, pd.DataFrame)
    return Facts(
        customers=customers,
        orders=_moments(orders, "at"),
        interactions=_moments(interactions, "at"),
        tickets=_moments(tickets, "at", "resolved_at"),
        deals=_moments(deals, "at", "closed_at"),
        own=own,
    )


def _own_fields(customers: int, values: dict[str, Any], log: Cleaning | None) -> pd.DataFrame:
    """Spans of the workspace's own fields; of no field whose history is too short to learn from."""
    from insights.features.contract import OWN as SHAPE
    from insights.features.contract import empty
    from insights.features.own import told_long_enough

    if not CustomField.objects.filter(
        object="customer", type__in=OWN_TYPES, archived_at=None, sensitive=False
    ).exists():
        return empty(SHAPE)
    kinds = {"customer": "int64", "field": str, "value": float, "option": object, "since": "Int64", "until": "Int64"}
    spans = _moments(read(OWN, kinds, **values), "since", "until")
    return told_long_enough(spans, customers, values["until"], log)


def _note_dropped(log: Cleaning, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DROPPED, values)
        lines, no_customer, adjustment, no_price, no_quantity = cursor.fetchone()
    log.lines = lines
    log.note("line without a customer", no_customer)
    log.note("adjustment line", adjustment)
    log.note("line without a price", no_price)
    log.note("sale line without a quantity", no_quantity)


def daily_metric(name: str, *, until: datetime, zone: str) -> pd.DataFrame:
    """A metric by local day (columns day, value, count), every day from its first to the last before until."""
    import pandas as pd  # heavy: not for the web process

    frame = read(METRICS[name], {"value": float, "count": "int64"}, until=until, zone=zone)
    if frame.empty:
        return frame
    frame["day"] = pd.to_datetime(frame["day"])
    last = pd.Timestamp(until).tz_convert(zone).tz_localize(None).normalize() - pd.Timedelta(days=1)
    days = pd.date_range(frame["day"].min(), last, freq="D", name="day")
    return frame.set_index("day").reindex(days, fill_value=0).reset_index()
