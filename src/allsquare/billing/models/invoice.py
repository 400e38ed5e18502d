"""Invoices with their lines, tax breakdown and number series."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _

from allsquare.billing.states import CHOICES, OPEN_STATES
from allsquare.billing.words import INVOICE_WORDS
from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantModel

#: What an issued invoice may still change: its state, the caches of payments and credit notes, and when it was seen.
MOVABLE = [
    "state",
    "paid_minor",
    "credited_minor",
    "sent_at",
    "viewed_at",
    "paid_at",
    "voided_at",
    "void_reason",
]

#: Between nothing and everything.
PERCENTAGE = [MinValueValidator(0), MaxValueValidator(100)]
#: A page of text; what is longer belongs in a document of its own.
PROSE = [MaxLengthValidator(5000)]

FROZEN = """
    IF OLD.state = 'draft' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an issued invoice is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_frozen';
"""


class Invoice(TenantModel):
    """A request for money. Frozen once issued (the database refuses more than ``MOVABLE``); ``paid_minor`` is a
    cache of its allocations, ``credited_minor`` of its credit notes. ``base_rate`` is units of base currency for one
    unit of ``currency`` at issue and ``base_total_minor`` what was booked as receivable."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=40, null=True, blank=True)
    state = models.CharField(max_length=12, choices=CHOICES, default="draft")
    currency = CurrencyField()
    language = models.CharField(max_length=12)
    reference = models.CharField(
        max_length=100, blank=True, default=""
    )  # the buyer's own, e.g. an order number
    prices_include_tax = models.BooleanField(default=False)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0, validators=PERCENTAGE)
    notes = models.TextField(blank=True, default="", validators=PROSE)
    terms = models.TextField(blank=True, default="", validators=PROSE)
    issued_on = models.DateField(null=True, blank=True)
    supplied_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    payment_days = models.PositiveSmallIntegerField(default=30)
    discount_minor = MinorField(default=0)  # what the document discount came to; with tax if the prices are
    net_minor = MinorField(default=0)
    tax_minor = MinorField(default=0)
    total_minor = MinorField(default=0)
    paid_minor = MinorField(default=0)
    credited_minor = MinorField(default=0, db_default=0)
    base_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    base_total_minor = models.BigIntegerField(null=True, blank=True)
    seller = models.JSONField(default=dict, blank=True)  # both parties as they were at issue
    buyer = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    viewed_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "invoice"
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="invoice_newest"),
            models.Index(fields=["organization", "customer", "-id"], name="invoice_by_customer"),
            # The list's orders and its search. Settling changes none of what these hold, so that its updates stay
            # within the row's page (see docs/decisions/0007).
            models.Index(fields=["organization", "issued_at", "id"], name="invoice_by_number"),
            models.Index(fields=["organization", "issued_on", "id"], name="invoice_by_issue"),
            models.Index(fields=["organization", "due_on", "id"], name="invoice_by_due"),
            models.Index(fields=["organization", "currency", "total_minor", "id"], name="invoice_by_total"),
            GinIndex(INVOICE_WORDS, name="invoice_by_words"),
            # What is open is little beside what is not. An invoice leaves this index when it is paid, which the
            # first page and the lists of open and overdue invoices are worth (measured in docs/decisions/0009).
            models.Index(
                fields=["organization", "due_on", "id"],
                include=["customer", "currency", "total_minor", "paid_minor", "credited_minor"],
                condition=models.Q(state__in=sorted(state.value for state in OPEN_STATES)),
                name="invoice_owing",
            ),
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=models.Q(number__isnull=True),
                name="invoice_drafts",
            ),
            # Few, so that the lists of them need not be looked for among all.
            models.Index(
                fields=["organization", "state", "created_at", "id"],
                condition=models.Q(state__in=["credited", "void", "written_off"]),
                name="invoice_of_rare_state",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=models.Q(total_minor=models.F("net_minor") + models.F("tax_minor")),
                name="invoice_total",
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(number__isnull=False), name="invoice_numbered"
            ),
            models.CheckConstraint(
                condition=models.Q(paid_minor__gte=0) & models.Q(paid_minor__lte=models.F("total_minor"))
                | models.Q(state="draft"),
                name="invoice_paid_range",
            ),
            models.CheckConstraint(
                condition=models.Q(credited_minor__gte=0)
                & models.Q(total_minor__gte=models.F("paid_minor") + models.F("credited_minor"))
                | models.Q(state="draft"),
                name="invoice_credited_range",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="keep_issued", operation=pgtrigger.Delete, condition=~pgtrigger.Q(old__state="draft")
            ),
            pgtrigger.Trigger(
                name="frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=MOVABLE),
                func=FROZEN,
            ),
            pgtrigger.Protect(
                name="stays_issued",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__state="draft") & ~pgtrigger.Q(old__state="draft"),
            ),
        ]

    def __str__(self) -> str:
        return self.number or _("Draft")

    @property
    def due_minor(self) -> int:
        """What it asks for after its credit notes, paid or not; minor units."""
        return self.total_minor - self.credited_minor

    @property
    def covered_minor(self) -> int:
        """What is not owed any more: paid or credited, minor units."""
        return self.paid_minor + self.credited_minor

    @property
    def open_minor(self) -> int:
        """What is still to be paid, minor units."""
        return self.total_minor - self.covered_minor


