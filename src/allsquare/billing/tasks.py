"""Background jobs: ids in, one service call."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.retry import RetryStrategy

from allsquare.billing.services.credit_note_pdf import ensure_credit_note_pdf
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.identity.selectors import get_organization


@app.task(
    name="billing.render_pdf", queue="documents", retry=RetryStrategy(max_attempts=5, exponential_wait=5)
)
def render_pdf(organization_id: str, invoice_id: str) -> None:
    """Freeze an issued invoice into its PDF."""
    ensure_pdf(organization=get_organization(UUID(organization_id)), invoice_id=UUID(invoice_id))


@app.task(
    name="billing.render_credit_note",
    queue="documents",
    retry=RetryStrategy(max_attempts=5, exponential_wait=5),
)
def render_credit_note(organization_id: str, credit_note_id: str) -> None:
    """Freeze a credit note into its PDF."""
    organization = get_organization(UUID(organization_id))
    ensure_credit_note_pdf(organization=organization, credit_note_id=UUID(credit_note_id))
