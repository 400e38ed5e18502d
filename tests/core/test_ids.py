from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from allsquare.core import clock
from allsquare.core.ids import new_id, new_token, token_digest


def test_ids_are_version_7_in_the_order_of_their_making() -> None:
    made = [new_id() for _ in range(20_000)]
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert made == sorted(set(made))


def test_an_id_begins_with_its_millisecond() -> None:
    before = int(clock.now(None).timestamp() * 1000)
    stamp = new_id().int >> 80
    assert before <= stamp <= int(clock.now(None).timestamp() * 1000)


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [
            one for batch in pool.map(lambda _: [new_id() for _ in range(2000)], range(8)) for one in batch
        ]
    assert len(set(made)) == len(made) == 16_000


def test_tokens_hold_128_random_bits_and_fit_a_link() -> None:
    made = [new_token() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in made)  # 22 × 6 bits hold 16 bytes


def test_only_the_digest_of_a_token_is_stored() -> None:
    token = new_token()
    digest = token_digest(token)
    assert len(digest) == 32
    assert token.encode() not in digest
    assert digest == token_digest(token) != token_digest(token[:-1])
    assert (
        token_digest("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )  # FIPS 180-2
