"""Step 2: which column fills which field, how the file is read, and what is done with rows that are here already."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.fields import PersonField, TeamField
from crm.accounts.models import Team, User
from crm.kit.errors import Invalid, Refused
from crm.kit.views import Page, PlainForm, go_to
from customers.imports.known import KEYS
from customers.imports.wizard import changes, drafts, labels, newfields, rejects, saved
from customers.imports.wizard.offer import CUSTOM, NEW, Line, Offer
from customers.imports.wizard.steps import OfImport, address
from customers.models import ImportJob, SavedMapping

EMPTY = [
    ("keep", gettext_lazy("leave what is there")),
    ("clear", gettext_lazy("empty the field")),
]


class RowsForm(PlainForm):
    """What is done with the rows; the columns have fields of their own."""

    mode = forms.ChoiceField(label=gettext_lazy("Rows that are here already"), choices=[
        ("upsert", gettext_lazy("Update them, and create the others")),
        ("create", gettext_lazy("Skip them; only create new ones")),
        ("update", gettext_lazy("Update them; skip unknown rows")),
    ])  # fmt: skip
    find_by = forms.ChoiceField(label=gettext_lazy("Find existing records by"), required=False, choices=[
        ("id", gettext_lazy("Id in the other system")),
        ("email", gettext_lazy("Id, else e-mail")),
        ("phone", gettext_lazy("Id, else phone")),
        ("name", gettext_lazy("Id, else name and company")),
    ])  # fmt: skip
    empty = forms.ChoiceField(label=gettext_lazy("Empty cells"), choices=EMPTY)
    source = forms.CharField(
        label=gettext_lazy("Name of the source"), max_length=80, required=False,
        help_text=gettext_lazy("Ids of the file count within their source: give the same name each time."),
    )  # fmt: skip
    team = TeamField(label=gettext_lazy("Team of rows that name none"), required=False)
    owner = PersonField(label=gettext_lazy("Owner of rows that name none"), required=False, help_text="")
    strict = forms.BooleanField(
        label=gettext_lazy("All or nothing: one row that does not fit stops the import"), required=False
    )
    save_as = forms.CharField(label=gettext_lazy("Keep this mapping as"), max_length=80, required=False)
    share = forms.BooleanField(label=gettext_lazy("For my team as well"), required=False)


class MapPage(OfImport, Page):
    """The columns of the file with three values each, and what each of them fills."""

    policy = ("import", "run")
    step = "map"
    template_name = "imports/map.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        draft = self.draft
        try:
            offer = Offer(draft, self.user, given=draft.wizard.get("given", {}), mapping=draft.mapping)
        except Invalid as invalid:
            return self._unreadable(invalid.message)
        return self.show(offer, self.form(offer))

    @property
    def user(self) -> User:
        return self.request.user  # type: ignore[return-value]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent = request.POST
        if "use" in sent:
            return self._use(sent["use"])
        if "forget" in sent:
            return self._forget(sent["forget"])
        if "follow" in sent:
            return self._follow()
        try:
            offer = self._offer_of(sent)
        except Invalid as invalid:
            return self._unreadable(invalid.message)
        form = self.form(offer, sent)
        if "reread" in sent:
            drafts.remember(draft=self.draft, user=self.user, given=offer.given)
            return self.show(offer, form, part=bool(request.headers.get("HX-Request")))
        if form.is_valid() and self._lines_are_good(offer) and self._keep(offer, form):
            return self._go_on(sent)
        return self.show(offer, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    # What was sent

    def _offer_of(self, sent: Any) -> Offer:
        """The file read again with the settings that were sent, and what was chosen for columns of the same name."""
        before = self.draft.wizard.get("given", {})
        given = {name: sent[f"o-{name}"][:200] for name in labels.SETTINGS if sent.get(f"o-{name}")}
        given = {name: value for name, value in given.items() if before.get(name) or value != sent.get(f"was-{name}")}
        offer = Offer(self.draft, self.user, given=given, mapping=self.draft.mapping)
        for line in offer.lines:
            place = next((n for n in (line.place, *range(len(offer.lines))) if sent.get(f"h-{n}") == line.column.name), None)  # fmt: skip
            if place is None:
                continue
            value = sent.get(f"f-{place}", "")
            line.chosen = value if value in offer.known else ""
            line.label = sent.get(f"n-{place}", line.label)[:120]
            line.type = sent.get(f"t-{place}", line.type)
            line.change = sent.get(f"x-{place}", line.change)
            line.setting = sent.get(f"s-{place}", line.setting)[:5000]
        return offer

    def form(self, offer: Offer, sent: Any = None) -> RowsForm:
        """The choices for the rows, as they stand or as they were sent."""
        draft, mapping = self.draft, offer.mapping or {}
        obj = offer.kind.object
        owner = mapping.get("constants", {}).get("owner", "")
        initial = {
            "mode": draft.mode, "empty": mapping.get("options", {}).get("empty", "keep"), "strict": draft.strict,
            "source": draft.source_name if draft.mapping is not None else _source_of(offer),
            "team": draft.team_name, "owner": owner, "find_by": mapping.get("options", {}).get("find_by", "id"),
        }  # fmt: skip
        form = RowsForm(sent, initial=initial)
        form.fields["team"].offer(self.user, obj, "add")  # type: ignore[attr-defined]
        form.fields["owner"].offer(self.user, obj, "add")  # type: ignore[attr-defined]
        if "owner" not in offer.kind.by_name:
            del form.fields["owner"]
        if not offer.kind.found_by:
            del form.fields["find_by"]
        return form

    def _lines_are_good(self, offer: Offer) -> bool:
        """Each field once, and new fields with a name; the sentence stands at the line."""
        seen: dict[str, Line] = {}
        for line in offer.lines:
            if line.chosen == NEW:
                if not line.label.strip() or line.type not in labels.FIELD_TYPES:
                    line.error = _("Give the new field a name and a type.")
            elif line.chosen and line.chosen in seen:
                other = seen[line.chosen].column.name
                line.error = _("“%(column)s” fills this field already.") % {"column": other}
            elif line.chosen:
                seen[line.chosen] = line
            try:
                offer.made_steps(line)
            except Invalid as invalid:
                line.error = line.error or invalid.message
        return not any(line.error for line in offer.lines) and not offer.missing

    # Writing

    def _keep(self, offer: Offer, form: RowsForm) -> bool:
        """Make the new fields, keep the mapping; a refusal comes back into the form."""
        values = form.cleaned_data
        filled = {line.chosen for line in offer.lines}
        key = values.get("find_by") or "id"
        if key in KEYS and not filled & set(KEYS[key]):
            form.add_error("find_by", _("No column fills this field: choose one, or find records by something else."))
            return False
        try:
            for line in offer.lines:
                if line.chosen == NEW:
                    made = newfields.make(
                        user=self.user, obj=offer.kind.object, label=line.label, type=line.type,
                        choices=line.column.custom.choices if line.column.custom else (), now=timezone.now(),
                    )  # fmt: skip
                    line.chosen = f"{CUSTOM}{made}"
            mapping = _completed(offer, values)
            team = Team.objects.filter(pk=values["team"]).values_list("name", flat=True).first() if values["team"] else ""  # fmt: skip
            drafts.map_columns(
                draft=self.draft, user=self.user, mapping=mapping, mode=values["mode"], source=values["source"],
                team=team or "", strict=values["strict"], given=offer.given,
            )  # fmt: skip
            if values["save_as"].strip():
                saved.save(user=self.user, name=values["save_as"], offer=offer, mapping=mapping, mode=values["mode"],
                           share=values["share"])  # fmt: skip
        except Refused as refused:
            form.add_error(None, refused.message)
            return False
        return True

    def _go_on(self, sent: Any) -> HttpResponse:
        """To the check, which begins at once; or away, when the person only saves."""
        if "later" in sent:
            messages.success(self.request, _("The draft is kept. Go on whenever you like."))
            return go_to(self.request, "/data/import/")
        draft = ImportJob.objects.get(pk=self.draft.pk)
        last = draft.checks.order_by("-id").first()
        if last is None or not drafts.fits(draft, last) or last.state == ImportJob.State.FAILED:
            drafts.check(draft=draft, user=self.user, now=timezone.now())
        return go_to(self.request, address(draft, "check"))

    def _use(self, asked: str) -> HttpResponse:
        """Take a saved mapping."""
        found = SavedMapping.objects.visible_to(self.user).filter(kind=self.draft.kind, pk=_number(asked)).first()
        if found is None:
            raise Refused(_("There is no such mapping."), status=404)
        offer = Offer(self.draft, self.user, given=self.draft.wizard.get("given", {}), mapping=None)
        mapping = saved.fitted(found, offer.header)
        given = {name: value for name, value in mapping.get("options", {}).items() if name in labels.SETTINGS}
        drafts.map_columns(
            draft=self.draft, user=self.user, mapping=mapping, mode=found.mode, source=_source_of(offer),
            team="", strict=False, given=given,
        )  # fmt: skip
        messages.success(self.request, _("The columns are mapped as in “%(name)s”.") % {"name": found.name})
        return go_to(self.request, address(self.draft, "map"))

    def _forget(self, asked: str) -> HttpResponse:
        """Throw a saved mapping away."""
        name = saved.delete(user=self.user, saved_id=_number(asked))
        messages.success(self.request, _("The mapping “%(name)s” is thrown away.") % {"name": name})
        return go_to(self.request, address(self.draft, "map"))

    def _follow(self) -> HttpResponse:
        """Go on with the mapping of the import that rejected these rows, and check at once."""
        offer = Offer(self.draft, self.user, given={}, mapping=None)
        old = rejects.origin(self.user, offer)
        if old is None:
            raise Refused(_("The import that these rows come from is not here any more."), status=404)
        draft = drafts.adopt(draft=self.draft, user=self.user, old=old)
        drafts.check(draft=draft, user=self.user, now=timezone.now())
        return go_to(self.request, address(draft, "check"))

    # Drawing

    def show(self, offer: Offer, form: RowsForm, *, status: int = 200, part: bool = False) -> HttpResponse:
        """The page, or its form alone."""
        bound = form.is_bound and status != HTTPStatus.OK
        context = self.get_context_data(
            offer=offer, form=form, missing=offer.missing, types=labels.FIELD_TYPES.items(), changes=changes.CHANGES.items(),
            change_settings=changes.SETTINGS.items(), bound=bound,
            faults=[line for line in offer.lines if line.error] if bound else [],
            saved=saved.offered(self.user, offer), others=saved.others(self.user, offer),
            origin=rejects.origin(self.user, offer) if offer.is_rejects_file and self.draft.mapping is None else None,
            guessed=self.draft.wizard.get("guessed") == self.draft.kind and self.draft.mapping is None,
            kinds=[(one.name, labels.kind_label(one.name)) for one in drafts.allowed_kinds(self.user)],
            mapped=sum(bool(line.chosen) for line in offer.lines),
            **self.about(self.draft),
        )  # fmt: skip
        template = "imports/map_form.html" if part else self.template_name
        return render(self.request, template, context, status=status)

    def _unreadable(self, sentence: str) -> HttpResponse:
        """The file cannot be read so: say why, and offer the way back."""
        context = self.get_context_data(offer=None, unreadable=sentence, **self.about(self.draft))
        if self.request.headers.get("HX-Request"):
            return render(self.request, "imports/map_form.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return render(self.request, self.template_name, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _completed(offer: Offer, values: dict[str, Any]) -> dict[str, Any]:
    """The mapping with what was chosen for the rows."""
    mapping = offer.made_mapping()
    mapping["options"] = {**mapping["options"], "empty": values["empty"]}
    if values.get("find_by"):
        mapping["options"]["find_by"] = values["find_by"]
    constants = {name: value for name, value in mapping.get("constants", {}).items() if name != "owner"}
    if values.get("owner"):
        constants["owner"] = User.objects.values_list("username", flat=True).get(pk=values["owner"])
    return mapping | {"constants": constants}


def _source_of(offer: Offer) -> str:
    """The name that the source has until somebody gives another."""
    return offer.preset or "file"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
