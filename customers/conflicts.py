"""The dialog, or without a script the page, that asks where two people changed the same field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import Field
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from customers.lineage import spoken
from customers.profile import object_of
from customers.services.edits import CHOICES, Conflict


def conflict_answer(request: HttpRequest, conflict: Conflict, row: Any, fields: Mapping[str, Field]) -> HttpResponse:
    """Mine, theirs and the original of each field, and everything that was typed, to be sent again."""
    levels = request.user.access.restricted_fields(object_of(row))

    def say(name: str, value: Any) -> str:
        return spoken(row, name, value, user=request.user, levels=levels)

    asked = {f"choice-{one.name}" for one in conflict.clashes}
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "seen") and name not in asked
    ]
    clashes = [
        {
            "name": one.name, "label": fields[one.name].label, "who": one.who, "at": one.at,
            "mine": say(one.name, one.mine), "theirs": say(one.name, one.theirs), "original": say(one.name, one.original),
        }
        for one in conflict.clashes
    ]  # fmt: skip
    obj = object_of(row)
    context = {
        "row": row, "clashes": clashes, "kept": kept, "seen": conflict.seen, "action": request.path, "choices": CHOICES,
        "where": reverse(obj, args=[row.pk]), "list_where": reverse(f"{obj}s"), "object": obj,
    }  # fmt: skip
    if request.headers.get("HX-Request"):
        headers = {"HX-Retarget": "#dialog", "HX-Reswap": "innerHTML"}
        return render_with(request, "customers/conflict.html", context, 422, headers)
    return render_with(request, "customers/conflict_page.html", context, 409, {})


def render_with(
    request: HttpRequest, template: str, context: dict[str, Any], status: int, headers: dict[str, str]
) -> HttpResponse:
    """A drawn template with headers of its own."""
    answer = render(request, template, context, status=status)
    for name, value in headers.items():
        answer.headers[name] = value
    return answer
