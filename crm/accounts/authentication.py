"""Who calls the API: a key in the Authorization header, or the session of a page."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from crm.accounts.models import ApiKey

TOUCH_EVERY = timedelta(minutes=5)


def key_digest(key: str) -> str:
    """SHA-256 of a key; keys carry 256 bits of chance, so no salt or stretching is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <key>``."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """The key's user and the key; None when no key is sent; 401 when it is not one of ours."""
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        found = (
            ApiKey.objects.select_related("user")
            .filter(digest=key_digest(key.strip()), revoked_at=None, user__is_active=True)
            .filter(Q(expires_at=None) | Q(expires_at__gt=now))
            .first()
        )
        if found is None:
            raise exceptions.AuthenticationFailed(_("This API key is unknown, expired or revoked."))
        if found.last_used_at is None or now - found.last_used_at > TOUCH_EVERY:
            ApiKey.objects.filter(pk=found.pk).update(last_used_at=now)
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """Names the scheme, so that a missing key answers 401."""
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The signed-in page; unsafe methods need the CSRF token."""
