"""What the pickers of customers and items ask: a few matches for what was typed, and entering a new one in place."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from allsquare.catalog.models import Item
from allsquare.catalog.selectors import list_items
from allsquare.catalog.services.create_item import create_item
from allsquare.core.formatting import format_quantity
from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer, list_customers
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.web.console import shown
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import figure_text
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.forms.quick import QuickCustomerForm, QuickItemForm
from allsquare.web.console.offered import taxes
from allsquare.web.ui.formats import language

#: Options of one answer: a list that people can read. Another letter finds the rest.
_MOST: Final = 12
_LONGEST_SEARCH: Final = 100


@staff(Permission.VIEW_SALES)
def customer_pick(request: ConsoleRequest) -> HttpResponse:
    """``?q=`` searches as the list of customers does. ``?archived=1`` finds the archived ones too, for who looks
    back; they get no new invoice."""
    search, archived = _search(request), bool(request.GET.get("archived"))
    found = list_customers(request.access.organization, search=search, limit=_MOST + 1, archived=archived)
    return _options([_customer_option(customer) for customer in found[:_MOST]], len(found))


@staff(Permission.VIEW_SALES)
def item_pick(request: ConsoleRequest) -> HttpResponse:
    """``?q=`` searches as the list of items does. ``?currency=`` and ``?customer=`` say in which currency a line is
    filled: what is priced in another one comes without its price."""
    organization = request.access.organization
    found = list_items(organization, search=_search(request), limit=_MOST + 1)
    code = _currency(organization, request)
    return _options([_item_option(item, code) for item in found[:_MOST]], len(found))


@post_only
@staff(Permission.EDIT_CUSTOMERS)
def customer_quick(request: ConsoleRequest) -> HttpResponse:
    """The dialog sent twice enters one customer."""
    organization = request.access.organization
    form = QuickCustomerForm(organization, request.POST)
    if form.is_valid():
        made = attempt(
            form,
            lambda: create_customer(organization=organization, actor=request.access.actor, **_details(form)),
        )
        if made is not None:
            return _entered(_customer_option(made))
    return _refused(form)


@post_only
@staff(Permission.EDIT_ITEMS)
def item_quick(request: ConsoleRequest) -> HttpResponse:
    """The dialog sent twice enters one item."""
    organization = request.access.organization
    form = QuickItemForm(taxes(organization), request.POST)
    if form.is_valid():
        made = attempt(
            form,
            lambda: create_item(organization=organization, actor=request.access.actor, **_details(form)),
        )
        if made is not None:
            return _entered(_item_option(made, organization.base_currency))
    return _refused(form)


def _details(form: forms.Form) -> Any:
    return {**form.cleaned_data, "key": f"console:{form.cleaned_data['key']}"}


def _search(request: ConsoleRequest) -> str:
    return request.GET.get("q", "").strip()[:_LONGEST_SEARCH]


def _currency(organization: Organization, request: ConsoleRequest) -> str:
    """The currency chosen, else the customer's, else the organization's own."""
    if request.GET.get("currency"):
        return request.GET["currency"]
    try:
        return get_customer(organization, UUID(request.GET.get("customer", ""))).currency
    except (ValueError, CustomerUnknown):
        return organization.base_currency


def _customer_option(customer: Customer) -> dict[str, str]:
    archived = _("archived") if customer.archived_at else ""
    hint = " · ".join(part for part in (customer.email, customer.city, archived) if part)
    return {"value": str(customer.id), "label": customer.name, "hint": hint}


def _item_option(item: Item, code: str) -> dict[str, object]:
    """With what it fills its line with, as people type it."""
    cost = format_quantity(item.unit_price.normalize() + 0, language())
    unit = shown.UNITS.get(item.unit, item.unit)
    return {
        "value": str(item.id),
        "label": item.name,
        "hint": f"{cost} {item.currency} / {unit}",
        "fill": {
            "description": item.description or item.name,
            "unit": item.unit,
            "unit_price": figure_text(item.unit_price, places=2) if item.currency == code else "",
            "tax_category": item.tax_category,
        },
    }


def _options(options: list[Any], found: int) -> JsonResponse:
    return JsonResponse({"options": options, "more": found > _MOST})


def _entered(option: dict[str, Any]) -> JsonResponse:
    """``key`` is for the next one that the same dialog enters."""
    return JsonResponse({"option": option, "key": new_key()}, status=201)


def _refused(form: forms.Form) -> JsonResponse:
    """What belongs to no field that people see is said at the top."""
    seen = {name for name in form.fields if not form[name].is_hidden}
    errors = {
        name: " ".join(str(sentence) for sentence in sentences) for name, sentences in form.errors.items()
    }
    top = [sentence for name, sentence in errors.items() if name not in seen]
    message = " ".join(top) or _("Something needs another look")
    fields = {name: sentence for name, sentence in errors.items() if name in seen}
    return JsonResponse({"message": message, "errors": fields}, status=422)
