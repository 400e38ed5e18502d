"""A provider had no answer to an attempt: enough of that, and its account is down until a probe is answered."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.events import Data, News, record
from allsquare.core.ids import first_id_at
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, may, require
from allsquare.payments.attention import GATEWAY_DOWN
from allsquare.payments.gateway import KEYS_REFUSED, Outcome
from allsquare.payments.health import MOST, RELAPSE, WINDOW, is_down, is_trouble, outage, pause_after
from allsquare.payments.models import GatewayAccount, GatewayTrouble, Payment
from allsquare.payments.services.ask_for_keys import ask_for_keys
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.states import PaymentState


def note_trouble(
    *,
    organization: Organization,
    account: GatewayAccount,
    payment_id: UUID,
    attempt_id: UUID,
    outcome: Outcome,
    probing: bool,
    actor: Actor,
) -> None:
    """``outcome`` is what ``account`` answered to the attempt; one that is no trouble changes nothing. Of an account
    that is down already only probes are noted: the outage is known. Repeats change nothing."""
    if not may(organization, actor, Permission.PAY):
        require(organization, actor, Permission.SETTLE)
    if not is_trouble(outcome.status, outcome.code) or (account.down_since is not None and not probing):
        return
    trouble = GatewayTrouble(
        organization=organization,
        gateway_account=account,
        payment_id=payment_id,
        attempt_id=attempt_id,
        status=outcome.status,
        code=outcome.code[:60],
        message=outcome.message,
        at=clock.now(None),
    )
    retried(partial(_note, organization, trouble))
    if outcome.code == KEYS_REFUSED:
        ask_for_keys(organization=organization, account=account, actor=actor)


def _note(organization: Organization, trouble: GatewayTrouble) -> None:
    GatewayTrouble.objects.bulk_create([trouble], ignore_conflicts=True)
    # Whoever finds that it is down says so; others who find it in the same moment wait here and then see it.
    account = GatewayAccount.objects.select_for_update(no_key=True).get(
        organization=organization, id=trouble.gateway_account_id
    )
    if account.down_since is not None:
        return
    troubled, answered = _lately(organization, account, trouble.at)
    if is_down(troubled=troubled, answered=answered):
        _go_down(organization, account, trouble, troubled=troubled, answered=answered)


def _lately(organization: Organization, account: GatewayAccount, now: datetime) -> tuple[int, int]:
    """How many attempts had no answer within the window, and how many had one. What was before it last came back is
    over."""
    begin = max(now - WINDOW, account.up_since or now - WINDOW)
    troubles = GatewayTrouble.objects.filter(
        organization=organization, gateway_account=account, at__gte=begin
    )
    in_trouble = set(troubles.order_by("-at").values_list("payment_id", flat=True)[:MOST])
    asked = Payment.objects.filter(
        organization=organization, gateway_account=account, id__gte=first_id_at(begin)
    ).exclude(state=PaymentState.STARTED)
    recent = asked.order_by("-id").values_list("id", flat=True)[:MOST]
    return len(in_trouble), len(set(recent) - in_trouble)


def _go_down(
    organization: Organization,
    account: GatewayAccount,
    trouble: GatewayTrouble,
    *,
    troubled: int,
    answered: int,
) -> None:
    now = trouble.at
    relapsed = account.up_since is not None and now - account.up_since < RELAPSE
    account.probes = account.probes if relapsed else 0
    account.down_since, account.probe_at = now, now + pause_after(account.probes)
    account.save(update_fields=["down_since", "probe_at", "probes"])
    facts: Data = {
        "gateway": account.gateway,
        "label": account.label,
        "troubled": troubled,
        "answered": answered,
        "code": trouble.code,
        "message": trouble.message,
    }
    news = News("gateway_account.down", "gateway_account", account.id, facts)
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=clock.now(organization))
    raise_attention(
        organization=organization,
        kind=GATEWAY_DOWN,
        subject=("gateway_outage", outage(account.id, now)),
        data={"provider": account.label, "number": troubled, "account": str(account.id)},
        actor=SYSTEM,
    )
