"""The shared layer with a few views that do what doors do: raise, deny, fail, allow a provider."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_protect

from allsquare.core.errors import AllsquareError, NotFound
from allsquare.web.ui.csp import allow
from allsquare.web.ui.errors import too_many_requests


class ProviderDown(AllsquareError):
    code = "provider_down"
    status = 503


def not_found(request: HttpRequest) -> HttpResponse:
    raise NotFound("There is no invoice <b>7</b>.")


def down(request: HttpRequest) -> HttpResponse:
    raise ProviderDown("The provider does not answer. Nothing was charged.", retry_after=120)


def denied(request: HttpRequest) -> HttpResponse:
    raise DjangoPermissionDenied("internal words")


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("internal words")


def bad(request: HttpRequest) -> HttpResponse:
    raise BadRequest("internal words")


def limited(request: HttpRequest) -> HttpResponse:
    return too_many_requests(request, retry_after=60)


@csrf_protect
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"fields: {len(request.POST)}")


def provider(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("fields")
    allow(response, "frame-src", "https://fields.example")
    allow(response, "form-action", "https://pay.example")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


urlpatterns = [
    path("ui/", include("allsquare.web.ui.urls")),
    path("not-found", not_found),
    path("down", down),
    path("denied", denied),
    path("broken", broken),
    path("bad", bad),
    path("limited", limited),
    path("form", form),
    path("provider", provider),
    path("books/", form, name="books"),
    path("books/journal/", form, name="journal"),
    path("home/", form, name="home"),
]
handler400 = "allsquare.web.ui.errors.bad_request"
handler403 = "allsquare.web.ui.errors.permission_denied"
handler404 = "allsquare.web.ui.errors.not_found"
handler500 = "allsquare.web.ui.errors.server_error"
