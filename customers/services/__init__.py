"""Verbs of the customer records; each is one transaction."""

from customers.services.contacts import create_contact, trash_contact, update_contact
from customers.services.customers import (
    checked_tag,
    create_customer,
    restore_customer,
    tag_customer,
    trash_customer,
    update_customer,
)
from customers.services.interactions import add_interaction, record_contact

__all__ = [
    "add_interaction", "checked_tag", "create_contact", "create_customer", "record_contact", "restore_customer", "tag_customer",
    "trash_contact", "trash_customer", "update_contact", "update_customer",
]  # fmt: skip
