"""Shape of what people type about themselves, keys and colleagues."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Role, User
from crm.kit.views import PlainForm

ZONE_PREFIXES = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/", "UTC")


def zones() -> list[tuple[str, str]]:
    """Time zones that people live in."""
    names = sorted(name for name in available_timezones() if name.startswith(ZONE_PREFIXES))
    return [("", str(_("That of the workspace"))), *((name, name.replace("_", " ")) for name in names)]


class PersonForm(PlainForm):
    """Names and e-mail address of a person."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)


class ProfileForm(PersonForm):
    """A person's own settings."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=64, required=False,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "placeholder": "Europe/Berlin"}),
        help_text=_("Empty: that of the workspace."),
    )  # fmt: skip
    signature = forms.CharField(
        label=_("Signature"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Below the e-mails that you write to customers."),
    )  # fmt: skip
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices, required=False, widget=forms.RadioSelect)
    density = forms.ChoiceField(label=_("Rows of lists"), choices=User.Density.choices, widget=forms.RadioSelect)
    single_keys = forms.BooleanField(
        label=_("Single-letter shortcuts"), required=False,
        help_text=_("C creates, G then H goes home, J and K walk through rows. Letters do nothing while you type."),
    )  # fmt: skip

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        own_names = {"en": "English", "zh-hans": "简体中文"}
        known = [(code, own_names.get(code, str(name))) for code, name in settings.LANGUAGES]
        self.offer("language", [("", _("That of the browser")), *known])


class ApiKeyForm(PlainForm):
    """A label for a new key."""

    name = forms.CharField(label=_("Label"), max_length=80, help_text=_("What the key is for, such as “Web shop”."))
    days = forms.ChoiceField(
        label=_("Expires"),
        choices=[("90", _("In 90 days")), ("365", _("In one year")), ("30", _("In 30 days")), ("", _("Never"))],
        required=False, initial="90",
    )  # fmt: skip


class UserForm(PersonForm):
    """A new colleague: names, first role, first password."""

    username = forms.CharField(label=_("Sign-in name"), max_length=150)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    team = forms.ChoiceField(label=_("Team"))
    password = forms.CharField(
        label=_("First password"), min_length=10, max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text=_("At least 10 characters."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, teams: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer("team", [(str(pk), name) for pk, name in teams])


class GrantForm(PlainForm):
    """A role in a team."""

    role = forms.ChoiceField(label=_("Role"))
    team = forms.ChoiceField(label=_("Team"))

    def __init__(self, data: Any = None, *, roles: dict[str, Any], teams: dict[int, str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer("role", roles.items())
        self.offer("team", [(str(pk), name) for pk, name in teams.items()])


class PasswordForm(PlainForm):
    """A new password for somebody else."""

    password = forms.CharField(
        label=_("New password"), min_length=10, max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text=_("At least 10 characters."),
    )  # fmt: skip


class TeamForm(PlainForm):
    """A team and the one above it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    parent = forms.ChoiceField(label=_("Below"), required=False)

    def __init__(self, data: Any = None, *, teams: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offer("parent", [("", "–"), *((str(pk), name) for pk, name in teams)])
