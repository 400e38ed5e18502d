"""What can go wrong with a payment, in words for a payer or a clerk."""

from __future__ import annotations

from allsquare.core.errors import AllsquareError, Conflict, InvalidInput, NotFound


class PaymentUnknown(NotFound):
    """No such payment in this organization."""

    code = "payment_not_found"


class RefundUnknown(NotFound):
    """No such refund in this organization."""

    code = "refund_not_found"


class HasEnded(Conflict):
    """There is nothing left that a provider could say about it."""

    code = "has_ended"


class InvoiceNotPayable(Conflict):
    """Draft, paid, void or written off."""

    code = "invoice_not_payable"


class AmountChanged(Conflict):
    """What is open is less than what was offered: somebody paid meanwhile."""

    code = "amount_changed"


class PartRefused(InvalidInput):
    """Less than a payer may pay at once."""

    code = "part_refused"


class AttemptRefused(AllsquareError):
    """The rules stop this payer. Nobody was asked for money; why is for the business to know."""

    code = "attempt_refused"
    status = 403


class PaymentUnderWay(Conflict):
    """Another payment of the invoice has not ended yet; paying again could charge twice."""

    code = "payment_under_way"


class InvalidPayment(InvalidInput):
    """An amount, date or method that cannot be."""

    code = "invalid_payment"


class GatewayUnavailable(AllsquareError):
    """The gateway account is disabled, or its adapter is not installed."""

    code = "gateway_unavailable"
    status = 503


class InquiryUnknown(NotFound):
    """No such comparison, nor question for news, in this organization."""

    code = "inquiry_not_found"


class InquiryRefused(InvalidInput):
    """A time that cannot be asked for, or a provider that cannot say."""

    code = "inquiry_refused"


class RouteUnknown(NotFound):
    """No such rule for who takes which payments in this organization."""

    code = "payment_route_not_found"


class GatewayUnknown(NotFound):
    """No such account at a payment provider in this organization."""

    code = "gateway_account_not_found"


class RealMoneyInRehearsal(Conflict):
    """A rehearsal takes practice money only."""

    code = "real_money_in_rehearsal"


class ProviderAccountTaken(Conflict):
    """The account at the provider is used by another account here."""

    code = "provider_account_taken"


class KeysOfAnother(Conflict):
    """With these settings nobody would know any more what was paid with the account."""

    code = "keys_of_another_account"


class CreditGone(Conflict):
    """Less credit is left, or less of the invoice is open, than was to be used."""

    code = "credit_gone"


class NotGivenBack(Conflict):
    """A refused payment whose provider did not take its refund."""

    code = "not_given_back"


class RefundTooHigh(Conflict):
    """More than what was captured and not yet given back or disputed."""

    code = "refund_too_high"


class OutcomeUnmatched(AllsquareError):
    """A provider speaks of an object that we cannot lead back to a payment."""

    code = "outcome_unmatched"
    status = 422


class OutcomeTooEarly(AllsquareError):
    """News of a refund or dispute came before the news of its charge; it will be read again."""

    code = "outcome_too_early"
    status = 409


class OutcomeContradicts(AllsquareError):
    """The provider's amount or currency cannot belong to the payment."""

    code = "outcome_contradicts"
    status = 422


class DeliveryRefused(AllsquareError):
    """A webhook with a bad or old signature, or too large: no row is written."""

    code = "delivery_refused"
    status = 400


class DeliveryUnknown(NotFound):
    """No such webhook in this organization's inbox."""

    code = "delivery_not_found"


class TaskUnknown(NotFound):
    """No such task in this organization."""

    code = "task_not_found"


class TaskByItself(Conflict):
    """Not one to be marked as done with others."""

    code = "task_by_itself"


class MethodUnknown(NotFound):
    """No such saved method of this customer, or a link to them that is over."""

    code = "payment_method_not_found"


class InvalidAgreement(InvalidInput):
    """Nothing could be charged by agreement, or nobody says how it was agreed."""

    code = "invalid_agreement"


class InvalidPlan(InvalidInput):
    """Days on which nobody can be charged."""

    code = "invalid_plan"


class NotLeftOpen(Conflict):
    """It has ended, or its provider may still say how."""

    code = "not_left_open"


class ProviderAnswers(Conflict):
    """The provider says itself what became of it, so nobody else need."""

    code = "provider_answers"


class DisputeUnknown(NotFound):
    """No such dispute in this organization."""

    code = "dispute_not_found"


class DisputeClosed(Conflict):
    """It is decided, or its deadline is over."""

    code = "dispute_closed"


class DisputeAnswered(Conflict):
    """A provider takes one answer."""

    code = "dispute_answered"


class EvidenceNotTaken(Conflict):
    """The provider of a dispute is answered on its own pages."""

    code = "evidence_not_taken"


class PayoutUnknown(NotFound):
    """No such payout in this organization."""

    code = "payout_not_found"


class PayoutNotThere(Conflict):
    """It came back, was of nothing, or its arrival is noted already in other words."""

    code = "payout_not_there"


class MovementUnknown(NotFound):
    """No such movement at a provider in this organization."""

    code = "movement_not_found"


class InvalidMovement(InvalidInput):
    """An amount, day, kind or account that cannot be."""

    code = "invalid_movement"


class MovementsUnlisted(Conflict):
    """A provider does not say what else moved its account, or not now."""

    code = "movements_unlisted"


class MovementKnown(Conflict):
    """The provider's name of it is recorded already."""

    code = "movement_known"


class NoWayBack(Conflict):
    """What takes a movement back is not taken back itself."""

    code = "movement_not_reversible"