FROZEN_PART = """
    IF EXISTS (
        SELECT 1 FROM invoice i WHERE i.id IN (OLD.invoice_id, NEW.invoice_id) AND i.state <> 'draft'
    ) THEN
        RAISE EXCEPTION 'an issued invoice is frozen'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
"""


def frozen_with_invoice() -> pgtrigger.Trigger:
    """Parts of an invoice may be added, changed or removed only while it is a draft."""
    return pgtrigger.Trigger(
        name="frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=FROZEN_PART,
    )


class InvoiceLine(TenantModel):
    """``quantity`` × ``unit_price`` (major units) less ``discount_percent``; the minor amounts are what the one
    calculation (``tax.calculate``) gave and are what screen, PDF, portal and gateway show: ``amount_minor`` before
    the document discount (with tax if the prices are), ``net_minor`` and ``total_minor`` after it."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    item = models.ForeignKey(
        "catalog.Item", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    description = models.TextField(validators=PROSE)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit = models.CharField(max_length=3, default="C62")
    unit_price = models.DecimalField(max_digits=18, decimal_places=6)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0, validators=PERCENTAGE)
    tax_category = models.CharField(max_length=3, default="S")
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4)
    amount_minor = MinorField(default=0)
    net_minor = MinorField(default=0)
    tax_minor = MinorField(default=0)
    total_minor = MinorField(default=0)

    class Meta:
        db_table = "invoice_line"
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position")]
        triggers = [frozen_with_invoice()]


class InvoiceTax(TenantModel):
    """One row of the tax breakdown: what is taxed at one rate, and the tax on it."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="taxes", db_index=False)
    category = models.CharField(max_length=3)
    percent = models.DecimalField(max_digits=7, decimal_places=4)
    base_minor = MinorField()
    tax_minor = MinorField()

    class Meta:
        db_table = "invoice_tax"
        constraints = [
            models.UniqueConstraint(fields=["invoice", "category", "percent"], name="invoice_tax_rate")
        ]
        triggers = [frozen_with_invoice()]


class NumberSeries(TenantModel):
    """The next number of a series. The row is locked by the issuing transaction, so no number is skipped or used
    twice, whatever is rolled back."""

    kind = models.CharField(max_length=20)
    prefix = models.CharField(max_length=20)
    next_number = models.PositiveBigIntegerField(default=1)
    width = models.PositiveSmallIntegerField(default=5)

    class Meta:
        db_table = "number_series"
        constraints = [models.UniqueConstraint(fields=["organization", "kind"], name="number_series_once")]
