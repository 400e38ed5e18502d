"""A booking by hand: opening balances, transfers, corrections that no document makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.idempotency import Answer, once
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import CONTROL_ROLES, AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.ledger.errors import AccountUnknown, ControlAccount, Unbalanced
from allsquare.ledger.models import Account
from allsquare.ledger.selectors import chart, rates_on
from allsquare.ledger.services.post import post

#: Minor units above which an amount is taken for a mistake: ten trillion of a currency with two decimals.
LARGEST = 10**15
MEMO_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ManualLine:
    """``amount`` is positive for a debit, negative for a credit."""

    account_id: UUID
    amount: Money


@retrying
def post_manual(
    *, organization: Organization, on: date, memo: str, lines: Sequence[ManualLine], key: str, actor: Actor
) -> UUID:
    """Post one entry dated ``on``; returns its id. The same ``key`` again gives the same entry.

    The lines sum to zero in every currency. They are converted at the rate of ``on``; what rounding leaves goes
    to *Exchange gains and losses*. Raises ``FieldErrors``, ``AccountUnknown``, ``ControlAccount``, ``Unbalanced``,
    ``RateMissing``, ``PeriodClosed``, ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.POST_JOURNAL)
    at = clock.now(organization)

    def work() -> Answer:
        _check_input(organization, on, memo, lines)
        _check_sums(lines)
        _check_accounts(organization, {line.account_id for line in lines})
        draft = _draft(organization, on, memo, lines)
        post(organization=organization, entries=[draft], at=at)
        news = News("journal.posted", "journal_entry", draft.id, {"date": str(on), "memo": draft.memo})
        record(organization_id=organization.id, news=[news], actor=actor, at=at)
        return {"entry": str(draft.id)}

    given: Answer = {
        "on": on,
        "memo": memo.strip(),
        "lines": [[line.account_id, line.amount.minor, line.amount.currency.code] for line in lines],
    }
    answer, _ = once(
        organization_id=organization.id, operation="journal.post", key=key, given=given, at=at, work=work
    )
    return UUID(str(answer["entry"]))


def _check_input(organization: Organization, on: date, memo: str, lines: Sequence[ManualLine]) -> None:
    errors: dict[str, str] = {}
    if on > clock.today(organization):
        errors["date"] = _("A booking cannot be dated in the future. Choose today or an earlier day.")
    if not memo.strip():
        errors["memo"] = _("Say what this booking is for; it stays in the record.")
    elif len(memo.strip()) > MEMO_LENGTH or "\0" in memo:
        errors["memo"] = _("Use at most %(memo_length)s characters of plain text.") % {
            "memo_length": MEMO_LENGTH
        }
    if any(line.amount.minor == 0 or abs(line.amount.minor) > LARGEST for line in lines):
        errors["lines"] = _("Each line needs an amount that is not zero and not beyond all measure.")
    if errors:
        raise FieldErrors(errors)


def _check_accounts(organization: Organization, wanted: set[UUID]) -> None:
    found = {a.id: a for a in Account.objects.filter(organization=organization, id__in=wanted)}
    if found.keys() != wanted:
        raise AccountUnknown(_("There is no such account."), field="lines")
    for account in found.values():
        if account.role in CONTROL_ROLES:
            raise ControlAccount(
                _("%(account)s is kept by invoices and payments. Correct the invoice or payment instead.")
                % {"account": account},
                field="lines",
            )


def _draft(organization: Organization, on: date, memo: str, lines: Sequence[ManualLine]) -> EntryDraft:
    base = organization.base_currency
    rates = rates_on(organization, {line.amount.currency.code for line in lines}, on)
    booked = []
    for line in lines:
        minor, code = line.amount.minor, line.amount.currency.code
        worth = to_base(minor, currency=code, base=base, rate=rates[code])
        booked.append(LineDraft(account=line.account_id, amount_minor=minor, currency=code, base_minor=worth))
    rest = sum(line.base_minor for line in booked)
    if rest:
        exchange = chart(organization).account(AccountRole.EXCHANGE)
        booked.append(LineDraft(account=exchange, amount_minor=0, currency=base, base_minor=-rest))
    entry_id = new_id()
    return EntryDraft(
        id=entry_id,
        kind="manual",
        source_type="journal_entry",
        source_id=entry_id,
        date=on,
        memo=memo.strip(),
        lines=tuple(booked),
    )


def _check_sums(lines: Sequence[ManualLine]) -> None:
    """In every currency, so that what rounding leaves in base currency is all that is ever made up for."""
    for unit in {line.amount.currency for line in lines}:
        difference = Money.total((line.amount for line in lines if line.amount.currency == unit), unit)
        if difference:
            sentence = (
                _("There are %(amount)s more debits. Both sides must be the same.")
                if difference.minor > 0
                else _("There are %(amount)s more credits. Both sides must be the same.")
            )
            amount = format_money(abs(difference), spoken_language())
            raise Unbalanced(sentence % {"amount": amount}, field="lines")
    if len(lines) < 2:
        raise Unbalanced(_("A booking needs two lines or more."), field="lines")
