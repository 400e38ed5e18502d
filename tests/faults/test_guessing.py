"""Fault 32 over HTTP: ten thousand guessed pay links from two hundred addresses. None is found, each address is stopped
after thirty, whoever has a link comes in from another address all the while, and neither the words nor the time of an
answer tell a near miss from nonsense.
"""

from __future__ import annotations

import http.client
import logging
import re
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from allsquare.billing.links import pay_url
from allsquare.core.ids import new_token
from allsquare.web.portal.visit import GUESSES
from tests.web.console.world import World

pytestmark = [pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(600)]

ADDRESSES: Final = 200
EACH: Final = 50
#: Other in every answer: the name of the request.
_MASK: Final = re.compile(r"[0-9a-f]{32}")


class Guesser:
    """At an address of its own, on this machine: every one of 127.0.0.0/8 is."""

    def __init__(self, server: LiveServer, address: str) -> None:
        where = urlsplit(server.url)
        self._http = http.client.HTTPConnection(
            str(where.hostname), where.port, source_address=(address, 0), timeout=60
        )

    def try_link(self, token: str) -> tuple[int, str, float]:
        """Status, page, seconds."""
        began = time.perf_counter()
        self._http.request("GET", f"/pay/{token}/")
        answer = self._http.getresponse()
        body = answer.read().decode()
        return answer.status, _MASK.sub("", body).replace(token, ""), time.perf_counter() - began

    def close(self) -> None:
        self._http.close()


def addresses(number: int, *, net: int) -> Iterator[str]:
    return (f"127.{net}.{place // 250}.{place % 250 + 2}" for place in range(number))


@pytest.fixture
def right(transactional_db: None, caplog: pytest.LogCaptureFixture) -> str:
    caplog.set_level(logging.ERROR, logger="django.request")  # ten thousand warnings say nothing
    world = World()
    link = pay_url(world.organization, world.issued())
    return urlsplit(link).path.strip("/").split("/")[1]


def near(token: str) -> str:
    """All but the last character."""
    return token[:-1] + secrets.choice([letter for letter in "abcdefgh" if letter != token[-1]])


def test_ten_thousand_guesses_find_nothing(live_server: LiveServer, right: str) -> None:
    def guess(address: str) -> Counter[int]:
        with closing(Guesser(live_server, address)) as guesser:
            found: Counter[int] = Counter()
            for number in range(EACH):
                found[guesser.try_link(near(right) if number % 2 else new_token())[0]] += 1
            found[-guesser.try_link(right)[0]] += 1  # a blocked guesser is not told which one was right
            return found

    owner: list[int] = []
    with ThreadPoolExecutor(4) as pool, closing(Guesser(live_server, "127.7.0.1")) as payer:
        works = [pool.submit(guess, address) for address in addresses(ADDRESSES, net=5)]
        while not all(work.done() for work in works):
            owner.append(payer.try_link(right)[0])
            time.sleep(0.5)
        total = sum((work.result() for work in works), Counter())
    assert total == {
        404: ADDRESSES * GUESSES.most,
        429: ADDRESSES * (EACH - GUESSES.most),
        -429: ADDRESSES,
    }
    assert set(owner) == {200}
    told = f"{ADDRESSES * EACH} guesses: {dict(total)}; the payer came in {len(owner)} times"
    print(told)  # noqa: T201  # the figures, for `pytest -s`


def test_no_answer_tells_by_its_words_or_its_time(live_server: LiveServer, right: str) -> None:
    seconds: dict[str, list[float]] = {"near": [], "far": [], "blocked, right": [], "blocked, wrong": []}
    pages: dict[int, set[str]] = {404: set(), 429: set()}
    for address in addresses(40, net=6):
        with closing(Guesser(live_server, address)) as guesser:
            for number in range(GUESSES.most):
                kind = "near" if number % 2 else "far"
                status, page, took = guesser.try_link(near(right) if number % 2 else new_token())
                pages[status].add(page)
                seconds[kind].append(took)
            for number in range(20):
                kind = "blocked, right" if number % 2 else "blocked, wrong"
                status, page, took = guesser.try_link(right if number % 2 else new_token())
                assert status == 429
                pages[status].add(re.sub(r"\d+ (seconds|minutes?)", "", page))
                seconds[kind].append(took)
    assert {status: len(found) for status, found in pages.items()} == {404: 1, 429: 1}
    middle = {kind: statistics.median(found) * 1000 for kind, found in seconds.items()}
    print({kind: f"{took:.2f} ms" for kind, took in middle.items()})  # noqa: T201  # the figures
    for one, other in (("near", "far"), ("blocked, right", "blocked, wrong")):
        assert abs(middle[one] - middle[other]) < 0.25 * middle[other]
