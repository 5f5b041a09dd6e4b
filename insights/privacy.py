"""What the results about a person are called when they are erased or get a copy."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.reach import called

called(
    {
        "insights.CustomerScore": _("Scores"),
        "insights.ScoreHistory": _("Earlier scores"),
        "insights.SegmentMembership": _("Memberships of segments"),
        "insights.Finding": _("Findings"),
    }
)
