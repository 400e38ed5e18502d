"""Why a payment did not happen, and what to try: from a provider's code to words for a payer.

The codes are those that most card processors share. The sentence never says that a card was reported stolen:
whoever holds it may be the thief.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.payments.gateway import SAID_BY_PERSON, MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.states import PaymentState


@dataclass(frozen=True, slots=True)
class Reason:
    """What happened, and what to do about it. That nothing was charged is said beside it, where that ``is_sure``."""

    title: Promise
    remedy: Promise
    is_sure: bool = True


_ANOTHER: Final = _("Try another card or another way to pay.")
_CARD_DECLINED: Final = Reason(_("Your bank declined the card"), _ANOTHER)

_NOT_THIS_SUM: Final = Reason(
    _("This way to pay does not take this amount or currency"), _("Choose another way to pay.")
)
_NOT_THIS_CARD: Final = Reason(_("This card does not take this payment"), _ANOTHER)
_METHOD_GONE: Final = Reason(
    _("The saved method is no longer there"), _("Enter it again, or choose another way to pay.")
)

BY_CODE: Final[Mapping[str, Reason]] = {
    "insufficient_funds": Reason(_("There was not enough money for it"), _ANOTHER),
    "expired_card": Reason(_("The card has expired"), _ANOTHER),
    "incorrect_cvc": Reason(
        _("The security code was wrong"), _("Try again: it is the short number beside the signature.")
    ),
    "processing_error": Reason(
        _("The card could not be processed"), _("Try again in a moment, or another way to pay.")
    ),
    "authentication_failed": Reason(
        _("Your bank could not confirm that it was you"),
        _("Try again and confirm it in your bank's app, or try another card."),
    ),
    "do_not_honor": Reason(
        _("Your bank declined the card"),
        _("It gave no reason, but may tell you one. Try another card or another way to pay."),
    ),
    "account_closed": Reason(
        _("The bank account is closed"), _("Try another account or another way to pay.")
    ),
    "incorrect_number": Reason(_("The card number was wrong"), _("Try again and check it.")),
    "card_not_supported": _NOT_THIS_CARD,
    "currency_not_supported": _NOT_THIS_CARD,
    "resource_missing": _METHOD_GONE,
    "saved_method_unknown": _METHOD_GONE,
    "amount_unsupported": _NOT_THIS_SUM,
    "method_unsupported": _NOT_THIS_SUM,
    SAID_BY_PERSON: Reason(
        _("The payment did not arrive"),
        _("Pay again, or another way. If it was taken from your account, ask below."),
        is_sure=False,
    ),
    "debit_refused": Reason(_("The bank refused the debit"), _("Try another account or another way to pay.")),
}

_CANCELED: Final = Reason(_("You did not finish paying"), _("You can start again whenever you like."))
_NOT_AWAITED: Final = Reason(
    _("This transfer is not waited for any longer"),
    _("If you have sent it, the money is not lost: ask below. Otherwise pay again."),
)
_NOT_STARTED: Final = Reason(
    _("The payment could not be started"),
    _("This is not your fault. Try again in a few minutes, or another way to pay."),
)
_DEBIT_FAILED: Final = Reason(
    _("Your bank did not carry out the debit"), _("Try again or another way to pay.")
)


def reason_of(payment: Payment) -> Reason:
    """The reason of a payment that ended unpaid, as far as it is known."""
    if payment.state == PaymentState.CANCELED:
        return _NOT_AWAITED if payment.method == MethodKind.BANK_TRANSFER else _CANCELED
    known = BY_CODE.get(payment.failure_code)
    if known:
        return known
    if payment.method == MethodKind.BANK_DEBIT and payment.reference:
        return _DEBIT_FAILED
    # The only other way to fail is that the provider never took the request.
    return _NOT_STARTED if payment.state == PaymentState.FAILED else _CARD_DECLINED
