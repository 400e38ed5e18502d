"""What may happen to captured money: refunds, disputes, payouts."""

from __future__ import annotations

from django.db import models

from allsquare.core.fields import CurrencyField, MinorField
from allsquare.identity.models import TenantFact, TenantModel


class Refund(TenantModel):
    """Money given back. The id is the idempotency key at the provider. A refund that the provider reports on its
    own (made in its dashboard) gets a row too, with a ``key`` made from its reference. ``by_hand``: a person
    said how it ended, and the provider did not yet."""

    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="refunds")
    currency = CurrencyField()
    amount_minor = MinorField()
    fee_returned_minor = MinorField(default=0)
    state = models.CharField(max_length=16, default="started")
    reference = models.CharField(max_length=120, null=True, blank=True)
    key = models.CharField(max_length=200)
    input_hash = models.BinaryField(default=bytes)
    reason = models.CharField(max_length=200, blank=True, default="")
    failure_message = models.TextField(blank=True, default="")
    by_hand = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "refund"
        indexes = [
            models.Index(
                fields=["organization", "created_at"],
                condition=models.Q(state__in=["started", "unknown", "pending"]),
                name="refund_open",
            ),
            models.Index(fields=["organization", "-id"], name="refund_newest"),
            models.Index(fields=["organization", "created_at", "id"], name="refund_by_start"),
            models.Index(fields=["organization", "settled_at", "id"], name="refund_by_end"),
            models.Index(fields=["organization", "currency", "amount_minor", "id"], name="refund_by_amount"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="refund_key_once"),
            models.UniqueConstraint(
                fields=["payment", "reference"],
                condition=models.Q(reference__isnull=False),
                name="refund_reference",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_amount_positive"),
        ]


class Dispute(TenantModel):
    """The payer asked their bank for the money back. ``fee_minor`` is what the provider took for the case so far, less
    what it gave back, and ``evidence_by`` until when it takes an answer, as far as it tells. ``by_hand``: as
    of a refund."""

    payment = models.ForeignKey("payments.Payment", on_delete=models.PROTECT, related_name="disputes")
    currency = CurrencyField()
    amount_minor = MinorField()
    base_minor = MinorField()
    fee_minor = MinorField(default=0)
    state = models.CharField(max_length=10, default="opened")
    by_hand = models.BooleanField(default=False, db_default=False)
    reference = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True, default="")
    opened_at = models.DateTimeField()
    evidence_by = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "dispute"
        indexes = [
            models.Index(fields=["organization", "opened_at", "id"], name="dispute_by_time"),
            models.Index(
                fields=["organization", "opened_at"],
                condition=models.Q(state="opened"),
                name="dispute_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["payment", "reference"], name="dispute_reference_once")
        ]


class DisputeFee(TenantFact):
    """A provider took more for a case, or gave some of its fee back, after the case was opened. ``Dispute.fee_minor``
    is what it comes to. The id is the source of its booking."""

    dispute = models.ForeignKey("payments.Dispute", on_delete=models.PROTECT, related_name="fees")
    amount_minor = MinorField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "dispute_fee"


class Payout(TenantModel):
    """Money that a provider sent to our bank: ``net_minor`` will stand on the bank statement. ``fee_minor`` are fees
    that it tells with the payout alone; below zero when it gave some back.

    A bank may send it back days later (``failed``), and some providers then send it again under the same name: that is
    a row of its own, with the next number of ``sending``. ``told_at`` is the provider's time of the newest news of it,
    by which older news is known.

    ``arrived_on`` is the day of its arrival that stands (:class:`PayoutArrival`), the bank's day.

    Of the net ``others_minor`` and of the fee ``others_fee_minor`` is of others who use the same account there: the
    sums of its items.
    """

    gateway_account = models.ForeignKey("payments.GatewayAccount", on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=120)
    currency = CurrencyField()
    net_minor = MinorField()
    fee_minor = MinorField(default=0, db_default=0)
    others_minor = MinorField(default=0, db_default=0)
    others_fee_minor = MinorField(default=0, db_default=0)
    state = models.CharField(max_length=10, default="paid", db_default="paid")
    sending = models.PositiveSmallIntegerField(default=1, db_default=1)
    failure_code = models.CharField(max_length=60, blank=True, default="", db_default="")
    failure_message = models.TextField(blank=True, default="", db_default="")
    expected_on = models.DateField(null=True, blank=True)
    arrived_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    failed_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payout"
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_account", "reference", "sending"], name="payout_sending_once"
            )
        ]

    @property
    def place(self) -> str:
        """Where the sum is: its state, and ``arrived`` once it stands on our bank statement."""
        return "arrived" if self.arrived_on is not None else self.state


class PayoutItem(TenantModel):
    """One object inside a payout. ``payment`` is known when the object is a charge of ours. ``kind`` is what the
    provider says that it is (``gateway.ItemKind``), and ``about`` the charge that must be ours for it to be, or its own
    name where the provider does not say of which charge it is. ``others_minor`` of the net, and ``others_fee_minor`` of
    the payout's fee, is of others who use the same account: of an earlier payout that came back it may be a part."""

    payout = models.ForeignKey(Payout, on_delete=models.CASCADE, related_name="items")
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reference = models.CharField(max_length=120)
    net_minor = MinorField()
    kind = models.CharField(max_length=10, blank=True, default="", db_default="")
    about = models.CharField(max_length=120, blank=True, default="", db_default="")
    others_minor = MinorField(default=0, db_default=0)
    others_fee_minor = MinorField(default=0, db_default=0)

    class Meta:
        db_table = "payout_item"
        constraints = [models.UniqueConstraint(fields=["payout", "reference"], name="payout_item_once")]
        indexes = [
            # What may turn out to be ours, and what an earlier payout that came back brings.
            models.Index(
                fields=["organization", "about"],
                condition=~models.Q(others_minor=0, others_fee_minor=0),
                name="payout_item_of_others",
            ),
            models.Index(
                fields=["organization", "reference"],
                condition=models.Q(kind="payout"),
                name="payout_item_of_payout",
            ),
        ]


class PayoutOthers(TenantFact):
    """After a payout was booked, another part of it is of others than was thought: ``amount_minor`` more of its net and
    ``fee_minor`` more of its fee; below zero, that turned out to be ours. The id is the source of its booking."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="corrections")
    amount_minor = MinorField()
    fee_minor = MinorField()
    created_at = models.DateTimeField()

    class Meta(TenantFact.Meta):
        db_table = "payout_others"


class PayoutArrival(TenantModel):
    """A payout stands on our bank statement: ``received_minor`` of it, in its currency; the bank kept the rest. One
    that was noted by mistake, or that the bank sent back, is ``undone_at`` then, and another one may follow."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="arrivals")
    arrived_on = models.DateField()
    received_minor = MinorField()
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "payout_arrival"
        constraints = [
            models.UniqueConstraint(
                fields=["payout"], condition=models.Q(undone_at__isnull=True), name="payout_arrives_once"
            )
        ]
