"""The walkthrough's browser sends what a browser would send."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest

from allsquare.cli.forms import Browser, PageSurprise

PAGE = b"""<form action="/search"><input name="q"></form>
<form method="post" action="/send">
  <input type="hidden" name="token" value="t&amp;1"><input name="name" value="Ada">
  <input type="checkbox" name="keep" value="yes" checked><input type="checkbox" name="drop" value="no">
  <input type="radio" name="way" value="a"><input type="radio" name="way" value="b" checked>
  <select name="country"><option value="">-</option><option value="DE" selected>Germany</option></select>
  <select name="unit"><option value="C62">piece</option><option value="HUR">hour</option></select>
  <textarea name="notes">\ntwo
lines</textarea><input name="off" value="x" disabled><button name="go" value="1">Go</button>
</form>"""


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200 if self.path != "/missing" else 404, PAGE)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(200, repr(sorted(parse_qs(sent, keep_blank_values=True).items())).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_form_is_sent_as_a_browser_would(site: str) -> None:
    browser = Browser()
    page = browser.submit(browser.open(f"{site}/"), to="/send", name="Grace")
    browser.close()
    assert page.text == repr(
        [
            ("country", ["DE"]),
            ("keep", ["yes"]),
            ("name", ["Grace"]),
            ("notes", ["two\nlines"]),
            ("token", ["t&1"]),
            ("unit", ["C62"]),
            ("way", ["b"]),
        ]
    )


def test_the_form_is_found_by_a_field(site: str) -> None:
    browser = Browser()
    page = browser.submit(browser.open(f"{site}/"), having="q", q="words")
    browser.close()
    assert page.url == f"{site}/search?q=words"


def test_a_page_that_is_not_there_is_a_surprise(site: str) -> None:
    browser = Browser()
    with pytest.raises(PageSurprise, match="404"):
        browser.open(f"{site}/missing")
    with pytest.raises(PageSurprise, match="no form"):
        browser.submit(browser.open(f"{site}/"), to="/nowhere")
    browser.close()
