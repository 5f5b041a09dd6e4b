"""Shape of what people write in the composer, one form per kind; the rules are in the services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.kit.views import PlainForm

FEW_WORDS = _("Write a few words first.")
OUTCOMES = (
    ("reached", _("Reached")),
    ("no_answer", _("No answer")),
    ("voicemail", _("Left a message")),
    ("call_back", _("Calls back")),
    ("wrong_number", _("Wrong number")),
)
SENDS, SENT_ELSEWHERE, RECEIVED = "send", "out", "in"
HOW = (
    (SENDS, _("Send it now")),
    (SENT_ELSEWHERE, _("Note a mail that was sent elsewhere")),
    (RECEIVED, _("Note a mail that came in")),
)


class ComposerForm(PlainForm):
    """What all kinds have: words, and when it was."""

    kind: ClassVar[str]
    prefix_id = "composer-%s"
    occurred_at = forms.DateTimeField(
        label=_("When"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: now."),
    )  # fmt: skip
    text = forms.CharField(
        label=_("What happened"), max_length=20_000, widget=forms.Textarea, error_messages={"required": FEW_WORDS}
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        kwargs.pop("contacts", None)
        super().__init__(data, auto_id=self.prefix_id, **kwargs)

    def besides(self) -> list[forms.BoundField]:
        """The fields around the words."""
        return [one for one in self if one.name != "text"]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = self.cleaned_data
        return {"kind": self.kind, "text": found["text"], "occurred_at": found["occurred_at"]}


class NoteForm(ComposerForm):
    """Words about a customer."""

    kind = "note"


class TalkForm(ComposerForm):
    """A talk: with whom, how long."""

    contact = forms.ChoiceField(label=_("With"), required=False)
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=0, max_value=1440)

    def __init__(self, data: Any = None, *, contacts: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer("contact", [("", _("The customer")), *((str(pk), name) for pk, name in contacts)])
        if not contacts:
            del self.fields["contact"]

    def values(self) -> dict[str, Any]:
        """With how long it took."""
        found, minutes = super().values(), self.cleaned_data["minutes"]
        payload = {"minutes": minutes} if minutes else {}
        return {**found, "contact": int(self.cleaned_data.get("contact") or 0) or None, "payload": payload}


class CallForm(TalkForm):
    """A call: who called, and what came of it."""

    kind = "call"
    direction = forms.ChoiceField(
        label=_("Direction"), choices=[("out", _("Outgoing")), ("in", _("Incoming"))], required=False, initial="out"
    )
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "–"), *OUTCOMES], required=False)
    text = forms.CharField(label=_("What was said"), max_length=20_000, widget=forms.Textarea, required=False)
    field_order = ("direction", "outcome", "minutes", "contact", "occurred_at", "text")

    def clean(self) -> dict[str, Any]:
        """Words, or at least what came of it."""
        found: dict[str, Any] = super().clean() or {}
        if not found.get("text") and not found.get("outcome"):
            self.add_error("text", _("Write a few words, or choose what came of the call."))
        return found

    def values(self) -> dict[str, Any]:
        """With direction and outcome."""
        made, found = super().values(), self.cleaned_data
        outcome = {"outcome": found["outcome"]} if found["outcome"] else {}
        return {**made, "direction": found["direction"] or "out", "payload": {**made["payload"], **outcome}}


class MeetingForm(TalkForm):
    """A meeting: when, with whom."""

    kind = "meeting"
    field_order = ("occurred_at", "minutes", "contact", "text")


class MailForm(ComposerForm):
    """An e-mail: to be sent, or to be noted."""

    kind = "mail"
    how = forms.ChoiceField(label=_("What to do"), choices=HOW, required=False)
    to = forms.ChoiceField(label=pgettext_lazy("e-mail", "To"), required=False)
    subject = forms.CharField(label=_("Subject"), max_length=300, required=False)
    sign = forms.BooleanField(label=_("With my signature"), required=False)
    personal = forms.BooleanField(label=_("This mail is no advertising: they asked for it, or need it"), required=False)
    field_order = ("how", "to", "subject", "occurred_at", "text", "sign", "personal")

    def __init__(
        self, data: Any = None, *, addresses: Sequence[tuple[str, str]] = (), sends: bool, signs: bool, withdrawn: bool,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **kwargs)
        self.offer("to", addresses)
        if not sends:
            self.offer("how", [one for one in HOW if one[0] != SENDS])
        for name, offered in (("to", sends), ("sign", sends and signs), ("personal", sends and withdrawn)):
            if not offered:
                del self.fields[name]

    @property
    def sends(self) -> bool:
        """Whether the mail is to leave."""
        return "to" in self.fields and (self.cleaned_data.get("how") or SENDS) == SENDS

    def values(self) -> dict[str, Any]:
        """With the direction of a mail that is only noted."""
        direction = RECEIVED if self.cleaned_data.get("how") == RECEIVED else "out"
        return {**super().values(), "subject": self.cleaned_data["subject"], "direction": direction}


FORMS: dict[str, type[ComposerForm]] = {one.kind: one for one in (NoteForm, CallForm, MeetingForm, MailForm)}
KINDS = (
    ("note", _("Note"), "sticky-note", "n"),
    ("call", _("Call"), "phone", ""),
    ("meeting", _("Meeting"), "calendar", ""),
    ("mail", pgettext_lazy("conversation", "E-mail"), "mail", ""),
)
