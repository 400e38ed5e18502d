"""``allsquare verify``: every promise is asked again from the facts, whatever the caches say.

A proof is a name, the promise in a sentence, and a question to the database that answers with the rows that
break it: none, if all is well. The dearest come first, so that the lanes that ask them end together.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from allsquare.insights.proofs.acknowledged import ACKNOWLEDGED
from allsquare.insights.proofs.asking import run
from allsquare.insights.proofs.books import BOOKS
from allsquare.insights.proofs.chain import CHAIN, WHOLE_CHAIN
from allsquare.insights.proofs.days import DAYS
from allsquare.insights.proofs.deadlines import DEADLINES
from allsquare.insights.proofs.documents import ALL_DOCUMENTS, DOCUMENTS
from allsquare.insights.proofs.invoices import INVOICES
from allsquare.insights.proofs.money import MONEY
from allsquare.insights.proofs.payments import PAYMENTS
from allsquare.insights.proofs.proof import NAMED, Facts, Finding, Proof, Result
from allsquare.insights.proofs.subledgers import SUBLEDGERS
from allsquare.insights.proofs.write_offs import WRITE_OFFS

_DATABASE: Final = (
    *BOOKS,
    *SUBLEDGERS,
    *MONEY,
    *INVOICES,
    *WRITE_OFFS,
    *PAYMENTS,
    *DAYS,
    *ACKNOWLEDGED,
    *DEADLINES,
)
PROOFS: Final[tuple[Proof, ...]] = (*CHAIN, *_DATABASE, *DOCUMENTS)
#: With every event and every document, not only the newest and some others.
THOROUGH: Final[tuple[Proof, ...]] = (*WHOLE_CHAIN, *ALL_DOCUMENTS, *_DATABASE)
BY_NAME: Final[Mapping[str, Proof]] = MappingProxyType({proof.name: proof for proof in PROOFS})

__all__ = ["BY_NAME", "NAMED", "PROOFS", "THOROUGH", "Facts", "Finding", "Proof", "Result", "run"]
