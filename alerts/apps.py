from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Add to the customer list."""
        # Models are loaded only after this module.
        from alerts import lists  # noqa: PLC0415

        lists.register()
