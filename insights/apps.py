from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "insights"

    def ready(self) -> None:
        """Add columns, filters and fields to the customer list."""
        from insights import lists

        lists.register()
