"""Who is at the console, and for which organization: every staff page asks here first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.identity.models import Organization, Person
from allsquare.identity.permissions import Permission, may, require
from allsquare.identity.selectors import membership_of

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Access:
    """The person's organization and the actor that services want."""

    organization: Organization
    actor: Actor


class ConsoleRequest(HttpRequest):
    """A request of a signed-in member; ``access`` is set by :func:`staff`."""

    access: Access


def client_address(request: HttpRequest) -> str:
    """The network address that the request came from."""
    return str(request.META.get("REMOTE_ADDR") or "")


class OrganizationMiddleware:
    """Gives every request an id, and finds the organization only when a page asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["ALLSQUARE_REQUEST_ID"] = uuid4().hex
        response = self.get_response(request)
        response["X-Request-Id"] = request.META["ALLSQUARE_REQUEST_ID"]
        return response


def _access(request: HttpRequest) -> Access | None:
    """The membership that the session chose, else the person's first one."""
    person = request.user
    if not isinstance(person, Person):
        return None
    chosen = request.session.get("organization")
    membership = membership_of(person, UUID(chosen) if chosen else None)
    if membership is None:
        return None
    actor = Actor(
        kind=ActorKind.PERSON,
        id=str(person.id),
        label=str(person),
        role=membership.role,
        organization_id=membership.organization_id,
        address=client_address(request),
        request=request.META["ALLSQUARE_REQUEST_ID"],
    )
    return Access(organization=membership.organization, actor=actor)


def staff(
    permission: Permission,
) -> Callable[
    [Callable[Concatenate[ConsoleRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """A page for signed-in members whose role has ``permission``. Services check again for themselves."""

    def wrap(
        view: Callable[Concatenate[ConsoleRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            access = _access(request)
            if access is None:
                raise PermissionDenied("You belong to no organization here. Ask for an invitation.")
            require(access.organization, access.actor, permission)
            console = cast(ConsoleRequest, request)
            console.access = access
            return view(console, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", page)

    return wrap


#: (label, url name, icon, permission) in the order of the left navigation.
NAVIGATION = (
    ("Home", "console:home", "home", Permission.VIEW_SALES),
    ("Invoices", "console:invoice_list", "file-invoice", Permission.VIEW_SALES),
    ("Customers", "console:customer_list", "users", Permission.VIEW_SALES),
    ("Items", "console:item_list", "package", Permission.VIEW_SALES),
    ("Payments", "console:payment_list", "credit-card", Permission.VIEW_SALES),
    ("Journal", "console:journal", "book", Permission.VIEW_BOOKS),
    ("Trial balance", "console:trial_balance", "scale", Permission.VIEW_BOOKS),
    ("Mails", "console:mail_list", "mail", Permission.VIEW_SALES),
    ("Events", "console:event_list", "history", Permission.VIEW_SALES),
)


def console_context(request: HttpRequest) -> dict[str, Any]:
    """What the console layout shows around every page."""
    access: Access | None = getattr(request, "access", None)
    if access is None:
        return {"organization": None, "nav_items": []}
    items = [
        {"label": label, "url": reverse(name), "icon": icon, "active": request.path.startswith(reverse(name))}
        for label, name, icon, permission in NAVIGATION
        if may(access.organization, access.actor, permission)
    ]
    return {"organization": access.organization, "nav_items": items}
