"""What the alerts about a person are called when they are erased or get a copy."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.reach import called

called({"alerts.Alert": _("Alerts"), "alerts.AlertEvent": _("Steps of alerts")})
