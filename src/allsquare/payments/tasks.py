"""Background jobs of this package."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.retry import RetryStrategy

from allsquare.identity.selectors import get_organization
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.run_inquiry import run_inquiry


@app.task(name="payments.forget_method", retry=RetryStrategy(max_attempts=9, exponential_wait=4))
def forget(organization_id: str, method_id: str) -> None:
    """Tell a provider to keep a method no longer; tried for days, then a person sees it."""
    forget_method(organization=get_organization(UUID(organization_id)), method_id=UUID(method_id))


# Below what people wait for, and beside it: a provider may be slow.
@app.task(
    name="payments.inquire",
    queue="inquiries",
    priority=-20,
    retry=RetryStrategy(max_attempts=5, exponential_wait=5),
)
def inquire(organization_id: str, inquiry_id: str) -> None:
    """Ask a provider for a time, day by day."""
    run_inquiry(organization=get_organization(UUID(organization_id)), inquiry_id=UUID(inquiry_id))
