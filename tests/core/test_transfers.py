"""What stands on a bank transfer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transfers import creditor_reference, epc_code, spaced

IBAN = "DE02120300000000202051"


@pytest.mark.parametrize(
    ("number", "reference"),
    [("539007547034", "RF18539007547034"), ("2026-0042", "RF8820260042"), ("INV-00001", "RF25INV00001")],
)
def test_a_reference_is_the_documents_number_with_check_digits(number: str, reference: str) -> None:
    assert creditor_reference(number) == reference  # the first is the standard's own example


@given(st.text(max_size=40))
def test_every_reference_follows_the_standard_or_is_none(number: str) -> None:
    reference = creditor_reference(number)

    assert reference == "" or iso11649.is_valid(reference)
    assert bool(reference) == any(each.isascii() and each.isalnum() for each in number.upper())
    assert spaced(reference).replace(" ", "") == reference


def test_of_a_long_number_the_end_counts() -> None:
    assert creditor_reference("A" * 30 + "0042").endswith("AAAA0042")
    assert creditor_reference("A" * 30 + "0042") != creditor_reference("A" * 30 + "0043")


def slip(**changed: object) -> str:
    usual = {"name": "Harbour", "iban": IBAN, "bic": "", "reference": "RF8820260042"}
    return epc_code(**{**usual, "amount": Money(1, currency("EUR")), **changed})  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize("minor", [1, 123400, 99_999_999_999])
def test_a_transfer_in_euro_has_a_code(minor: int) -> None:
    assert slip(amount=Money(minor, currency("EUR"))).startswith("<svg")


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": Money(100, currency("USD"))},
        {"amount": Money(0, currency("EUR"))},
        {"amount": Money(100_000_000_000, currency("EUR"))},
        {"iban": ""},
        {"reference": ""},
        {"name": " "},
    ],
)
def test_what_the_standard_does_not_know_has_none(changed: dict[str, object]) -> None:
    assert slip(**changed) == ""


def test_a_text_stands_where_no_reference_with_check_digits_does() -> None:
    with_text = slip(reference="", text="ALSQ000002")
    assert with_text.startswith("<svg")
    assert with_text != slip(reference="", text="ALSQ000003")
    assert slip(text="not read") == slip()


def test_whatever_the_name_is_it_is_drawn_and_never_written() -> None:
    code = slip(name='<script>alert("x")</script> Ünal 林 ' * 5)
    assert code.startswith("<svg")
    assert "script" not in code
