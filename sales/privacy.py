"""What stays of orders and deals when a person is erased: amounts without the person."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.reach import Blank, called, kept

kept(
    "sales.Order",
    blank={},
    why=_("The books must stay complete: amounts stay, without the person."),
    children=[Blank("sales.OrderLine", "order", {"name": ""})],
)
kept(
    "sales.Deal",
    blank={"title": "**", "lost_reason": "", "custom": {}},
    why=_("Sums and win rates stay true: amount and stage stay, without title and person."),
)
called(
    {
        "sales.Order": _("Orders"),
        "sales.OrderLine": _("Order lines"),
        "sales.Deal": _("Deals"),
        "sales.StageChange": _("Stage changes"),
        "sales.Activity": _("Tasks"),
    }
)
