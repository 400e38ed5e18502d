"""``allsquare verify``: every promise is asked again from the facts, whatever the caches say.

A proof is a name, the promise in a sentence, and a question to the database that answers with the rows that
break it: none, if all is well. The dear questions are put only where sums of whole tables say that there is something
to find (``tallies``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from allsquare.insights.proofs.acknowledged import ACKNOWLEDGED
from allsquare.insights.proofs.agreed import AGREED
from allsquare.insights.proofs.asking import run
from allsquare.insights.proofs.books import BOOKS
from allsquare.insights.proofs.chain import CHAIN, WHOLE_CHAIN
from allsquare.insights.proofs.credit_notes import CREDIT_NOTES
from allsquare.insights.proofs.days import DAYS
from allsquare.insights.proofs.deadlines import DEADLINES
from allsquare.insights.proofs.documents import ALL_DOCUMENTS, DOCUMENTS
from allsquare.insights.proofs.invoices import INVOICES
from allsquare.insights.proofs.money import MONEY
from allsquare.insights.proofs.payments import PAYMENTS
from allsquare.insights.proofs.printed import PRINTED
from allsquare.insights.proofs.proof import NAMED, Facts, Finding, Proof, Result
from allsquare.insights.proofs.subledgers import SUBLEDGERS
from allsquare.insights.proofs.tallies import CLAIMED
from allsquare.insights.proofs.write_offs import WRITE_OFFS

_DATABASE: Final = (
    *BOOKS,
    *SUBLEDGERS,
    *MONEY,
    *INVOICES,
    *WRITE_OFFS,
    *CREDIT_NOTES,
    *PAYMENTS,
    *DAYS,
    *ACKNOWLEDGED,
    *PRINTED,
    *DEADLINES,
    *AGREED,
)
_CLAIMED: Final = tuple(replace(proof, claimed=proof.name in CLAIMED) for proof in _DATABASE)
PROOFS: Final[tuple[Proof, ...]] = (*CHAIN, *_CLAIMED, *DOCUMENTS)
#: Every question of itself, with every event and every document, not only the newest and some others.
THOROUGH: Final[tuple[Proof, ...]] = (*WHOLE_CHAIN, *ALL_DOCUMENTS, *_DATABASE)
BY_NAME: Final[Mapping[str, Proof]] = MappingProxyType({proof.name: proof for proof in PROOFS})

__all__ = ["BY_NAME", "NAMED", "PROOFS", "THOROUGH", "Facts", "Finding", "Proof", "Result", "run"]
