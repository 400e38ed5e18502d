"""Organizations, and the bases of every row that belongs to one."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pgtrigger
from django.db import models

from allsquare.core.fields import CurrencyField
from allsquare.core.ids import new_id


class Organization(models.Model):
    """A business that keeps its books here.

    In ``rehearsal`` no real money moves, no customer is written to, and the clock may be moved: ``clock_offset`` is
    zero everywhere else (see ``core.clock``). ``brand_color`` is ``#rrggbb`` or empty; ``mail_name`` and ``reply_to``
    stand in for ``name`` and ``email`` in mails where they are set.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    legal_name = models.CharField(max_length=200, blank=True, default="")
    country = models.CharField(max_length=2)
    base_currency = CurrencyField()
    time_zone = models.CharField(max_length=64)
    language = models.CharField(max_length=12, default="en")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    tax_id = models.CharField(max_length=40, blank=True, default="")
    street = models.CharField(max_length=200, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    region = models.CharField(max_length=100, blank=True, default="")
    iban = models.CharField(max_length=34, blank=True, default="")
    bic = models.CharField(max_length=11, blank=True, default="")
    logo = models.BinaryField(blank=True, default=bytes)
    logo_type = models.CharField(max_length=40, blank=True, default="")
    tax_rounding = models.CharField(max_length=16, default="per_document")
    rounding = models.CharField(max_length=16, default="half_up")
    payment_days = models.PositiveSmallIntegerField(default=30)
    #: What payers may do by themselves: pay an invoice in parts, each at least so much of it; pay several invoices
    #: together; and pay on account, more than is open or without an invoice.
    part_payments = models.BooleanField(default=False, db_default=False)
    least_part_percent = models.PositiveSmallIntegerField(default=10, db_default=10)
    several_invoices = models.BooleanField(default=True, db_default=True)
    on_account = models.BooleanField(default=False, db_default=False)
    brand_color = models.CharField(max_length=7, blank=True, default="")
    mail_name = models.CharField(max_length=100, blank=True, default="")
    reply_to = models.EmailField(blank=True, default="")
    first_steps_hidden = models.BooleanField(default=False)
    rehearsal = models.BooleanField(default=False)
    #: Roles whose members must sign in with a second factor.
    second_factor_roles = models.JSONField(default=list, blank=True)
    clock_offset = models.DurationField(default=timedelta(0))
    created_at = models.DateTimeField()

    class Meta:
        db_table = "organization"

    def __str__(self) -> str:
        return self.name


class TenantModel(models.Model):
    """Base of every row that belongs to an organization, lines included."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class TenantFact(models.Model):
    """Base of append-only rows: added, never edited; a correction is a new fact that names the old one.

    The organization is not checked by a foreign key here: facts are written in bulk beside parents that carry
    it, and the check would be the dearest part of the insert.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
