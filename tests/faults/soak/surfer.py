"""A person with a browser and patience: what gets no answer is sent again, the same form with the same fields."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self
from urllib.parse import urljoin

import httpx

from allsquare.cli.forms import Form, Page
from allsquare.core.errors import AllsquareError

#: Seconds after which a person gives up.
PATIENCE = 90.0
PAUSE = 0.25
MOST_HOPS = 12


class Unanswered(AllsquareError):
    """Nobody answered for as long as a patient person waits."""

    code = "unanswered"


class Surfer:
    """``heard`` gets every response, ``sent`` is called for every form that goes out. Who comes from ``address`` is
    somebody else to the limits of a network's presses: every one of 127.0.0.0/8 is on this machine."""

    def __init__(
        self,
        *,
        heard: Callable[[httpx.Response], None],
        sent: Callable[[], None],
        address: str = "127.0.0.1",
    ) -> None:
        self._heard, self._sent, self._address = heard, sent, address
        way = httpx.HTTPTransport(local_address=address)
        self._http = httpx.Client(timeout=20.0, trust_env=False, transport=way)

    def twin(self) -> Self:
        """The same person in a second window: with the same cookies."""
        other = type(self)(heard=self._heard, sent=self._sent, address=self._address)
        other._http.cookies.update(self._http.cookies)
        return other

    def open(self, url: str) -> Page:
        return self._go("GET", url, None)

    def submit(self, page: Page, *, to: str = "", having: str = "", **values: str) -> Page:
        return self.send(page, page.form(to=to, having=having), **values)

    def send(self, page: Page, form: Form, **values: str) -> Page:
        return self._go("POST", urljoin(page.url, form.action or page.url), {**form.fields, **values})

    def close(self) -> None:
        self._http.close()

    def _go(self, method: str, url: str, data: dict[str, str] | None) -> Page:
        for _ in range(MOST_HOPS):
            if method == "POST":
                self._sent()
            response = self._answer(method, url, data)
            if not response.is_redirect:
                return Page.of(response)
            method, url, data = "GET", urljoin(url, response.headers["Location"]), None
        raise Unanswered(f"{url} leads in a circle.")

    def _answer(self, method: str, url: str, data: dict[str, str] | None) -> httpx.Response:
        """The first real answer. A page that says that something broke is none: the person tries again."""
        deadline = time.monotonic() + PATIENCE
        trouble = ""
        while time.monotonic() < deadline:
            try:
                response = self._http.request(method, url, data=data)
            except httpx.TransportError as error:
                trouble = repr(error)
            else:
                self._heard(response)
                if response.status_code < 500:
                    return response
                trouble = f"{response.status_code} {Page.of(response).text[:200]}"
            time.sleep(PAUSE)
        raise Unanswered(f"{method} {url}: {trouble}")
