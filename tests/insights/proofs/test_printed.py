"""What was issued has its document, or somebody makes it."""

from __future__ import annotations

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.identity.models import Organization
from allsquare.insights.proofs import BY_NAME, run
from tests.insights.proofs.planted import tampering

TASKS = {"invoices_have_documents": "render_pdf", "credit_notes_have_documents": "render_credit_note"}


def plant(age: str) -> None:
    """No document is there, and all was issued so long ago."""
    with tampering(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM invoice_document")
        cursor.execute("DELETE FROM credit_note_document")
        cursor.execute("UPDATE invoice SET issued_at = issued_at - %s::interval", [age])
        cursor.execute("UPDATE credit_note SET created_at = created_at - %s::interval", [age])


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_document_whose_job_waits_is_not_missing(books: Organization, db: None, name: str) -> None:
    plant("2 hours")
    assert ProcrastinateJob.objects.filter(task_name=f"billing.{TASKS[name]}", status="todo").exists()
    (result,) = run([BY_NAME[name]])
    assert result.holds


@pytest.mark.parametrize("name", sorted(TASKS))
@pytest.mark.parametrize(("age", "is_missing"), [("50 minutes", False), ("70 minutes", True)])
def test_an_hour_after_its_issue_it_is(
    books: Organization, db: None, name: str, age: str, is_missing: bool
) -> None:
    plant(age)
    ProcrastinateJob.objects.all()._raw_delete("default")
    (result,) = run([BY_NAME[name]])
    assert result.holds is not is_missing
