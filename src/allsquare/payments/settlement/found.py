"""A payout was booked, and another part of it is of others than it seemed: the news of a charge came after that of the
payout which contains it, or that of an earlier payout which it brings again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db.models import Sum

from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.identity.models import Organization
from allsquare.ledger import selectors as ledger
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.services.post import post
from allsquare.payments.amounts import Held
from allsquare.payments.gateway import ItemKind
from allsquare.payments.models import GatewayAccount, Payment, Payout, PayoutItem, PayoutOthers
from allsquare.payments.money_of_others import Others, known_names, of_others, returned_payouts
from allsquare.payments.postings import Bases, payout_found
from allsquare.payments.settlement.arrivals import booked_of
from allsquare.payments.states import PayoutState

#: How often a sum may have come back with one payout after another. More is nonsense, and is not followed.
MOST_TIMES = 50


def look_again(
    organization: Organization,
    account_id: UUID,
    names: Collection[str],
    payout_ids: Collection[UUID],
    *,
    on: date,
    at: datetime,
) -> int:
    """Whose are lines of payouts that are about ``names``, or stand in ``payout_ids``? What is known by now is counted
    anew, and booked where it changes something; returns of how many payouts. The caller has the lock of the account's
    payouts, so nobody else asks the same, and asks that again changes nothing."""
    mine = PayoutItem.objects.filter(organization=organization, payout__gateway_account=account_id)
    doubtful = mine.exclude(others_minor=0, others_fee_minor=0)
    items = [*doubtful.filter(about__in=names), *doubtful.filter(payout__in=payout_ids)]
    changed = _settle_names(organization, account_id, items)
    told = set(payout_ids) | changed
    count = 0
    for _time in range(MOST_TIMES):
        count += sum(_count_anew(organization, payout_id, on=on, at=at) for payout_id in sorted(changed))
        changed = _settle_earlier(organization, account_id, told)
        told = changed
        if not changed:
            break
    return count


def _settle_names(organization: Organization, account_id: UUID, items: Collection[PayoutItem]) -> set[UUID]:
    """Lines that are of ours after all; returns their payouts."""
    ours = known_names(organization, account_id, {item.about for item in items if item.about})
    found = {item.id: item for item in items if item.about in ours}
    charges = Payment.objects.filter(
        organization=organization,
        gateway_account=account_id,
        reference__in=[item.reference for item in found.values()],
    )
    payments = dict(charges.values_list("reference", "id"))
    for item in found.values():
        item.payment_id = payments.get(item.reference)
        item.others_minor = item.others_fee_minor = 0
    PayoutItem.objects.bulk_update(found.values(), ["payment", "others_minor", "others_fee_minor"])
    return {item.payout_id for item in found.values()}


def _settle_earlier(organization: Organization, account_id: UUID, payout_ids: Collection[UUID]) -> set[UUID]:
    """Lines by which a later payout brings one of these again; returns the later ones."""
    names = Payout.objects.filter(organization=organization, id__in=payout_ids).values_list(
        "reference", flat=True
    )
    items = PayoutItem.objects.filter(
        organization=organization,
        payout__gateway_account=account_id,
        kind=ItemKind.PAYOUT,
        reference__in=list(names),
    )
    earlier = returned_payouts(organization, account_id, list(names))
    account = GatewayAccount.objects.filter(organization=organization, id=account_id)
    dated = account.exclude(added_at=None).exists()
    changed = []
    for item in items:
        whole = Others(item.net_minor)
        part = of_others(item.kind, "", item.reference, whole, ours=(), earlier=earlier, dated=dated)
        if part.net != item.others_minor:
            item.others_minor = part.net
            changed.append(item)
    PayoutItem.objects.bulk_update(changed, ["others_minor"])
    return {item.payout_id for item in changed}


def _count_anew(organization: Organization, payout_id: UUID, *, on: date, at: datetime) -> bool:
    """The sums of its lines; what they differ by is booked, unless the payout came back: then nothing of it is."""
    payout = Payout.objects.get(organization=organization, id=payout_id)
    sums = PayoutItem.objects.filter(organization=organization, payout=payout).aggregate(
        net=Sum("others_minor"), fee=Sum("others_fee_minor")
    )
    more = Others(sums["net"], sums["fee"]) - Others(payout.others_minor, payout.others_fee_minor)
    if not more:
        return False
    payout.others_minor += more.net
    payout.others_fee_minor += more.fee
    payout.save(update_fields=["others_minor", "others_fee_minor"])
    if payout.state == PayoutState.PAID:
        _book(organization, payout, more, on=on, at=at)
    return True


def _book(organization: Organization, payout: Payout, more: Others, *, on: date, at: datetime) -> None:
    chart, code = ledger.ask_chart(organization).read(), payout.currency
    clearing = chart.account(AccountRole.CLEARING, str(payout.gateway_account_id))
    others = chart.account(AccountRole.MONEY_OF_OTHERS)

    def worth(minor: int) -> int:
        base = organization.base_currency
        rate = ledger.rate_on(organization, code, on)
        return to_base(minor, currency=code, base=base, rate=rate)

    owed = _owed(organization, payout, others)
    base = Bases(gross=owed.take(-more.net, at_rate=worth(-more.net)), fee=worth(-more.fee))
    held = Held(*ledger.balance_in(organization, clearing, code))
    held_base = base.gross + base.fee
    if code != organization.base_currency:
        held_base = held.take(-more.net - more.fee, at_rate=worth(-more.net - more.fee))
    fact = PayoutOthers.objects.create(
        organization=organization,
        payout=payout,
        amount_minor=more.net,
        fee_minor=more.fee,
        created_at=at,
    )
    entry = payout_found(
        found_id=fact.id,
        clearing=clearing,
        others=others,
        fees=chart.account(AccountRole.GATEWAY_FEES),
        exchange=chart.account(AccountRole.EXCHANGE),
        on=on,
        currency=code,
        net=-more.net,
        fee=-more.fee,
        base=base,
        held_base=held_base,
    )
    post(organization=organization, entries=[entry], at=at)
    facts: dict[str, object] = {
        "amount_minor": -more.net,
        "fee_minor": -more.fee,
        "others_minor": payout.others_minor,
        "currency": code,
    }
    news = [News("payout.found", "payout", payout.id, facts)]
    record(organization_id=organization.id, news=news, actor=SYSTEM, at=at)


def _owed(organization: Organization, payout: Payout, others: UUID) -> Held:
    """What we owe of this payout, as the books have it; positive."""
    sources = {source for source, _kind in booked_of(organization, payout)}
    lines = [
        line
        for booked in ledger.entries_of(organization, sources)
        for line in booked.lines
        if line.account_id == others
    ]
    return Held(-sum(line.amount_minor for line in lines), -sum(line.base_minor for line in lines))
