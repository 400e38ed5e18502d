"""What moved providers' accounts beside payments, refunds, disputes and payouts: the list, one, and recording one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.selectors import events_of
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.ledger.chart import AccountRole
from allsquare.payments.errors import MovementUnknown
from allsquare.payments.listed_movements import get_listed
from allsquare.payments.models import ListedMovement, ProviderMovement
from allsquare.payments.movements import accounts_that_move, get_movement, reversal_of
from allsquare.payments.services.record_movement import record_movement
from allsquare.payments.services.reverse_movement import reverse_movement
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import Choices
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.forms.movement import CAME, WENT, MovementForm, unit_of
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline


@staff(Permission.VIEW_BOOKS)
def movement_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "movements")


@staff(Permission.VIEW_BOOKS)
def movement(request: ConsoleRequest, movement_id: UUID) -> HttpResponse:
    """What takes another back is shown with what it takes back."""
    organization = request.access.organization
    found = get_movement(organization, movement_id)
    first = found.reverses or found
    context = {
        "movement": found,
        "reversal": reversal_of(found),
        "entries": ledger.entries_of(organization, [first.id]),
        "timeline": timeline(events_of(organization.id, [first.id], limit=20), here=request.path),
    }
    return render(request, "console/movements/movement.html", context)


@staff(Permission.POST_JOURNAL, keeps_form=True)
def movement_new(request: ConsoleRequest) -> HttpResponse:
    """``?provider=`` is the account that is meant first, ``?listed=`` a movement that its provider lists."""
    if request.method != "POST":
        typed = kept_form.take(request)
        return _show(request, _form(request, typed) if typed else _fresh(request))
    form = _form(request, request.POST)
    made = attempt(form, lambda: _record(request, form)) if form.is_valid() else None
    if made is None:
        return _show(request, form, status=422)
    messages.success(request, _("The movement is booked."))
    return redirect("console:movement", made.id)


@post_only
@staff(Permission.POST_JOURNAL)
def movement_reverse(request: ConsoleRequest, movement_id: UUID) -> HttpResponse:
    reverse_movement(
        organization=request.access.organization, movement_id=movement_id, actor=request.access.actor
    )
    messages.success(request, _("The movement is taken back, from today."))
    return redirect("console:movement", movement_id)


def _form(
    request: ConsoleRequest, data: Mapping[str, Any] | None, *, code: str = "", **more: Any
) -> MovementForm:
    """In the currency that was typed, or ``code``."""
    organization = request.access.organization
    providers: Choices = [(str(each.id), each.label) for each in accounts_that_move(organization)]
    accounts: Choices = [
        (str(each.id), str(each))
        for each in ledger.bookable_accounts(organization)
        if each.role != AccountRole.CLEARING
    ]
    unit = unit_of(str((data or {}).get("currency") or code), organization.base_currency)
    return MovementForm(unit, providers, accounts, data, **more)


def _fresh(request: ConsoleRequest) -> MovementForm:
    organization = request.access.organization
    initial: dict[str, object] = {
        "provider": request.GET.get("provider", ""),
        "direction": WENT,
        "currency": organization.base_currency,
        "moved_on": clock.today(organization),
        "key": new_key(),
    }
    listed = _listed(request)
    if listed is None:
        return _form(request, None, initial=initial)
    initial |= {
        "provider": str(listed.gateway_account_id),
        "direction": CAME if listed.amount_minor > 0 else WENT,
        "amount": Money(abs(listed.amount_minor), currency(listed.currency)),
        "currency": listed.currency,
        "kind": listed.kind,
        "moved_on": listed.moved_on,
        "memo": listed.text,
        "reference": listed.reference,
    }
    return _form(request, None, code=listed.currency, initial=initial)


def _listed(request: ConsoleRequest) -> ListedMovement | None:
    """To be recorded otherwise than as usual."""
    try:
        return get_listed(request.access.organization, UUID(request.GET.get("listed", "")))
    except (ValueError, MovementUnknown):
        return None


def _record(request: ConsoleRequest, form: MovementForm) -> ProviderMovement:
    given = form.cleaned_data
    return record_movement(
        organization=request.access.organization,
        gateway_account_id=UUID(given["provider"]),
        amount=form.moved,
        moved_on=given["moved_on"],
        kind=given["kind"],
        memo=given["memo"],
        account_id=form.other_side,
        reference=given["reference"],
        key=f"console:{given['key']}",
        actor=request.access.actor,
    )


def _show(request: ConsoleRequest, form: MovementForm, *, status: int = 200) -> HttpResponse:
    return render(request, "console/movements/new.html", {"form": form}, status=status)
