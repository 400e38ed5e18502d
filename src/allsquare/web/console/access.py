"""Who is at the console, and for which organization: every staff page asks here first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.core.actor import Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.identity.models import Organization, Person
from allsquare.identity.permissions import Permission, may, require
from allsquare.identity.selectors import asks_second_factor, has_second_factor, memberships_of
from allsquare.web.console import kept_form
from allsquare.web.ui.client import client_address
from allsquare.web.ui.errors import error_response, wants_json
from allsquare.web.ui.language import speak

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Access:
    """The person's organization and the actor that services want."""

    organization: Organization
    actor: Actor
    #: The person's other organizations, to which they may go over.
    others: tuple[Organization, ...] = ()
    #: Members with this role must have a second factor.
    asks_second_factor: bool = False

    def may(self, permission: Permission) -> bool:
        return may(self.organization, self.actor, permission)


class ConsoleRequest(HttpRequest):
    """A request of a signed-in member; ``access`` is set by :func:`staff`."""

    access: Access


class OrganizationMiddleware:
    """Gives every request an id, for the event log, the error page and the server's own log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["ALLSQUARE_REQUEST_ID"] = uuid4().hex
        response = self.get_response(request)
        response["X-Request-Id"] = request.META["ALLSQUARE_REQUEST_ID"]
        return response


def _access(request: HttpRequest, person: Person) -> Access | None:
    """The membership that the session chose, else the person's first one. Asked anew at every request, so who was
    removed is out at once."""
    mine = memberships_of(person)
    chosen = request.session.get("organization")
    membership = next((row for row in mine if str(row.organization_id) == chosen), None)
    if membership is None and chosen:
        del request.session["organization"]
        messages.warning(request, _("You do not belong to that organization any more."))
    membership = membership or next(iter(mine), None)
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
    others = tuple(row.organization for row in mine if row is not membership)
    return Access(membership.organization, actor, others, asks_second_factor(membership))


def staff(
    permission: Permission, *, keeps_form: bool = False, secrets: Callable[[], Iterable[str]] = tuple
) -> Callable[
    [Callable[Concatenate[ConsoleRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """A page for signed-in members whose role has ``permission``. Services check again for themselves.

    ``keeps_form`` says that the view gives back, by :func:`kept_form.take`, what was typed when the session ended
    in the middle of it. ``secrets`` names the fields that are not kept even for so long.
    """

    def wrap(
        view: Callable[Concatenate[ConsoleRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            person = request.user
            if not isinstance(person, Person):
                return _sign_in(request, keeps_form, secrets)
            access = _access(request, person)
            if access is None:
                return _no_organization(request)
            speak(request, person.language, access.organization.language)
            if access.asks_second_factor and not has_second_factor(person):
                return _second_factor(request)
            require(access.organization, access.actor, permission)
            console = cast(ConsoleRequest, request)
            console.access = access
            return view(console, *args, **kwargs)

        page.permission = permission  # type: ignore[attr-defined]  # read by the tests of every route and role
        page.keeps_form = keeps_form  # type: ignore[attr-defined]  # as above
        return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", page)

    return wrap


def signed_in(request: HttpRequest) -> Person:
    """Who asks, in a view that only people who are signed in can reach."""
    if not isinstance(request.user, Person):
        raise PermissionDenied(_("Sign in first."))
    return request.user


def post_only(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """For the address behind a button: who comes there otherwise is told in words. Not whoever comes back from the
    sign-in, where the view gives back what was typed."""

    @wraps(view)
    def page(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        request = cast(HttpRequest, args[0])
        if request.method == "POST" or kept_form.waits(request):
            return view(*args, **kwargs)
        response = error_response(
            request,
            status=405,
            message=_("This address only does what a button asks of it. Nothing was changed."),
            code="method_not_allowed",
        )
        response.headers["Allow"] = "POST"
        return response

    return page


def _sign_in(
    request: HttpRequest, keeps_form: bool, secrets: Callable[[], Iterable[str]]
) -> HttpResponseBase:
    """To the sign-in page and then back: to the form with what was typed, or to the page that it stood on."""
    if request.headers.get("HX-Request") == "true" or wants_json(request):
        # A redirect would put the sign-in page inside this one.
        return error_response(
            request,
            status=401,
            message=_("Sign in again in another tab, then go on here. Nothing that you typed is lost."),
            code="signed_out",
            title=_("You are signed out"),
        )
    if request.method == "POST" and not keeps_form:
        return redirect_to_login(_page_before(request))
    if request.method == "POST":
        kept_form.keep(request, secrets())
    return redirect_to_login(request.get_full_path())


def _second_factor(request: HttpRequest) -> HttpResponseBase:
    """To the page that sets one up; it says which organization asks for it. Nothing else is opened before."""
    if request.headers.get("HX-Request") == "true":
        return error_response(
            request,
            status=403,
            message=_("Your organization asks for a second factor. Set it up, then go on."),
            code="second_factor_missing",
        )
    return redirect("mfa_index")


def _no_organization(request: HttpRequest) -> HttpResponseBase:
    """Whoever was removed from their last one. The page lets them sign out, or make one of their own."""
    if request.headers.get("HX-Request") == "true" or wants_json(request):
        raise PermissionDenied(_("You belong to no organization here. Ask for an invitation."))
    return render(request, "account/no_organization.html", status=403)


def _page_before(request: HttpRequest) -> str:
    """The page of ours with the button that was pressed."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    if referrer.netloc != request.get_host():
        return reverse("console:home")
    return "/" + referrer.path.lstrip("/")


def access_of(request: HttpRequest) -> Access | None:
    """For context processors: nothing before :func:`staff` has let the request in."""
    found: Any = getattr(request, "access", None)
    return found if isinstance(found, Access) else None
