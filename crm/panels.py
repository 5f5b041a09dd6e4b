"""What the whole adds to the palette: where help is."""

from django.utils.translation import gettext_lazy as _

from crm.kit import palette

palette.offer("help", _("Keyboard shortcuts"), "search", icon="keyboard", dialog="shortcuts")
palette.offer("help", _("API documentation"), "api-docs", icon="file-text")
