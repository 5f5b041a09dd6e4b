from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        """Add the filter by quality rules to the lists."""
        from customers.quality import filters  # noqa: PLC0415 - models load first

        filters.extend_lists()
