"""Addresses of followers and mentions."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.kit.views import Policed, back_to, go_to
from customers.following.mentions import offers
from customers.following.services import toggle_follow
from customers.views import find_customer


class ToggleFollow(Policed):
    """Follow a record, or stop following it."""

    policy = ("self", "view")
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, object: str, pk: int) -> HttpResponseBase:
        followed = toggle_follow(user=request.user, obj=object, pk=pk, now=timezone.now())
        if request.headers.get("HX-Request"):
            return render(request, "customers/follow.html", {"object": object, "pk": pk, "followed": followed})
        messages.success(request, _("You follow this record.") if followed else _("You no longer follow this record."))
        return go_to(request, back_to(request, "/"))


class PickMentions(Policed):
    """Colleagues who may be named in what is written about a customer."""

    policy = ("interaction", "add")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = find_customer(request.user, pk)
        typed = request.GET.get("q", "").replace("\0", "").strip()[:60]
        options = offers(user=request.user, row=customer, obj="customer", typed=typed)  # type: ignore[arg-type]
        return render(request, "ui/options.html", {"options": options})
