"""Who comes by a link, and to which invoice: every page of the portal asks here first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.billing.errors import LinkExpired, LinkUnknown
from allsquare.billing.models import Invoice
from allsquare.billing.selectors import invoice_by_token
from allsquare.core.actor import Actor, customer_actor
from allsquare.core.networks import neighbourhood
from allsquare.core.ratelimit import Limit, take, wait
from allsquare.identity.models import Organization
from allsquare.web.portal.bill import Bill
from allsquare.web.ui.client import client_address
from allsquare.web.ui.errors import error_response, too_many_requests
from allsquare.web.ui.language import spoken

P = ParamSpec("P")

#: Wrong links from one address. A link has 128 random bits, so this only keeps the log and the database quiet.
GUESSES = Limit("pay-link", most=30, within=timedelta(minutes=10))

_UNKNOWN: Final = _("This link leads nowhere. Check that it was copied whole, or ask who sent it.")
_EXPIRED: Final = _("This link is no longer valid. Ask who sent it for a new one. Nothing was charged.")


@dataclass(frozen=True, slots=True)
class Visit:
    """A payer at the page of one invoice. The link is all they have, and all they need."""

    token: str
    invoice: Invoice
    actor: Actor

    @property
    def organization(self) -> Organization:
        return self.invoice.organization

    @property
    def bill(self) -> Bill:
        return Bill(self.invoice)

    def url(self, name: str = "pay", **more: object) -> str:
        """A page of the portal under the payer's own link."""
        return reverse(f"portal:{name}", kwargs={"token": self.token, **more})


def by_link(
    view: Callable[Concatenate[HttpRequest, Visit, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """A page that is found by its link, in the invoice's language, kept by no cache.

    Every wrong link gets the same 404. Whoever tries too many waits, with a right link too: the answer would
    tell a guesser which one was right.
    """

    @wraps(view)
    def page(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        refused = too_many_guesses(request)
        if refused is not None:
            return refused
        try:
            invoice = invoice_by_token(token)
        except LinkUnknown:
            return wrong_link(request, _UNKNOWN)
        except LinkExpired as error:
            return error_response(request, status=error.status, message=_EXPIRED, code=error.code)
        language = page_language(invoice.language)
        with translation.override(language):
            response = view(request, Visit(token, invoice, _payer(request, invoice)), *args, **kwargs)
        response.headers.setdefault("Content-Language", language)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return page


def show(
    request: HttpRequest,
    visit: Visit,
    template: str,
    facts: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of the portal, with what each of them needs and its own ``facts``."""
    organization = visit.organization
    context = {
        "visit": visit,
        "organization": organization,
        "invoice": visit.invoice,
        "bill": visit.bill,
        "logo_url": visit.url("logo") if organization.logo else "",
        **(facts or {}),
    }
    return render(request, f"portal/{template}.html", context, status=status)


def page_language(tag: str) -> str:
    """The invoice's language where its pages are translated, with its region for dates and sums; else English, so
    that words and figures are of one language."""
    return spoken(tag) or "en"


def too_many_guesses(request: HttpRequest) -> HttpResponse | None:
    """The answer to whoever tried too many links."""
    seconds = wait(GUESSES, neighbourhood(client_address(request)))
    return too_many_requests(request, retry_after=seconds) if seconds else None


def wrong_link(request: HttpRequest, message: Promise) -> HttpResponse:
    """Counted, and answered the same whatever was wrong with it."""
    take(GUESSES, neighbourhood(client_address(request)))
    return error_response(request, status=LinkUnknown.status, message=message, code=LinkUnknown.code)


def _payer(request: HttpRequest, invoice: Invoice) -> Actor:
    return customer_actor(
        invoice.customer_id,
        str(invoice.buyer.get("name", "")),
        address=client_address(request),
        request=request.META.get("ALLSQUARE_REQUEST_ID", ""),
    )
