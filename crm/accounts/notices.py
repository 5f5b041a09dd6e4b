"""What everyone with a certain account is told above every page."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.accounts.middleware import lacks_password
from crm.kit.nav import Notice


def choose_password(request: HttpRequest) -> Notice | None:
    """Without a password this session is the last one; pages that were not opened anew say so."""
    if not lacks_password(request):
        return None
    sentence = _("Your account has no password yet: once you sign out, nobody can sign in to it.")
    return Notice(sentence, "warn", reverse("account_set_password"), _("Choose a password"))
