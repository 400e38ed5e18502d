"""Only the payer's own look counts as "viewed"."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from allsquare.core import payer_addresses
from allsquare.core.models import Event
from allsquare.identity.roles import Role
from tests import factories
from tests.web.portal.conftest import Payer

pytestmark = pytest.mark.django_db

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)


def views(payer: Payer) -> int:
    return Event.objects.filter(organization_id=payer.organization.id, kind="invoice.viewed").count()


def test_the_first_look_counts_and_says_who(payer: Payer) -> None:
    for _ in range(3):
        payer.client.get(payer.link, headers={"User-Agent": PHONE})
    assert payer.now().state == "viewed"
    event = Event.objects.get(organization_id=payer.organization.id, kind="invoice.viewed")
    assert (event.actor_kind, event.actor_label, event.address) == ("customer", "Grace Buyer", "")
    assert payer_addresses.known(payer.organization.id, [event.id]) == {event.id: "127.0.0.1"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0"},
        {"User-Agent": "WhatsApp/2.23"},
        {"User-Agent": "facebookexternalhit/1.1"},
    ],
)
def test_machines_do_not_look(payer: Payer, headers: Mapping[str, str]) -> None:
    assert payer.client.get(payer.link, headers={"User-Agent": PHONE, **headers}).status_code == 200
    assert views(payer) == 0
    assert payer.now().state == "issued"


def test_asking_for_the_head_alone_is_no_look(payer: Payer) -> None:
    assert payer.client.head(payer.link).status_code == 200
    assert views(payer) == 0


def test_a_colleague_who_looks_is_not_the_payer_but_somebody_elses_is(payer: Payer) -> None:
    colleague, stranger = factories.make_person(), factories.make_person()
    factories.member_actor(payer.organization, Role.BILLING_CLERK, colleague)
    factories.member_actor(factories.make_organization(), Role.OWNER, stranger)
    payer.client.force_login(colleague)
    payer.open()
    assert views(payer) == 0
    payer.client.force_login(stranger)
    payer.open()
    assert views(payer) == 1
