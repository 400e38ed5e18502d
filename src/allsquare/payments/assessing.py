"""Judging an attempt to pay before the provider is asked: what is known of it, by one statement, and what follows.

Only payers are judged. What a colleague asks for, or the business itself by agreement, is nobody's who came by a link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from allsquare.core import bulk, clock, rows
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.events import Data, News, record
from allsquare.core.money import Money
from allsquare.core.ratelimit import Limit, take
from allsquare.identity.models import Organization
from allsquare.payments.attention import PAYMENT_BLOCKED
from allsquare.payments.declines import ADDRESS, DAY, HOUR, LINK, NEAR, PAYER
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.risk.marks import Marks, marks_of
from allsquare.risk.models import RiskAssessment, RiskEntry, RiskSettings
from allsquare.risk.rules import Action, Decision, Facts, score
from allsquare.risk.settings import rules_of, settings_of

#: Administrators are told at once, and not again for a while of the same payer or the same link.
ALERT: Final = Limit("risk-alert", most=1, within=timedelta(hours=1))

#: The counts of one address and of one mail address are read and written by one attempt at a time.
_QUEUE: Final = "SELECT pg_advisory_xact_lock(%b::bigint)"

#: Tries that were stopped say nothing of a mail address, which anybody may type.
_FACTS: Final = f"""
WITH {NEAR}, paid AS (
  SELECT captured_minor, currency FROM payment
  WHERE organization_id = %(organization)b AND customer_id = %(customer)b AND state = 'succeeded'
  ORDER BY id DESC LIMIT 200
), entry AS (
  SELECT kind, verdict FROM risk_entry
  WHERE organization_id = %(organization)b AND (mark = ANY(%(marks)b::bytea[]) OR mark = (
    SELECT a.card_mark FROM payment_method m
    JOIN risk_assessment a ON a.organization_id = m.organization_id AND a.payment_id = m.saved_by
    WHERE m.organization_id = %(organization)b AND m.id = %(saved)b))
)
SELECT
  {ADDRESS}, {PAYER}, {LINK},
  (SELECT count(DISTINCT mail_mark) FROM near WHERE mail_mark <> %(mail)b),
  (SELECT count(*) FROM risk_assessment
   WHERE organization_id = %(organization)b AND mail_mark = %(mail)b AND created_at > %(hour)b
     AND payment_id IS NOT NULL),
  (SELECT count(*) FROM paid),
  (SELECT max(captured_minor) FROM paid WHERE currency = %(currency)b),
  (SELECT string_agg(kind, ',' ORDER BY kind) FROM entry WHERE verdict = 'blocked'),
  (SELECT string_agg(kind, ',' ORDER BY kind) FROM entry WHERE verdict = 'allowed')
"""  # noqa: S608  parts of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Who tries to pay what. ``link_id`` is the invoice or the payment link; ``base_minor`` the sum in base
    currency. ``is_typed``: mail and country are what whoever pays says of themselves, not what the business knows."""

    customer_id: UUID
    link_id: UUID
    amount: Money
    base_minor: int | None
    method: MethodKind
    mail: str
    country: str
    invoice_number: str | None = None
    saved_method_id: UUID | None = None
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found, as the row that is written beside the payment."""

    row: RiskAssessment
    decision: Decision
    trial: Trial

    @property
    def is_blocked(self) -> bool:
        return self.decision.action is Action.BLOCK

    @property
    def asks_bank(self) -> bool:
        """Is the payer's bank to make sure who pays? Only cards can be asked for that."""
        asked = self.decision.action in (Action.CHALLENGE, Action.REVIEW)
        return asked and self.trial.method is MethodKind.CARD

    @property
    def told(self) -> Data:
        """For the event that every attempt has."""
        return {"risk_score": self.decision.score, "risk_action": self.decision.action.value}


def is_judged(actor: Actor) -> bool:
    return actor.kind is ActorKind.CUSTOMER


