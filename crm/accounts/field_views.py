"""Settings → Fields: the list of each kind of record, and a page per field."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.accounts import field_rules
from crm.accounts.audit import record_request
from crm.accounts.field_forms import FieldForm, NewFieldForm, RulesForm, TypeForm, lines_of
from crm.accounts.settings_views import Section
from crm.kit.customfields import converting, indexing, services
from crm.kit.customfields.holders import holders
from crm.kit.customfields.lists import indexable
from crm.kit.errors import Refused
from crm.kit.models import CustomField
from crm.kit.views import Action, FormPage, Page, go_to, undo_toast

AUDITED = "field"


class Fields(Section, FormPage):
    """The fields of one kind of record, in their order, and a form for one more."""

    policy = ("field", "view")
    write_policy = ("field", "add")
    section = "fields"
    form_class = NewFieldForm
    template_name = "settings/fields.html"

    @cached_property
    def object(self) -> str:
        """Whose fields are shown."""
        asked = self.request.POST.get("object") or self.request.GET.get("for", "")
        return asked if asked in holders() else next(iter(holders()))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"object": self.object}}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        rows = list(CustomField.objects.filter(object=self.object))
        tabs = [(one.title, f"?for={name}", name == self.object) for name, one in holders().items()]
        return super().get_context_data(
            tabs=tabs, active=[one for one in rows if one.archived_at is None],
            archived=[one for one in rows if one.archived_at is not None],
            may_add=user.access.can("field", "add"), may_change=user.access.can("field", "change"), **kwargs,
        )  # fmt: skip

    def save(self, form: Any) -> str:
        made = services.create_field(user=self.request.user, now=timezone.now(), **form.cleaned_data)
        record_request(self.request, "add", AUDITED, {"object": made.object, "field": made.name, "type": made.type})
        messages.success(self.request, _("Field “%(label)s” is there.") % {"label": made.label})
        return f"{reverse('settings-fields')}?for={made.object}"


class FieldPage(Section, FormPage):
    """One field: its words, its index, what roles see of it, its end."""

    policy = ("field", "view")
    write_policy = ("field", "change")
    section = "fields"
    form_class = FieldForm
    template_name = "settings/field.html"
    success_message = gettext_lazy("Saved.")

    @cached_property
    def field(self) -> CustomField:
        """Which the address names, or 404."""
        return field_or_404(self.kwargs["pk"])

    def get_form(self, data: Any = None) -> FieldForm:
        field = self.field
        initial = {"label": field.label, "help": field.help, "required": field.required, "choices": lines_of(field)}
        form = FieldForm(data, initial=initial)
        if field.type not in services.CHOOSING:
            del form.fields["choices"]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        field, user = self.field, self.request.user
        may_change = user.access.can("field", "change")
        rows, size, seconds = indexing.cost(field)
        return super().get_context_data(
            field=field, holder=holders().get(field.object), may_change=may_change,
            may_delete=user.access.can("field", "delete"), indexable=indexable(field),
            cost={"rows": rows, "size": filesizeformat(size), "seconds": seconds}, filled=services.filled(field),
            rules_form=RulesForm(field=field),
            type_form=None if field.sensitive or field.type == CustomField.Type.PERSON else TypeForm(field=field), **kwargs,
        )  # fmt: skip

    def save(self, form: Any) -> str:
        services.change_field(user=self.request.user, field_id=self.field.pk, **form.cleaned_data)
        record_request(self.request, "change", AUDITED, {"object": self.field.object, "field": self.field.name})
        return f"{reverse('settings-fields')}?for={self.field.object}"


def field_or_404(pk: int) -> CustomField:
    """The definition, or 404."""
    found = CustomField.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class FieldAction(Action):
    """Something done to one field."""

    policy = ("field", "change")

    @property
    def pk(self) -> int:
        """Which the address names."""
        return int(self.kwargs["pk"])

    def home(self) -> str:
        """The field's own page."""
        return reverse("settings-field", args=[self.pk])


class MoveField(FieldAction):
    """One place up or down."""

    def act(self, request: HttpRequest) -> str:
        moved = services.move_field(user=request.user, field_id=self.pk, up=request.POST.get("to") == "up")
        return f"{reverse('settings-fields')}?for={moved.object}"


class ArchiveField(FieldAction):
    """Out of pages, lists and files; values stay."""

    def act(self, request: HttpRequest) -> str:
        gone = services.archive_field(user=request.user, field_id=self.pk, now=timezone.now())
        record_request(request, "archive", AUDITED, {"object": gone.object, "field": gone.name})
        sentence = _("“%(label)s” is archived; its values are kept.") % {"label": gone.label}
        undo_toast(request, sentence, reverse("settings-field-restore", args=[gone.pk]))
        return f"{reverse('settings-fields')}?for={gone.object}"


class RestoreField(FieldAction):
    """Back again."""

    def act(self, request: HttpRequest) -> str:
        back = services.restore_field(user=request.user, field_id=self.pk)
        messages.success(request, _("“%(label)s” is back.") % {"label": back.label})
        return f"{reverse('settings-fields')}?for={back.object}"


class IndexField(FieldAction):
    """Make the index, as a job."""

    def act(self, request: HttpRequest) -> str:
        job = services.ask_index(user=request.user, field_id=self.pk)
        return reverse("job", args=[job.token])


class SetRules(FieldAction):
    """What each role sees."""

    def act(self, request: HttpRequest) -> str:
        field = field_or_404(self.pk)
        form = RulesForm(request.POST, field=field)
        if not form.is_valid():
            raise Refused(_("Choose a level for every role. Nothing was changed."))
        changed = field_rules.set_levels(by=request.user, field_id=field.pk, levels=form.cleaned_data)
        if changed:
            detail: dict[str, object] = {
                "object": field.object,
                "field": field.name,
                "roles": {r: list(v) for r, v in changed.items()},
            }
            record_request(request, "rules", AUDITED, detail)
        messages.success(request, _("Saved."))
        return self.home()


class DeleteField(FieldAction):
    """The field and all its values, after its label was typed."""

    policy = ("field", "delete")

    def act(self, request: HttpRequest) -> str:
        field = field_or_404(self.pk)
        job = services.ask_delete(user=request.user, field_id=self.pk, confirmed=request.POST.get("confirm", ""))
        record_request(request, "delete", AUDITED, {"object": field.object, "field": field.name})
        return reverse("job", args=[job.token])


class ChangeType(Section, Page):
    """What another type would do to every value; then, where all convert, do it."""

    policy = ("field", "change")
    section = "fields"
    template_name = "settings/field_type.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        field = field_or_404(self.kwargs["pk"])
        asked = self.request.GET.get("type", "")
        found = converting.preview(field, asked)
        fits = ngettext("%(n)s value converts.", "%(n)s values convert.", found.fits) % {"n": f"{found.fits:,}"}
        label = CustomField.Type(asked).label
        return super().get_context_data(
            field=field, preview=found, new_type=asked, type_label=label, fits=fits, **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        field = field_or_404(self.kwargs["pk"])
        asked = request.POST.get("type", "")
        job = converting.ask_type(user=request.user, field_id=field.pk, new_type=asked)
        detail: dict[str, object] = {"object": field.object, "field": field.name, "from": field.type, "to": asked}
        record_request(request, "type", AUDITED, detail)
        return go_to(request, reverse("job", args=[job.token]))

    def refused(self, refused: Refused) -> HttpResponse:
        """Back to the field, with the sentence."""
        messages.error(self.request, refused.message)
        return HttpResponseRedirect(reverse("settings-field", args=[self.kwargs["pk"]]))
