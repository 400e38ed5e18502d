"""What adapters do alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.core.errors import FieldErrors
from allsquare.core.remote import Trouble
from allsquare.gateways.shared import (
    NONSENSE,
    Blanks,
    check_settings,
    in_ascii,
    in_order,
    is_address,
    is_secret,
    made_at,
    spelled,
)
from allsquare.payments.gateway import Outcome, Status, Subject
from allsquare.payments.gateway_abilities import HistoryUnavailable, NewsUnavailable, Sighting

BLANKS = Blanks("cards", "Its answer cannot be read.")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("ada@example.org", "ada@example.org"),
        ("Ada@München.example", "Ada@xn--mnchen-3ya.example"),
        ("ädä@example.org", ""),  # no provider would take it, and without one it asks the payer
        (f"ada@{'x' * 64}.example", ""),
        ("", ""),
    ],
)
def test_mail_addresses_are_told_as_the_name_system_has_them(typed: str, sent: str) -> None:
    assert in_ascii(typed) == sent


@pytest.mark.parametrize(
    "text",
    ["ftp://x", "https://", "x", "https://host:port", "http://[::1", "https://a\nb", "https://x:99999999"],
)
def test_what_cannot_be_asked_is_no_address(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(FieldErrors) as refused:
        check_settings({"base_url": text}, {"api_key": "Give it."})
    assert list(refused.value.errors) == ["api_key", "base_url"]


def test_an_address_that_is_empty_or_good_is_no_error() -> None:
    for address in ("", "https://api.example", "http://127.0.0.1:9090/v1"):
        check_settings({"base_url": address}, {})


def test_a_secret_was_copied_without_what_is_around_it() -> None:
    assert is_secret("sk_live_1")
    assert not any(is_secret(text) for text in ("", "sk live", "sk\n", "schlüssel", " sk"))


def test_only_a_key_with_a_time_says_when_it_was_made() -> None:
    now = clock.now(None)
    made = made_at(uuid7())
    assert made is not None
    assert abs(made - now) < timedelta(minutes=1)
    assert made_at(uuid4()) is None


def test_an_instant_is_spelled_in_utc() -> None:
    assert spelled(datetime(2026, 11, 27, 17, 5, 0, 999_999, UTC)) == "2026-11-27T17:05:00.999Z"


@pytest.mark.parametrize(("sent", "status"), [(True, Status.UNKNOWN), (False, Status.NOT_SENT)])
def test_what_may_have_arrived_is_not_known_and_nothing_else(*, sent: bool, status: Status) -> None:
    key = uuid4()
    told = BLANKS.troubled(Subject.REFUND, key, Trouble(sent, "http_500", "No proper answer."))
    assert told == Outcome(
        Subject.REFUND, status, "cards", key=key, code="http_500", message="No proper answer."
    )


def sighting(subject: Subject) -> Sighting:
    return Sighting(BLANKS.blank(subject, Status.SUCCEEDED, None, "", ""))


def test_a_list_is_in_order_and_whole() -> None:
    mixed = [
        sighting(subject) for subject in (Subject.PAYOUT, Subject.METHOD, Subject.CHARGE, Subject.DISPUTE)
    ]
    said = [each.outcome.subject for each in in_order("Cards", lambda: mixed)]
    assert said == [Subject.CHARGE, Subject.DISPUTE, Subject.PAYOUT, Subject.METHOD]


@pytest.mark.parametrize(
    "problem", [NewsUnavailable("gone"), ZeroDivisionError(), *(each() for each in NONSENSE[:2])]
)
def test_a_list_that_breaks_off_gives_nothing(problem: Exception) -> None:
    def broken() -> Iterator[Sighting]:
        yield sighting(Subject.CHARGE)
        raise problem

    with pytest.raises(HistoryUnavailable):
        next(in_order("Cards", broken))
