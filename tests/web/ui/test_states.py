from __future__ import annotations

from enum import Enum

import pytest
from django.utils.translation import override

from allsquare.billing.states import InvoiceState
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import Status
from allsquare.payments.states import DisputeState, InboxState, PaymentState, RefundState
from allsquare.web.ui.icons import icon_svg
from allsquare.web.ui.states import INVOICE, KINDS, PAYMENT, Look, Tone, look


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("invoice", [*InvoiceState, "overdue"]),
        ("payment", [*PaymentState, "partly_refunded", "refunded", "disputed"]),
        ("attempt", Status),
        ("refund", RefundState),
        ("dispute", DisputeState),
        ("webhook", InboxState),
        ("customer", ["square", "owes", "overdue", "archived"]),
        ("mail", [state.value for state in Mail.State]),
    ],
)
def test_every_state_that_exists_has_a_look(kind: str, states: list[str] | type[Enum]) -> None:
    assert {str(state) for state in states} <= KINDS[kind].keys()


@pytest.mark.parametrize("states", [INVOICE, PAYMENT], ids=["invoice", "payment"])
def test_no_state_is_told_by_colour_alone(states: dict[str, Look]) -> None:
    with override("en"):
        assert len({str(each.label) for each in states.values()}) == len(states)
    for tone in Tone:
        icons = [each.icon for each in states.values() if each.tone is tone and "refund" not in each.icon]
        assert len(set(icons)) == len(icons)


def test_every_icon_exists() -> None:
    for states in KINDS.values():
        for each in states.values():
            assert icon_svg(each.icon).startswith("<svg")


def test_a_new_state_shows_its_own_words() -> None:
    assert look("invoice", "half_eaten") == Look("half eaten", Tone.GREY, "circle")


def test_a_misspelt_kind_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        look("invoise", "paid")
