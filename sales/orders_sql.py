"""The statements of the order import, in the order in which they run. All text of users comes as parameters."""

from customers.imports.links import by_key

CLEAN = "DROP TABLE IF EXISTS import_code, import_line, import_order, import_priced, import_final, import_verdict"
MOST_USED_CURRENCY = """
SELECT upper(f_currency) FROM import_stage WHERE f_currency ~ '^[A-Za-z]{3}$'
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
SPOILT = "external_id IN (SELECT key FROM import_out WHERE NOT skipped AND key IS NOT NULL)"

CODES = """
CREATE TEMP TABLE import_code ON COMMIT DROP AS
SELECT upper(f_line_sku) AS code, f_line_sku AS sku, f_line_name AS name, count(*) AS times
FROM import_stage WHERE f_line_sku IS NOT NULL GROUP BY 1, 2, 3
"""
CASE_CODES = "SELECT count(*) FROM (SELECT 1 FROM import_code GROUP BY code HAVING count(DISTINCT sku) > 1) x"
NEW_PRODUCTS = """
INSERT INTO sales_product (created_at, updated_at, source_id, external_id, sku, name, category, kind)
SELECT %(now)s, %(now)s, %(source)s, s.sku, s.sku, coalesce(n.name, ''), '',
       CASE WHEN s.code = ANY(%(adjustments)s::text[]) THEN 'adjustment' ELSE 'goods' END
FROM (SELECT DISTINCT ON (code) code, sku FROM (SELECT code, sku, sum(times) AS times FROM import_code GROUP BY 1, 2) x
      ORDER BY code, times DESC, sku COLLATE "C") s
LEFT JOIN (SELECT DISTINCT ON (code) code, name
           FROM (SELECT code, name, sum(times) AS times FROM import_code WHERE name IS NOT NULL GROUP BY 1, 2) x
           ORDER BY code, times DESC, name COLLATE "C") n USING (code)
WHERE NOT EXISTS (SELECT 1 FROM sales_product p WHERE upper(p.sku) = s.code)
ORDER BY s.code
ON CONFLICT DO NOTHING
RETURNING id
"""
PRODUCTS_MADE = """
SELECT coalesce(sum(cardinality(ids)), 0)::bigint FROM customers_importchange
WHERE job_id = %(job)s AND object = 'sales.product' AND action = 'created'
"""
MARK_ADJUSTMENTS = """
UPDATE sales_product p SET kind = 'adjustment', updated_at = %(now)s
WHERE upper(p.sku) = ANY(%(adjustments)s::text[]) AND p.kind <> 'adjustment'
  AND upper(p.sku) IN (SELECT code FROM import_code)
RETURNING p.id
"""

LINES = """
CREATE TEMP TABLE import_line ON COMMIT DROP AS
SELECT s.row, s.external_id AS key, row_number() OVER (PARTITION BY s.external_id ORDER BY s.row)::int AS position,
       s.f_number AS number, s.f_ordered_at AS ordered_at, s.f_kind AS kind, s.f_status AS status,
       upper(s.f_currency) AS currency, s.f_customer_external_id AS customer_key, s.f_customer_country AS country,
       s.f_team AS team, s.f_line_sku AS sku, coalesce(s.f_line_name, '') AS name,
       coalesce(s.f_line_quantity, 1) AS quantity, coalesce(s.f_line_unit_price, 0) AS unit_price,
       coalesce(s.f_line_discount, 0) AS discount, coalesce(s.f_line_tax, 0) AS tax
FROM import_stage s
"""
ORDERS = """
CREATE TEMP TABLE import_order ON COMMIT DROP AS
SELECT o.*, t.id AS target, NULL::bigint AS customer_id,
       coalesce(o.given_kind, CASE WHEN o.marked OR o.negative THEN 'return' ELSE 'sale' END) AS kind
FROM (SELECT key, min(number) AS number, min(ordered_at) AS ordered_at, max(ordered_at) AS last_at, count(*) AS lines,
             min(kind) AS given_kind, min(status) AS status, coalesce(min(currency), '') AS currency,
             min(customer_key) AS customer_key, max(customer_key) AS other_customer_key, min(team) AS team,
             %(prefix)s <> '' AND starts_with(min(number), %(prefix)s) AS marked,
             bool_and(quantity < 0) AS negative, bool_and(unit_price = 0) AS free,
             bool_and(quantity * unit_price >= 0) AND bool_or(quantity * unit_price > 0) AS positive
      FROM import_line GROUP BY key) o
{target}
""".replace("{target}", by_key("sales_order", "x.id", source="%(source)s", key="o.key", to="t"))
GROUP = (LINES, "ANALYZE import_line", ORDERS)
CUSTOMER_OF_ORDER = """
UPDATE import_order o SET customer_id = (
    SELECT e.customer_id FROM customers_externalid e
    WHERE e.source_id = %(customer_source)s AND e.external_id = o.customer_key)
