"""How sign-in behaves here: accounts are made by administrators, not by visitors."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """No self-service accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never; an administrator invites."""
        return False
