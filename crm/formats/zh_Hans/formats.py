"""Chinese figures are grouped by thousands, as every table and chart of the product writes them."""

NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