WHERE o.customer_key IS NOT NULL
"""
CUSTOMER_OUT_OF_REACH = """
o.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customers_customer u WHERE u.id = o.customer_id
    AND (u.team_id = ANY({teams}) OR u.owner_id = {user}))
"""
ORDER_OUT_OF_REACH = """
o.target IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sales_order u WHERE u.id = o.target AND u.team_id = ANY({teams}))
"""

TREATMENTS = (
    "return lines",
    "orders of negative quantities without a return mark, taken as returns",
    "of these without a price, marked as stock corrections",
    "orders with several times, the earliest taken",
    "orders that name several customers, the first by id taken",
    "orders without a customer, kept",
    "lines with a negative price, kept",
    "lines without a price, kept",
    "lines of returns given as positive, turned negative",
)
COUNT_TREATMENTS = """
SELECT (SELECT coalesce(sum(lines), 0)::bigint FROM import_order WHERE kind = 'return'),
       count(*) FILTER (WHERE negative AND NOT marked AND given_kind IS NULL),
       count(*) FILTER (WHERE negative AND NOT marked AND given_kind IS NULL AND free AND status IS NULL),
       count(*) FILTER (WHERE ordered_at <> last_at),
       count(*) FILTER (WHERE customer_key <> other_customer_key),
       count(*) FILTER (WHERE customer_key IS NULL),
       (SELECT count(*) FROM import_line WHERE unit_price < 0),
       (SELECT count(*) FROM import_line WHERE unit_price = 0),
       coalesce(sum(lines) FILTER (WHERE kind = 'return' AND positive), 0)::bigint
FROM import_order
"""
IDENTICAL_LINES = """
SELECT coalesce(sum(n - 1), 0)::bigint FROM (
    SELECT count(*) AS n FROM import_line
    GROUP BY key, hash_record_extended(
        ROW(sku, name, quantity, unit_price, discount, tax, ordered_at, customer_key, country), 0)
    HAVING count(*) > 1) x
"""
COUNTRIES = """
SELECT count(*) FROM (SELECT 1 FROM import_line WHERE customer_key IS NOT NULL AND country IS NOT NULL
                      GROUP BY customer_key HAVING min(country) <> max(country)) x
"""

PRICE = """
CREATE TEMP TABLE import_priced ON COMMIT DROP AS
SELECT x.row, x.key, x.position, x.product_id, x.name, x.quantity, x.unit_price, x.discount, x.tax, x.net,
       round(x.net * x.rate, 4)::numeric(18,4) AS home_net
FROM (SELECT l.row, l.key, l.position, p.id AS product_id, l.name, v.quantity, v.unit_price, l.discount, l.tax,
             round(v.quantity * v.unit_price - sign(v.quantity * v.unit_price) * l.discount, 4)::numeric(18,4) AS net,
             o.rate
      FROM import_line l
      JOIN (SELECT o.key, o.kind = 'return' AND o.positive AS turned,
                   CASE WHEN coalesce(nullif(o.currency, ''), %(home)s) = %(home)s THEN 1 ELSE
                        (SELECT r.rate FROM kit_exchangerate r WHERE r.currency = o.currency
                            AND r.day <= o.ordered_at::date ORDER BY r.day DESC LIMIT 1) END AS rate
            FROM import_order o) o ON o.key = l.key
      CROSS JOIN LATERAL (SELECT CASE WHEN o.turned THEN -abs(l.quantity) ELSE l.quantity END AS quantity,
                                 CASE WHEN o.turned THEN abs(l.unit_price) ELSE l.unit_price END AS unit_price) v
      LEFT JOIN sales_product p ON upper(p.sku) = upper(l.sku)) x
"""
TOTALS = """
CREATE TEMP TABLE import_final ON COMMIT DROP AS
SELECT o.key, o.target, coalesce(o.target, nextval(pg_get_serial_sequence('sales_order', 'id'))) AS id, o.number,
       o.customer_id, o.team, o.ordered_at, o.kind, coalesce(nullif(o.currency, ''), %(home)s) AS currency,
       coalesce(o.status, CASE WHEN o.negative AND o.free AND NOT o.marked THEN 'correction' ELSE '' END) AS status,
       l.total, l.home_total, o.lines
FROM import_order o
JOIN (SELECT key, sum(net) AS total, CASE WHEN bool_and(home_net IS NOT NULL) THEN sum(home_net) END AS home_total
      FROM import_priced GROUP BY key) l USING (key)
