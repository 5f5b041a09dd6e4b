"""Verbs of products, orders, deals and tasks; each is one transaction."""

from sales.services.activities import (
    assign_activity,
    create_activity,
    delete_activity,
    undo_activity,
    update_activity,
)
from sales.services.deals import delete_deal, move_deal, open_deal, update_deal
from sales.services.orders import delete_order, place_order, update_order
from sales.services.products import create_product, delete_product, update_product
from sales.services.steps import cancel_activity, complete_activity, reopen_activity, snooze_activity

__all__ = [
    "assign_activity", "cancel_activity", "complete_activity", "create_activity", "create_product", "delete_activity",
    "delete_deal", "delete_order", "delete_product", "move_deal", "open_deal", "place_order", "reopen_activity",
    "snooze_activity", "undo_activity", "update_activity", "update_deal", "update_order", "update_product",
]  # fmt: skip
