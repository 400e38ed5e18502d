"""Pay links."""

from __future__ import annotations

from django.db import models

from allsquare.core.encryption import EncryptedTextField
from allsquare.identity.models import TenantModel


class PayLink(TenantModel):
    """A secret address at which a payer finds one invoice. The hash finds it; the encrypted token lets a mail be
    sent again with the same address."""

    invoice = models.ForeignKey("billing.Invoice", on_delete=models.CASCADE, related_name="pay_links")
    token_hash = models.BinaryField(unique=True)
    token = EncryptedTextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "pay_link"
