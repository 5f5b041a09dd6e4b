"""What stays of tickets when a person is erased: times and ratings without words."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.reach import called, kept

kept(
    "service.Ticket",
    blank={"subject": "**", "text": "", "custom": {}, "contact": None},
    why=_("Figures of the service stay true: times and rating stay, without words and person."),
)
called({"service.Ticket": _("Tickets")})
