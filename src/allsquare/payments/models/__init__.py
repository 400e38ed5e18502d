"""Payments and what belongs to them."""

from allsquare.payments.models.account import GatewayAccount
from allsquare.payments.models.facts import Allocation, CreditMovement
from allsquare.payments.models.inbox import Attention, InboxEvent
from allsquare.payments.models.payment import Payment, PaymentAttempt, PaymentMethod
from allsquare.payments.models.reversals import Dispute, Payout, PayoutItem, Refund
from allsquare.payments.models.terms import PartTerms

__all__ = [
    "Allocation",
    "Attention",
    "CreditMovement",
    "Dispute",
    "GatewayAccount",
    "InboxEvent",
    "PartTerms",
    "Payment",
    "PaymentAttempt",
    "PaymentMethod",
    "Payout",
    "PayoutItem",
    "Refund",
]
