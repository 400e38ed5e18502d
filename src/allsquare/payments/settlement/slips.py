"""What is told of a transfer beside its state: where its payer sends it, what is missing, and what came too much."""

from __future__ import annotations

from functools import partial

from allsquare.core import bulk
from allsquare.core.events import Data
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.payments.attention import MONEY_LEFT
from allsquare.payments.gateway import Outcome, TransferInstructions
from allsquare.payments.settlement.batch import Batch
from allsquare.payments.settlement.locked import LockedPayment
from allsquare.payments.states import OPEN


def take_beside(batch: Batch, payment: LockedPayment, outcome: Outcome) -> None:
    """After the state was decided on. Of the locked ``payment``, so what is read of it stays true."""
    told, left = outcome.instructions, outcome.left
    if told is not None and payment.state in OPEN:
        _keep(batch, payment, told)
    if left is not None and left.minor > 0:
        raise_left(batch, payment, outcome.reference, left)


def _keep(batch: Batch, payment: LockedPayment, told: TransferInstructions) -> None:
    """What is missing gets less and never more, so late news changes nothing."""
    if payment.id in batch.slips:  # told of twice in one batch
        known = [(batch.slips[payment.id].remaining.minor,)]
    else:
        known = bulk.run(
            "SELECT remaining_minor FROM transfer_slip WHERE organization_id = %s AND payment_id = %s",
            [batch.organization.id, payment.id],
        )
    before = known[0][0] if known else payment.amount_minor
    missing = told.remaining.minor
    if missing > before or (known and missing == before):
        return
    if payment.id not in batch.slips:
        batch.also.append(partial(_write, batch, payment))
    batch.slips[payment.id] = told
    if missing < before:
        facts: Data = {
            "customer": str(payment.customer_id),
            "amount_minor": before - missing,
            "missing_minor": missing,
            "currency": payment.currency,
            "gateway": payment.gateway,
            "method": payment.method,
        }
        batch.tell("payment.part_arrived", "payment", payment.id, facts)


def _write(batch: Batch, payment: LockedPayment) -> None:
    told = batch.slips[payment.id]
    bulk.insert(
        "transfer_slip",
        {
            "id": ("uuid", [new_id()]),
            "payment_id": ("uuid", [payment.id]),
            "remaining_minor": ("bigint", [told.remaining.minor]),
            "rows": ("jsonb", [[list(row) for row in told.rows]]),
            "reference": ("text", [told.reference]),
            "holder": ("text", [told.holder]),
            "iban": ("text", [told.iban]),
            "bic": ("text", [told.bic]),
            "url": ("text", [told.url]),
        },
        same={
            "organization_id": ("uuid", batch.organization.id),
            "told_at": ("timestamptz", batch.now),
        },
        otherwise="""ON CONFLICT (payment_id) DO UPDATE SET remaining_minor = excluded.remaining_minor,
            rows = excluded.rows, reference = excluded.reference, holder = excluded.holder, iban = excluded.iban,
            bic = excluded.bic, url = excluded.url, told_at = excluded.told_at""",
    )


def raise_left(batch: Batch, payment: LockedPayment, reference: str, left: Money) -> None:
    """Once for each sum that lies there: the same is told with every movement, and each hour. A task that was done
    before more came is open again."""
    if batch.left.get(payment.id) == left.minor:
        return
    batch.left[payment.id] = left.minor
    at = [batch.organization.id, MONEY_LEFT, payment.id]
    known = bulk.run(
        """SELECT (data->>'amount_minor')::bigint FROM attention
           WHERE organization_id = %s AND kind = %s AND subject_id = %s""",
        at,
    )
    if known and known[0][0] == left.minor:
        return
    facts: Data = {
        "provider": str(batch.account),
        "charge": reference,
        "amount_minor": left.minor,
        "currency": left.currency.code,
    }
    if known:
        bulk.run("DELETE FROM attention WHERE organization_id = %s AND kind = %s AND subject_id = %s", at)
    batch.raise_attention(MONEY_LEFT, "payment", payment.id, facts)
