"""Business words over the security trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from crm.accounts.models import User


class AuditQuerySet(models.QuerySet):
    """Entries of the security trail."""

    def visible_to(self, user: User) -> Self:
        """All of them for who may read the trail of the whole workspace; nothing for anybody else."""
        return self.all() if user.access.scope("audit") == "all" else self.none()
