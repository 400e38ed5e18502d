"""Payments and what belongs to them."""

from allsquare.payments.models.account import GatewayAccount, GatewayTrouble
from allsquare.payments.models.autopay import Autopay, AutopayCharge, AutopayPlan
from allsquare.payments.models.evidence import DisputeAnswer, EvidenceFile
from allsquare.payments.models.facts import Allocation, Conversion, CreditMovement, Freed
from allsquare.payments.models.inbox import Attention, InboxEvent
from allsquare.payments.models.inquiry import Difference, Inquiry
from allsquare.payments.models.movement import ListedMovement, ProviderMovement
from allsquare.payments.models.payment import Payment, PaymentAttempt
from allsquare.payments.models.reversals import (
    Dispute,
    DisputeFee,
    Payout,
    PayoutArrival,
    PayoutItem,
    PayoutOthers,
    Refund,
)
from allsquare.payments.models.route import PaymentRoute
from allsquare.payments.models.saved import Consent, DefaultMethod, MethodLink, PaymentMethod
from allsquare.payments.models.share import PaymentShare
from allsquare.payments.models.slip import TransferSlip
from allsquare.payments.models.taking import Taking
from allsquare.payments.models.terms import PartTerms
from allsquare.payments.models.tip import Tip

__all__ = [
    "Allocation",
    "Attention",
    "Autopay",
    "AutopayCharge",
    "AutopayPlan",
    "Consent",
    "Conversion",
    "CreditMovement",
    "DefaultMethod",
    "Difference",
    "Dispute",
    "DisputeAnswer",
    "DisputeFee",
    "EvidenceFile",
    "Freed",
    "GatewayAccount",
    "GatewayTrouble",
    "InboxEvent",
    "Inquiry",
    "ListedMovement",
    "MethodLink",
    "PartTerms",
    "Payment",
    "PaymentAttempt",
    "PaymentMethod",
    "PaymentRoute",
    "PaymentShare",
    "Payout",
    "PayoutArrival",
    "PayoutItem",
    "PayoutOthers",
    "ProviderMovement",
    "Refund",
    "Taking",
    "Tip",
    "TransferSlip",
]
