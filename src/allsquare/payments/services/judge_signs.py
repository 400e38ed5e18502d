"""Payments that came are judged once more, by what their providers noticed; a person is asked where that is asked for.
The system does this by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from allsquare.core import bulk
from allsquare.core.actor import SYSTEM
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.payments.assessing import held_facts
from allsquare.payments.attention import PAYMENT_REVIEW
from allsquare.payments.declines import DAY
from allsquare.payments.models import Payment
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.risk.models import RiskAssessment, RiskEntry
from allsquare.risk.rules import BY_RULE, Action, Decision, Facts, Reason, Rules, Stage, score
from allsquare.risk.settings import rules_of, settings_of

WEEK: Final = timedelta(days=7)

#: Payers by their mail address, or as customers where there is none. On a page where several cards were tried the last
#: is known, as one try.
_CARDS: Final = """
SELECT a.id,
  (SELECT count(DISTINCT COALESCE(encode(b.mail_mark, 'hex'), b.customer_id::text)) FROM (
    SELECT mail_mark, customer_id FROM risk_assessment
    WHERE organization_id = a.organization_id AND card_mark = a.card_mark
      AND created_at > a.created_at - %(week)b::interval AND created_at <= a.created_at
    ORDER BY created_at DESC LIMIT 2000) b),
  (SELECT count(*) FROM (
    SELECT 1 FROM risk_assessment
    WHERE organization_id = a.organization_id AND card_mark = a.card_mark
      AND created_at > a.created_at - %(day)b::interval AND created_at <= a.created_at
    ORDER BY created_at DESC LIMIT 2000) b),
  (SELECT verdict FROM risk_entry e WHERE e.organization_id = a.organization_id AND e.mark = a.card_mark)
FROM risk_assessment a
WHERE a.organization_id = %(organization)b AND a.id = ANY(%(ids)b::uuid[]) AND a.card_mark IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Card:
    """How many payers used it within a week, how often it was tried within a day, and on which list it is."""

    payers: int | None = None
    tries: int | None = None
    verdict: str | None = None


@retrying
def judge_signs(*, organization: Organization, payment_ids: Sequence[UUID]) -> None:
    """A fixed number of queries, and some for each payment at which a person must look. Repeats change nothing."""
    found = RiskAssessment.objects.filter(
        organization=organization, payment_id__in=list(payment_ids), verdict=""
    )
    rows = list(found.select_for_update(no_key=True).order_by("id"))
    if not rows:
        return
    rules = rules_of(settings_of(organization))
    cards = _cards(organization, rows)
    changed = [row for row in rows if _judged_again(row, rules, cards)]
    RiskAssessment.objects.bulk_update(changed, ["score", "action", "reasons"])
    held = {row.payment_id: row for row in rows if row.action == Action.REVIEW}
    payments = Payment.objects.filter(organization=organization, id__in=list(held))
    for payment in payments.select_related("invoice").order_by("id"):
        raise_attention(
            organization=organization,
            kind=PAYMENT_REVIEW,
            subject=("payment", payment.id),
            data=held_facts(held[payment.id], payment.invoice.number if payment.invoice else None),
            actor=SYSTEM,
        )


def _cards(organization: Organization, rows: Sequence[RiskAssessment]) -> Mapping[UUID, Card]:
    """Those of which something is known."""
    asked = {"organization": organization.id, "ids": [row.id for row in rows], "week": WEEK, "day": DAY}
    return {name: Card(payers, tries, verdict) for name, payers, tries, verdict in bulk.run(_CARDS, asked)}


def _judged_again(row: RiskAssessment, rules: Rules, cards: Mapping[UUID, Card]) -> bool:
    card = cards.get(row.id, Card())
    facts = Facts(
        payers_card=card.payers,
        tries_card=card.tries,
        listed=(RiskEntry.Kind.CARD.value,) if card.verdict == RiskEntry.Verdict.BLOCKED else (),
        is_allowed=card.verdict == RiskEntry.Verdict.ALLOWED,
        buyer_country=row.buyer_country,
        card_country=row.card_country,
        provider_score=row.provider_score,
    )
    decision = score(facts, rules, stage=Stage.AFTER, before=_before(row))
    told = (decision.score, decision.action.value, [each.kept() for each in decision.reasons])
    if told == (row.score, row.action, row.reasons):
        return False
    row.score, row.action, row.reasons = told
    return True


def _before(row: RiskAssessment) -> Decision:
    """What was found before the provider was asked."""
    read = (Reason.read(each) for each in row.reasons)
    reasons = tuple(each for each in read if each and BY_RULE[each.rule].stage is Stage.BEFORE)
    return Decision(score=row.score, action=Action(row.action), reasons=reasons, is_allowed=row.is_allowed)
