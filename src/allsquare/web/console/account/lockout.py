"""How often may a password be tried? Counted in the database, so all processes give one answer.

A try is counted before the password is looked at, so a hundred at once are not a hundred guesses. Three limits:

* an account from one network: five in a quarter of an hour, which stops guessing and typing alike;
* a network over all accounts: thirty in a quarter of an hour, which stops one list of passwords against many;
* an account from everywhere: a hundred in an hour, against many machines. A browser in which its owner signed in
  before has a limit of its own instead, so nobody can lock somebody else out for good.

An address that nobody signs in with is counted and answered like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError
from allsquare.core.networks import neighbourhood
from allsquare.core.ratelimit import Limit, forget, give_back, take, wait
from allsquare.identity.models import Person
from allsquare.identity.services.tell_of_person import tell_of_person
from allsquare.web.console.account.actors import own_actor
from allsquare.web.console.account.devices import is_known
from allsquare.web.ui.client import client_address

_QUARTER: Final = timedelta(minutes=15)
PER_ACCOUNT_AND_NETWORK: Final = Limit("sign-in-from", 5, _QUARTER)
PER_NETWORK: Final = Limit("sign-in-network", 30, _QUARTER)
PER_ACCOUNT: Final = Limit("sign-in-account", 100, timedelta(hours=1))
PER_KNOWN_DEVICE: Final = Limit("sign-in-device", 10, _QUARTER)
_TOLD: Final = Limit("sign-in-told", 1, _QUARTER)


class LockedOut(AllsquareError):
    """``minutes`` until the next try."""

    code = "locked_out"
    status = 429

    def __init__(self, minutes: int) -> None:
        super().__init__(_("Too many tries."), retry_after=minutes * 60)
        self.minutes = minutes


@dataclass(frozen=True, slots=True)
class Tries:
    """The limits that one try of a password counts towards, each with whom it counts for."""

    counted: Sequence[tuple[Limit, str]]

    def give_back(self) -> None:
        """The password was right. What was counted for the account from here is forgotten; the network's other
        tries stay, or a guesser would sign in with an account of their own in between."""
        for limit, subject in self.counted:
            if limit is PER_NETWORK or limit is PER_ACCOUNT:
                give_back(limit, subject)
            else:
                forget(limit, subject)


def count_try(request: HttpRequest, email: str) -> Tries:
    """Before the password is looked at. Raises :class:`LockedOut`; the person concerned finds it in their log."""
    account, network = _account(email), neighbourhood(client_address(request))
    person = Person.objects.filter(email=email.strip().lower()).first()
    limits = [
        (PER_ACCOUNT_AND_NETWORK, f"{account}:{network}"),
        (PER_NETWORK, network),
        (PER_ACCOUNT, account),
    ]
    if person is not None and is_known(request, person):
        limits = [(PER_KNOWN_DEVICE, f"{account}:{network}")]
    for limit, subject in limits:
        if not take(limit, subject):
            minutes = -(-wait(limit, subject) // 60) or 1
            if person is not None and take(_TOLD, f"{account}:{network}"):
                tell_of_person(
                    person=person,
                    kind="person.locked_out",
                    data={"minutes": minutes},
                    actor=own_actor(request, person),
                )
            raise LockedOut(minutes)
    return Tries(limits)


def free(request: HttpRequest, email: str) -> None:
    """Who has chosen a new password by mail may use it at once, from here."""
    account, network = _account(email), neighbourhood(client_address(request))
    for limit in (PER_ACCOUNT_AND_NETWORK, PER_KNOWN_DEVICE):
        forget(limit, f"{account}:{network}")


def _account(email: str) -> str:
    """Hashed: what people type there by mistake is sometimes their password."""
    return sha256(email.strip().lower().encode()).hexdigest()[:32]
