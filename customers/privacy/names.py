"""What the tables of customers are called in previews and copies."""

from django.utils.translation import gettext_lazy as _

from customers.privacy.reach import called

called(
    {
        "customers.Customer": _("Customers"),
        "customers.Contact": _("Contacts"),
        "customers.ContactRole": _("Roles of contacts"),
        "customers.ContactPoint": _("E-mails, phones and addresses"),
        "customers.ExternalId": _("Numbers in outside systems"),
        "customers.LastContact": _("Last contact"),
        "customers.Interaction": _("Messages, calls and notes"),
        "customers.Attachment": _("Files"),
        "customers.Draft": _("Drafts"),
        "customers.Follow": _("Followers"),
        "customers.OutgoingMail": _("E-mails that were sent from here"),
        "customers.Consent": _("Lines of consent"),
        "customers.LegalHold": _("Legal holds"),
        "customers.PersonExport": _("Copies of people's data"),
    }
)
