"""What can be asked about deals and orders."""

from django.utils.translation import gettext_lazy as _

from customers.quality.defaults import Default, default
from customers.quality.subjects import Subject, subject

subject(
    Subject(object="deal", label="sales.deal", title=_("Deals"), url="deals", source="source__name",
            left_out=frozenset({"source", "external_id", "search", "version"}))
)  # fmt: skip
subject(
    Subject(object="order", label="sales.order", title=_("Orders"), url="orders", source="source__name",
            left_out=frozenset({"source", "external_id", "search", "version"}))
)  # fmt: skip
default("deal.amount", Default("valid", "deal", "between", {"field": "amount", "low": "0"}, 0.001))
default("deal.closed", Default("consistent", "deal", "ordered", {"field": "closed_at", "other": "opened_at"}, 0.001))
default("deal.customer", Default("complete", "deal", "filled", {"fields": ["amount"]}, 0.2, "info"))
default("order.home", Default("valid", "order", "filled", {"fields": ["home_total"]}, 0.001))
