"""``allsquare verify``: every promise is asked again from the facts, whatever the caches say.

A proof is a name, the promise in a sentence, and a question to the database that answers with the rows that
break it: none, if all is well.
"""

from __future__ import annotations

from allsquare.insights.proofs.books import BOOKS
from allsquare.insights.proofs.chain import CHAIN
from allsquare.insights.proofs.documents import DOCUMENTS
from allsquare.insights.proofs.invoices import INVOICES
from allsquare.insights.proofs.payments import PAYMENTS
from allsquare.insights.proofs.proof import Finding, Proof, Result, run

PROOFS: tuple[Proof, ...] = (*BOOKS, *PAYMENTS, *INVOICES, *DOCUMENTS, *CHAIN)

__all__ = ["PROOFS", "Finding", "Proof", "Result", "run"]
