"""Who comes by a link that was mailed to the customer: somebody who reads the customer's mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _

from allsquare.billing.errors import LinkUnknown
from allsquare.core.actor import Actor, customer_actor
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import MethodUnknown
from allsquare.payments.models import MethodLink
from allsquare.payments.saved import method_link
from allsquare.web.portal.visit import page_language, too_many_guesses, wrong_link
from allsquare.web.ui.client import client_address
from allsquare.web.ui.errors import error_response

P = ParamSpec("P")

Purpose = MethodLink.Purpose

_OVER: Final = _(
    "This link leads nowhere, or its time is over. Ask for a new one from the page of your invoice."
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who reads the customer's mail."""

    token: str
    link: MethodLink
    actor: Actor

    @property
    def organization(self) -> Organization:
        return self.link.organization

    @property
    def customer(self) -> Customer:
        return self.link.customer

    def url(self, name: str, **more: object) -> str:
        """A page of the portal under the mailed link."""
        return reverse(f"portal:{name}", kwargs={"token": self.token, **more})


View = Callable[Concatenate[HttpRequest, Owner, P], HttpResponse]


def by_mailed_link(purpose: MethodLink.Purpose) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """As ``by_link``, for a link of that purpose."""

    def decorate(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def page(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            refused = too_many_guesses(request)
            if refused is not None:
                return refused
            try:
                link = method_link(token, purpose)
            except MethodUnknown:
                return wrong_link(request, _OVER)
            actor = customer_actor(
                link.customer_id,
                link.customer.name,
                address=client_address(request),
                request=request.META.get("ALLSQUARE_REQUEST_ID", ""),
            )
            language = page_language(link.language)
            with translation.override(language):
                response = view(request, Owner(token, link, actor), *args, **kwargs)
            response.headers.setdefault("Content-Language", language)
            patch_cache_control(response, private=True, no_store=True)
            return response

        return page

    return decorate


by_method_link = by_mailed_link(Purpose.METHODS)
by_open_link = by_mailed_link(Purpose.OPEN)


def over(request: HttpRequest) -> HttpResponse:
    """As an old link is answered, for a right one that shows nothing any more. It is no guess, so it is not counted."""
    return error_response(request, status=LinkUnknown.status, message=_OVER, code=LinkUnknown.code)


def masked(address: str) -> str:
    """Enough to be recognised by its owner: *g•••@example.com*."""
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}•••@{host}"
