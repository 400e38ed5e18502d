"""A task keeps its facts; whoever reads it gets the sentence in their language."""

from __future__ import annotations

import pytest
from django.utils import translation

from allsquare.payments import attention
from allsquare.payments.models import Attention

DISPUTED = {"amount_minor": 123400, "currency": "EUR", "invoice": "INV-00007"}


def test_the_sentence_has_amounts_as_the_reader_writes_them() -> None:
    task = Attention(kind=attention.DISPUTE_OPENED, data=DISPUTED)
    with translation.override("en"):
        assert task.text.startswith("The payer disputes €1,234.00 of invoice INV-00007.")
    with translation.override("de"):
        assert task.text.startswith("Der Zahler lässt 1.234,00\xa0€ der Rechnung INV-00007 zurückbuchen.")
        without = attention.sentence(attention.DISPUTE_OPENED, {**DISPUTED, "invoice": None})
        assert without.startswith("Der Zahler lässt 1.234,00\xa0€ zurückbuchen.")


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        (
            attention.SECOND_CHARGE,
            {"provider": "Cards", "charge": "ch_1"},
            "Cards reports a second charge ch_1",
        ),
        (attention.MONEY_FOR_VOID_INVOICE, {"invoice": "INV-1"}, "void invoice INV-1. It is held"),
        (
            attention.MONEY_FOR_CREDITED_INVOICE,
            {"invoice": "INV-1"},
            "invoice INV-1, all of which was taken back",
        ),
        (attention.REFUND_CAME_BACK, {}, "A refund came back"),
        (
            attention.DISPUTE_WON_AFTER_ALL,
            {"amount_minor": 1500, "currency": "EUR"},
            "€15.00 that a bank had taken back",
        ),
        (attention.DELIVERY_PARKED, {"news": "charge.odd"}, "(charge.odd)"),
        (attention.PROVIDER_SILENT, {"provider": "Cards"}, "After a restore, Cards does not say"),
        (
            attention.NOT_TAKEN_IN,
            {"provider": "Cards", "charge": "dp_1", "amount_minor": 1500, "currency": "EUR"},
            "Cards lists dp_1 (€15.00)",
        ),
        (attention.GATEWAY_DOWN, {"provider": "Cards", "number": 3}, "Cards does not answer: 3 payments"),
        (attention.GATEWAY_BACK, {"provider": "Cards", "number": 4}, "Cards answers again"),
        (
            attention.NOT_INSTALLED,
            {"provider": "Cards", "news": "stripe"},
            "stripe is not in ALLSQUARE_GATEWAYS",
        ),
        ("of_tomorrow", {}, "Of tomorrow"),
        (attention.DISPUTE_OPENED, {"text": "As it was kept once."}, "As it was kept once."),
    ],
)
def test_every_kind_has_one(kind: str, data: dict[str, object], says: str) -> None:
    assert says in attention.sentence(kind, data)


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        (attention.DISPUTE_OPENED, DISPUTED, "The payer disputes €1,234.00 of invoice INV-00007"),
        (
            attention.SECOND_CHARGE,
            {"provider": "Cards. Main: 1", "charge": "ch_1"},
            "Cards. Main: 1 reports a",
        ),
        (
            attention.PAYMENT_REVIEW,
            {"amount_minor": 1500, "currency": "EUR"},
            "A payment of €15.00 needs a second look before anything is delivered",
        ),
        (attention.DISPUTE_OPENED, {"text": "As it was kept once."}, "As it was kept once."),
        ("of_tomorrow", {}, "Of tomorrow"),
    ],
)
def test_a_mail_is_headed_by_the_first_clause_of_it(kind: str, data: dict[str, object], says: str) -> None:
    found = attention.headline(kind, data)
    assert found.startswith(says)
    assert attention.sentence(kind, data).startswith(found)


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_headline_is_longer_than_a_mail_program_shows(language: str) -> None:
    with translation.override(language):
        for kind in attention._SENTENCES:
            assert len(attention.headline(kind, DISPUTED)) < 150, kind
