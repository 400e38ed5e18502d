"""Who comes by a payment link: every page of it asks here first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control

from allsquare.core.actor import Actor, customer_actor
from allsquare.core.networks import neighbourhood
from allsquare.core.ratelimit import take, wait
from allsquare.identity.models import Organization
from allsquare.selling.errors import LinkUnknown
from allsquare.selling.models import PaymentLink
from allsquare.selling.selectors import link_by_token
from allsquare.web.portal.visit import GUESSES, page_language
from allsquare.web.ui.client import client_address
from allsquare.web.ui.errors import error_response, too_many_requests

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Shop:
    """Somebody at the page of one payment link."""

    link: PaymentLink
    actor: Actor
    language: str

    @property
    def organization(self) -> Organization:
        return self.link.organization

    def url(self, name: str = "page", **more: object) -> str:
        return reverse(f"buy:{name}", kwargs={"token": self.link.token, **more})


def by_payment_link(
    view: Callable[Concatenate[HttpRequest, Shop, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """A page that is found by its address, in the language of the browser where it is translated, else in that of the
    business. Whoever tries too many wrong ones waits."""

    @wraps(view)
    def page(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        address = neighbourhood(client_address(request))
        seconds = wait(GUESSES, address)
        if seconds:
            return too_many_requests(request, retry_after=seconds)
        try:
            link = link_by_token(token)
        except LinkUnknown as error:
            take(GUESSES, address)
            return error_response(request, status=error.status, message=error.message, code=error.code)
        language = _language(request, link.organization)
        actor = customer_actor(
            link.id,
            link.name,
            address=client_address(request),
            request=request.META.get("ALLSQUARE_REQUEST_ID", ""),
        )
        with translation.override(language):
            response = view(request, Shop(link, actor, language), *args, **kwargs)
        response.headers.setdefault("Content-Language", language)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return page


def _language(request: HttpRequest, organization: Organization) -> str:
    if request.headers.get("Accept-Language"):
        return page_language(translation.get_language_from_request(request))
    return page_language(organization.language)


def show(
    request: HttpRequest,
    shop: Shop,
    template: str,
    facts: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A page with what each of them needs and its own ``facts``."""
    context = {
        "shop": shop,
        "link": shop.link,
        "organization": shop.organization,
        "logo_url": shop.url("logo") if shop.organization.logo else "",
        **(facts or {}),
    }
    return render(request, f"portal/buy/{template}.html", context, status=status)
