"""How forms are drawn: widgets of Django, fields and a combobox of ours."""

from __future__ import annotations

from typing import Any

from django.forms import TextInput
from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """``as_field_group`` draws ``templates/ui/field.html``."""

    field_template_name = "ui/field.html"


class Combobox(TextInput):
    """A text with suggestions from an address that answers with ``role=option`` elements.

    What is sent is the text, which the server reads with or without a script. A ``keyed`` one sends the key of
    the chosen option instead, so that addresses stay short; ``key`` is that of the text it begins with.
    """

    template_name = "ui/combobox.html"

    def __init__(self, address: str = "", *, keyed: bool = False, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.address, self.keyed, self.key = address, keyed, ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """With the address of the suggestions and the id of their list."""
        context = super().get_context(name, value, attrs)
        options = f"{context['widget']['attrs'].get('id') or name}-options"
        return {**context, "address": self.address, "keyed": self.keyed, "key": self.key, "options": options}