ORDER BY o.key
"""

INSERT_ORDERS = """
INSERT INTO sales_order (id, created_at, updated_at, source_id, external_id, number, customer_id, team_id, ordered_at,
                         kind, status, currency, total, home_total, line_count)
SELECT f.id, %(now)s, %(now)s, %(source)s, f.key, f.number, f.customer_id, {team}, f.ordered_at,
       f.kind, f.status, f.currency, f.total, f.home_total, f.lines
FROM import_final f WHERE f.target IS NULL ORDER BY f.id
"""
INSERT_LINES = """
INSERT INTO sales_orderline (order_id, position, product_id, name, quantity, unit_price, discount, tax, net, home_net)
SELECT f.id, l.position, l.product_id, l.name, l.quantity, l.unit_price, l.discount, l.tax, l.net, l.home_net
FROM import_priced l JOIN import_final f USING (key)
WHERE f.target IS NULL
   OR NOT EXISTS (SELECT 1 FROM sales_orderline o WHERE o.order_id = f.target AND o.position = l.position)
"""
NEW_LINE = "(n.product_id, n.name, n.quantity, n.unit_price, n.discount, n.tax, n.net, n.home_net)"
OLD_LINE = NEW_LINE.replace("n.", "l.")
NEW_ORDER = (
    "(f.number, coalesce(f.customer_id, t.customer_id), coalesce(f.team, t.team_id), f.ordered_at, f.kind, "
    "f.status, f.currency, f.total, f.home_total, f.lines)"
)
OLD_ORDER = "(t.number, t.customer_id, t.team_id, t.ordered_at, t.kind, t.status, t.currency, t.total, t.home_total, t.line_count)"
COMPARE = f"""
CREATE TEMP TABLE import_verdict ON COMMIT DROP AS
SELECT n.row, f.id AS order_id, n.position, l.id AS line_id,
       l.id IS NULL OR {OLD_LINE} IS DISTINCT FROM {NEW_LINE} AS line_changed,
       {OLD_ORDER} IS DISTINCT FROM {NEW_ORDER} OR l.id IS NULL OR {OLD_LINE} IS DISTINCT FROM {NEW_LINE} AS changed
FROM import_priced n
JOIN import_final f USING (key)
JOIN sales_order t ON t.id = f.target
LEFT JOIN sales_orderline l ON l.order_id = f.target AND l.position = n.position
"""
COUNT_VERDICTS = """
SELECT count(*) FILTER (WHERE changed AND line_id IS NOT NULL), count(*) FILTER (WHERE NOT changed) FROM import_verdict
"""
SHORTER = """
SELECT 1 FROM import_final f JOIN sales_order t ON t.id = f.target WHERE t.line_count > f.lines
"""
CHANGED_ORDERS = """
SELECT DISTINCT order_id AS id FROM import_verdict WHERE changed
UNION SELECT f.id FROM import_final f JOIN sales_order t ON t.id = f.target WHERE t.line_count > f.lines
"""
ADDED_LINES = """
SELECT l.id FROM import_verdict v JOIN sales_orderline l ON l.order_id = v.order_id AND l.position = v.position
WHERE v.line_id IS NULL
"""
SURPLUS_LINES = """
SELECT l.id FROM sales_orderline l JOIN import_final f ON f.target = l.order_id WHERE l.position > f.lines
"""
CHANGED_LINES = "SELECT line_id AS id FROM import_verdict WHERE line_changed AND line_id IS NOT NULL"
REMOVE_LINES = """
DELETE FROM sales_orderline l USING import_final f
WHERE f.target IS NOT NULL AND l.order_id = f.target AND l.position > f.lines
"""
UPDATE_LINES = """
UPDATE sales_orderline l SET product_id = n.product_id, name = n.name, quantity = n.quantity,
       unit_price = n.unit_price, discount = n.discount, tax = n.tax, net = n.net, home_net = n.home_net
FROM import_verdict v JOIN import_priced n ON n.row = v.row
WHERE l.id = v.line_id AND v.line_changed
"""
UPDATE_ORDERS = f"""
UPDATE sales_order t SET number = f.number, customer_id = coalesce(f.customer_id, t.customer_id),
       team_id = coalesce(f.team, t.team_id), ordered_at = f.ordered_at, kind = f.kind, status = f.status,
       currency = f.currency, total = f.total, home_total = f.home_total, line_count = f.lines, updated_at = %(now)s
FROM import_final f
WHERE t.id = f.target AND ({OLD_ORDER} IS DISTINCT FROM {NEW_ORDER}
      OR EXISTS (SELECT 1 FROM import_verdict v WHERE v.order_id = f.id AND v.changed))
"""
