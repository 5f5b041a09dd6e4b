"""Verbs of the customer records; each is one transaction."""

from customers.services.contacts import (
    create_contact,
    restore_contact,
    tag_contact,
    trash_contact,
    update_contact,
)
from customers.services.customers import (
    checked_tag,
    create_customer,
    restore_customer,
    tag_customer,
    trash_customer,
    update_customer,
)
from customers.services.interactions import add_interaction, record_contact
from customers.services.points import add_point, change_point, put_back_point, remove_point
from customers.services.relations import keep_type, offer_type_again, relate, retire_type, unrelate
from customers.services.roles import add_role, change_role, remove_role
from customers.services.trash import in_trash, purge, purge_old

__all__ = [
    "add_interaction", "add_point", "add_role", "change_point", "change_role", "checked_tag", "create_contact", "create_customer", "in_trash",
    "keep_type", "offer_type_again", "purge", "purge_old", "put_back_point", "record_contact", "relate", "remove_point", "remove_role",
    "restore_contact", "restore_customer", "retire_type", "tag_contact", "tag_customer", "trash_contact", "trash_customer", "unrelate",
    "update_contact", "update_customer",
]  # fmt: skip
