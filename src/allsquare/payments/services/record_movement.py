"""What moved a provider's account beside payments, refunds, disputes and payouts is written down and booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.core.ids import new_id
from allsquare.core.money import Money
from allsquare.core.transactions import retrying, serialize
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger import selectors as ledger
from allsquare.ledger.amounts import to_base
from allsquare.ledger.chart import CONTROL_ROLES, AccountRole
from allsquare.ledger.errors import AccountUnknown
from allsquare.ledger.services.post import post
from allsquare.payments.amounts import Held
from allsquare.payments.arrivals import LARGEST
from allsquare.payments.errors import InvalidMovement, MovementKnown
from allsquare.payments.models import GatewayAccount, ProviderMovement
from allsquare.payments.movements import ONLY, USUAL, get_movement, may_move, movement_entry, reversal_of
from allsquare.payments.selectors import own_gateway_account

MEMO_LENGTH = 200
REFERENCE_LENGTH = 120


@retrying
def record_movement(
    *,
    organization: Organization,
    gateway_account_id: UUID,
    amount: Money,
    moved_on: date,
    kind: str,
    memo: str,
    key: str,
    actor: Actor,
    account_id: UUID | None = None,
    reference: str = "",
    source: str = ProviderMovement.Source.PERSON,
) -> ProviderMovement:
    """``amount`` came to the provider's account on the day ``moved_on``, or went from it where it is below zero.
    ``account_id`` is the other side in the books; without one it is the usual one of its ``kind``. ``reference`` is its
    name at the provider, under which it is recorded once.

    The same ``key`` again gives the same movement. Raises ``FieldErrors``, ``GatewayUnknown``,
    :class:`InvalidMovement`, :class:`MovementKnown`, ``AccountUnknown``, ``PeriodClosed``, ``RateMissing``,
    ``KeyReused``, ``KeyInvalid``.
    """
    require(organization, actor, Permission.POST_JOURNAL)
    said = _Said(amount, moved_on, kind, memo.strip(), reference.strip(), source)

    def work() -> Answer:
        at_provider = own_gateway_account(organization, gateway_account_id)
        _check(organization, at_provider, said)
        movement = _booked(organization, at_provider, said, _other_side(organization, kind, account_id))
        _tell(organization, movement, actor)
        return {"movement": str(movement.id)}

    given: Answer = {
        "provider": gateway_account_id,
        "amount": [amount.minor, amount.currency.code],
        "on": moved_on,
        "kind": kind,
        "memo": said.memo,
        "account": account_id,
        "reference": said.reference,
    }
    answer, _repeated = once(
        organization_id=organization.id,
        operation="provider_movement.record",
        key=key,
        given=given,
        at=clock.now(organization),
        work=work,
    )
    return get_movement(organization, UUID(str(answer["movement"])))


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody says that moved the account."""

    amount: Money
    moved_on: date
    kind: str
    memo: str
    reference: str
    source: str


def _check(organization: Organization, at_provider: GatewayAccount, said: _Said) -> None:
    if not may_move(at_provider):
        raise InvalidMovement(
            _(
                "%(label)s is no account at a provider: its money is in your till or bank. Post a journal entry."
            )
            % {"label": at_provider.label},
            field="provider",
        )
    errors: dict[str, str] = {}
    if said.kind not in ProviderMovement.Kind.values:
        errors["kind"] = _("Choose what it was.")
    if not said.amount.minor:
        errors["amount"] = _("Enter an amount above zero.")
    elif abs(said.amount.minor) > LARGEST:
        errors["amount"] = _("An amount of this size cannot be right. Check the number.")
    if said.moved_on > clock.today(organization):
        errors["moved_on"] = _("That day is still to come.")
    if not said.memo:
        errors["memo"] = _("Say what it was for; it stays in the record.")
    texts = {"memo": (said.memo, MEMO_LENGTH), "reference": (said.reference, REFERENCE_LENGTH)}
    for field, (text, most) in texts.items():
        if len(text) > most or "\0" in text:
            errors[field] = _("Use at most %(memo_length)s characters of plain text.") % {"memo_length": most}
    if errors:
        raise FieldErrors(errors)


