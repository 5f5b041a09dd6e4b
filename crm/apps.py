from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        """Make Celery's application the one that ``crm.kit.jobs`` rings; load what apps add to pages of others."""
        from crm.celery import app  # noqa: PLC0415  Django must be configured before

        app.set_default()
        autodiscover_modules("panels", "timeline")
