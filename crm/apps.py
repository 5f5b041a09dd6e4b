from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from crm.kit import nav

SAMPLE_PEOPLE = (
    ("rep", _("Sales rep")),
    ("rep2", _("Sales rep, other team")),
    ("manager", _("Manager")),
    ("agent", _("Support agent")),
    ("integrator", _("Integrator")),
    ("admin", _("Administrator")),
)


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        """Make Celery's application the one that ``crm.kit.jobs`` rings; load what apps add to pages of others."""
        from crm.celery import app  # noqa: PLC0415  Django must be configured before

        app.set_default()
        autodiscover_modules("panels", "timeline", "homes")
        for login, label in SAMPLE_PEOPLE:
            nav.sample_sign_in(login, label, "demo")
