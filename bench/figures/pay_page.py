"""What a payer's browser loads to pay an invoice: bytes over the wire and requests, as the web server sends them.

The page, then every file that it names, over one connection, with what a browser of today says that it can unpack.
Heads of answers are counted; nothing is in the browser's cache.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from allsquare.billing.links import pay_url
from allsquare.web.ui.static_build import ensure_static
from bench.company import company, issued_invoice
from bench.figure import Effort, Figure
from bench.server import web_server

_HEADERS: Final = {
    "Accept": "text/html,*/*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en",
}

#: What each kind of link makes a browser load; others are for going somewhere.
_LOADED: Final = frozenset({"stylesheet", "icon", "preload", "modulepreload", "manifest"})


@dataclass(frozen=True, slots=True)
class _Answer:
    path: str
    size: int
    encoding: str
    body: bytes


def measure(effort: Effort) -> Figure:
    """The same in every round, so one is enough."""
    ensure_static()
    owner = company()
    path = urlsplit(pay_url(owner.organization, issued_invoice(owner))).path
    with web_server() as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        page = _get(line, path)
        files = [_get(line, file) for file in _files(page)]
        line.close()
    loaded = [page, *files]
    return Figure(
        unit="bytes over the wire",
        rounds=[sum(answer.size for answer in loaded)],
        detail={
            "requests": len(loaded),
            "page": page.size,
            "files": {answer.path.rpartition("/")[2]: answer.size for answer in files},
            "encodings": sorted({answer.encoding for answer in loaded}),
        },
    )


def _get(line: http.client.HTTPConnection, path: str) -> _Answer:
    line.request("GET", path, headers=_HEADERS)
    answer = line.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise AssertionError(f"{path} answers {answer.status}: {body[:2000]!r}")
    head = sum(len(f"{name}: {value}\r\n".encode()) for name, value in answer.getheaders())
    return _Answer(path, head + len(body), answer.headers.get("Content-Encoding", "none"), body)


class _Named(HTMLParser):
    """Files that a page makes a browser load, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loaded = set((given.get("rel") or "").split()) & _LOADED
        address = given.get("href") if tag == "link" and loaded else given.get("src")
        if address and not address.startswith("data:"):
            self.found[address] = None


def _files(page: _Answer) -> list[str]:
    """Pages themselves are not compressed, since what holds a secret should not be (BREACH)."""
    named = _Named()
    named.feed(page.body.decode())
    elsewhere = [address for address in named.found if urlsplit(address).netloc]
    if elsewhere:
        raise AssertionError(f"the page loads from elsewhere: {', '.join(elsewhere)}")
    return [urljoin(page.path, address) for address in named.found]
