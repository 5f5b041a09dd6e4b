from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "crm.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Menu entries and notices of people and settings; the audit trail behind exports."""
        # Models are loaded only after this module.
        from crm.accounts import savedviews  # noqa: PLC0415
        from crm.accounts.audit import record_request  # noqa: PLC0415
        from crm.accounts.notices import choose_password  # noqa: PLC0415
        from crm.kit import exports, nav, saved  # noqa: PLC0415

        exports.audit_by(record_request)
        saved.kept_by(savedviews)
        nav.notice(choose_password)
        nav.entry("home", _("Home"), "home", icon="house", order=10, go="h", bottom=True)
        nav.entry(
            "settings",
            _("Settings"),
            "settings-profile",
            icon="settings",
            group="system",
            order=90,
            match=("/settings/",),
        )
