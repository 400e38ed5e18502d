"""The people to speak to at a customer."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel


class Contact(TenantModel):
    """``gets_invoices`` and ``gets_receipts`` (receipts, refunds, reminders) say which mails go to them instead of to
    the customer's own address. ``language`` is theirs; empty: the customer's. A contact that is removed is gone: it is
    somebody's personal data, and no document needs it."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="contacts", db_index=False
    )
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=100, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    gets_invoices = models.BooleanField(default=False)
    gets_receipts = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "contact"
        indexes = [models.Index(fields=["organization", "customer", "name"], name="contact_by_customer")]

    def __str__(self) -> str:
        return self.name
