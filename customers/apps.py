from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        """Records of this app that take fields of the workspace; the filter by quality rules for lists."""
        # Models are loaded only after this module.
        from crm.kit.customfields.holders import hold  # noqa: PLC0415
        from customers.quality import filters  # noqa: PLC0415

        filters.extend_lists()

        hold("customer", "customers.customer", _("Customers"))
        hold("contact", "customers.contact", _("Contacts"))