def judge(
    *, organization: Organization, trial: Trial, actor: Actor, settings: RiskSettings | None = None
) -> Judged:
    """By the organization's rules, and by what happened before. Inside the transaction that writes what comes of it:
    whoever comes from the same address or with the same mail address waits until then, and counts this one."""
    settings = settings or settings_of(organization)
    marks = marks_of(settings.secret, address=actor.address, mail=trial.mail, country=trial.country)
    at = clock.now(organization)
    with bulk.pipelined():
        for each in marks.queues:
            bulk.send(_QUEUE, [int.from_bytes(each[:8], signed=True)])
        asked = bulk.send(
            _FACTS,
            {
                "organization": organization.id,
                "address": marks.address,
                "mail": marks.mail,
                "marks": marks.listed,
                "customer": trial.customer_id,
                "link": trial.link_id,
                "saved": trial.saved_method_id,
                "currency": trial.amount.currency.code,
                "hour": at - HOUR,
                "day": at - DAY,
            },
        )
    decision = score(_facts(trial, marks, asked.rows()[0]), rules_of(settings))
    row = RiskAssessment(
        organization=organization,
        customer_id=trial.customer_id,
        link_id=trial.link_id,
        currency=trial.amount.currency.code,
        amount_minor=trial.amount.minor,
        score=decision.score,
        action=decision.action.value,
        is_allowed=decision.is_allowed,
        reasons=[each.kept() for each in decision.reasons],
        address_mark=marks.address,
        mail_mark=marks.mail,
        buyer_country=trial.country[:2],
        created_at=at,
    )
    return Judged(row, decision, trial)


def _facts(trial: Trial, marks: Marks, found: tuple[Any, ...]) -> Facts:
    """A payer of whom there is no address or mail address cannot be counted by it. The one who comes now is one of the
    payers at the address."""
    declined_address, declined_payer, unpaid_link, others, tries, paid, most, blocked, allowed = found
    allows = set(allowed.split(",")) if allowed else set()
    typed = allows & _SAID if trial.is_typed else set()
    return Facts(
        amount_minor=trial.amount.minor,
        base_minor=trial.base_minor,
        declined_address=declined_address if marks.address else None,
        declined_payer=declined_payer if marks.mail else None,
        unpaid_link=unpaid_link,
        payers_address=others + 1 if marks.address and marks.mail else None,
        tries_mail=tries if marks.mail else None,
        paid_count=paid,
        paid_most_minor=most,
        listed=tuple(blocked.split(",")) if blocked else (),
        is_allowed=bool(allows - typed),
        is_allowed_as_typed=bool(typed),
        buyer_country=trial.country,
    )


def write_judged(judged: Judged, payment: Payment, actor: Actor) -> None:
    """Beside the payment that it lets be. What nothing speaks against is told by the payment's own event alone."""
    judged.row.payment_id = payment.id
    rows.insert([judged.row])
    if judged.decision.action is not Action.ALLOW:
        _tell(judged, ("payment", payment.id), actor)


def write_blocked(judged: Judged, organization: Organization, actor: Actor) -> None:
    """No payment comes of it: the row, its event, and administrators who are told at once."""
    rows.insert([judged.row])
    _tell(judged, ("customer", judged.trial.customer_id), actor)
    if _is_news(organization, judged):
        raise_attention(
            organization=organization,
            kind=PAYMENT_BLOCKED,
            subject=("risk_assessment", judged.row.id),
            data=_data(judged),
            actor=SYSTEM,
        )


def _is_news(organization: Organization, judged: Judged) -> bool:
    """One alert for each payer, address and link in an hour: a hundred cards from one place are one alert."""
    mark = judged.row.address_mark
    subjects = [f"{organization.id}:{judged.trial.customer_id}", f"{organization.id}:{judged.trial.link_id}"]
    if mark:
        subjects.append(f"{organization.id}:{bytes(mark).hex()}")
    firsts = [
        take(ALERT, each) for each in sorted(subjects)
    ]  # each of them counts, also after one that is no news
    return all(firsts)


#: What a payer can say of themselves.
_SAID: Final = {kind.value for kind in (RiskEntry.Kind.MAIL, RiskEntry.Kind.DOMAIN, RiskEntry.Kind.COUNTRY)}
_KINDS: Final = {
    Action.CHALLENGE: "risk.challenged",
    Action.REVIEW: "risk.held",
    Action.BLOCK: "risk.blocked",
}


def _tell(judged: Judged, subject: tuple[str, UUID], actor: Actor) -> None:
    """Without the payer's address, which is forgotten after a time where it is kept for this."""
    news = News(_KINDS[judged.decision.action], *subject, _data(judged))
    record(
        organization_id=judged.row.organization_id,
        news=[news],
        actor=replace(actor, address=""),
        at=judged.row.created_at,
    )


def _data(judged: Judged) -> Data:
    return held_facts(judged.row, judged.trial.invoice_number)


def held_facts(row: RiskAssessment, invoice_number: str | None) -> Data:
    """What events and tasks tell of a judged attempt."""
    return {
        "invoice": invoice_number,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "base_currency": row.organization.base_currency,
        "number": row.score,
        "reasons": row.reasons,
    }
