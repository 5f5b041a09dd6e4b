"""A file on a record, and where its bytes lie."""

import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.kit.content import PICTURES


def place() -> FileSystemStorage:
    """The folder ``media`` of the data directory, which backups take along and nobody else reads."""
    return FileSystemStorage(
        location=settings.MEDIA_ROOT, file_permissions_mode=0o600, directory_permissions_mode=0o700
    )


def own_name(row: models.Model, _given: str) -> str:
    """A name of ours: what a person called the file decides nothing on the disk."""
    token = uuid.uuid4().hex
    return f"files/{token[:2]}/{token}"


class Attachment(models.Model):
    """A file on a customer, a contact, or on a record of an app above, which ``object`` and ``record`` name.

    ``customer`` is whom the file is about, also where it hangs on a deal or a ticket: merging moves it, erasing and
    copies of a person reach it. Only the server's token stands in its address.
    """

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    object = models.CharField(max_length=20)
    record = models.BigIntegerField(null=True, blank=True)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        "customers.Contact", models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    file = models.FileField(_("content"), storage=place, upload_to=own_name, max_length=80)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=60)
    size = models.BigIntegerField(_("size"))
    digest = models.CharField(max_length=64)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("added by"),
        db_index=False,
    )  # fmt: skip
    created_at = models.DateTimeField(_("added"))
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.CheckConstraint(
                condition=Q(object="customer", customer__isnull=False, contact__isnull=True, record__isnull=True)
                | Q(object="contact", customer__isnull=True, contact__isnull=False, record__isnull=True)
                | (~Q(object__in=["customer", "contact"]) & Q(contact__isnull=True, record__isnull=False)),
                name="customers_attachment_one_holder",
            ),
            models.CheckConstraint(condition=~Q(name="") & Q(size__gt=0), name="customers_attachment_filled"),
        ]
        indexes = [
            models.Index(
                fields=["customer", "-created_at", "-id"], name="attachments_of_customer",
                condition=Q(customer__isnull=False),
            ),
            models.Index(fields=["contact"], name="attachments_of_contact", condition=Q(contact__isnull=False)),
            models.Index(fields=["object", "record"], name="attachments_of_record", condition=Q(record__isnull=False)),
            models.Index(fields=["removed_at"], name="attachments_removed", condition=Q(removed_at__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether it was drawn anew and may be shown in a page."""
        return self.kind in PICTURES
