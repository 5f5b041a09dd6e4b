"""The alert centre: lists, one alert, its steps, rules, the bell."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alerts import selectors, services, words
from alerts.charts import of_alert
from alerts.forms import AssignForm, ResolveForm, RuleForm
from alerts.models import Alert, Rule
from crm.kit import keyset
from crm.kit.errors import Invalid
from crm.kit.views import Action, FormPage, Page, Policed, RecordPage, back_to, undo_toast
from insights.models import Metric

GROUPINGS = ("none", "subject")
METRICS_OFFERED = 200


class AlertsPage(Page):
    """Open or closed alerts; the part that refreshes itself comes from the same address."""

    policy = ("alert", "view")
    template_name = "alerts/page.html"
    closed = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            context = self.get_context_data(**kwargs)
        except Invalid:
            return HttpResponseRedirect(request.path)
        if request.headers.get("HX-Target") == "alerts":
            return TemplateResponse(request, "alerts/list.html", context, headers={"Vary": "HX-Target"})
        return self.render_to_response(context)

    def rows(self) -> QuerySet[Alert]:
        """The alerts of this tab."""
        found = selectors.listed(self.request.user)
        return found.closed() if self.closed else found.open()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, user = self.request.GET, self.request.user
        ordering = keyset.resolve("", model=Alert, allowed={"last_at": "last_at"}, default="-last_at")
        page = keyset.page(self.rows(), ordering=ordering, cursor=asked.get("cursor", ""), size=50)
        by = asked.get("group", "none")
        by = by if by in GROUPINGS else "none"
        return super().get_context_data(
            page=page,
            groups=selectors.grouped(page.rows, by),
            by=by,
            closed=self.closed,
            newest=selectors.bell(user).newest,
            last_check=selectors.last_check(),
            may_change=user.access.can("alert", "change"),
            may_rule=user.access.can("rule", "view"),
            following=self._address(by, page.next) if page.next else "",
            previous=self._address(by, page.previous) if page.previous else "",
            switch=[(word, self._address(name), name == by) for name, word in _groupings()],
            **kwargs,
        )

    def _address(self, by: str, cursor: str = "") -> str:
        parts = [f"group={by}"] if by != "none" else []
        parts += [f"cursor={cursor}"] if cursor else []
        return f"{self.request.path}?{'&'.join(parts)}" if parts else self.request.path


def _groupings() -> list[tuple[str, str]]:
    return [("none", _("Newest first")), ("subject", _("By customer or rule"))]


class NewAlerts(Policed):
    """The pill "2 new: …" above an open list; nothing when there is nothing new."""

    policy = ("alert", "view")

    def get(self, request: HttpRequest) -> HttpResponse:
        since = _number(request.GET.get("since", ""))
        found = selectors.listed(request.user).open().filter(pk__gt=since).order_by("-id")
        rows = list(found[: selectors.BELL_CAP])
        by = request.GET.get("group", "")
        context = {
            "count": new_words(len(rows)),
            "latest": selectors.line(rows[0]) if rows else None,
            "back": f"{reverse('alerts')}?group={by}" if by in GROUPINGS[1:] else reverse("alerts"),
        }
        return render(request, "alerts/pill.html", context)


class AlertPage(RecordPage):
    """One alert: what, evidence, history, steps."""

    policy = ("alert", "view")
    model = Alert
    record_name = "alert"
    template_name = "alerts/alert.html"

    def get_queryset(self) -> QuerySet[Alert]:
        return selectors.listed(self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        alert = context["alert"]
        events = list(alert.events.select_related("user").order_by("-id")[:100])
        return context | {
            "line": selectors.line(alert),
            "events": [(event, words.step(event)) for event in events],
            "chart": of_alert(alert) if alert.metric_id else None,
            "parts": _parts(alert),
            "may_change": self.request.user.access.can("alert", "change"),
            "undoable": bool(events) and events[0].action in services.UNDOABLE,
        }


def _parts(alert: Alert) -> list[dict[str, Any]]:
    """What made a customer strange, with the customer's own figures."""
    if alert.kind != "customer" or not isinstance(alert.reason, dict):
        return []
    parts = [part for part in alert.reason.get("parts") or [] if isinstance(part, dict)]
    return [
        {
            "what": words.change(str(part.get("code"))),
            "now": words.figure((part.get("values") or {}).get("now")),
            "usual": words.figure((part.get("values") or {}).get("usual")),
            "weight": part.get("weight") or 0,
        }
        for part in parts
    ]


class Step(Policed):
    """A step that needs no further input: acknowledge, reopen, undo."""

    policy = ("alert", "change")
    http_method_names = ["post", "options"]
    verb = staticmethod(services.acknowledge)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            alert = self.verb(alert_id=pk, user=request.user, now=timezone.now())
        except Alert.DoesNotExist:
            raise Http404 from None
        return done(request, alert, undoable=self.verb is not services.undo)


