"""The page of data quality, its rules, and what is done from it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.kit.keyset import count
from crm.kit.models import Job
from crm.kit.views import Action, FormPage, Page, back_to
from customers.models import Customer
from customers.quality import services
from customers.quality.forms import RuleForm
from customers.quality.mends import mend_for, preview
from customers.quality.models import QualityRule
from customers.quality.run import described, failing
from customers.quality.selectors import overview, trend


def check_under_way() -> Job | None:
    """The check that waits or runs."""
    return Job.objects.filter(kind=services.CHECK, state__in=[Job.State.QUEUED, Job.State.RUNNING]).first()


class QualityPage(Page):
    """How good the data are, and what is wrong with them."""

    policy = ("quality", "view")
    template_name = "quality/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, now = self.request.user, timezone.now()
        found = overview(user, now=now)
        access, moves = user.access, trend(user, {})
        return super().get_context_data(
            found=found, trend=moves if len(moves.series[0].points) > 1 else None, job=check_under_way(),
            may_run=access.can("quality", "run"), may_change=access.can("quality", "change"),
            may_add=access.can("quality", "add"), **kwargs,
        )  # fmt: skip


class CheckNow(Action):
    """Ask every rule now, in the background."""

    policy = ("quality", "run")

    def act(self, request: HttpRequest) -> str:
        services.ask_check(user=request.user)
        return reverse("quality")


class EditRule(FormPage):
    """A new rule, or one that is there."""

    policy = ("quality", "change")
    form_class = RuleForm
    template_name = "quality/rule.html"
    success_message = gettext_lazy("Saved. The next check asks it so.")

    def get_form_kwargs(self) -> dict[str, Any]:
        self.rule = None
        if "pk" in self.kwargs:
            self.rule = QualityRule.objects.filter(pk=self.kwargs["pk"]).first()
            if self.rule is None:
                raise Http404
        return {"rule": self.rule}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rule = self.rule
        return super().get_context_data(
            rule=rule, words=described(rule) if rule else "",
            may_delete=rule is not None and self.request.user.access.can("quality", "delete"), **kwargs,
        )  # fmt: skip

    def save(self, form: RuleForm) -> str:
        rule_id = self.rule.pk if self.rule else None
        services.save_rule(user=self.request.user, values=form.given(), rule_id=rule_id)
        return reverse("quality")


class NewRule(EditRule):
    """A new rule."""

    policy = ("quality", "add")


class DeleteRule(Action):
    """Remove a rule; one that ships with us is put to sleep."""

    policy = ("quality", "delete")

    def act(self, request: HttpRequest) -> str:
        services.delete_rule(user=request.user, rule_id=self.kwargs["pk"])
        messages.success(request, _("The rule is no longer checked."))
        return reverse("quality")


class MendRows(Page):
    """What would become of the rows that fail a rule, before it is done; the customer list does it, with Undo."""

    policy = ("quality", "change")
    template_name = "quality/mend.html"
    shown = 50

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        rule = QualityRule.objects.filter(pk=self.kwargs["pk"]).first()
        action = mend_for(rule) if rule else None
        if rule is None or action is None or not user.access.can("customer", "change"):
            raise Http404
        field = action.name.removeprefix("mend-")
        if field in user.access.restricted_fields("customer"):
            raise Http404
        rows = failing(Customer.objects.visible_to(user), rule, timezone.now())
        shown = preview(user, rows, field, self.shown)
        return super().get_context_data(
            rule=rule, words=described(rule), action=action, rows=shown, total=count(rows), field=field,
            sure=sum(bool(new) for _pk, _name, _old, new in shown), **kwargs,
        )  # fmt: skip


class LetPass(Action):
    """One row is fine as it is, for one rule; or no longer so."""

    policy = ("quality", "change")

    def act(self, request: HttpRequest) -> str:
        rule_id, row = self.kwargs["pk"], self.kwargs["row"]
        if request.POST.get("again"):
            services.count_again(user=request.user, rule_id=rule_id, row=row)
        else:
            reason = request.POST.get("reason", "")
            services.let_pass(user=request.user, rule_id=rule_id, row=row, reason=reason, now=timezone.now())
        return back_to(request, reverse("quality"))
