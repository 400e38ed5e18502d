"""The VAT categories of EN 16931 (BT-118, BT-151; codes of UNTDID 5305) and what an invoice must say of each.

The notes follow article 226 of directive 2006/112/EC, which asks for a reference wherever no VAT is charged.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core.errors import InvalidInput


class UnknownTaxCategory(InvalidInput):
    """The code is not one of :class:`TaxCategory`."""

    code = "unknown_tax_category"


class TaxCategory(StrEnum):
    """Why a line is taxed as it is. The value is the code that e-invoices carry."""

    STANDARD = "S"
    """Taxed at a rate above zero, reduced rates included (BR-S-05)."""
    ZERO = "Z"
    """Taxed at a rate of zero: taxable, the seller keeps input tax, nothing is charged (BR-Z-05)."""
    EXEMPT = "E"
    """Exempt by law, such as insurance or medical care; the law should be named (BR-E-10)."""
    REVERSE_CHARGE = "AE"
    """The customer accounts for the tax (articles 194 to 199b; BR-AE-10)."""
    INTRA_COMMUNITY = "K"
    """Goods to a business in another member state (article 138; BR-IC-10)."""
    EXPORT = "G"
    """Goods leaving the customs territory (article 146; BR-G-10)."""
    OUT_OF_SCOPE = "O"
    """Not subject to VAT at all. EN 16931 wants no other category beside it in one invoice (BR-O-11)."""

    @classmethod
    def of(cls, code: str) -> TaxCategory:
        """The category with this code; raises :class:`UnknownTaxCategory`."""
        try:
            return _BY_CODE[code]
        except KeyError:
            raise UnknownTaxCategory(
                _("“%(code)s” is not a tax category. Use one of %(codes)s.")
                % {"code": code, "codes": ", ".join(_BY_CODE)},
                tax_category=code,
            ) from None

    @property
    def label(self) -> str:
        """A few plain words for lists and forms."""
        return str(_FACTS[self].label)

    @property
    def legal_note(self) -> str:
        """The sentence that an invoice must print for lines of this category; empty where none is needed."""
        return _FACTS[self].legal_note

    @property
    def exemption_code(self) -> str:
        """The CEF VATEX code for BT-121; empty where none is fixed (an exemption names its own article)."""
        return _FACTS[self].exemption_code

    @property
    def needs_reason(self) -> bool:
        """Whether the breakdown must say why no VAT is charged (BR-E-10, BR-AE-10, BR-IC-10 …)."""
        return bool(_FACTS[self].legal_note)


class _Facts(NamedTuple):
    label: Promise
    legal_note: str = ""
    exemption_code: str = ""


_FACTS: Final = {
    TaxCategory.STANDARD: _Facts(_lazy("Taxed")),
    TaxCategory.ZERO: _Facts(_lazy("Zero rate")),
    TaxCategory.EXEMPT: _Facts(_lazy("Exempt from tax"), "Exempt from VAT."),
    TaxCategory.REVERSE_CHARGE: _Facts(
        _lazy("Reverse charge: the customer accounts for the tax"),
        "Reverse charge: VAT is to be accounted for by the customer.",
        "VATEX-EU-AE",
    ),
    TaxCategory.INTRA_COMMUNITY: _Facts(
        _lazy("Goods to a business in another EU country"),
        "Exempt intra-Community supply (article 138 of Directive 2006/112/EC).",
        "VATEX-EU-IC",
    ),
    TaxCategory.EXPORT: _Facts(
        _lazy("Export outside the EU"),
        "Exempt export (article 146 of Directive 2006/112/EC).",
        "VATEX-EU-G",
    ),
    TaxCategory.OUT_OF_SCOPE: _Facts(_lazy("Not subject to tax"), "Not subject to VAT.", "VATEX-EU-O"),
}

#: For a form: evaluated when shown, in the language of whoever reads.
CHOICES: Final = [(category.value, facts.label) for category, facts in _FACTS.items()]

_BY_CODE: Final = {category.value: category for category in TaxCategory}
