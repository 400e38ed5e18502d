"""The categories are those of the standard, and the untaxed ones say why on the invoice."""

from __future__ import annotations

import pytest

from allsquare.tax.categories import TaxCategory, UnknownTaxCategory


def test_codes_are_those_of_untdid_5305() -> None:
    assert {category.value for category in TaxCategory} == {"S", "Z", "E", "AE", "K", "G", "O"}
    assert all(TaxCategory.of(category.value) is category for category in TaxCategory)
    assert len({category.label for category in TaxCategory}) == len(TaxCategory)


def test_who_is_not_taxed_is_told_why_and_nobody_else() -> None:
    assert {c.value for c in TaxCategory if c.needs_reason} == {"E", "AE", "K", "G", "O"}
    assert all(c.legal_note.endswith(".") for c in TaxCategory if c.needs_reason)
    assert TaxCategory.REVERSE_CHARGE.legal_note.startswith("Reverse charge")
    assert "138" in TaxCategory.INTRA_COMMUNITY.legal_note
    assert "146" in TaxCategory.EXPORT.legal_note
    assert TaxCategory.INTRA_COMMUNITY.exemption_code == "VATEX-EU-IC"
    assert TaxCategory.STANDARD.legal_note == TaxCategory.ZERO.exemption_code == ""


@pytest.mark.parametrize("code", ["", "s", "X", "STANDARD"])
def test_another_code_is_refused_with_the_choices(code: str) -> None:
    with pytest.raises(UnknownTaxCategory, match="S, Z, E, AE, K, G, O"):
        TaxCategory.of(code)
