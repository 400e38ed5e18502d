"""Whether what a payer agreed to may still be taken, where their provider waits for us."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel


class Taking(TenantModel):
    """Of one payment: how many requests to take its money are ``under_way``, at the longest ``until`` then, and since
    when its page is closed (``closed_at``), after which nobody begins another. A row beside the payment, since most
    payments need none. See ``payments.taking``."""

    payment = models.OneToOneField("payments.Payment", on_delete=models.PROTECT, related_name="+")
    under_way = models.PositiveSmallIntegerField(default=0)
    until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payment_taking"
