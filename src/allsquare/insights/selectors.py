"""Reading checks of the books. The organization comes first: each sees its own findings and nobody else's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from allsquare.billing.models import CreditNote, Invoice
from allsquare.customers.models import Customer
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from allsquare.insights.models import BooksCheck, BooksFinding
from allsquare.insights.proofs import BY_NAME, Proof
from allsquare.insights.states import UNDER_WAY, CheckState
from allsquare.ledger.models import Account, JournalEntry
from allsquare.payments.models import (
    Dispute,
    GatewayAccount,
    Inquiry,
    Payment,
    Payout,
    ProviderMovement,
)
from allsquare.selling.models import PaymentLink

#: Checks before the last that are shown.
EARLIER: Final = 14


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check says of one promise."""

    proof: Proof
    milliseconds: int
    broken: int

    @property
    def holds(self) -> bool:
        return not self.broken


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that ended, and what it says to one organization: the broken promises first."""

    check: BooksCheck
    answers: Sequence[Answer]

    @property
    def broken(self) -> int:
        return sum(not answer.holds for answer in self.answers)


def check_under_way() -> BooksCheck | None:
    return BooksCheck.objects.filter(state__in=UNDER_WAY).order_by("-id").first()


def last_check(organization: Organization, *, installation: bool) -> Checked | None:
    """The last that was asked to its end. ``installation``: with what concerns everybody here."""
    check = BooksCheck.objects.filter(state=CheckState.DONE).order_by("-id").first()
    if check is None:
        return None
    counted = dict(_findings(organization, check, installation).values_list("proof").annotate(Count("id")))
    answers = [
        Answer(BY_NAME[row.proof], row.milliseconds, counted.get(row.proof, 0))
        for row in check.answers.all()
        if row.proof in BY_NAME
    ]
    order = list(BY_NAME)
    answers.sort(key=lambda answer: (answer.holds, order.index(answer.proof.name)))
    return Checked(check, answers)


def findings_of(
    organization: Organization, check: BooksCheck, proof: Proof, *, installation: bool
) -> list[BooksFinding]:
    return list(_findings(organization, check, installation).filter(proof=proof.name).order_by("id"))


def earlier_checks(organization: Organization, *, installation: bool) -> list[BooksCheck]:
    """The latest first, each with ``broken``: how many promises did not hold."""
    mine = Q(findings__organization=organization)
    if installation:
        mine |= Q(findings__organization=None)
    ended = BooksCheck.objects.exclude(state__in=UNDER_WAY)
    return list(
        ended.annotate(broken=Count("findings__proof", filter=mine, distinct=True)).order_by("-id")[:EARLIER]
    )


def _findings(organization: Organization, check: BooksCheck, installation: bool) -> QuerySet[BooksFinding]:
    found = BooksFinding.objects.filter(organization=organization, check_of=check)
    if installation:
        found |= BooksFinding.objects.filter(organization=None, check_of=check)
    return found


def may_see_installation(organization: Organization, person_id: UUID) -> bool:
    """Whoever runs every organization that there is here, this one among them."""
    runs = Membership.objects.filter(person_id=person_id, role__in=[Role.OWNER, Role.ADMINISTRATOR])
    if not runs.filter(organization=organization).exists():
        return False
    return not Organization.objects.exclude(id__in=runs.values("organization_id")).exists()


_KEPT_IN: Final[Mapping[str, type[Model]]] = {
    "invoice": Invoice,
    "credit_note": CreditNote,
    "payment": Payment,
    "dispute": Dispute,
    "payout": Payout,
    "provider_movement": ProviderMovement,
    "customer": Customer,
    "payment_link": PaymentLink,
    "journal_entry": JournalEntry,
    "account": Account,
    "gateway_account": GatewayAccount,
    "inquiry": Inquiry,
}


def existing(organization: Organization, about: str, subjects: Collection[str]) -> set[UUID]:
    """Which of the ``subjects`` there are in the organization: what is missing may be the very finding."""
    kept = _KEPT_IN.get(about)
    named = [each for each in map(_as_id, subjects) if each]
    if kept is None or not named:
        return set()
    found = kept._default_manager.filter(organization=organization, id__in=named)
    return set(found.values_list("id", flat=True))


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