def _other_side(organization: Organization, kind: str, account_id: UUID | None) -> UUID:
    """Raises ``AccountUnknown``, :class:`InvalidMovement`."""
    if account_id is None:
        return ledger.chart(organization).account(USUAL[kind])
    try:
        account = ledger.get_account(organization, account_id)
    except AccountUnknown as error:
        raise InvalidMovement(error.message, field="account") from error
    if account.role in CONTROL_ROLES or account.role == AccountRole.CLEARING:
        raise InvalidMovement(
            _("%(account)s is kept by invoices and payments. Choose another account.") % {"account": account},
            field="account",
        )
    if account.role not in ONLY.get(kind, {account.role}):
        raise InvalidMovement(
            _(
                "This kind of movement is not booked on %(account)s. Leave the account as usual, or choose another "
                "kind."
            )
            % {"account": account},
            field="account",
        )
    return account.id


def _turn(organization: Organization, at_provider: GatewayAccount, reference: str) -> int:
    """Which time it is recorded. Raises :class:`MovementKnown` while it stands."""
    if not reference:
        return 1
    known = ProviderMovement.objects.filter(
        organization=organization, gateway_account=at_provider, reference=reference
    )
    last = known.select_related("reversal").order_by("-turn").first()
    if last is None:
        return 1
    if reversal_of(last) is None:
        raise MovementKnown(
            _("%(reference)s is recorded already. If that is wrong, take it back first.")
            % {"reference": reference},
            field="reference",
        )
    return last.turn + 1


def _booked(
    organization: Organization, at_provider: GatewayAccount, said: _Said, other: UUID
) -> ProviderMovement:
    """Raises :class:`MovementKnown`, ``PeriodClosed``, ``RateMissing``."""
    ledger.check_bookable(organization, said.amount.currency.code, said.moved_on)
    # Not while a payout of the account is settled: what stands there is taken once.
    serialize(f"payouts {at_provider.id}")
    movement = ProviderMovement(
        id=new_id(),
        organization=organization,
        gateway_account=at_provider,
        account_id=other,
        kind=said.kind,
        source=said.source,
        currency=said.amount.currency.code,
        amount_minor=said.amount.minor,
        moved_on=said.moved_on,
        memo=said.memo,
        reference=said.reference,
        turn=_turn(organization, at_provider, said.reference),
        created_at=clock.now(organization),
    )
    _book(organization, movement)
    movement.save(force_insert=True)
    return movement


def _book(organization: Organization, movement: ProviderMovement) -> None:
    """What goes takes from the clearing account what it stood there with, so that an empty account is empty in base
    currency too; so does what comes to one below zero."""
    chart = ledger.chart(organization)
    clearing = chart.account(AccountRole.CLEARING, str(movement.gateway_account_id))
    code, minor = movement.currency, movement.amount_minor
    rate = ledger.rate_on(organization, code, movement.moved_on)
    worth = to_base(minor, currency=code, base=organization.base_currency, rate=rate)
    movement.base_minor = worth
    if code != organization.base_currency:
        held = Held(*ledger.balance_in(organization, clearing, code))
        movement.base_minor = -held.take(-minor, at_rate=-worth)
    entry = movement_entry(
        movement_id=movement.id,
        clearing=clearing,
        other=movement.account_id,
        exchange=chart.account(AccountRole.EXCHANGE),
        on=movement.moved_on,
        currency=code,
        amount=minor,
        base=movement.base_minor,
        worth=worth,
        memo=movement.memo,
    )
    post(organization=organization, entries=[entry], at=movement.created_at)


def _tell(organization: Organization, movement: ProviderMovement, actor: Actor) -> None:
    facts: dict[str, object] = {
        "amount_minor": movement.amount_minor,
        "currency": movement.currency,
        "label": movement.gateway_account.label,
        "what": movement.kind,
        "memo": movement.memo,
        "on": movement.moved_on.isoformat(),
        "reference": movement.reference,
    }
    news = News("movement.recorded", "provider_movement", movement.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=movement.created_at)
