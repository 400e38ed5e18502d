"""What the button of a pay page sends, for one invoice or for several, and what is said where a press did nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.core.errors import AllsquareError
from allsquare.core.idempotency import KeyReused
from allsquare.payments.errors import AttemptRefused, GatewayUnavailable, InvalidPayment
from allsquare.web.portal.ways import Way

CHOOSE: Final = _("Choose a way to pay. Nothing was charged.")

OTHER_TERMS: Final = _(
    "Another provider takes this payment by now, and what you agreed to spoke of the one before. Nothing was charged. "
    "Read it again and press the button."
)

TROUBLE: Final[Mapping[type[AllsquareError], Promise]] = {
    InvalidPayment: _("This way to pay is no longer there. Nothing was charged. Choose another one."),
    GatewayUnavailable: _(
        "This way to pay does not work at the moment. Nothing was charged. Choose another one."
    ),
    AttemptRefused: _(
        "This payment could not be taken. Nothing was charged. Pay another way, or ask who sent the invoice."
    ),
    KeyReused: _("This page was used before. Nothing was charged. Look at it again and press the button."),
}


class _Ways(forms.MultipleChoiceField):
    """Names of ways, offered or not: only the one that is pressed counts."""

    def valid_value(self, value: str) -> bool:
        return True


class PayForm(forms.Form):
    """The sum that the button showed, a name for this press, the way, and consent.

    ``keep`` names the way whose text was agreed to, and the account of which it spoke: a tick beside the card is no
    consent to a debit, nor to another provider's keeping it.
    ``nonce`` is made anew for every page shown, so that a repeat of one press is known as such.
    """

    amount = forms.IntegerField(min_value=1)
    nonce = forms.RegexField(r"^[A-Za-z0-9_-]{22}$")
    method = forms.CharField()
    keep = _Ways(required=False)


def keeps(way: Way, ticks: Sequence[str]) -> bool:
    """Did the payer agree to what would happen now?"""
    return way.can_be_kept and way.tick in ticks


def agreed_to_another(way: Way, ticks: Sequence[str]) -> bool:
    """Did the payer agree to the terms of an account that would not take it now?"""
    return way.tick not in ticks and way.value in [each.partition("/")[0] for each in ticks]
