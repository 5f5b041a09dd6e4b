"""The kinds of notifications of followers and mentions."""

from django.utils.translation import gettext_lazy as _

from crm.accounts import notifications
from customers.following.telling import FOLLOWED, MENTIONED

notifications.kind(MENTIONED, _("Somebody mentions me"), icon="message-square")
notifications.kind(FOLLOWED, _("A record that I follow changes"), icon="eye")
