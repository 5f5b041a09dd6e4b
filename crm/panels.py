"""What the whole adds to the palette: where help is."""

from django.utils.translation import gettext_lazy as _

from crm.kit import nav, palette

palette.offer("help", _("Keyboard shortcuts"), "search", icon="keyboard", dialog="shortcuts")
palette.offer("help", _("API documentation"), "api-docs", icon="file-text")

nav.entry("exports", _("Exports"), "standing", icon="download", group="data", order=40, policy=("export", "run"))
