"""How forms are drawn: widgets of Django, fields of ours."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """``as_field_group`` draws ``templates/ui/field.html``."""

    field_template_name = "ui/field.html"
