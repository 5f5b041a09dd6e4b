"""Verbs of products, orders and deals; each is one transaction."""

from sales.services.deals import delete_deal, move_deal, open_deal, update_deal
from sales.services.orders import delete_order, place_order, update_order
from sales.services.products import create_product, delete_product, update_product

__all__ = [
    "create_product", "delete_deal", "delete_order", "delete_product", "move_deal", "open_deal", "place_order",
    "update_deal", "update_order", "update_product",
]  # fmt: skip
