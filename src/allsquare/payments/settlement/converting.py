"""A provider may keep its account in another currency than that of a charge. Then what a charge, refund or dispute
moves there stands on the clearing account in the currency in which it really is, and is paid out to the last unit."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from allsquare.ledger.chart import AccountRole
from allsquare.ledger.drafts import EntryDraft, LineDraft
from allsquare.payments.gateway import Converted, Outcome
from allsquare.payments.models import Conversion
from allsquare.payments.postings import converted
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.drafts import ConversionDraft


def conversion(outcome: Outcome, currency: str, *, time: int = 0) -> Converted | None:
    """What became of money in ``currency``, if it did not stay that; ``time`` counts the movements of a dispute."""
    found = outcome.converted[time] if time < len(outcome.converted) else None
    return found if found and found.net.currency.code != currency else None


def way_back(
    batch: Batch, outcome: Outcome, currency: str, source_id: UUID, *, time: int
) -> Converted | None:
    """Of money that comes back after ``source_id`` took it. What left in the currency of the charge comes back in it:
    else neither of the two would ever be empty."""
    became = conversion(outcome, currency, time=time)
    if became is None or any(each.source_id == source_id for each in batch.conversions):
        return became
    left = Conversion.objects.filter(organization=batch.organization, source_id=source_id)
    return became if left.exists() else None


def fee_in_base(batch: Batch, fee: int, currency: str, on: date, became: Converted | None) -> int:
    """A fee is worth what was taken, not what that is when it is turned back into the currency of the charge."""
    if fee and became is not None and became.fee is not None:
        return batch.to_base(became.fee.minor, became.fee.currency.code, on)
    return batch.to_base(fee, currency, on)


def add_entry(batch: Batch, entry: EntryDraft, became: Converted | None, *, money: UUID) -> None:
    """``money`` is the account on which ``entry`` books what the provider has."""
    if became is None:
        batch.entries.append(entry)
        return
    net, code = became.net.minor, became.net.currency.code
    into = LineDraft(
        account=money,
        amount_minor=net,
        currency=code,
        base_minor=batch.to_base(net, code, entry.date),
    )
    exchange = batch.chart.account(AccountRole.EXCHANGE)
    batch.entries.append(converted(entry, money=money, exchange=exchange, into=into))
    batch.conversions.append(
        ConversionDraft(
            source_type=entry.source_type,
            source_id=entry.source_id,
            kind=entry.kind,
            currency=entry.lines[0].currency,
            amount_minor=sum(line.amount_minor for line in entry.lines if line.account == money),
            into_currency=code,
            into_minor=net,
            fee_minor=became.fee.minor if became.fee else 0,
        )
    )
