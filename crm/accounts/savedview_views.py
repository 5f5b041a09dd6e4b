"""What the tabs of a list post: saving, naming, sharing, opening with, starring and deleting views."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.accounts import savedviews
from crm.accounts.models import SavedView, Team
from crm.kit.errors import Refused
from crm.kit.views import Action, back_to, undo_toast


class ViewAction(Action):
    """One verb on one view; the list comes back with it."""

    policy = ("self", "view")

    def path(self, view: SavedView) -> str:
        """The address of the view's list, where the request came from it."""
        path = back_to(self.request, "/").split("?")[0]
        try:
            page: Any = getattr(resolve(path).func, "view_class", None)
        except Resolver404:
            page = None
        return path if getattr(page, "key", None) == view.list else "/"

    def team(self) -> Team | None:
        """The team of one's own that was chosen; ``1`` is the first."""
        raw = self.request.POST.get("shared", "")
        own = [team for _role, team in self.request.user.access.memberships]
        found = Team.objects.filter(pk__in=own).order_by("pk")
        if raw in ("", "0"):
            return None
        if raw == "1" and 1 not in own:
            return found.first()
        return found.filter(pk=int(raw)).first() if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


class SaveView(ViewAction):
    """Keep the state of a list as a tab."""

    def act(self, request: HttpRequest) -> str:
        saved = savedviews.save_view(
            user=request.user, list_key=request.POST.get("list", ""), name=request.POST.get("name", ""),
            query=request.POST.get("query", ""), team=self.team(), now=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("View “%(name)s” saved.") % {"name": saved.name})
        return savedviews.address_of(saved, self.path(saved))


class ChangeView(ViewAction):
    """Another name, or the state that the list has now."""

    def act(self, request: HttpRequest) -> str:
        done = savedviews.change_view(
            user=request.user, view_id=self.kwargs["pk"], name=request.POST.get("name"), query=request.POST.get("query")
        )
        messages.success(request, _("View “%(name)s” saved.") % {"name": done.name})
        return savedviews.address_of(done, self.path(done))


class CopyView(ViewAction):
    """The same as a view of one's own."""

    def act(self, request: HttpRequest) -> str:
        made = savedviews.copy_view(user=request.user, view_id=self.kwargs["pk"], now=timezone.now())
        messages.success(request, _("View “%(name)s” saved.") % {"name": made.name})
        return savedviews.address_of(made, self.path(made))


class ShareView(ViewAction):
    """Show a view to a team, or to nobody else."""

    def act(self, request: HttpRequest) -> str:
        done = savedviews.share_view(user=request.user, view_id=self.kwargs["pk"], team=self.team())
        said = _("Your team sees “%(name)s” now.") if done.team_id else _("Only you see “%(name)s” now.")
        messages.success(request, said % {"name": done.name})
        return savedviews.address_of(done, self.path(done))


class OpenWith(ViewAction):
    """Let the list open with a view."""

    def act(self, request: HttpRequest) -> str:
        on = request.POST.get("on") == "1"
        done = savedviews.open_with(
            user=request.user, view_id=self.kwargs["pk"], on=on, for_all=request.POST.get("all") == "1"
        )
        said = _("This list opens with “%(name)s” now.") if on else _("This list opens with all records again.")
        messages.success(request, said % {"name": done.name} if on else said)
        return savedviews.address_of(done, self.path(done))


class StarView(ViewAction):
    """Put a view into the sidebar, or take it out."""

    def act(self, request: HttpRequest) -> str:
        view = savedviews.seen(request.user).filter(pk=self.kwargs["pk"]).first()
        if view is None:
            raise Refused(_("This view is not yours, or is gone already."), status=404)
        path = self.path(view)
        done = savedviews.star_view(user=request.user, view_id=view.pk, on=request.POST.get("on") == "1", path=path)
        return savedviews.address_of(done, path)


class DeleteView(ViewAction):
    """Put a view away, with Undo."""

    def act(self, request: HttpRequest) -> str:
        gone = savedviews.delete_view(user=request.user, view_id=self.kwargs["pk"], now=timezone.now())
        sentence = _("View “%(name)s” deleted.") % {"name": gone.name}
        if gone.user_id == request.user.pk:
            undo_toast(request, sentence, reverse("saved-view-restore", args=[gone.pk]))
        else:
            messages.success(request, sentence)
        return self.path(gone)


class RestoreView(ViewAction):
    """Take a view back."""

    def act(self, request: HttpRequest) -> str:
        back = savedviews.restore_view(user=request.user, view_id=self.kwargs["pk"])
        messages.success(request, _("View “%(name)s” is back.") % {"name": back.name})
        return savedviews.address_of(back, self.path(back))
