"""The statement of a customer, as PDF."""

from __future__ import annotations

from django.conf import settings

from allsquare.billing.documents.facts import StatementDocument, StatementLine, StatementSection
from allsquare.billing.documents.typeset import typesetter
from allsquare.billing.parties import buyer_facts, seller_facts
from allsquare.billing.printing import accent_of, logo_of, party
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.statement import CurrencyStatement, CustomerStatement


def statement_pdf(*, organization: Organization, statement: CustomerStatement, language: str) -> bytes:
    """As PDF/A. Raises :class:`~allsquare.billing.documents.typeset.DocumentFailed`."""
    return typesetter(settings.FRONTEND_DIR).statement(
        statement_document(organization=organization, statement=statement, language=language)
    )


def statement_document(
    *, organization: Organization, statement: CustomerStatement, language: str
) -> StatementDocument:
    """What the PDF says, with both parties as they are now: a statement is no document that is frozen."""
    seller, buyer = seller_facts(organization), buyer_facts(statement.customer)
    return StatementDocument(
        language=language,
        start=statement.start,
        end=statement.end,
        seller=party(seller, seen_from=buyer),
        customer=party(buyer, seen_from=seller),
        sections=tuple(_section(each) for each in statement.currencies),
        logo=logo_of(organization),
        accent=accent_of(organization),
        rehearsal=organization.rehearsal,
    )


def _section(found: CurrencyStatement) -> StatementSection:
    unit = currency(found.currency)
    return StatementSection(
        opening=Money(found.opening_minor, unit),
        lines=tuple(
            StatementLine(
                on=row.on,
                fact=row.fact,
                number=row.number,
                amount=Money(row.minor, unit),
                balance=Money(row.balance_minor, unit),
                document=row.document,
            )
            for row in found.rows
        ),
        closing=Money(found.closing_minor, unit),
        credit=Money(found.credit_minor, unit) if found.credit_minor else None,
    )
