"""Background jobs of this package."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision, RetryStrategy

from allsquare.identity.selectors import get_organization
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.states import INQUIRY_UNDER_WAY

INQUIRE: Final = "payments.inquire"
#: Seconds that one job asks; then others have their turn.
TURN: Final = 120
#: So often one that failed is tried again, after 5, 25, 125 … seconds.
TRIES: Final = 5
WAIT: Final = 5


@app.task(name="payments.forget_method", retry=RetryStrategy(max_attempts=9, exponential_wait=4))
def forget(organization_id: str, method_id: str) -> None:
    """Tell a provider to keep a method no longer; tried for days, then a person sees it."""
    forget_method(organization=get_organization(UUID(organization_id)), method_id=UUID(method_id))


class Aside(BaseRetryStrategy):
    """What failed waits under a lock of its own, ever longer: under the common one, nobody behind it would be asked."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= TRIES:
            return None
        return RetryDecision(
            retry_in={"seconds": WAIT ** (job.attempts + 1)}, lock=f"inquiry {job.task_kwargs['inquiry_id']}"
        )


# Below what people wait for, and one at a time: a provider may be slow, and the worker has few hands.
@app.task(
    name=INQUIRE,
    queue="inquiries",
    lock="inquiry",
    priority=-20,
    pass_context=True,
    retry=Aside(),
)
def inquire(context: JobContext, organization_id: str, inquiry_id: str) -> None:
    """Ask a provider for a time, day by day, for a while or until the worker shall end; another job goes on."""
    ends = time.monotonic() + TURN
    inquiry = run_inquiry(
        organization=get_organization(UUID(organization_id)),
        inquiry_id=UUID(inquiry_id),
        goes_on=lambda: time.monotonic() < ends and not context.should_abort(),
    )
    if inquiry.state in INQUIRY_UNDER_WAY:
        inquire.defer(organization_id=organization_id, inquiry_id=inquiry_id)
