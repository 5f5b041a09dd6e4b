"""How sign-in behaves here: accounts are made by administrators; sign-ins and new passwords leave a mark."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.accounts.audit import record_request
from crm.accounts.people import end_sessions


class AccountAdapter(DefaultAccountAdapter):
    """No self-service accounts; sign-ins, failed ones, sign-outs and new passwords go to the audit trail."""

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

    @transaction.atomic
    def set_password(self, user: Any, password: str) -> None:
        """A password chosen, changed or reset by its owner: noted, and every other session ends."""
        super().set_password(user, password)
        end_sessions(user=user, besides=self.request.session.session_key)
        record_request(self.request, "user.password", f"user {user.pk}", {})

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to one's own settings."""
        return reverse("settings-profile")
