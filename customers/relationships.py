"""How customers stand to each other, in words that a workspace chooses itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kit.fields import Stamped
from crm.kit.history import tracked

BUILT_IN = {
    "advisor": (_("is advisor of"), _("is advised by")),
    "partner": (_("is partner of"), _("is partner of")),
    "supplier": (_("supplies"), _("is supplied by")),
    "referrer": (_("recommended us to"), _("heard of us from")),
    "family": (_("is family of"), _("is family of")),
}
"""Words of the kinds that every workspace begins with, in the reader's language until somebody changes them."""


@tracked()
class RelationType(Stamped):
    """One kind of relationship, with the words to say it from either side."""

    code = models.CharField(max_length=20, blank=True, default="", editable=False)
    words = models.CharField(_("words"), max_length=80)
    inverse = models.CharField(_("the other way round"), max_length=80)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["words"], name="customers_relationtype_once"),
            models.CheckConstraint(condition=~Q(words="") & ~Q(inverse=""), name="customers_relationtype_worded"),
        ]

    def __str__(self) -> str:
        return self.forward

    @property
    def forward(self) -> str:
        """From the first customer's side."""
        return str(BUILT_IN[self.code][0]) if self.code in BUILT_IN else self.words

    @property
    def backward(self) -> str:
        """From the other customer's side."""
        return str(BUILT_IN[self.code][1]) if self.code in BUILT_IN else self.inverse

    @property
    def is_mutual(self) -> bool:
        """Whether both sides say the same."""
        return self.words == self.inverse


@tracked()
class Relationship(Stamped):
    """One customer stands so to another."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="relationships")
    other = models.ForeignKey("customers.Customer", models.CASCADE, related_name="relationships_back")
    type = models.ForeignKey(RelationType, models.PROTECT, related_name="relationships", verbose_name=_("relationship"))
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "other", "type"], name="customers_relationship_once"),
            models.CheckConstraint(condition=~Q(customer=models.F("other")), name="customers_relationship_two"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.type_id} {self.other_id}"