class InputStep(FormPage):
    """A step with a form: in a dialog, or as a page of its own without a script."""

    policy = ("alert", "change")
    template_name = "alerts/step.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        alert = selectors.listed(self.request.user).filter(pk=self.kwargs["pk"]).first()
        if alert is None:
            raise Http404
        return super().get_context_data(alert=alert, heading=self.heading(), **kwargs)

    def heading(self) -> str:
        """What the form does."""
        raise NotImplementedError

    def get_template_names(self) -> list[str]:
        dialog = self.request.headers.get("HX-Target") == "dialog"
        return ["alerts/step_dialog.html" if dialog else "alerts/step.html"]

    def run(self, form: Any) -> Alert:
        """Call the service."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.kwargs["done"] = None
        answer = super().post(request, *args, **kwargs)
        return self.kwargs["done"] or answer

    def save(self, form: Any) -> str:
        try:
            alert = self.run(form)
        except Alert.DoesNotExist:
            raise Http404 from None
        self.kwargs["done"] = done(self.request, alert, undoable=True, close=True)
        return reverse("alert", args=[alert.pk])


class ResolveAlert(InputStep):
    """Close an alert with a reason."""

    form_class = ResolveForm

    def heading(self) -> str:
        return _("Resolve this alert")

    def run(self, form: Any) -> Alert:
        given = form.cleaned_data
        return services.resolve(
            alert_id=self.kwargs["pk"], reason=given["reason"], user=self.request.user, now=timezone.now()
        )


class AssignAlert(InputStep):
    """Give an alert to somebody."""

    form_class = AssignForm

    def heading(self) -> str:
        return _("Who looks after it?")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def run(self, form: Any) -> Alert:
        return services.assign(
            alert_id=self.kwargs["pk"],
            owner_id=form.cleaned_data["owner"],
            user=self.request.user,
            now=timezone.now(),
        )


def done(request: HttpRequest, alert: Alert, *, undoable: bool, close: bool = False) -> HttpResponse:
    """Say what was done, with Undo; open lists and pages of the alert refresh themselves."""
    last = alert.events.order_by("-id").first()
    sentence = f"{words.headline(alert)}: {words.step(last)}" if last else words.headline(alert)
    undo = reverse("alert-undo", args=[alert.pk]) if undoable else ""
    if request.headers.get("HX-Request") or request.headers.get("X-Requested-With"):
        told: dict[str, Any] = {"toast": {"text": sentence, "undo": undo}, "alerts-changed": {}}
        if close:
            told["dialog-close"] = {}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(told)})
    if undo:
        undo_toast(request, sentence, undo)
    return HttpResponseRedirect(back_to(request, reverse("alert", args=[alert.pk])), status=303)


class RulesPage(Page):
    """The rules within reach."""

    policy = ("rule", "view")
    template_name = "alerts/rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        rules = selectors.rules_of(user, timezone.now())
        return super().get_context_data(
            rules=[(rule, words.condition(rule), words.metric_title(rule.metric)) for rule in rules],
            may_add=user.access.can("rule", "add"),
            may_change=user.access.can("rule", "change"),
            **kwargs,
        )


class NewRule(FormPage):
    """A new threshold."""

    policy = ("rule", "add")
    form_class = RuleForm
    template_name = "alerts/rule_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        metrics = Metric.objects.order_by("name")[:METRICS_OFFERED] if self.request.user.access.can("metric") else []
        return super().get_context_data(metrics=metrics, **kwargs)

    def save(self, form: Any) -> str:
        rule = services.create_rule(given=form.given(), user=self.request.user)
        messages.success(self.request, _("“%(name)s” is watched from now on.") % {"name": rule.name})
        return reverse("alert-rules")


class EditRule(NewRule):
    """Change a rule."""

    policy = ("rule", "change")

    def rule(self) -> Rule:
        """The rule, or 404."""
        user = self.request.user
        reached = Rule.objects.visible_to(user).filter(user.access.rows("rule", "change", owner="created_by"))
        found = reached.select_related("metric").filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"rule": self.rule()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            rule=self.rule(), may_delete=self.request.user.access.can("rule", "delete"), **kwargs
        )

    def save(self, form: Any) -> str:
        rule = services.change_rule(rule_id=self.rule().pk, given=form.given(), user=self.request.user)
        messages.success(self.request, _("“%(name)s” is changed.") % {"name": rule.name})
        return reverse("alert-rules")


class DeleteRule(Action):
    """Remove a rule; its alerts stay."""

    policy = ("rule", "delete")

    def act(self, request: HttpRequest) -> str:
        try:
            services.delete_rule(rule_id=self.kwargs["pk"], user=request.user)
        except Rule.DoesNotExist:
            raise Http404 from None
        return reverse("alert-rules")


def new_words(count: int) -> str:
    """``3 new``."""
    return ngettext("%(n)s new", "%(n)s new", count) % {"n": count if count < selectors.BELL_CAP else "99+"}


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else 0
