"""Browsers that a person signed in with before: told by a signed cookie, named for people.

The cookie says two things: that a sign-in needs no alarm, and that tries from here are the person's own, so that
strangers who guess at an account from everywhere cannot lock its owner out (OWASP calls it a device cookie).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from allsquare.identity.models import Person

COOKIE: Final = "known_device"
_LASTS: Final = timedelta(days=365)
#: People of one browser.
_MOST: Final = 8
_SALT: Final = "allsquare.known-device"

#: Marks of a browser in its User-Agent; the first that is found counts, since each pretends to be the next.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS|Chromium", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)


def known_people(request: HttpRequest) -> list[str]:
    """Ids of those who signed in with this browser within a year. A cookie that we did not write is no cookie."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_LASTS)
    except signing.BadSignature:
        return []
    return [str(person_id) for person_id in found] if isinstance(found, list) else []


def is_known(request: HttpRequest, person: Person) -> bool:
    return str(person.id) in known_people(request)


def remember(request: HttpRequest, response: HttpResponseBase, person: Person) -> None:
    """This browser is one of the person's from now on."""
    people = [str(person.id), *(other for other in known_people(request) if other != str(person.id))]
    response.set_cookie(
        COOKIE,
        signing.dumps(people[:_MOST], salt=_SALT),
        max_age=_LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def device_name(request: HttpRequest) -> str:
    """``Firefox on Linux``: what people know their browser by. Nothing that could be made out is the header itself."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in _BROWSERS if re.search(mark, agent)), "")
    system = next((name for mark, name in _SYSTEMS if re.search(mark, agent)), "")
    return " · ".join(part for part in (browser, system) if part) or agent[:60]
