"""How sign-in behaves here: accounts are made by administrators, and every sign-in leaves a mark."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from crm.accounts.audit import record_request


class AccountAdapter(DefaultAccountAdapter):
    """No self-service accounts; sign-ins, failed ones and sign-outs go to the audit trail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never; an administrator invites."""
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Note the sign-in."""
        response = super().post_login(request, user, **kwargs)
        record_request(request, "signin", f"user {user.pk}", {})
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Note the attempt and the name that was typed, never the password."""
        super().authentication_failed(request, **credentials)
        login = str(credentials.get("username") or credentials.get("email") or "")[:150].replace("\0", "")
        record_request(request, "signin.failed", "", {"login": login})

    def logout(self, request: HttpRequest) -> None:
        """Note the sign-out, while it is known whose it is."""
        if request.user.is_authenticated:
            record_request(request, "signout", f"user {request.user.pk}", {})
        super().logout(request)
