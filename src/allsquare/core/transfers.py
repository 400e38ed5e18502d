"""What a payer writes on a bank transfer: a reference that carries its own check digits, and a code to scan.

Pure. The reference is ISO 11649's, which banks carry unchanged and refuse when a digit is wrong; the code is that of
the European Payments Council (EPC069-12), which banking apps read.
"""

from __future__ import annotations

import io
import re
from typing import Final

import segno
from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from allsquare.core.money import Money

_LONGEST: Final = 21
"""What ISO 11649 leaves after "RF" and the check digits."""
_MOST_MINOR: Final = 99_999_999_999
"""EPC069-12: the amount has at most nine digits before the point."""
_NAME: Final = 70
_TEXT: Final = 140


def creditor_reference(number: str) -> str:
    """The reference of the document called ``number``, without blanks; "" when it has no Latin letter or digit.

    Made from the number itself, so that a person at the bank still recognizes it, and the same however often
    it is asked for. Of a number that is too long the end counts: it is what tells documents apart.
    """
    kept = re.sub(r"[^0-9A-Z]", "", number.upper(), flags=re.ASCII)[-_LONGEST:]
    if not kept:
        return ""
    reference = f"RF{mod_97_10.calc_check_digits(kept + 'RF')}{kept}"
    return str(iso11649.validate(reference))


def spaced(text: str) -> str:
    """An IBAN or a reference in groups of four, as banks print it."""
    compact = text.replace(" ", "")
    return " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))


def epc_code(*, name: str, iban: str, bic: str, reference: str, amount: Money, text: str = "") -> str:
    """A transfer as an SVG picture that banking apps read; "" where the standard has none: other currencies than
    the euro, no IBAN, no reference, or a sum beyond its limits. ``text`` is a reference without check digits, in place
    of one that has them.

    Dark on white with a quiet zone, whatever the page's colours: phones read no other.
    """
    if amount.currency.code != "EUR" or not (iban and (reference or text) and name.strip()):
        return ""
    if not 0 < amount.minor <= _MOST_MINOR:
        return ""
    payload = (
        *("BCD", "002", "1", "SCT"),  # version 2, where the BIC may be missing; 1 is UTF-8
        *(bic, name.strip()[:_NAME].strip(), iban.replace(" ", ""), f"EUR{amount.decimal:f}"),
        *("", reference),  # no purpose
        *([] if reference else [text[:_TEXT]]),
    )
    return _picture("\n".join(payload))


def address_code(address: str) -> str:
    """An address as an SVG picture for cameras, of whatever size the page gives it."""
    out = io.BytesIO()
    code = segno.make_qr(address, error="m", mask=0)
    code.save(out, kind="svg", border=3, light="#fff", xmldecl=False, nl=False, omitsize=True)
    return out.getvalue().decode()


def _picture(payload: str) -> str:
    """The standard asks for medium error correction. The mask is given, since weighing all eight takes much longer
    than all the rest, and a document waits for it; scanners read every mask."""
    code = segno.make_qr(payload.encode(), error="m", mask=0, boost_error=False)
    out = io.BytesIO()
    code.save(out, kind="svg", scale=4, border=3, light="#fff", xmldecl=False, nl=False)
    return out.getvalue().decode()
