from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ServiceConfig(AppConfig):
    name = "service"

    def ready(self) -> None:
        """Records of this app that take fields of the workspace, and what is added to the customer list."""
        # Models are loaded only after this module.
        from crm.kit.customfields.holders import hold  # noqa: PLC0415
        from service import lists  # noqa: PLC0415

        hold("ticket", "service.ticket", _("Tickets"))
        lists.register()
