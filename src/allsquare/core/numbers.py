"""Tax numbers and bank accounts: does the number follow the rules of whoever issues it?

The rules are python-stdnum's. They tell a slip of the finger from a number, not whether anybody owns it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from django.utils.translation import gettext as _
from stdnum import bic as stdnum_bic
from stdnum import get_cc_module
from stdnum import iban as stdnum_iban
from stdnum.br import cpf
from stdnum.de import idnr, stnr
from stdnum.eu import vat as eu_vat
from stdnum.fr import siren, siret
from stdnum.gb import utr
from stdnum.it import codicefiscale
from stdnum.jp import in_ as jp_invoice

from allsquare.core.errors import InvalidInput

#: Numbers that go on invoices beside a country's number for VAT: of people, or of those who pay no VAT.
_ALSO: Final[dict[str, tuple[ModuleType, ...]]] = {
    "BR": (cpf,),
    "DE": (stnr, idnr),
    "FR": (siren, siret),
    "GB": (utr,),
    "IT": (codicefiscale,),
    "JP": (jp_invoice,),
}


def tax_id(number: str, country: str) -> str:
    """``number`` tidied; "" stays "".

    A number of any EU member state with its prefix is good everywhere, since businesses register abroad; it
    loses blanks and dots. Others must follow the rules of ``country``, where python-stdnum knows them. Raises
    ``InvalidInput``.
    """
    if not number:
        return ""
    if eu_vat.is_valid(number):
        compact: str = eu_vat.compact(number)
        return "EL" + compact[2:] if compact.startswith("GR") else compact
    issued = [get_cc_module(country, "vat"), get_cc_module(country, "tin"), *_ALSO.get(country, ())]
    rules = [module for module in issued if module is not None]
    if rules and not any(module.is_valid(number) for module in rules):
        raise InvalidInput(
            _("“%(number)s” is not a tax number of %(country)s: a digit may be missing or swapped.")
            % {"number": number, "country": country},
            field="tax_id",
        )
    return number


def iban(number: str) -> str:
    """An IBAN (ISO 13616) without blanks; "" stays "". Raises ``InvalidInput``."""
    if number and not stdnum_iban.is_valid(number):
        raise InvalidInput(
            _("“%(number)s” is not an IBAN: a digit may be missing or swapped.") % {"number": number},
            field="iban",
        )
    return str(stdnum_iban.compact(number)) if number else ""


def bic(code: str) -> str:
    """A BIC (ISO 9362) in capitals; "" stays "". Raises ``InvalidInput``."""
    if code and not stdnum_bic.is_valid(code):
        raise InvalidInput(
            _("“%(code)s” is not a BIC. It has 8 or 11 letters and digits.") % {"code": code}, field="bic"
        )
    return str(stdnum_bic.compact(code)) if code else ""
