"""Each proof finds what breaks its promise, names the row, and is content with good books."""

from __future__ import annotations

import pytest
from django.db import connection

from allsquare.identity.models import Organization
from allsquare.insights.proofs import BY_NAME, PROOFS, Finding, run
from tests import factories
from tests.insights.proofs.planted import FAULTS, tampering
from tests.payments.flows import paid
from tests.payments.makers import (
    ScriptedGateway,
    scripted_account,
)
from tests.square import assert_all_square


def findings(name: str) -> tuple[Finding, ...]:
    (result,) = run([proof for proof in PROOFS if proof.name == name])
    return result.findings


def test_everything_that_can_happen_leaves_the_books_square(books: Organization, db: None) -> None:
    assert_all_square()
    assert not ScriptedGateway.answers


def test_every_proof_has_a_fault_that_it_must_find() -> None:
    assert {name for name, _ in FAULTS} == {proof.name for proof in PROOFS}


@pytest.mark.parametrize(
    ("name", "tamper"), FAULTS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_and_named(books: Organization, db: None, name: str, tamper: str) -> None:
    with tampering(), connection.cursor() as cursor:
        cursor.execute(tamper)
        planted = {str(subject) for (subject,) in cursor.fetchall()}
    found = findings(name)
    assert planted <= {finding.subject for finding in found}
    assert {finding.organization for finding in found} == {str(books.id)}
    assert all(BY_NAME[name].text(finding.facts) for finding in found)


def test_a_fault_is_found_in_its_own_organization_only(books: Organization, db: None) -> None:
    other = factories.make_organization()
    paid(other, factories.make_customer(other), scripted_account(other))
    with tampering(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_line SET base_minor = base_minor + 1 WHERE organization_id = %s", [other.id]
        )
    assert {finding.organization for finding in findings("trial_balance")} == {str(other.id)}
