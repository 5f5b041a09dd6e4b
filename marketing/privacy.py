"""What the tables of marketing are called when a person is erased or gets a copy."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.reach import called

called({"marketing.Touch": _("Campaign messages")})
